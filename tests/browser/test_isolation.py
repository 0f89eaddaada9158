"""Two people at once: neither sees, hears or can address what the other uploaded."""

import pytest
from browser_steps import picture, sound, upload, wait_for_cards

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def media(page) -> set[str]:
    """Addresses of pictures and sounds this page has asked for or shows."""
    shown = page.evaluate("[...document.querySelectorAll('img[src],audio[src],source[src]')].map(e => e.src)")
    return {url for url in [*page.requested, *shown] if "/media/" in url}


def own_media(page) -> set[str]:
    """Addresses of what is shown in the chips."""
    return set(
        page.evaluate("[...document.querySelectorAll('.st-key-chips img, .st-key-chips audio')].map(e => e.src)")
    )


def test_two_sessions_never_see_each_others_uploads(new_page):
    alice, bob = new_page(), new_page()
    upload(alice, xqalicephoto_png=picture(11), xqalicevoice_wav=sound(12))
    upload(bob, xqbobphoto_png=picture(21), xqbobvoice_wav=sound(22))
    wait_for_cards(alice, "xqalicephoto", "xqalicevoice")
    wait_for_cards(bob, "xqbobphoto", "xqbobvoice")
    assert len(own_media(alice)) == len(own_media(bob)) == 2
    for me, other, stranger in ((alice, bob, "xqbob"), (bob, alice, "xqalice")):
        assert stranger not in me.content()
        assert not own_media(other) & media(me)
    late = new_page()
    bob.reload()
    bob.locator("h1").wait_for()
    for page in (late, bob):
        page.locator('[data-testid="stChatInputTextArea"]').wait_for()
        assert page.locator(".st-key-chips").count() == 0
        assert "xqalice" not in page.content()
        assert not own_media(alice) & media(page)
