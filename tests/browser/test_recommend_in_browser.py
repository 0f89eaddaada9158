"""A person uploads a picture and a sound and reads the cards; the address brings a query back."""

import re

import pytest
from browser_steps import CARD, picture, say, sound, upload, wait_for_cards

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def test_a_real_picture_and_a_real_sound_bring_cards(new_page):
    page = new_page()
    upload(page, holiday_png=picture(1), bell_wav=sound(2))
    spoken = wait_for_cards(page, "holiday", "bell")
    assert all(re.search(r"holiday [+−]\d+\.\d\d, bell [+−]\d+\.\d\d", words) for words in spoken)
    page.get_by_text(re.compile(r"closer than \d")).first.wait_for()
    assert page.locator(".st-key-chips img").count() == 1
    assert page.locator(".st-key-chips audio").count() == 1
    assert page.url.rstrip("/").endswith(":" + page.url.split(":")[2].split("/")[0])  # nothing of an upload is in it


def test_back_brings_the_earlier_query_again(new_page):
    page = new_page()
    say(page, "a red circle")
    first = wait_for_cards(page, "a red circle")
    page.get_by_role("button", name="More", exact=True).first.click()
    page.wait_for_url(re.compile(r"item="))
    page.go_back()
    page.wait_for_url(re.compile(r"text=a\+red\+circle"))
    assert wait_for_cards(page, "a red circle") == first


def test_a_link_to_a_query_answers_in_a_new_session(new_page):
    page = new_page("/?text=a+red+circle&k=4")
    wait_for_cards(page, "a red circle", count=4)
    assert page.locator(CARD).count() == 4


def test_a_link_to_another_page_opens_within_the_application_at_the_very_first_visit(new_page, fresh_server):
    page = new_page("/catalogue", address=fresh_server)
    page.get_by_role("button", name="System").wait_for()
    assert page.locator("h1").inner_text() == "Catalogue"
    assert page.get_by_test_id("stSidebarNav").count() == 0


def test_a_broken_file_is_told_and_the_rest_answers(new_page):
    page = new_page()
    upload(page, good_png=picture(3), broken_png=picture(4)[:80])
    wait_for_cards(page, "good")
    page.get_by_text("What to do:").wait_for()
    assert "broken" in page.get_by_role("alert").first.inner_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(new_page, width):
    page = new_page("/?text=a+red+circle", width=width)
    wait_for_cards(page, "a red circle")
    wide = "document.querySelector('[data-testid=\"stMain\"]').scrollWidth"
    assert page.evaluate(wide) <= width
    assert (page.locator(CARD).first.bounding_box() or {})["width"] > 150
