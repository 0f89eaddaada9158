"""Pictures and sounds of two encoders that share nothing but sentences: planted factors must come out."""

from dataclasses import replace

import numpy as np
import pytest

from mmdemo.align import AlignmentData, FeatureSet, TextTie, fit_alignment, held_out_vectors
from mmdemo.align.alignment import Alignment
from mmdemo.types import Modality

FACTORS, ITEMS = 8, 60


class Towers:
    """A space of planted factors, in which a text tower and a media tower lie apart by a gap."""

    def __init__(self, width: int, rng: np.random.Generator) -> None:
        self.rotation = np.linalg.qr(rng.normal(size=(width, FACTORS)))[0]
        self.gap = rng.normal(size=width) * 2.0
        self.rng = rng

    def text(self, factors: np.ndarray) -> np.ndarray:
        return self._noisy(factors @ self.rotation.T)

    def media(self, factors: np.ndarray) -> np.ndarray:
        return self._noisy(factors @ self.rotation.T + self.gap)

    def _noisy(self, vectors: np.ndarray) -> np.ndarray:
        return (vectors + 0.1 * self.rng.normal(size=vectors.shape)).astype(np.float32)


def two_encoders(*, seed: int = 0, shuffled: bool = False) -> AlignmentData:
    """Every factor vector is once a picture and once a sound, of two items without text; no item has both.

    Args:
        seed: For everything.
        shuffled: Give the sounds' sentences to the text tower in another order, so that they tell nothing.
    """
    rng = np.random.default_rng(seed)
    pictures, sounds, texts = Towers(24, rng), Towers(20, rng), Towers(16, rng)
    factors, sentences = rng.normal(size=(ITEMS, FACTORS)), rng.normal(size=(150, FACTORS))
    text = texts.text(sentences)
    order = rng.permutation(len(text)) if shuffled else np.arange(len(text))
    rows = np.arange(ITEMS)
    return AlignmentData(
        {
            Modality.TEXT: FeatureSet(texts.text(sentences[:30]), 2 * ITEMS + np.arange(30), (slice(0, 16),)),
            Modality.IMAGE: FeatureSet(
                pictures.media(factors), rows, (slice(0, 24),), tie=TextTie(pictures.text(sentences), text)
            ),
            Modality.AUDIO: FeatureSet(
                sounds.media(factors), ITEMS + rows, (slice(0, 20),), tie=TextTie(sounds.text(sentences), text[order])
            ),
        },
        np.arange(2 * ITEMS + 30),
    )


def project(alignment: Alignment, data: AlignmentData, modality: Modality) -> np.ndarray:
    entry = data.sets[modality]
    return alignment.project(modality, entry.features, entry.probabilities)


def recall_at_1(alignment: Alignment, data: AlignmentData) -> float:
    similarity = project(alignment, data, Modality.IMAGE) @ project(alignment, data, Modality.AUDIO).T
    return float((similarity.argmax(axis=1) == np.arange(ITEMS)).mean())


@pytest.mark.parametrize("seed", range(3))
def test_pictures_and_sounds_find_each_other_through_sentences_alone(seed: int) -> None:
    data = two_encoders(seed=seed)
    assert recall_at_1(fit_alignment("kernel", data), data) > 0.9


def test_sentences_that_do_not_match_tie_nothing() -> None:
    data = two_encoders(shuffled=True)
    assert recall_at_1(fit_alignment("kernel", data), data) < 0.1


def test_without_taking_the_gap_out_it_does_much_worse() -> None:
    data = two_encoders()
    alignment = fit_alignment("zero-shot", data)
    no_classes = np.zeros((ITEMS, 0), np.float32)
    raw = {
        modality: alignment.project(modality, data.sets[modality].features, no_classes, centred=False)
        for modality in (Modality.IMAGE, Modality.AUDIO)
    }
    nearest = (raw[Modality.IMAGE] @ raw[Modality.AUDIO].T).argmax(axis=1)
    assert (nearest == np.arange(ITEMS)).mean() < recall_at_1(alignment, data) - 0.2


def test_one_tower_needs_no_fit() -> None:
    rng = np.random.default_rng(0)
    tower, factors = Towers(24, rng), rng.normal(size=(ITEMS, FACTORS))
    text = tower.text(factors)
    rows = np.arange(ITEMS)
    data = AlignmentData(
        {
            Modality.TEXT: FeatureSet(text, rows, (slice(0, 24),)),
            Modality.IMAGE: FeatureSet(
                tower.media(factors[::-1]), ITEMS + rows, (slice(0, 24),), tie=TextTie(text, text, one_tower=True)
            ),
        },
        np.arange(2 * ITEMS),
    )
    alignment = fit_alignment("kernel", data)
    similarity = project(alignment, data, Modality.TEXT) @ project(alignment, data, Modality.IMAGE).T
    assert (similarity.argmax(axis=1) == rows[::-1]).mean() > 0.9
    expected = data.sets[Modality.IMAGE].features
    expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    expected -= expected.mean(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(project(alignment, data, Modality.IMAGE), expected, atol=1e-5)


def test_a_tie_is_blended_with_what_pairs_teach() -> None:
    data = two_encoders()
    rng = np.random.default_rng(1)
    texts = Towers(16, rng)
    pairs = FeatureSet(texts.text(rng.normal(size=(ITEMS, FACTORS))), np.arange(ITEMS), (slice(0, 16),))
    with_pairs = AlignmentData({**data.sets, Modality.TEXT: pairs}, data.groups)
    alignment = fit_alignment("ridge", with_pairs)
    assert alignment.method == "ridge"
    assert alignment.entrances[Modality.IMAGE].words is not None
    assert alignment.entrances[Modality.AUDIO].share == 1.0
    assert set(held_out_vectors(with_pairs, alignment)) == {Modality.TEXT, Modality.IMAGE, Modality.AUDIO}


def test_a_tie_is_stored() -> None:
    data = two_encoders()
    alignment = fit_alignment("zero-shot", data)
    again = Alignment.from_arrays("zero-shot", alignment.to_arrays())
    for modality in (Modality.IMAGE, Modality.AUDIO):
        np.testing.assert_array_equal(project(again, data, modality), project(alignment, data, modality))


def test_a_catalogue_without_texts_is_tied_too() -> None:
    data = two_encoders()
    sets = {modality: entry for modality, entry in data.sets.items() if modality is not Modality.TEXT}
    assert recall_at_1(fit_alignment("kernel", replace(data, sets=sets)), data) > 0.9
