"""Figures of weights against the truth."""

import pytest

from mmdemo.errors import QueryError
from mmdemo.figures.palette import MODALITY_WORDS
from mmdemo.figures.truth import truth_chart, truth_ranking
from mmdemo.fusion.truth_report import TruthReport, WorldRun
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
BITS = {TEXT: 0.6, IMAGE: 0.3, AUDIO: 0.1}
REPORT = TruthReport(
    (
        WorldRun("attention", "first", BITS, {TEXT: 0.5, IMAGE: 0.3, AUDIO: 0.2}, 0.9, 0.2),
        WorldRun("upside-down", "first", BITS, {TEXT: 0.2, IMAGE: 0.4, AUDIO: 0.45}, 0.4, 0.2),
    )
)


@pytest.mark.parametrize("dark", [False, True])
def test_the_title_says_whether_weights_follow_and_every_point_is_drawn(dark):
    chart = truth_chart(REPORT, dark=dark)
    assert chart.title == "attention: weights follow the signal"
    drawn = {
        (x, y) for trace in chart.figure.data if trace.mode == "markers" for x, y in zip(trace.x, trace.y, strict=True)
    }
    assert drawn == {(0.6, 0.5), (0.3, 0.3), (0.1, 0.2)}
    assert "1.00" in chart.alt
    assert "90%" in chart.alt


def test_modalities_differ_by_marker_as_well_as_by_colour():
    traces = [trace for trace in truth_chart(REPORT).figure.data if trace.mode == "markers"]
    assert len({trace.marker.symbol for trace in traces}) == len({trace.marker.color for trace in traces}) == 3
    assert {trace.name for trace in traces} == {MODALITY_WORDS[m] for m in (TEXT, IMAGE, AUDIO)}


def test_one_that_does_not_follow_is_said_not_to():
    chart = truth_chart(REPORT, "upside-down", names={"upside-down": "Upside down"})
    assert chart.title == "Upside down: weights hardly follow the signal"


def test_the_ranking_names_the_best_first():
    chart = truth_ranking(REPORT, names={"attention": "Attention"})
    assert chart.title == "Attention recovers the signal best"
    assert list(chart.figure.data[0].y) == ["Attention", "upside-down"]
    assert list(chart.figure.data[0].x) == pytest.approx([1.0, -1.0])
    assert "1 of 2 reach 0.9" in chart.alt
    low, high = chart.figure.layout.xaxis.range
    assert low < -1.0 < 1.0 < high


def test_what_was_not_measured_cannot_be_drawn():
    with pytest.raises(QueryError, match="graph"):
        truth_chart(REPORT, "graph")
    with pytest.raises(QueryError):
        truth_ranking(TruthReport(()))
