"""Figures of alignments, and what all charts have in common."""

import json
import re

import numpy as np
import pytest
from colour_measures import contrast
from figure_samples import AUDIO, IMAGE, TEXT, made_up_map, made_up_report

from mmdemo.errors import QueryError
from mmdemo.figures import (
    MapView,
    closeup,
    density_map,
    gap_bars,
    hubness_bars,
    method_comparison,
    recall_matrix,
    space_map,
)
from mmdemo.figures.palette import TEXT as INK
from mmdemo.figures.template import resize, template


def every_chart(dark: bool = False) -> list:
    view = MapView(made_up_map(), dark=dark)
    report = made_up_report()
    return [
        space_map(view),
        density_map(view),
        closeup(view, np.arange(4), {}),
        recall_matrix(report, 5, dark=dark),
        method_comparison([report], dark=dark),
        gap_bars(report, dark=dark),
        hubness_bars(report, dark=dark),
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_has_the_one_template_a_title_words_and_a_height(dark):
    charts = every_chart(dark)
    backgrounds = {chart.figure.layout.template.layout.paper_bgcolor for chart in charts}
    assert backgrounds == {template(dark).layout.paper_bgcolor}
    for chart in charts:
        assert len(chart.title) > 10
        assert len(chart.alt) > 40
        assert chart.figure.layout.height > 100
        assert json.loads(chart.figure.to_json())["layout"]["title"]["text"].startswith("<b>")


def test_a_saved_page_stands_alone_and_says_what_it_shows():
    chart = gap_bars(made_up_report())
    page = chart.html()
    assert f"<title>{chart.title}</title>" in page
    assert f'aria-label="{chart.alt}"' in page
    assert re.search(r'<(script|link)[^>]+(src|href)="?https?:', page) is None
    assert len(page) > 3_000_000, "Plotly itself is inside"


def test_the_matrix_holds_each_pair_in_its_cell():
    report = made_up_report()
    figure = recall_matrix(report, 10).figure
    [cells] = figure.data
    assert list(cells.x) == list(cells.y) == ["text", "picture", "sound"]
    assert cells.z[0][1] == pytest.approx(0.5)
    assert np.isnan(cells.z[0][0])
    assert cells.text[0][1] == "<b>50%</b><br>45 to 55%"
    assert "by chance 10.0%" in cells.customdata[0][1]
    assert (cells.zmin, cells.zmax) == (0.0, 1.0)


def test_cells_can_be_read_at_every_value():
    for dark in (False, True):
        [cells] = recall_matrix(made_up_report(), 10, dark=dark).figure.data
        assert cells.textfont.color == INK[dark]
        for _, colour in cells.colorscale:
            assert contrast(colour, INK[dark]) >= 4.5


def test_methods_are_in_order_with_their_intervals():
    reports = [made_up_report("ridge", 0.5), made_up_report("cca", 0.7), made_up_report("zero", 0.2)]
    chart = method_comparison(reports, names={"cca": "CCA"})
    at_ten, at_one = chart.figure.data
    assert list(at_ten.y) == ["CCA", "ridge", "zero"]
    np.testing.assert_allclose(at_ten.x, [0.7, 0.5, 0.2], rtol=1e-6)
    np.testing.assert_allclose(at_ten.error_x.array, np.array([0.07, 0.05, 0.02]), rtol=1e-4)
    np.testing.assert_allclose(at_one.x, [0.175, 0.125, 0.05], rtol=1e-6)
    assert at_ten.marker.symbol != at_one.marker.symbol
    assert chart.title == "CCA is best: 70% of pictures by text"
    assert "Last: zero, 20%" in chart.alt


def test_gaps_and_hubness_say_their_finding():
    gaps = gap_bars(made_up_report())
    assert "narrows the modality gap: 0.80 before, 0.30 after" in gaps.title
    before, after = gaps.figure.data
    np.testing.assert_allclose(before.x, [0.9, 0.7], rtol=1e-6)
    np.testing.assert_allclose(after.x, [0.2, 0.4], rtol=1e-6)
    assert before.marker.color != after.marker.color
    hubs = hubness_bars(made_up_report())
    assert list(hubs.figure.data[0].x) == [2.5, 0.5]
    assert "texts by picture" in hubs.title


def test_what_was_not_measured_is_refused():
    from dataclasses import replace

    empty = replace(made_up_report(), pairs={}, gap_after={}, hubness={})
    for draw in (recall_matrix, gap_bars, hubness_bars, lambda report: method_comparison([report])):
        with pytest.raises(QueryError):
            draw(empty)
    with pytest.raises(QueryError):
        recall_matrix(made_up_report(), 7)
    with pytest.raises(QueryError):
        method_comparison([made_up_report()], pair=(AUDIO, IMAGE))
    assert method_comparison([made_up_report()], pair=(AUDIO, TEXT)).title


def test_a_resized_map_keeps_its_legend_under_its_head():
    figure = space_map(MapView(made_up_map())).figure
    distance = (1 - figure.layout.legend.y) * figure.layout.height
    resize(figure, 480)
    assert figure.layout.height == 480
    assert (1 - figure.layout.legend.y) * 480 == pytest.approx(distance)
