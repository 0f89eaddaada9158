"""Figures of the leaderboard: the order with its doubt, and what accuracy costs."""

import numpy as np
import pytest

from mmdemo.errors import QueryError
from mmdemo.figures.leaderboard import Placed, leaderboard_chart
from mmdemo.figures.map_labels import width_px
from mmdemo.figures.palette import PAGE, pick
from mmdemo.figures.point_labels import label_sides
from mmdemo.figures.trade_off import Side, Traded, trade_off_chart, unbeaten

PLACED = [
    Placed("Popularity", 0.04, (0.03, 0.05), "behind"),
    Placed("EASE <b>", 0.14, (0.11, 0.17), "best"),
    Placed("Graph filter", 0.13, (0.10, 0.16), "level"),
]
UP = Side("NDCG@10", "NDCG@10, from 0 to 1")
TIME = Side("time to fit", "seconds", 2, less_is_better=True, logarithmic=True)


def test_models_are_in_order_with_intervals_and_say_who_may_be_as_good():
    chart = leaderboard_chart(PLACED, measure="NDCG@10")
    assert list(chart.figure.layout.yaxis.ticktext) == ["EASE &lt;b&gt;", "Graph filter", "Popularity"]
    assert [trace.x[0] for trace in chart.figure.data] == [0.14, 0.13, 0.04]
    first, second, third = chart.figure.data
    np.testing.assert_allclose([first.error_x.array[0], first.error_x.arrayminus[0]], [0.03, 0.03])
    assert first.marker.symbol == "star"
    assert second.marker.color == first.marker.color
    assert third.marker.color == pick(PAGE, False), "hollow"
    assert chart.title == "EASE <b> leads: NDCG@10 0.140"
    assert "Graph filter may be as good" in chart.figure.layout.title.text.replace("</span><br>", " ")
    assert "interval 0.100 to 0.160" in chart.alt


@pytest.mark.parametrize(
    ("standings", "said"),
    [
        (("best",), "leads"),
        (("best", "behind"), "The other is really behind"),
        (("best", "behind", "behind"), "All others are really behind"),
        (("best", "level", "level"), "2 others may be as good"),
    ],
)
def test_how_sure_the_lead_is(standings, said):
    placed = [Placed(f"model {row}", 0.5 - row / 10, (0.0, 1.0), standing) for row, standing in enumerate(standings)]
    alt = leaderboard_chart(placed, measure="MRR@10").alt
    assert (said in alt) == (len(standings) > 1)


@pytest.mark.parametrize("dark", [False, True])
def test_figures_have_words_titles_and_heights_even_where_all_is_zero(dark):
    zero = [Placed("A", 0.0, (0.0, 0.0), "best"), Placed("B", 0.0, (0.0, 0.0), "level")]
    traded = [Traded("A", 0.0, 0.0, "best"), Traded("B", 0.0, 0.0, "level")]
    for chart in (
        leaderboard_chart(zero, measure="AUC", dark=dark),
        trade_off_chart(traded, up=UP, along=TIME, dark=dark),
        trade_off_chart(traded[:1], up=UP, along=Side("coverage", "share"), dark=dark),
    ):
        assert len(chart.title) > 8
        assert len(chart.alt) > 20
        assert chart.figure.layout.height > 100
        assert chart.figure.layout.xaxis.range[1] > chart.figure.layout.xaxis.range[0]
        assert chart.figure.layout.template.layout.paper_bgcolor == pick(PAGE, dark)


def test_nothing_to_draw_is_an_error():
    with pytest.raises(QueryError):
        leaderboard_chart([], measure="NDCG@10")
    with pytest.raises(QueryError):
        trade_off_chart([], up=UP, along=TIME)


def test_the_dotted_line_goes_through_models_that_no_other_beats():
    traded = [
        Traded("slow and good", 0.3, 20.0, "best"),
        Traded("quick", 0.1, 0.01, "behind"),
        Traded("beaten", 0.1, 0.5, "behind"),
        Traded("between", 0.2, 1.0, "level"),
    ]
    chart = trade_off_chart(traded, up=UP, along=TIME)
    assert list(chart.figure.data[0].x) == [0.01, 1.0, 20.0]
    assert list(chart.figure.data[0].y) == [0.1, 0.2, 0.3]
    assert chart.title == "slow and good leads in NDCG@10, quick in time to fit"
    assert "beaten: NDCG@10 0.100, time to fit 0.50" in chart.alt
    both = trade_off_chart(traded[:1], up=UP, along=TIME)
    assert both.title == "slow and good leads in both NDCG@10 and time to fit"


@pytest.mark.parametrize("less_is_better", [False, True])
def test_unbeaten_equals_the_definition(less_is_better):
    rng = np.random.default_rng(3)
    models = [Traded(str(n), up, along, "level") for n, (up, along) in enumerate(rng.integers(0, 6, (40, 2)) / 5)]
    expected = []
    for one in models:
        beaten = False
        for other in models:
            along = other.along <= one.along if less_is_better else other.along >= one.along
            beaten |= other.up >= one.up and along and (other.up, other.along) != (one.up, one.along)
        if not beaten:
            expected.append(one)
    assert unbeaten(models, less_is_better=less_is_better) == expected


def test_names_cover_no_point_and_no_other_name():
    rng = np.random.default_rng(0)
    points = rng.uniform([0, 0], [300, 270], (25, 2)).astype(np.float32)
    names = ["a name " * rng.integers(1, 3) for _ in points]
    names[3] = ""
    sides = label_sides(points, names, width=300)
    assert sides[3] == ""
    assert sum(map(bool, sides)) >= 8
    boxes = []
    for point, name, side in zip(points, names, sides, strict=True):
        if side:
            up = ("top" in side) - ("bottom" in side)
            across = ("right" in side) - ("left" in side)
            x, y = point[0] + across * (width_px(name) + 14) / 2, point[1] + up * 16
            boxes.append((x, y, width_px(name), 18))
            assert width_px(name) / 2 <= x <= 300 - width_px(name) / 2
            others = points[(points != point).any(axis=1)]
            covered = (np.abs(others - [x, y]) < [(width_px(name) + 14) / 2 - 1e-3, 16 - 1e-3]).all(axis=1)
            assert not covered.any()
    for first, one in enumerate(boxes):
        for other in boxes[:first]:
            apart = abs(one[0] - other[0]) >= (one[2] + other[2]) / 2 - 1e-3 or abs(one[1] - other[1]) >= 18 - 1e-3
            assert apart
