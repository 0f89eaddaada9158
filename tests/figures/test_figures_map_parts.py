"""Lines, labels, densities and close-ups of a map."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from figure_samples import TEXT, legend, made_up_map, made_up_queries

from mmdemo.errors import QueryError
from mmdemo.figures import MapView, closeup, density_map
from mmdemo.figures.density import density_lines
from mmdemo.figures.grids import Grid, enclosed_percent
from mmdemo.figures.map_labels import Label, cluster_labels, fitting, width_px
from mmdemo.figures.map_links import link_pairs, link_traces, segments
from mmdemo.figures.map_words import same_kind_shares
from mmdemo.figures.spreading import spread

PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture(scope="module")
def plain():
    return made_up_map()


def test_lines_join_the_points_of_one_item_and_no_others(plain):
    pairs = link_pairs(MapView(plain))
    rows = plain.item_rows
    assert (rows[pairs[:, 0]] == rows[pairs[:, 1]]).all()
    assert len(pairs) == len(plain) - len(np.unique(rows))
    texts = plain.of_modality(TEXT)
    assert (np.isin(pairs, texts).sum(axis=1) == 1).all(), "every line passes through the item's text"


def test_only_lines_of_emphasised_items_are_drawn(plain):
    row = plain.item_rows[link_pairs(MapView(plain))[0, 0]]
    [trace], note = link_traces(MapView(plain, highlighted=plain.points_of([row])))
    assert len(trace.x) == 3 * (len(plain.points_of([row])) - 1)
    assert note == ""


def test_lines_break_between_segments():
    broken = segments(np.array([[0, 0], [1, 1]], np.float32), np.array([[2, 2], [3, 3]], np.float32))
    np.testing.assert_array_equal(broken[:, 0], [0, 2, np.nan, 1, 3, np.nan])


def test_labels_keep_clear_of_each_other_and_the_largest_stay():
    labels = [Label(f"label {n}", np.array([n * 0.2, 0.0], np.float32), 100 - n) for n in range(30)]
    kept = fitting(labels, 100.0, [])
    assert kept[0] is labels[0]
    assert 1 < len(kept) < len(labels)
    for first, second in pairwise(kept):
        room = (width_px(first.text) + width_px(second.text)) / 2
        assert abs(first.position[0] - second.position[0]) * 100 >= room
    assert labels[0] not in fitting(labels, 100.0, [labels[0]])


def test_labels_stand_in_the_middle_of_their_cluster(plain):
    labels = cluster_labels(MapView(plain))
    assert [label.count for label in labels] == sorted((label.count for label in labels), reverse=True)
    for label in labels:
        members = plain.positions[plain.clusters == plain.cluster_labels.index(label.text)]
        assert np.linalg.norm(label.position - members.mean(axis=0)) < 1.0


def test_the_share_of_neighbours_of_the_same_kind_is_found():
    plain = made_up_map(200, clusters=1)
    mixed = same_kind_shares(MapView(plain))
    apart = same_kind_shares(
        MapView(replace(plain, positions=plain.positions + 50 * plain.modalities[:, None].astype(np.float32)))
    )
    assert mixed is not None
    assert apart is not None
    assert abs(mixed[0] - mixed[1]) < 0.08
    assert apart[0] == pytest.approx(1.0)
    assert apart[1] == mixed[1]
    assert same_kind_shares(MapView(plain, shown=frozenset({TEXT}))) is None


def test_a_grid_counts_every_point_and_smoothing_loses_none(plain):
    grid = Grid.over(plain.positions)
    assert grid.counts(plain.positions).sum() == len(plain)
    assert grid.density(plain.positions).sum() == pytest.approx(len(plain), rel=1e-3)
    steps = np.concatenate([np.diff(grid.x), np.diff(grid.y)])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-2)


def test_a_contour_at_fifty_encloses_half_of_the_points():
    positions = np.random.default_rng(0).normal(size=(20_000, 2)).astype(np.float32)
    grid = Grid.over(positions)
    density = grid.density(positions)
    inside = grid.counts(positions)[enclosed_percent(density) <= 50].sum() / len(positions)
    assert inside == pytest.approx(0.5, abs=0.03)


def test_a_density_weighs_the_same_for_any_number_of_points(plain):
    light, heavy = (len(density_map(MapView(one)).figure.to_json()) for one in (plain, made_up_map(20_000)))
    assert heavy < 1.1 * light
    assert heavy < 200_000


def test_a_density_shows_each_kind_by_colour_and_dash(plain):
    lines = density_lines(MapView(plain))
    assert len({line.line.color for line in lines}) == len({line.line.dash for line in lines}) == 3
    chart = density_map(MapView(plain, placed=made_up_queries(plain)))
    assert [word.partition(" ")[0] for word in legend(chart)[:3]] == ["text", "picture", "sound"]
    assert {"scattergl"}.isdisjoint(trace.type for trace in chart.figure.data), "WebGL lies under the shade"
    assert "densities of" in chart.alt


def test_a_density_in_three_dimensions_is_refused():
    with pytest.raises(QueryError):
        density_map(MapView(made_up_map(dimensions=3)))


def test_boxes_move_apart_and_no_farther_than_needed():
    rng = np.random.default_rng(1)
    centres = rng.normal(scale=60, size=(40, 2)).astype(np.float32)
    sizes = np.full((40, 2), 40, np.float32)
    places = spread(centres, sizes)
    gaps = np.abs(places[:, None] - places[None, :]).max(axis=2)
    assert (gaps[~np.eye(40, dtype=bool)] >= 40).all()
    far = np.array([[0, 0], [500, 0]], np.float32)
    np.testing.assert_array_equal(spread(far, sizes[:2]), far)
    assert len(np.unique(spread(np.zeros((5, 2), np.float32), sizes[:5]), axis=0)) == 5


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_close_up_shows_pictures_and_names(dimensions):
    some = made_up_map(dimensions=dimensions)
    pictures = {int(point): PIXEL for point in some.points_of([1, 2]) if some.modalities[point] == 1}
    hover = [f"name {point}\nmore" for point in range(len(some))]
    points = some.points_of([1, 2])
    chart = closeup(MapView(some, hover=hover), points, pictures)
    images = chart.figure.layout.images
    assert {image.source for image in images} == {PIXEL}
    assert len(images) == len(pictures)
    words = [note.text for note in chart.figure.layout.annotations]
    assert len(words) == len(points) - len(pictures)
    assert all("name" in word and "more" not in word for word in words)
    [hits] = [trace for trace in chart.figure.data if trace.customdata is not None]
    assert list(hits.customdata) == sorted(points)
    assert f"{len(pictures)} of them as pictures" in chart.alt


def test_a_close_up_of_one_point_and_of_too_many(plain):
    assert len(closeup(MapView(plain), np.array([3]), {}).figure.layout.annotations) == 1
    for wrong in (np.arange(61), np.zeros(0, np.int32), np.array([len(plain)])):
        with pytest.raises(QueryError):
            closeup(MapView(made_up_map(), labels=False), wrong, {})


def test_plotly_is_imported_when_a_figure_is_drawn():
    code = "import sys, mmdemo.figures; sys.exit('plotly' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
