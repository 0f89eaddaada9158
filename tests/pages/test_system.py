"""The System page: health, versions, licences."""

import shutil

import pytest

from mmdemo.encoders import ENCODERS
from mmdemo.store import Workspace

PAGE = "pages/system.py"


def written(app) -> str:
    return "\n".join([*(block.value for block in app.markdown), *(str(table.value) for table in app.table)])


def test_without_a_workspace_it_says_what_is_missing_and_how_to_get_it(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert "missing" in app.warning[0].value
    assert "mmdemo import" in written(app).replace("\\", "")


def test_every_encoder_is_listed_with_its_licence(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    rows = next(table.value for table in app.table if "Encoder" in table.value.columns)
    text = rows.to_string().replace("\\", "")
    for spec in ENCODERS.values():
        assert spec.name in text
        assert spec.licence in text


@pytest.mark.weights
def test_an_older_version_is_one_click_away(open_app, tiny_workspace, tmp_path):
    from mmdemo.engine import reindex

    workspace = tmp_path / "copy"
    shutil.copytree(tiny_workspace, workspace)
    older = Workspace(workspace).current_version_id()
    newer = reindex(workspace)
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert Workspace(workspace).current_version_id() == newer
    app.button(key=f"use:{older}").click().run()
    assert not app.exception
    assert Workspace(workspace).current_version_id() == older
    assert f"use:{newer}" in [button.key for button in app.button]
