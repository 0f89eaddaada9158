import numpy as np
import pytest
from planted import classified_pairs, rotated_pairs

from mmdemo.align import AlignmentData, FeatureSet, fit_text_pivot, grouped_folds, held_out_vectors
from mmdemo.align.storage import pivot_from_arrays, pivot_to_arrays
from mmdemo.errors import SpaceMismatchError
from mmdemo.metrics.retrieval import expected_ranks
from mmdemo.types import Modality


def _project(pivot, data: AlignmentData, modality: Modality) -> np.ndarray:
    entry = data.sets[modality]
    probabilities = np.zeros((len(entry.rows), 0), np.float32) if entry.head is None else entry.head.probabilities
    return pivot.project(modality, entry.features, probabilities)


def test_a_planted_rotation_is_recovered_on_items_that_were_not_fitted() -> None:
    data = rotated_pairs()
    pivot = fit_text_pivot(data)
    similarity = _project(pivot, data, Modality.TEXT) @ held_out_vectors(data, pivot, Modality.IMAGE).T
    ranks = expected_ranks(similarity, np.eye(len(similarity), dtype=bool))
    assert np.mean(ranks <= 5) > 0.9
    assert np.median(ranks) == 1


def test_held_out_vectors_are_not_the_fitted_ones() -> None:
    data = rotated_pairs(noise=3.0)
    pivot = fit_text_pivot(data)
    texts = _project(pivot, data, Modality.TEXT)
    fitted = np.einsum("nd,nd->n", texts, _project(pivot, data, Modality.IMAGE))
    held_out = np.einsum("nd,nd->n", texts, held_out_vectors(data, pivot, Modality.IMAGE))
    assert held_out.mean() < fitted.mean() - 0.05


def test_class_names_alone_place_pictures_at_their_texts() -> None:
    data = classified_pairs()
    pivot = fit_text_pivot(data)
    assert pivot.maps[Modality.IMAGE].ridge is None
    similarity = _project(pivot, data, Modality.TEXT) @ _project(pivot, data, Modality.IMAGE).T
    labels = np.arange(12) % 6
    assert (labels[similarity.argmax(axis=1)] == labels).all()


def test_conse_equals_the_weighted_mean_of_name_vectors() -> None:
    data = classified_pairs(items=30)
    class_names = fit_text_pivot(data).maps[Modality.IMAGE].class_names
    assert class_names is not None
    head = data.sets[Modality.IMAGE].head
    assert head is not None
    row = sum(
        p * name / np.linalg.norm(name) for p, name in zip(head.probabilities[0], head.name_features, strict=True)
    )
    expected = row / np.linalg.norm(row) - class_names.mean
    np.testing.assert_allclose(class_names(head.probabilities[:1])[0], expected / np.linalg.norm(expected), atol=1e-5)


def test_what_nothing_ties_to_text_is_left_out_and_said() -> None:
    rows = np.arange(5)
    text = FeatureSet(np.eye(5, dtype=np.float32), rows, (slice(0, 5),))
    audio = FeatureSet(np.eye(5, dtype=np.float32), rows, (slice(0, 5),))
    pivot = fit_text_pivot(AlignmentData({Modality.TEXT: text, Modality.AUDIO: audio}, rows))
    assert pivot.modalities == {Modality.TEXT}
    with pytest.raises(SpaceMismatchError, match="holds no audio"):
        pivot.project(Modality.AUDIO, audio.features, np.zeros((5, 0), np.float32))


def test_a_catalogue_without_text_or_classes_is_refused() -> None:
    rows = np.arange(5)
    audio = FeatureSet(np.eye(5, dtype=np.float32), rows, (slice(0, 5),))
    with pytest.raises(SpaceMismatchError, match="without any text"):
        fit_text_pivot(AlignmentData({Modality.AUDIO: audio}, rows))


@pytest.mark.parametrize("data", [rotated_pairs(items=40), classified_pairs(items=30)], ids=["ridge", "classes"])
def test_what_is_stored_projects_the_same(data: AlignmentData) -> None:
    pivot = fit_text_pivot(data)
    again = pivot_from_arrays(pivot_to_arrays(pivot))
    for modality in data.sets:
        np.testing.assert_array_equal(_project(again, data, modality), _project(pivot, data, modality))


def test_a_row_is_placed_the_same_alone_and_in_a_batch() -> None:
    data = classified_pairs(items=30)
    pivot, entry = fit_text_pivot(data), data.sets[Modality.IMAGE]
    assert entry.head is not None
    together = pivot.project(Modality.IMAGE, entry.features, entry.head.probabilities)
    alone = pivot.project(Modality.IMAGE, entry.features[3:4], entry.head.probabilities[3:4])
    np.testing.assert_allclose(alone[0], together[3], atol=1e-5)


def test_folds_never_split_a_group() -> None:
    groups = np.array([0, 1, 1, 2, 3, 3, 3, 4, 5, 6])
    folds = grouped_folds(groups, 3, seed=1)
    assert set(folds.tolist()) == {0, 1, 2}
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1
