"""A person in a real browser: a persona, a like that changes the list with its reason, a reload, a blind vote."""

from pathlib import Path

import pytest
from conftest import serving
from planted_choices import with_choices

from mmdemo.engine.behaviour import fitted
from mmdemo.feedback import FeedbackStore, database_of

pytestmark = [pytest.mark.browser, pytest.mark.weights]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
REASON = "Because of "


def titles(page) -> list[str]:
    """What is recommended, best first."""
    return page.locator(".st-key-person-results h2").all_inner_texts()


def too_faint(page) -> dict[str, str]:
    """What is still too faint after what was redrawn has faded in."""
    for _ in range(20):
        found = page.evaluate(CONTRAST)
        if not found:
            break
        page.wait_for_timeout(500)
    return found


def test_persona_like_changed_list_with_its_reason_and_a_blind_vote(tiny_workspace, tmp_path, new_page, monkeypatch):
    monkeypatch.delenv("MMDEMO_DATABASE", raising=False)
    workspace = with_choices(tiny_workspace, tmp_path / "workspace")
    for name in ("instant", "popularity"):
        fitted(workspace, name)
    with serving(workspace, tmp_path / "log") as address:
        page = new_page("/for_a_person", address=address)
        page.locator(".st-key-status-line").get_by_text("ready").wait_for()  # when it is, the page is drawn once more
        page.get_by_role("radiogroup").get_by_role("radio").nth(1).click()
        page.wait_for_url("**for=**")
        page.get_by_text(REASON).first.wait_for()
        before = titles(page)
        assert len(before) == 12
        page.get_by_role("button", name="Like", exact=True).first.click()
        page.get_by_text("After liking").wait_for()
        liked = page.locator(".st-key-person-ratings").get_by_role("button").first.inner_text()
        assert liked.splitlines()[-1] == before[0]
        after = titles(page)
        assert before[0] not in after
        assert after != before
        page.get_by_text(f"{REASON}“{before[0][:16]}").first.wait_for()
        page.get_by_role("button", name="Why?").first.click()
        page.get_by_role("columnheader", name="Most alike in").wait_for()
        assert too_faint(page) == {}

        page.reload()
        page.locator(".st-key-person-ratings").get_by_role("button", name=before[0]).wait_for()
        assert sorted(titles(page)) == sorted(after), "who it is and what they liked outlive a reload"

        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("tab", name="Blind test").click()
        page.get_by_role("button", name="Start the blind test").click()
        page.get_by_role("button", name="Choose", exact=True).first.click()
        page.get_by_text("1 chosen").wait_for()
        assert page.locator(".st-key-person-blind-list").get_by_text("Popularity").count() == 0
        page.get_by_role("button", name="Vote, and see whose they were").click()
        page.get_by_text("Your vote goes to").wait_for()
        page.get_by_role("columnheader", name="Finding").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.emulate_media(color_scheme="dark")
        assert too_faint(page) == {}
    [vote] = FeedbackStore(database_of(workspace)).votes()
    assert len(vote.chosen) == 1
    assert {vote.first, vote.second} == {"instant", "popularity"}
