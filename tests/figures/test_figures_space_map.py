"""The map: what is drawn, how it is coloured, how heavy it is, and what it says."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from figure_samples import AUDIO, IMAGE, TEXT, legend, made_up_map, made_up_queries, traces

from mmdemo.errors import QueryError
from mmdemo.figures import ColourBy, MapView, space_map
from mmdemo.figures.palette import MODALITY_COLOURS, OTHER, categorical
from mmdemo.figures.palette import TEXT as INK
from mmdemo.projection import MAP_MODALITIES


@pytest.fixture(scope="module")
def plain():
    return made_up_map()


def spec(chart) -> dict:
    return json.loads(chart.figure.to_json())


@pytest.mark.parametrize("dimensions", [2, 3])
def test_every_point_is_drawn_once_with_its_index_and_the_shape_of_its_modality(dimensions):
    plain = made_up_map(dimensions=dimensions)
    chart = space_map(MapView(plain))
    seen = []
    for modality, shape in ((TEXT, "circle"), (IMAGE, "square"), (AUDIO, "diamond")):
        [trace] = traces(chart, modality.value)
        assert trace.type == ("scattergl" if dimensions == 2 else "scatter3d")
        assert trace.marker.symbol == shape
        assert trace.marker.color == MODALITY_COLOURS[modality][0]
        assert {int(code) for code in plain.modalities[trace.customdata]} == {MAP_MODALITIES.index(modality)}
        np.testing.assert_array_equal(trace.y, plain.positions[trace.customdata, 1])
        seen += list(trace.customdata)
    assert sorted(seen) == list(range(len(plain)))


def test_coordinates_indices_and_colours_travel_as_typed_arrays(plain):
    colour = ColourBy("Group", "category", plain.clusters, plain.cluster_labels)
    drawn = [trace for trace in spec(space_map(MapView(plain, colour=colour)))["data"] if "customdata" in trace]
    assert len(drawn) == 3
    for trace in drawn:
        assert {trace["x"]["dtype"], trace["y"]["dtype"]} == {"f4"}
        assert trace["customdata"]["dtype"] == "i4"
        assert trace["marker"]["color"]["dtype"] == "u1"


def test_a_hundred_thousand_points_stay_light():
    big = made_up_map(45_500, clusters=12)
    assert len(big) > 99_000
    hover = ["words that would weigh megabytes"] * len(big)
    colour = ColourBy("Group", "category", big.clusters, big.cluster_labels)
    chart = space_map(MapView(big, colour=colour, hover=hover, links=True))
    assert len(chart.figure.to_json()) < 3_000_000
    [trace] = traces(chart, "text")
    assert trace.hoverinfo == "none"
    assert "Lines between" in chart.figure.layout.title.text


def test_the_figure_survives_json(plain):
    view = MapView(plain, links=True, density=True, placed=made_up_queries(plain), highlighted=np.array([3]))
    figure = space_map(view).figure
    again = go.Figure(json.loads(figure.to_json()))
    assert json.loads(again.to_json()) == json.loads(figure.to_json())


def test_the_largest_categories_have_colours_and_the_rest_are_counted_as_other():
    crowded = made_up_map(120, clusters=11)
    colour = ColourBy("Group", "category", crowded.clusters, crowded.cluster_labels)
    chart = space_map(MapView(crowded, colour=colour))
    words = legend(chart, "legend2")
    assert len(words) == 9
    assert words[-1].startswith("other (3 more)")
    counts = [int(word.rpartition("(")[2].rstrip(")")) for word in words]
    assert sum(counts) == len(crowded)
    assert counts[:8] == sorted(counts[:8], reverse=True)
    shades = [trace.marker.color for trace in chart.figure.data if trace.legend == "legend2"]
    assert shades == [*categorical(dark=False), OTHER[0]]
    assert chart.figure.layout.legend2.title.text.strip() == "Group"
    [texts] = traces(chart, "text")
    stops = texts.marker.colorscale
    for point, step in zip(texts.customdata, texts.marker.color, strict=True):
        name = crowded.cluster_labels[crowded.clusters[point]]
        entry = next((at for at, word in enumerate(words) if word.startswith(f"{name} (")), 8)
        assert stops[2 * int(step)][1] == shades[entry]


def test_points_without_a_category_are_grey():
    plain = made_up_map()
    codes = plain.clusters.copy()
    codes[[0, 1]] = -1
    chart = space_map(MapView(plain, colour=ColourBy("Group", "category", codes, plain.cluster_labels)))
    assert legend(chart, "legend2")[-1] == "none (2)"
    [texts] = traces(chart, "text")
    grey = {int(point) for point, step in zip(texts.customdata, texts.marker.color, strict=True) if step == 0}
    assert grey == {0, 1}


def test_numbers_have_a_titled_bar_and_points_without_one_are_grey(plain):
    chart = space_map(MapView(plain, colour=ColourBy("Hubness", "number", plain.measures["hubness"])))
    assert chart.figure.layout.coloraxis.colorbar.title.text == "Hubness"
    absent, present = traces(chart, "text")
    assert absent.marker.color == OTHER[0]
    assert np.isnan(plain.measures["hubness"][absent.customdata]).all()
    assert present.marker.color.dtype == np.float32
    np.testing.assert_array_equal(present.marker.color, plain.measures["hubness"][present.customdata])


def test_one_outlier_does_not_take_all_the_colours(plain):
    values = np.ones(len(plain), np.float32) + np.arange(len(plain), dtype=np.float32) / 100
    values[0] = 1000
    chart = space_map(MapView(plain, colour=ColourBy("Rank", "number", values)))
    assert chart.figure.layout.coloraxis.cmax < 3
    assert "largest 1,000" in chart.figure.layout.title.text


def test_signed_numbers_are_white_in_the_middle(plain):
    values = np.linspace(-1, 3, len(plain), dtype=np.float32)
    axis = space_map(MapView(plain, colour=ColourBy("Change", "number", values))).figure.layout.coloraxis
    assert (axis.cmin, axis.cmax) == (-3, 3)


def test_hits_have_a_ring_on_top_and_the_rest_is_dimmed(plain):
    calm = traces(space_map(MapView(plain)), "text")[0].marker.opacity
    chart = space_map(MapView(plain, highlighted=np.array([3, 7]), selected=np.array([5])))
    assert traces(chart, "text")[0].marker.opacity < calm / 2
    [ring] = traces(chart, "highlighted")
    np.testing.assert_array_equal(ring.x, plain.positions[[3, 7], 0])
    assert (ring.marker.opacity, ring.marker.line.color) == (1.0, INK[0])
    assert ring.customdata is None
    order = [trace.legendgroup for trace in chart.figure.data]
    assert order.index("text") < order.index("selected") < order.index("highlighted")
    assert {"found (2)", "selected (1)"} <= set(legend(chart))


def test_hidden_modalities_are_not_drawn(plain):
    chart = space_map(MapView(plain, shown=frozenset({TEXT}), highlighted=np.arange(len(plain)), links=True))
    assert traces(chart, "image") == traces(chart, "links") == []
    assert sum(len(trace.x) for trace in traces(chart, "highlighted")) == len(plain.of_modality(TEXT))
    assert "picture" not in chart.alt


def test_queries_are_stars_above_all_joined_to_their_true_neighbours(plain):
    chart = space_map(MapView(plain, placed=made_up_queries(plain)))
    [sure], [unsure] = traces(chart, "query"), traces(chart, "unsure")
    assert (sure.marker.symbol, unsure.marker.symbol) == ("star", "star-open")
    lines = traces(chart, "neighbours")
    ends = {(float(x), float(y)) for line in lines for x, y in zip(line.x[1::3], line.y[1::3], strict=True)}
    wanted = {(float(x), float(y)) for x, y in plain.positions[[1, 2, 3, 4, 6, 7, 8, 9]]}
    assert ends == wanted
    opacities = [float(line.line.color.rpartition(",")[2].rstrip(")")) for line in lines]
    assert opacities == sorted(opacities)
    words = [note.text for note in chart.figure.layout.annotations]
    assert "<b>◆ dog &lt;b&gt;</b>" in words
    assert "3 of its 4 true neighbours" in chart.alt


def test_hover_words_are_plain_text(plain):
    hover = [f"<b>{point}</b>\nsecond line" for point in range(len(plain))]
    [texts] = traces(space_map(MapView(plain, hover=hover)), "text")
    assert texts.text[0] == "&lt;b&gt;0&lt;/b&gt;<br>second line"


def test_axes_say_nothing_and_zoom_outlives_a_new_drawing(plain):
    first, second = (space_map(MapView(plain, highlighted=np.arange(n))).figure.layout for n in (0, 3))
    assert first.xaxis.visible is first.yaxis.visible is False
    assert first.yaxis.scaleanchor == "x"
    assert first.uirevision == second.uirevision
    assert first.uirevision != space_map(MapView(made_up_map(dimensions=3))).figure.layout.uirevision
    assert "directions mean nothing" in first.title.text


def test_a_map_taller_than_wide_lies_down_with_all_that_is_on_it(plain):
    from dataclasses import replace

    tall = replace(plain, positions=np.ascontiguousarray(plain.positions[:, ::-1]))
    queries = made_up_queries(plain)
    turned = replace(queries, positions=np.ascontiguousarray(queries.positions[:, ::-1]))
    upright = space_map(MapView(plain, placed=queries, links=True, title="t"))
    lying = space_map(MapView(tall, placed=turned, links=True, title="t"))
    for one, other in zip(upright.figure.data, lying.figure.data, strict=True):
        np.testing.assert_array_equal(one.x, other.x)
    assert upright.figure.layout.annotations == lying.figure.layout.annotations


def test_the_alternative_text_says_how_many_and_what_is_where(plain):
    alt = space_map(MapView(plain, title="What is near?", highlighted=np.array([1]))).alt
    assert "What is near: a map of 40 items" in alt
    assert "40 texts (circles)" in alt
    assert "“group 0”" in alt
    assert "1 point found by the search has a ring." in alt


def test_a_sample_says_so():
    from dataclasses import replace

    chart = space_map(MapView(replace(made_up_map(), of_total=5000)))
    assert "of 5,000 points" in chart.figure.layout.title.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"highlighted": np.array([10_000])},
        {"selected": np.array([-1])},
        {"highlighted": np.array([0.5])},
        {"hover": ["one"]},
        {"shown": frozenset()},
        {"drag": "throw"},
        {"width_px": 10},
        {"colour": ColourBy("Other map", "number", np.zeros(3, np.float32))},
        {"placed": made_up_queries(made_up_map(dimensions=3))},
    ],
)
def test_parts_that_do_not_fit_the_map_are_refused(plain, wrong):
    with pytest.raises(QueryError):
        MapView(plain, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        ("x", "shape", None, ()),
        ("x", "category", None, ()),
        ("x", "category", np.array([0, 2]), ("a", "b")),
        ("x", "category", np.array([0.0]), ("a",)),
        ("x", "number", np.array(["a"]), ()),
        ("x", "modality", np.array([1]), ()),
    ],
)
def test_colours_that_fit_nothing_are_refused(wrong):
    with pytest.raises(QueryError):
        ColourBy(*wrong)
