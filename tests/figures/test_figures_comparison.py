"""Figures that hold models against each other."""

from itertools import combinations

import numpy as np
import pytest
from colour_measures import MACHADO, ciede2000, contrast, lab

from mmdemo.errors import QueryError
from mmdemo.figures.model_comparison import Measure, difference_chart, score_chart
from mmdemo.figures.palette import MODALITY_COLOURS, PAGE, pick
from mmdemo.figures.rank_moves import rank_moves
from mmdemo.figures.run_looks import RUN_COLOURS, run_look
from mmdemo.figures.run_weights import weight_chart
from mmdemo.figures.stress import StressCurve, spread, stress_chart
from mmdemo.types import Modality

SCORES = [
    Measure("Mean", 1, 0.58, (0.54, 0.62)),
    Measure("Attention", 0, 0.70, (0.66, 0.74)),
    Measure("Product", 2, 0.04, (0.02, 0.06)),
]


def curve(label: str, number: int, last: float) -> StressCurve:
    values = (0.6, 0.5, last)
    return StressCurve(label, number, (0.0, 0.5, 1.0), values, tuple((value - 0.05, value + 0.05) for value in values))


@pytest.mark.parametrize("dark", [False, True])
def test_runs_look_like_no_modality_and_unlike_each_other(dark):
    colours = [run_look(number, dark=dark).colour for number in range(len(RUN_COLOURS))]
    for colour in colours:
        assert contrast(colour, pick(PAGE, dark)) >= 4.5
        assert (
            min(ciede2000(lab(colour, "normal"), lab(pair[dark], "normal")) for pair in MODALITY_COLOURS.values()) > 15
        )
    for vision in MACHADO:
        assert min(ciede2000(lab(a, vision), lab(b, vision)) for a, b in combinations(colours, 2)) > 11
    looks = [run_look(number, dark=dark) for number in range(60)]
    assert len(set(looks)) == 60


@pytest.mark.parametrize("dark", [False, True])
def test_every_figure_has_a_title_words_and_a_height(dark):
    weights = [("Mean", {Modality.TEXT: 0.5, Modality.IMAGE: 0.5})]
    charts = [
        score_chart(SCORES, chance=0.04, dark=dark),
        difference_chart([Measure("Mean", 1, -0.12, (-0.2, -0.04), is_real=True)], best="Attention", dark=dark),
        weight_chart(weights, dark=dark),
        stress_chart([curve("Mean", 0, 0.3)], kind="noise", modality=Modality.AUDIO, dark=dark),
        rank_moves(("Mean", ["a", "b"]), ("Attention", ["b", "c"]), {}, dark=dark),
    ]
    for chart in charts:
        assert len(chart.title) > 10
        assert len(chart.alt) > 40
        assert chart.figure.layout.height > 100
        assert chart.figure.layout.template.layout.paper_bgcolor == pick(PAGE, dark)
        assert chart.figure.layout.xaxis.title.text or chart.figure.layout.xaxis.ticktext


def test_scores_are_in_order_with_intervals_and_chance():
    chart = score_chart(SCORES, chance=0.03)
    assert list(chart.figure.layout.yaxis.ticktext) == ["Attention", "Mean", "Product"]
    assert [trace.x[0] for trace in chart.figure.data] == [0.70, 0.58, 0.04]
    first = chart.figure.data[0]
    np.testing.assert_allclose([first.error_x.array[0], first.error_x.arrayminus[0]], [0.04, 0.04])
    assert first.marker.color == run_look(0, dark=False).colour
    assert [shape.x0 for shape in chart.figure.layout.shapes] == [0.03]
    assert chart.title == "Attention is right most often: 70%"
    assert "2 of 2 others lie wholly below" in chart.alt
    assert "Last: Product, 4.0%" in chart.alt


def test_differences_say_how_many_are_real_in_percentage_points():
    found = [
        Measure("Mean", 1, -0.12, (-0.2, -0.04), is_real=True),
        Measure("HMDF", 2, -0.0001, (-0.02, 0.02)),
    ]
    chart = difference_chart(found, best="Attention")
    assert chart.title == "1 of 2 is really behind Attention"
    assert [trace.text[0] for trace in chart.figure.data] == ["0.0", "−12.0"]
    low, high = chart.figure.layout.xaxis.range
    assert low < -20
    assert high > 2
    assert "Mean −12.0 points, interval −20.0 to −4.0" in chart.alt
    assert difference_chart(found[1:], best="Attention").title == "HMDF is not really behind Attention"
    assert difference_chart([found[1]] * 2, best="Attention").title == "None is really behind Attention"


def test_names_are_text_not_markup():
    figure = score_chart([Measure("<b>x, a name of several lines", 0, 0.5, (0.4, 0.6))], chance=0.1).figure
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;x, a name of<br>several lines"]


def test_weights_stack_in_modality_colours_and_may_fall_below_zero():
    chart = weight_chart(
        [
            ("Mean", {Modality.TEXT: 0.5, Modality.IMAGE: 0.6, Modality.AUDIO: -0.1}),
            ("Attention", {Modality.TEXT: 0.2, Modality.IMAGE: 0.75, Modality.AUDIO: 0.05}),
        ]
    )
    assert [trace.marker.color for trace in chart.figure.data] == [
        MODALITY_COLOURS[kind][0] for kind in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
    ]
    assert [list(trace.x) for trace in chart.figure.data] == [[0.5, 0.2], [0.6, 0.75], [-0.1, 0.05]]
    assert chart.figure.layout.barmode == "relative"
    assert chart.figure.data[2].text == ("◆ −10%", "")
    assert chart.title == "All of them lean most on pictures"
    assert "Mean: text 50%, picture 60%, sound -10%" in chart.alt
    with pytest.raises(QueryError):
        weight_chart([])


def test_stress_says_who_loses_least_and_labels_lines_apart():
    curves = [curve("Mean", 0, 0.30), curve("Attention", 1, 0.31), curve("HMDF", 2, 0.1)]
    chart = stress_chart(curves, kind="missing", modality=Modality.IMAGE)
    assert chart.title == "Attention loses least when pictures are missing: 29 points"
    assert "The weakest is HMDF" in chart.alt
    lines = [trace for trace in chart.figure.data if trace.mode == "lines+markers"]
    assert [list(line.y) for line in lines] == [[0.6, 0.5, 0.30], [0.6, 0.5, 0.31], [0.6, 0.5, 0.1]]
    assert len({line.line.dash for line in lines}) == 3
    places = {note.text.split("</span> ")[1]: note.y for note in chart.figure.layout.annotations}
    low, high = chart.figure.layout.yaxis.range
    assert places["Attention"] - places["Mean"] > 0.1 * (high - low)
    assert chart.figure.layout.xaxis.title.text == "share of queries without their pictures"
    assert "noise in the sounds" in stress_chart(curves, kind="noise", modality=Modality.AUDIO).figure.to_json()
    with pytest.raises(QueryError):
        stress_chart([], kind="noise", modality=Modality.AUDIO)


def test_a_measure_without_intervals_is_drawn_without_bands():
    bare = StressCurve("Mean", 0, (0.0, 1.0), (0.8, 0.7))
    chart = stress_chart([bare], kind="missing", modality=Modality.IMAGE, measure="F1")
    assert [trace.mode for trace in chart.figure.data] == ["lines+markers"]
    assert chart.figure.layout.yaxis.title.text == "F1"
    assert "F1 on the same test items." in chart.figure.to_json()
    assert "80% to 70%" in chart.alt


def test_labels_move_as_little_as_it_takes():
    assert spread([0.1, 0.5, 0.9], 0.1, 1.0) == [0.1, 0.5, 0.9]
    np.testing.assert_allclose(spread([0.5, 0.5, 0.5], 0.1, 1.0), [0.5, 0.6, 0.7])
    np.testing.assert_allclose(spread([0.9, 0.95, 0.99], 0.1, 1.0), [0.8, 0.9, 1.0])


def test_moves_are_drawn_from_place_to_place():
    first, second = ("Mean", ["a", "b", "c", "d"]), ("Attention", ["d", "b", "a", "e"])
    chart = rank_moves(first, second, {"d": "A <dog>"})
    drawn = {trace.hovertemplate.split(":")[0]: trace for trace in chart.figure.data}
    assert {name: tuple(trace.y) for name, trace in drawn.items()} == {
        "A &lt;dog&gt;": (4, 1),
        "a": (1, 3),
        "b": (2, 2),
        "c": (3, 5),
        "e": (5, 4),
    }
    widths = {name: (trace.line.width, trace.line.dash) for name, trace in drawn.items()}
    assert widths["e"] == widths["A &lt;dog&gt;"] == (3, "solid")
    assert widths["c"] == widths["a"] == (2, "dash")
    assert widths["b"] == (1.5, "solid")
    assert drawn["c"].marker.symbol == ("circle", "x-thin")
    assert "leaves from place 3" in drawn["c"].hovertemplate
    assert "new, at place 4" in drawn["e"].hovertemplate
    assert chart.title == "1 of 4 results of Attention are new"
    assert "A <dog> rises most, by 3; a falls most, by 2" in chart.alt
    assert rank_moves(first, ("Sum", ["a", "b", "c", "d"]), {}).title.startswith("Both show the same")
    with pytest.raises(QueryError):
        rank_moves(first, ("Sum", []), {})


def test_nothing_measured_is_refused():
    for draw in (lambda: score_chart([], chance=0.1), lambda: difference_chart([], best="Mean")):
        with pytest.raises(QueryError):
            draw()
