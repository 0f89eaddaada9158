"""Two trained models compared in a real browser: scores, the same query side by side, on a phone too."""

import shutil

import pytest
from conftest import serving

from mmdemo.engine import runs
from mmdemo.engine.run_training import train_run
from mmdemo.fusion.settings import TrainSettings

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def test_two_models_are_compared_by_scores_and_on_one_query(tiny_workspace, tmp_path, new_page):
    workspace = tmp_path / "workspace"
    shutil.copytree(tiny_workspace, workspace)
    for fusion in ("mean", "weighted"):
        train_run(workspace, runs.create_run(workspace, TrainSettings(fusion, epochs=2)))
    with serving(workspace, tmp_path / "log") as address:
        page = new_page("/compare", address=address)
        page.get_by_role("figure", name="is right most often").wait_for()
        page.get_by_text("What does it cost?").wait_for()
        page.get_by_role("figure", name="behind").wait_for()
        page.get_by_role("tab", name="Same query").click()
        lists = page.get_by_role("region", name="Results of each model")
        lists.wait_for()
        assert lists.locator("thead th").all_inner_texts()[1:] in (["Mean", "Weighted mean"], ["Weighted mean", "Mean"])
        assert lists.locator("tbody tr").count() == 10
        assert lists.locator("img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")
        page.get_by_text("results are in both lists").wait_for()
        assert "show=Same" in page.url
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        first, second = (lists.locator("thead th").nth(column).bounding_box() for column in (1, 2))
        assert first["y"] == second["y"], "side by side on a phone too"
