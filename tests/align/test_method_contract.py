"""What every alignment method keeps to; a new entry in the table is tested without a line here."""

from functools import cache

import numpy as np
import pytest
from planted import three_views

from mmdemo.align import METHODS, AlignmentData, fit_alignment, held_out_vectors
from mmdemo.align.alignment import Alignment
from mmdemo.metrics.retrieval import expected_ranks
from mmdemo.types import Modality

TRAINED = [name for name, method in METHODS.items() if method.trained]


@cache
def _data() -> AlignmentData:
    return three_views()


@cache
def _fitted(name: str) -> Alignment:
    return fit_alignment(name, _data())


def _project(alignment: Alignment, modality: Modality) -> np.ndarray:
    entry = _data().sets[modality]
    return alignment.project(modality, entry.features, entry.probabilities)


@pytest.mark.parametrize("name", TRAINED)
def test_two_noisy_rotations_of_known_factors_are_recovered_on_items_that_were_not_fitted(name: str) -> None:
    held = np.arange(120) % 5 == 0
    alignment = fit_alignment(name, _data().subset(~held))
    similarity = _project(alignment, Modality.IMAGE)[held] @ _project(alignment, Modality.TEXT).T
    ranks = expected_ranks(similarity, np.eye(120, dtype=bool)[held])
    assert np.mean(ranks <= 5) > 0.8, f"only {np.mean(ranks <= 5):.2f} within the first five of {len(ranks)}"


@pytest.mark.parametrize("name", TRAINED)
def test_matches_that_were_held_out_are_closer_than_chance(name: str) -> None:
    vectors = held_out_vectors(_data(), _fitted(name))
    matches = np.einsum("nd,nd->n", vectors[Modality.IMAGE], vectors[Modality.TEXT])
    assert matches.mean() > 0.5


@pytest.mark.parametrize("name", TRAINED)
def test_pictures_and_sounds_meet_through_the_texts(name: str) -> None:
    sounds, pictures = _project(_fitted(name), Modality.AUDIO), _project(_fitted(name), Modality.IMAGE)
    rows = _data().sets[Modality.AUDIO].rows
    ranks = expected_ranks(sounds @ pictures.T, rows[:, None] == np.arange(len(pictures))[None, :])
    assert np.median(ranks) <= 12


@pytest.mark.parametrize("name", METHODS)
def test_vectors_have_unit_length_and_one_width(name: str) -> None:
    widths = set()
    for modality in _fitted(name).modalities:
        vectors = _project(_fitted(name), modality)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
        assert vectors.dtype == np.float32
        widths.add(vectors.shape[1])
    assert len(widths) == 1
    assert _fitted(name).method == name


@pytest.mark.parametrize("name", METHODS)
def test_a_row_is_placed_the_same_alone_and_in_a_batch(name: str) -> None:
    for modality in _fitted(name).modalities:
        entry = _data().sets[modality]
        alone = _fitted(name).project(modality, entry.features[5:6], entry.probabilities[5:6])
        np.testing.assert_allclose(alone[0], _project(_fitted(name), modality)[5], atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_space(name: str) -> None:
    again = fit_alignment(name, _data())
    for modality in again.modalities:
        np.testing.assert_array_equal(_project(again, modality), _project(_fitted(name), modality))


@pytest.mark.parametrize("name", METHODS)
def test_what_is_stored_projects_the_same(name: str) -> None:
    arrays = {key: np.array(array) for key, array in _fitted(name).to_arrays().items()}
    assert all(array.dtype.kind in "fiub" for array in arrays.values())
    again = Alignment.from_arrays(name, arrays)
    assert again.modalities == _fitted(name).modalities
    for modality in again.modalities:
        np.testing.assert_array_equal(_project(again, modality), _project(_fitted(name), modality))


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("modality", [Modality.IMAGE, Modality.AUDIO])
def test_any_subset_of_modalities_will_do(name: str, modality: Modality) -> None:
    data = _data()
    part = AlignmentData({m: data.sets[m] for m in (Modality.TEXT, modality)}, data.groups)
    assert fit_alignment(name, part).modalities == {Modality.TEXT, modality}
