import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.encoders.windows import MAX_WINDOWS, cut_windows, window_starts


@pytest.mark.parametrize(
    ("frames", "expected"),
    [(1, [0]), (100, [0]), (101, [0, 1]), (150, [0, 50]), (151, [0, 50, 51]), (200, [0, 50, 100])],
)
def test_windows_lie_at_fixed_places_and_reach_the_end(frames, expected):
    assert window_starts(frames, 100, hop=50) == expected


@given(frames=st.integers(1, 5000), size=st.integers(1, 200), hop=st.integers(1, 200), most=st.integers(2, MAX_WINDOWS))
def test_windows_stay_inside_and_within_their_number(frames, size, hop, most):
    starts = window_starts(frames, size, hop=hop, most=most)
    assert 1 <= len(starts) <= most
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    assert starts[-1] == max(0, frames - size)


@given(frames=st.integers(1, 3000), hop=st.integers(1, 100))
def test_every_frame_is_heard_while_the_windows_suffice(frames, hop):
    starts = window_starts(frames, 100, hop=hop, most=10_000)
    heard = np.zeros(frames, bool)
    for start in starts:
        heard[start : start + 100] = True
    assert heard.all()


@pytest.mark.parametrize(
    ("filling", "expected"), [("silence", [1, 2, 3, 0, 0, 0, 0]), ("repeat", [1, 2, 3, 1, 2, 3, 1])]
)
def test_a_short_clip_is_filled(filling, expected):
    spectrogram = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    windows = cut_windows(spectrogram, 7, hop=7, filling=filling)
    assert len(windows) == 1
    assert windows[0][:, 0].tolist() == expected
    assert windows[0].shape == (7, 2)


def test_windows_are_what_lies_at_their_starts():
    spectrogram = np.arange(20.0).reshape(10, 2)
    windows = cut_windows(spectrogram, 4, hop=4, filling="silence")
    assert [window[0, 0] for window in windows] == [0, 8, 12]
    assert np.array_equal(windows[2], spectrogram[6:])
