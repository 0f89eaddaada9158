"""The Space page on a real, tiny, generated workspace, with maps really made."""

import io
import shutil

import pytest
from pyarrow import csv, parquet

from mmdemo.projection import MapSettings
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.ui import resources, space_table
from mmdemo.ui.jobs import JobState
from mmdemo.ui.space_charts import chart_key
from mmdemo.ui.space_view import maps_of

pytestmark = pytest.mark.weights
PAGE = "pages/space.py"
PATIENCE_S = 180


@pytest.fixture(scope="module")
def mapped(mapped_workspace, tmp_path_factory):
    """A workspace of its own with the default map, its twin before alignment and a PCA map in 3-D."""
    from mmdemo.engine import Engine

    workspace = tmp_path_factory.mktemp("mapped") / "workspace"
    shutil.copytree(mapped_workspace, workspace)
    Engine.open(workspace).fit_map(MapSettings("pca", 3))
    return workspace


def session(app):
    return app.session_state["space:session"]


def select(app, *points: int, slot: int = 0):
    """What Streamlit keeps after a lasso."""
    chosen = [{"customdata": point, "curve_number": 0, "point_index": 0, "x": 0.0, "y": 0.0} for point in points]
    app.session_state[chart_key(slot)] = {
        "selection": {"points": chosen, "point_indices": list(points), "box": [], "lasso": []}
    }
    return app.run()


def key(app, name: str) -> str:
    """The key of a control now."""
    return f"space:{name}:{session(app).generation}"


def shown_map(app):
    engine = resources.warm_engine(resources.summary().version).engine()
    return engine.map(maps_of(session(app).view)[0].settings)


def figures(app) -> list[str]:
    """The figures as JSON."""
    return [chart.proto.spec for chart in app.get("plotly_chart")]


def words(app) -> str:
    blocks = [*app.markdown, *app.subheader, *app.info, *app.warning]
    return "\n".join(block.value for block in blocks).replace("\\", "")


def open_tab(app, name: str):
    app.session_state["space-tabs"] = name
    return app.run()


def test_the_map_is_shown_with_its_quality_and_count(open_app, mapped):
    app = open_app(mapped, PAGE)
    assert not app.exception
    assert [title.value for title in app.title] == ["Space"]
    assert len(figures(app)) == 1
    assert "scattergl" in figures(app)[0]
    count = len(session(app).charts[0].chart.figure.data[0].x)
    assert count >= 12
    assert all(term in words(app) for term in ("Neighbours kept", "Trustworthiness", "Continuity", "points · UMAP"))
    assert not resources.job_queue().jobs()


def test_without_a_workspace_one_button_makes_one(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert app.button(key="set_up")


def test_the_first_visit_makes_the_map_in_the_background(open_app, tiny_workspace, tmp_path):
    shutil.copytree(tiny_workspace, tmp_path / "copy")
    app = open_app(tmp_path / "copy", PAGE)
    assert not app.exception
    assert "The map is being made" in words(app)
    [job] = resources.job_queue().jobs()
    assert job.wait(PATIENCE_S)
    assert job.state is JobState.DONE, job.error
    app.run()
    assert len(figures(app)) == 1
    assert len(resources.job_queue().jobs()) == 1


def test_a_cancelled_map_says_so_and_can_be_asked_for_again(open_app, tiny_workspace, tmp_path):
    shutil.copytree(tiny_workspace, tmp_path / "copy")
    app = open_app(tmp_path / "copy", PAGE)
    [job] = resources.job_queue().jobs()
    job.cancel()
    assert job.wait(PATIENCE_S)
    app.run()
    assert not app.exception
    assert job.state is JobState.CANCELLED
    assert "Cancelled:" in words(app)
    assert len(resources.job_queue().jobs()) == 1
    app.button(key="space-make").click().run()
    assert len(resources.job_queue().jobs()) == 2
    assert resources.job_queue().jobs()[0].wait(PATIENCE_S)
    assert len(figures(app.run())) == 1


def test_another_setting_waits_for_a_click_while_the_old_map_stays(open_app, mapped):
    app = open_app(mapped, PAGE, method="pca")
    assert not app.exception
    assert len(figures(app)) == 1
    assert "UMAP of the shared space" in words(app)
    assert not resources.job_queue().jobs()
    app.button(key="space-make").click().run()
    [job] = resources.job_queue().jobs()
    assert job.wait(PATIENCE_S)
    app.run()
    assert "PCA of the shared space" in words(app)
    assert len(figures(app)) == 1


def test_a_selection_brings_gallery_table_and_actions(open_app, mapped):
    app = select(open_app(mapped, PAGE), 0, 1, 2)
    assert not app.exception
    assert "3 points of 3 items selected" in words(app)
    tiles = [block for block in app.get("html") if "<h2" in block.proto.body]
    assert len(tiles) == 3
    open_tab(app, "Table")
    assert not app.exception
    [table] = app.dataframe
    assert len(table.value) == 3
    assert {"title", "modality", "tags", "cluster", "trust"} <= set(table.value.columns)


def test_a_gallery_shows_at_most_24_items(open_app, mapped):
    app = open_app(mapped, PAGE)
    app = select(app, *range(len(shown_map(app))))
    assert not app.exception
    assert sum("<h2" in block.proto.body for block in app.get("html")) == 24


def test_a_close_up_is_drawn_with_pictures(open_app, mapped):
    app = open_app(mapped, PAGE)
    pictures = shown_map(app).of_modality(Modality.IMAGE)[:5].tolist()
    app = open_tab(select(app, *pictures), "Look closer")
    assert not app.exception
    assert len(figures(app)) == 2
    assert "webp;base64," in figures(app)[1]


def test_exports_hold_the_selected_points(open_app, mapped):
    app = select(open_app(mapped, PAGE), 0, 30)
    engine = resources.warm_engine(Workspace(mapped).current_version_id()).engine()
    on = engine.map(MapSettings())
    points = session(app).selection.points(on, engine.items)
    assert points.tolist() == [0, 30]
    rows = space_table.table(engine.items, on, points)
    expected = [engine.items[row].item_id for row in on.item_rows[[0, 30]]]
    assert parquet.read_table(io.BytesIO(space_table.as_parquet(rows)))["item_id"].to_pylist() == expected
    assert csv.read_csv(io.BytesIO(space_table.as_csv(rows)))["item_id"].to_pylist() == expected
    ids = [button.proto.id for button in app.get("download_button")]
    assert all(any(one.endswith(name) for one in ids) for name in ("space-csv", "space-parquet"))


def test_selected_items_become_a_query(open_app, mapped):
    app = select(open_app(mapped, PAGE), 0, 1)
    app.button(key="space-use").click().run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Recommend"]
    assert len(app.query_params["item"]) == 2


def test_at_most_twelve_items_become_a_query(open_app, mapped):
    app = select(open_app(mapped, PAGE), *range(20))
    app.button(key="space-use").click().run()
    assert not app.exception
    assert len(app.query_params["item"]) == 12


def test_clearing_ends_the_selection_for_good(open_app, mapped):
    app = select(open_app(mapped, PAGE), 0, 1)
    before = figures(app)
    app.button(key="space-clear").click().run()
    assert session(app).selection is None
    assert "selected" not in words(app)
    assert figures(app) != before  # a new figure, so the browser forgets the lasso


def test_what_sets_a_selection_apart_is_told_in_words(open_app, mapped):
    app = open_tab(select(open_app(mapped, PAGE), *range(6)), "What sets it apart")
    assert not app.exception
    assert {"first", "second"} <= set(app.dataframe[0].value.columns)
    assert len(app.dataframe) == 2


def test_a_group_put_aside_is_compared_with_the_next_selection(open_app, mapped):
    app = select(open_app(mapped, PAGE), 0, 1, 2)
    app.button(key="space-keep").click().run()
    assert "Group A: 3 points." in words(app)
    app = open_tab(select(app, 10, 11), "What sets it apart")
    assert not app.exception
    assert "group A" in words(app)
    app.button(key="space-forget").click().run()
    assert "Group A" not in words(app)


def test_searching_rings_items_and_says_how_many(open_app, mapped):
    app = open_app(mapped, PAGE)
    title = resources.warm_engine(Workspace(mapped).current_version_id()).engine().items[0].title
    app.text_input(key=key(app, "find")).set_value(title).run()
    assert not app.exception
    assert "a ring" in words(app)
    assert "found" in figures(app)[0]
    app.text_input(key=key(app, "find")).set_value("no item has these words").run()
    assert "No item has these words." in words(app)


def test_words_are_placed_with_their_neighbours_and_a_trust_figure(open_app, mapped):
    app = open_app(mapped, PAGE)
    app.text_input(key=key(app, "words")).set_value("a red circle; loud").run()
    assert not app.exception
    assert len(app.table) == 2
    assert all(len(table.value) == 8 for table in app.table)
    assert "of its 8 nearest points are also near it on this map." in words(app)
    assert app.query_params["words"] == "a red circle; loud"
    app.button(key="space-select-star:0").click().run()
    assert not app.exception
    assert "8 points of" in words(app)


def test_the_query_of_the_recommend_page_is_placed_too(open_app, mapped):
    app = open_app(mapped, PAGE)
    assert not [toggle for toggle in app.toggle if "my query" in toggle.label]
    resources_draft = app.session_state["draft"]
    resources_draft.add_text("a blue square")
    app.run()
    app.toggle(key=key(app, "draft")).set_value(True).run()
    assert not app.exception
    assert "a blue square" in words(app)
    assert len(app.table) == 1


def test_two_maps_are_linked_in_both_directions(open_app, mapped):
    app = open_app(mapped, PAGE, beside="space")
    assert not app.exception
    first, second = figures(app)
    app = select(app, 0, 1)
    assert not app.exception
    assert figures(app)[0] == first  # the browser shows its own lasso, and keeps its zoom
    assert figures(app)[1] != second
    assert "selected (" in figures(app)[1]
    app = select(app, 5, slot=1)
    assert not app.exception
    assert "selected (" in figures(app)[0]
    assert "1 point of 1 item selected" in words(app)


def test_another_version_stands_beside_this_one(open_app, mapped, tmp_path):
    from mmdemo.engine import Engine, reindex

    workspace = tmp_path / "copy"
    shutil.copytree(mapped, workspace)
    older = Workspace(workspace).current_version_id()
    reindex(workspace)
    Engine.open(workspace).fit_map(MapSettings())
    app = open_app(workspace, PAGE, beside=f"version:{older}")
    assert not app.exception
    assert len(figures(app)) == 2
    assert older in figures(app)[1]


def test_another_workspace_is_looked_at_and_not_changed(open_app, mapped):
    other = mapped.parent / "other"
    if not other.exists():
        shutil.copytree(mapped, other, ignore=shutil.ignore_patterns("maps"))
    app = open_app(mapped, PAGE, beside="workspace:other")
    assert not app.exception
    assert "has no such map yet" in words(app)
    assert not resources.job_queue().jobs()
    app = open_app(mapped, PAGE, beside="workspace:../../etc")
    assert not app.exception
    assert "What to do:" in app.warning[0].value
    assert len(figures(app)) == 1


def test_a_3d_map_is_drawn_and_says_that_nothing_can_be_selected(open_app, mapped):
    app = open_app(mapped, PAGE, method="pca", dim="3")
    assert not app.exception
    assert "scatter3d" in figures(app)[0]
    assert "go to 2-D" in words(app)


@pytest.mark.parametrize(
    "colour", ["cluster", "tag", "trust", "measure:hubness", "measure:partner_rank", "column:none"]
)
def test_every_colour_is_drawn(open_app, mapped, colour):
    app = open_app(mapped, PAGE, colour=colour, links="1", density="lines")
    assert not app.exception
    assert not app.warning
    assert len(figures(app)) == 1


def test_density_may_stand_instead_of_the_points(open_app, mapped):
    app = open_app(mapped, PAGE, density="only")
    assert not app.exception
    assert len(figures(app)) == 1


def test_a_view_survives_its_address(open_app, mapped):
    params = {"colour": "cluster", "links": "1", "beside": "space", "find": "red", "words": "loud", "hide": "audio"}
    app = open_app(mapped, PAGE, **params)
    assert not app.exception
    assert app.query_params == params
    assert app.selectbox(key=key(app, "colour")).value == "cluster"
    assert app.toggle(key=key(app, "links")).value
    assert app.text_input(key=key(app, "find")).value == "red"


def test_controls_write_the_address(open_app, mapped):
    app = open_app(mapped, PAGE)
    app.selectbox(key=key(app, "colour")).set_value("tag").run()
    app.toggle(key=key(app, "labels")).set_value(False).run()
    assert not app.exception
    assert app.query_params == {"colour": "tag", "labels": "0"}


def test_a_link_selects_items(open_app, mapped):
    engine_items = Workspace(mapped).read_version().items
    app = open_app(mapped, PAGE, item=[engine_items[0].item_id, "gone"])
    assert not app.exception
    assert "of 1 item selected" in words(app)


def test_coming_back_to_the_page_brings_the_view_back(open_app, mapped):
    app = open_app(mapped, PAGE, colour="cluster")
    app = select(app, 0, 1)
    app = app.switch_page("pages/system.py").run()
    app = app.switch_page(PAGE).run()
    assert not app.exception
    assert app.query_params == {"colour": "cluster"}
    assert "2 points of" in words(app)


def test_leaving_the_second_map_keeps_the_selection(open_app, mapped):
    app = select(open_app(mapped, PAGE, beside="space"), 3, slot=1)
    assert "1 point of 1 item selected" in words(app)
    app.toggle(key=key(app, "second")).set_value(False).run()
    assert not app.exception
    assert len(figures(app)) == 1
    assert "1 point of 1 item selected" in words(app)


def test_how_well_it_is_aligned_is_told_once_it_is_opened(open_app, mapped):
    app = open_app(mapped, PAGE)
    assert "In use:" not in words(app)
    app.session_state["space-alignment"] = True
    app.run()
    assert not app.exception
    assert "In use:" in words(app)


def test_an_item_of_the_catalogue_is_seen_on_the_map(open_app, mapped):
    app = open_app(mapped, "pages/catalogue.py")
    item_id = next(button.key for button in app.button if (button.key or "").startswith("open:")).removeprefix("open:")
    app.button(key=f"open:{item_id}").click().run()
    app.button(key="see_on_map").click().run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Space"]
    assert "of 1 item selected" in words(app)
