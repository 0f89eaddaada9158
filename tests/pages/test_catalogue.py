"""The Catalogue page: browse, look at one item, import."""

import io
import shutil
import zipfile

import pytest
from PIL import Image

from mmdemo.ui import resources
from mmdemo.ui.jobs import JobState

pytestmark = pytest.mark.weights
PAGE = "pages/catalogue.py"


def tiles(app) -> list[str]:
    return [(button.key or "").removeprefix("open:") for button in app.button if (button.key or "").startswith("open:")]


def zip_of_pictures(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            picture = io.BytesIO()
            Image.new("RGB", (40, 40), (40 * number, 80, 160)).save(picture, format="PNG")
            archive.writestr(f"shapes/{number}.png", picture.getvalue())
        archive.writestr("shapes/broken.png", b"\x89PNG\r\n\x1a\n")
    return buffer.getvalue()


def test_source_licence_and_items_are_shown(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    assert not app.exception
    assert any("Licence" in block.value and "generated data" in block.value for block in app.markdown)
    assert len(tiles(app)) == 24


def test_search_and_filters_narrow_the_list(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    everything = len(tiles(app))
    app.text_input(key="q").set_value("no item has these words").run()
    assert not app.exception
    assert tiles(app) == []
    assert "Nothing fits" in app.info[0].value
    app.text_input(key="q").set_value("").run()
    assert len(tiles(app)) == everything


def test_an_item_opens_with_all_its_columns_and_becomes_a_query(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    item_id = tiles(app)[0]
    app.button(key=f"open:{item_id}").click().run()
    assert not app.exception
    assert app.query_params["item"] == item_id
    app.button(key="use_as_query").click().run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Recommend"]
    assert app.query_params == {"item": item_id}


def test_an_item_in_the_address_that_is_gone_does_no_harm(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE, item="gone")
    assert not app.exception
    assert len(tiles(app)) == 24


@pytest.mark.slow
def test_an_uploaded_zip_is_imported_and_reported(open_app, tiny_workspace, tmp_path):
    workspace = tmp_path / "mine"
    app = open_app(workspace, PAGE)
    assert app.button(key="set_up")
    shutil.copytree(tiny_workspace, workspace)
    app.run()
    app.file_uploader(key="import_file").set_value(("shapes.zip", zip_of_pictures(5), "application/zip")).run()
    app.button(key="import_upload").click().run()
    assert not app.exception
    [job] = resources.job_queue().jobs()
    assert job.wait(120)
    assert job.state is JobState.DONE, job.error
    app.run()
    assert not app.exception
    assert "5 kept" in app.success[0].value
    assert len(tiles(app)) == 5
    assert any("broken.png" in str(table.value) for table in app.dataframe)


def test_a_file_that_is_no_catalogue_is_told_and_changes_nothing(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    app.file_uploader(key="import_file").set_value(("table.parquet", b"not parquet", "application/octet-stream")).run()
    app.button(key="import_upload").click().run()
    [job] = resources.job_queue().jobs()
    assert job.wait(120)
    assert job.state is JobState.FAILED
    app.run()
    assert not app.exception
    assert "What to do:" in app.warning[0].value
    assert len(tiles(app)) == 24
