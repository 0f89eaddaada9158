import numpy as np
import pytest

from mmdemo.errors import CancelledError, MediaError, QueryError, SpaceMismatchError
from mmdemo.progress import cancellable
from mmdemo.types import Embeddings, Frames, Modality, Query, QueryPart, Recommendations, Waveform

UNIT = np.eye(2, dtype=np.float32)
IDS = np.array(["a", "b"])


def test_vectors_of_two_spaces_are_never_compared() -> None:
    here, there = (Embeddings(IDS, UNIT, Modality.TEXT, space) for space in ("here", "there"))
    with pytest.raises(SpaceMismatchError, match="'here' and of 'there'"):
        here.similarity(there)
    np.testing.assert_array_equal(here.similarity(here), UNIT)


@pytest.mark.parametrize("vectors", [UNIT * 2, UNIT.astype(np.float64), UNIT[:1], UNIT[0]])
def test_embeddings_refuse_what_is_not_unit_rows_by_id(vectors: np.ndarray) -> None:
    with pytest.raises(SpaceMismatchError):
        Embeddings(IDS, vectors, Modality.TEXT, "here")


@pytest.mark.parametrize("samples", [np.zeros((2, 3), np.float32), np.zeros(3)])
def test_a_waveform_is_mono_float32(samples: np.ndarray) -> None:
    with pytest.raises(MediaError):
        Waveform(samples, 8000)
    assert Waveform(np.zeros(4000, np.float32), 8000).duration_s == 0.5


def test_frames_are_rgb_bytes_with_a_rate() -> None:
    with pytest.raises(MediaError):
        Frames(np.zeros((2, 4, 4), np.uint8), 1.0)
    with pytest.raises(MediaError):
        Frames(np.zeros((2, 4, 4, 3), np.uint8), 0.0)


@pytest.mark.parametrize("weight", [-1.1, 1.5, float("nan")])
def test_a_weight_is_from_minus_one_to_one(weight: float) -> None:
    with pytest.raises(QueryError, match="from -1 to 1"):
        QueryPart(Modality.TEXT, "x", weight)


def test_a_part_is_media_or_an_item_and_a_query_is_not_empty() -> None:
    with pytest.raises(QueryError):
        QueryPart(Modality.TEXT, "x", item_id="a")
    with pytest.raises(QueryError):
        QueryPart(None)
    with pytest.raises(QueryError):
        QueryPart(None, "x")
    with pytest.raises(QueryError, match="an empty query"):
        Query()


def test_recommendations_are_in_descending_order() -> None:
    scores, columns = np.array([1, 2], np.float32), np.zeros((2, 1), np.float32)
    with pytest.raises(QueryError):
        Recommendations(("a", "b"), scores, scores, columns, ("p",), (None,), False, {})


def test_a_cancel_takes_effect_at_the_next_report() -> None:
    seen, stop = [], []
    report = cancellable(lambda done, total, message: seen.append((done, total, message)), lambda: bool(stop))
    report(1, 2, "first")
    stop.append(True)
    with pytest.raises(CancelledError):
        report(2, 2, "second")
    assert seen == [(1, 2, "first")]
