"""Every text of every page can be read, on the light theme and on the dark one."""

from pathlib import Path

import pytest
from browser_steps import picture, upload, wait_for_cards

pytestmark = [pytest.mark.browser, pytest.mark.weights]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


def too_faint(page) -> dict[str, str]:
    """What is still too faint after Streamlit has ended fading in what it redraws (a busy machine takes seconds)."""
    for _ in range(20):
        found = page.evaluate(CONTRAST)
        if not found:
            break
        page.wait_for_timeout(500)
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_recommend_can_be_read(new_page, dark):
    page = new_page("/?text=a+red+circle&text=-0.5*loud", dark=dark)
    wait_for_cards(page, "a red circle", "loud")
    page.get_by_role("button", name="Why?").first.click()
    page.get_by_role("button", name="Close").wait_for()
    page.get_by_text("Settings").click()
    page.get_by_text("Must have").wait_for()
    upload(page, broken_png=picture(5)[:80])
    page.get_by_text("What to do:").wait_for()
    assert too_faint(page) == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_catalogue_can_be_read(new_page, dark):
    page = new_page("/catalogue", dark=dark)
    page.get_by_role("button", name="Details").first.click()
    page.get_by_role("button", name="Use as query").wait_for()
    page.get_by_text("Import another catalogue").click()
    page.get_by_text("Built-in catalogue").wait_for()
    assert too_faint(page) == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_system_can_be_read(new_page, dark):
    page = new_page("/system", dark=dark)
    page.get_by_text("Choose other encoders").click()
    page.get_by_role("button", name="Re-index with these encoders").wait_for()
    page.get_by_text("Train an encoder").click()
    page.get_by_role("button", name="Train it").wait_for()
    page.get_by_text("Software", exact=True).click()
    assert too_faint(page) == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_space_can_be_read(new_page, dark):
    page = new_page("/space?method=pca", dark=dark)
    page.get_by_text("Settings").click()
    page.get_by_text("Least distance").or_(page.get_by_text("Near means")).first.wait_for()
    page.get_by_role("button", name="Make this map").wait_for()
    assert too_faint(page) == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_train_can_be_read(new_page, dark):
    page = new_page("/train", dark=dark)
    page.get_by_text("Choose fusions and settings").click()
    page.get_by_role("button", name="Train “Attention”").nth(1).wait_for()
    page.get_by_text("Settings", exact=True).click()
    assert too_faint(page) == {}
