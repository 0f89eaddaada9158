"""A person draws around points on the map, looks at them, takes them away, compares two maps, places words."""

import io
import shutil

import pytest
from browser_steps import wait_for_cards
from conftest import serving
from pyarrow import csv, parquet

pytestmark = [pytest.mark.browser, pytest.mark.weights]
HEADING = "points of"


@pytest.fixture(scope="session")
def mapped_server(mapped_workspace, tmp_path_factory):
    """A server on a workspace whose default map, and its twin before alignment, are there already."""
    workspace = shutil.copytree(mapped_workspace, tmp_path_factory.mktemp("mapped") / "workspace")
    with serving(workspace, tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture
def space(new_page, mapped_server):
    """Opens the page and waits until its maps are drawn."""

    def open_space(query: str = "", *, maps: int = 1, **options):
        page = new_page(f"/space{query}", address=mapped_server, **options)
        page.locator(".st-key-status-line").get_by_text("ready").wait_for()  # when it is, the page is drawn once more
        wait_for_maps(page, maps)
        return page

    return open_space


def wait_for_maps(page, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.js-plotly-plot .gl-canvas-focus, .js-plotly-plot canvas').length >= count"
        " && document.querySelectorAll('.js-plotly-plot').length === count",
        arg=count,
    )


def draw_around_everything(page, number: int = 0) -> None:
    """Drag the lasso once around all points of a map, with the real mouse."""
    area = page.locator(".js-plotly-plot").nth(number).locator(".draglayer .nsewdrag").first
    area.evaluate("area => area.scrollIntoView({block: 'center', behavior: 'instant'})")
    page.wait_for_timeout(500)  # Plotly takes no drag before its first animation frame after drawing
    box = area.bounding_box()
    left, right = box["x"] + 0.01 * box["width"], box["x"] + 0.9 * box["width"]
    top, bottom = box["y"] + 0.01 * box["height"], box["y"] + 0.99 * box["height"]
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def points_drawn(page, number: int = 0) -> int:
    """Points in the traces that can be selected."""
    return page.evaluate(
        "n => document.querySelectorAll('.js-plotly-plot')[n]._fullData"
        ".reduce((sum, trace) => sum + (trace.customdata ? trace.customdata.length : 0), 0)",
        number,
    )


def test_the_map_is_really_drawn_with_webgl(space):
    page = space()
    kinds = page.evaluate("document.querySelector('.js-plotly-plot')._fullData.map(trace => trace.type)")
    assert "scattergl" in kinds
    assert points_drawn(page) >= 48
    assert page.locator(".js-plotly-plot canvas").count() >= 1


def test_a_lasso_brings_a_gallery_with_pictures_and_players(space):
    page = space()
    draw_around_everything(page)
    page.get_by_role("heading", name=HEADING).wait_for()
    shows = "name => document.querySelectorAll('.st-key-space-gallery ' + name).length"
    page.wait_for_function(f"name => ({shows})(name) === 24", arg="h2")
    page.wait_for_function(f"name => ({shows})(name) >= 6", arg="img")
    page.wait_for_function(f"name => ({shows})(name) >= 1", arg="audio")


def test_the_selection_is_downloaded_in_two_formats(space):
    page = space()
    draw_around_everything(page)
    heading = page.get_by_role("heading", name=HEADING)
    heading.wait_for()
    count = int(heading.inner_text().split()[0].replace(",", ""))
    page.get_by_role("button", name="Export").click()
    found = {}
    for name in ("CSV", "Parquet"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name, exact=True).click()
        found[name] = waiting.value.path().read_bytes()
    from_csv = csv.read_csv(io.BytesIO(found["CSV"]), parse_options=csv.ParseOptions(newlines_in_values=True))
    from_parquet = parquet.read_table(io.BytesIO(found["Parquet"]))
    assert from_csv.num_rows == from_parquet.num_rows == count
    assert from_csv["item_id"].to_pylist() == from_parquet["item_id"].to_pylist()
    assert {"title", "modality", "x", "y", "trust"} <= set(from_csv.column_names)


def test_selected_items_are_searched_with(space):
    page = space()
    draw_around_everything(page)
    page.get_by_role("button", name="Use as query").click()
    page.wait_for_url("**item=**")
    assert page.url.count("item=") == 12
    wait_for_cards(page)


def test_what_is_selected_on_one_map_is_marked_on_the_other_both_ways(space):
    page = space("?beside=space", maps=2)
    marked = "n => document.querySelectorAll('.js-plotly-plot')[n]._fullData.some(t => t.name.startsWith('selected ('))"
    for drawn_on, other in ((0, 1), (1, 0)):
        assert not page.evaluate(marked, other)
        draw_around_everything(page, drawn_on)
        page.wait_for_function(marked, arg=other)
        page.get_by_role("heading", name=HEADING).wait_for()
        page.get_by_role("button", name="Clear", exact=True).click()
        page.get_by_role("heading", name=HEADING).wait_for(state="detached")
        wait_for_maps(page, 2)


def test_words_are_placed_as_stars_with_their_true_neighbours(space):
    page = space()
    page.get_by_role("textbox", name="Place words on the map").fill("a red circle; loud")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What truly lies near your words").wait_for()
    page.get_by_text("of its 8 nearest points are also near it").first.wait_for()
    stars = "document.querySelector('.js-plotly-plot')._fullData.filter(t => t.mode === 'markers' && !t.customdata)"
    page.wait_for_function(f"{stars}.reduce((sum, t) => sum + t.x.filter(x => x !== null).length, 0) >= 2")
    assert "words=a+red+circle" in page.url.replace("%20", "+")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(space, width):
    page = space("?beside=space&words=loud&colour=cluster", maps=2, width=width)
    page.get_by_role("heading", name="What truly lies near your words").wait_for()
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= width


def test_the_page_can_be_used_from_the_keyboard(space):
    page = space()
    page.get_by_role("searchbox", name="Find on the map").focus()
    page.keyboard.type("red")
    page.get_by_text("a ring").wait_for()
    chart = page.locator('[aria-label*="a map of"]').first
    assert "24 items" in (chart.get_attribute("aria-label") or "")
