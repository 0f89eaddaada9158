"""Pooling of what networks made of parts, against obvious loops."""

import numpy as np
import pytest

from mmdemo.encoders.base import Inside
from mmdemo.engine.part_pooling import MOST, pooled

_NAN = float("nan")


def _inside(unit, places, *, wide: int = 5, seed: int = 0) -> Inside:
    features = np.random.default_rng(seed).standard_normal((len(places), wide)).astype(np.float32)
    return Inside(unit, ("",) * len(places), np.array(places, np.float32).reshape(-1, 4), features)


def _token(start: float, end: float) -> tuple[float, float, float, float]:
    return start, end, _NAN, _NAN


def test_pieces_of_a_word_are_one_part_and_marks_of_no_place_are_none():
    # [CLS] un|seen fox [SEP]
    window = _inside("token", [_token(_NAN, _NAN), _token(0, 2), _token(2, 6), _token(7, 10), _token(_NAN, _NAN)])
    found = pooled((window,))
    np.testing.assert_allclose(found.features[0], window.features[1:3].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.features[1], window.features[3], atol=1e-6)
    assert found.places[:, :2].tolist() == [[0, 6], [7, 10]]
    assert np.isnan(found.places[:, 2:]).all()


@pytest.mark.parametrize("windows", [1, 2])
def test_a_long_text_is_cut_into_runs_of_words(windows):
    words = [_token(5 * number, 5 * number + 4) for number in range(20)]
    cut = [_inside("token", part, seed=number) for number, part in enumerate(np.array_split(words, windows))]
    found = pooled(cut)
    features = np.concatenate([window.features for window in cut])
    runs = np.array_split(np.arange(20), MOST)
    expected = [features[run].mean(axis=0) for run in runs]
    np.testing.assert_allclose(found.features, expected, atol=1e-6)
    assert found.places[:, :2].tolist() == [[5 * run[0], 5 * run[-1] + 4] for run in runs]


def test_a_text_without_gaps_is_cut_at_its_pieces():
    found = pooled((_inside("token", [_token(number, number + 1) for number in range(4)]),))
    assert found.places[:, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), (0.0, -0.5, 1.0, 1.5)])
def test_regions_of_a_picture_weigh_cells_by_what_lies_in_them(box):
    x, y = np.linspace(box[0], box[2], 5), np.linspace(box[1], box[3], 5)
    cells = [(x[c], y[r], x[c + 1], y[r + 1]) for r in range(4) for c in range(4)]
    window = _inside("patch", [(_NAN,) * 4, *cells])
    found = pooled((window,))
    assert found.features.shape == (9, 5)
    for number, feature in enumerate(found.features):
        row, column = divmod(number, 3)
        left, top = column / 3, row / 3
        np.testing.assert_allclose(found.places[number], (left, top, left + 1 / 3, top + 1 / 3), atol=1e-6)
        total, weight = np.zeros(5), 0.0
        for cell, own in zip(cells, window.features[1:], strict=True):
            wide = min(left + 1 / 3, cell[2]) - max(left, cell[0])
            high = min(top + 1 / 3, cell[3]) - max(top, cell[1])
            if wide > 0 and high > 0:
                total, weight = total + wide * high * own, weight + wide * high
        np.testing.assert_allclose(feature, total / weight, atol=1e-5)


def test_times_of_a_sound_are_equal_and_hold_all_its_frequencies():
    # Two frequencies, three cells of 0.4 s each, the last a rest of 0.1 s; then filling.
    times = [(0.0, 0.4), (0.4, 0.8), (0.8, 0.9)]
    places = [(start, end, low, low + 100) for start, end in times for low in (0, 100)]
    window = _inside("time", [*places, (_NAN,) * 4])
    found = pooled((window,))
    np.testing.assert_allclose(found.places[:, 0], [0.0, 0.3, 0.6], atol=1e-6)
    np.testing.assert_allclose(found.places[:, 2:], [[0, 200]] * 3)
    cells = [window.features[2 * number : 2 * number + 2].mean(axis=0) for number in range(3)]
    expected = [cells[0], (cells[0] + 2 * cells[1]) / 3, (2 * cells[1] + cells[2]) / 3]
    np.testing.assert_allclose(found.features, expected, atol=1e-5)


def test_frames_of_a_video_are_taken_in_their_order():
    places = [(float(number), _NAN, _NAN, _NAN) for number in range(12)]
    windows = (_inside("frame", places[6:], seed=1), _inside("frame", places[:6], seed=2))
    found = pooled(windows)
    assert found.places[:, 0].tolist() == [0, 2, 4, 6, 7, 8, 9, 10, 11]
    np.testing.assert_allclose(found.features[0], windows[1].features[:2].mean(axis=0), atol=1e-6)


def test_what_stands_for_no_place_gives_no_parts():
    found = pooled((_inside("token", [_token(_NAN, _NAN)] * 2),))
    assert (found.features.shape, found.places.shape) == ((0, 5), (0, 4))
