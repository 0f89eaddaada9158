"""From a click on Train to results that the trained run ranks, and back, in a real browser."""

import re
import shutil

import pytest
from browser_steps import say, wait_for_cards
from conftest import serving

from mmdemo.engine import runs

pytestmark = [pytest.mark.browser, pytest.mark.weights]
PATIENCE_MS = 120_000


def test_a_fusion_is_trained_watched_and_ranks(tiny_workspace, tmp_path, new_page):
    workspace = tmp_path / "workspace"
    shutil.copytree(tiny_workspace, workspace)
    with serving(workspace, tmp_path / "log") as address:
        page = new_page("/train", address=address, width=390)
        page.get_by_text("Choose fusions and settings").click()
        page.get_by_role("button", name="Train “Attention”").nth(1).wait_for()
        page.get_by_test_id("stCheckbox").filter(has_text="Hybrid").locator("label").click()
        page.get_by_role("button", name="Queue 2 fusions").wait_for()
        page.get_by_text("Settings", exact=True).click()
        page.get_by_role("spinbutton", name="Epochs, at most").fill("4")
        page.get_by_role("spinbutton", name="Epochs, at most").press("Enter")
        page.get_by_role("button", name="Queue 2 fusions").click()
        page.get_by_role("spinbutton").first.wait_for(state="detached")
        page.get_by_role("button", name="Use on the Recommend page").nth(1).wait_for(timeout=PATIENCE_MS)
        trained = runs.list_runs(workspace)
        assert [(run.settings.fusion, run.state, len(run.epochs)) for run in trained] == [
            ("attention", "done", 4),
            ("hybrid", "done", 4),
        ]
        page.get_by_role("button", name="Details").first.click()
        page.locator(".js-plotly-plot").nth(1).wait_for()
        page.get_by_text(trained[0].data_sha256).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.get_by_role("button", name="Use on the Recommend page").first.click()
        page.get_by_role("link", name="Open Recommend").click()
        page.get_by_text("Ranked by: Attention, run 2").wait_for()
        assert runs.run_in_use(workspace) == trained[0].run_id
        say(page, "a red circle")
        wait_for_cards(page, "a red circle")
        page.get_by_text(re.compile(r"closer than \d")).first.wait_for()
        page.get_by_role("button", name="Back to calibrated evidence").click()
        page.get_by_text("Ranked by: calibrated evidence").wait_for()
        wait_for_cards(page, "a red circle")
        assert runs.run_in_use(workspace) is None
