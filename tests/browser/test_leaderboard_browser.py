"""The Leaderboard in a real browser: measured with a click, every view, readable on a dark phone, and taken along."""

import shutil

import pytest
from conftest import serving
from test_looks import too_faint

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def test_models_are_measured_looked_at_and_taken_along(tiny_workspace, tmp_path, new_page):
    workspace = tmp_path / "workspace"
    shutil.copytree(tiny_workspace, workspace)
    with serving(workspace, tmp_path / "log") as address:
        page = new_page("/leaderboard?model=Popularity&model=EASE&model=PureSVD", address=address)
        page.get_by_role("button", name="Measure 3 models").click()
        page.get_by_role("figure", name="leads: NDCG@10").wait_for()
        page.get_by_role("tab", name="Beyond accuracy").click()
        page.get_by_role("figure", name="coverage").wait_for()
        with page.expect_download() as taken:
            page.get_by_role("button", name="Download as LaTeX").click()
        assert r"\textbf{" in taken.value.path().read_text("utf-8")
        page = new_page("/leaderboard?model=Popularity&model=EASE&model=PureSVD", address=address, width=390, dark=True)
        page.get_by_role("figure", name="leads: NDCG@10").wait_for()
        page.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        for view in ("Cost", "Cold start", "Accuracy"):
            page.get_by_role("tab", name=view, exact=True).click()
            page.get_by_role("button", name="What does this mean?").wait_for()
        assert too_faint(page) == {}
