"""Changing an encoder on the System page in a real browser, and going back."""

import shutil

import pytest
from conftest import serving

from mmdemo.store import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def test_another_text_encoder_comes_into_use_and_goes_again(tiny_workspace, tmp_path, new_page, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    workspace = Workspace(tmp_path / "workspace")
    shutil.copytree(tiny_workspace, workspace.path)
    before = workspace.current_version_id()
    with serving(workspace.path, tmp_path / "log") as address:
        page = new_page("/system", address=address, width=390)
        page.get_by_text("Choose other encoders").click()
        page.get_by_role("radiogroup").get_by_text("static-words", exact=True).first.click()
        page.get_by_text("must be encoded").wait_for()
        page.get_by_role("button", name="Re-index with these encoders").click()
        page.get_by_role("button", name="Switch back to version").wait_for(timeout=240_000)
        after = workspace.current_version_id()
        assert after != before
        assert workspace.manifest().encoders["text"].name == "static-words"
        page.get_by_text(f"Version {after} is in use").wait_for()
        page.get_by_role("button", name="Switch back to version").click()
        page.get_by_role("button", name="Switch back to version").wait_for(state="detached")
        assert workspace.current_version_id() == before
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
