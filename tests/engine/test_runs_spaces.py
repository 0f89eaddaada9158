"""The spaces that fusions are trained in: fitted without the test items, on the axes that the version serves."""

import time

import numpy as np
import pytest

from mmdemo.align import AlignmentData, FeatureSet, fit_alignment, fit_native
from mmdemo.align.storage import native_to_arrays
from mmdemo.engine.fusion_answers import labels_of, numbers_of
from mmdemo.engine.fusion_spaces import place_items
from mmdemo.engine.responsive import responsive
from mmdemo.errors import CancelledError
from mmdemo.types import Item, Modality

_ITEMS, _KNOWN = 60, 45


def _data() -> AlignmentData:
    """Texts, and pictures of 40 of the items, seen through a random matrix with some noise."""
    rng = np.random.default_rng(0)
    texts = rng.standard_normal((_ITEMS, 8)).astype(np.float32)
    seen = (texts @ rng.standard_normal((8, 30)) + 0.3 * rng.standard_normal((_ITEMS, 30))).astype(np.float32)
    rows = np.flatnonzero(np.arange(_ITEMS) % 3 != 0)
    sets = {
        Modality.TEXT: FeatureSet(texts, np.arange(_ITEMS), (slice(0, 8),)),
        Modality.IMAGE: FeatureSet(seen[rows], rows, (slice(0, 20), slice(20, 30))),
    }
    return AlignmentData(sets, np.arange(_ITEMS))


def _version(method: str):
    data = _data()
    alignment, native = fit_alignment(method, data), fit_native(*_picture_features(data))
    return alignment.to_arrays() | native_to_arrays(Modality.IMAGE, native), alignment, native


def _picture_features(data: AlignmentData):
    entry = data.sets[Modality.IMAGE]
    return entry.features, entry.blocks


def _placed(method: str):
    arrays, _, _ = _version(method)
    known = np.arange(_ITEMS) < _KNOWN
    return place_items(_data(), known, arrays, served=method, method=method, seed=0), known


def test_towers_saw_no_test_item_and_training_items_are_held_out():
    spaces, known = _placed("ridge")
    data = _data()
    fitted = fit_alignment("ridge", data.subset(known))
    pictures = data.sets[Modality.IMAGE]
    expected = fitted.project(Modality.IMAGE, pictures.features, pictures.probabilities)
    vectors, held_out = (found[Modality.IMAGE][pictures.rows, :8] for found in (spaces.vectors, spaces.held_out))
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    inside = known[pictures.rows]
    np.testing.assert_array_equal(held_out[~inside], vectors[~inside])
    own_text = spaces.vectors[Modality.TEXT][pictures.rows, :8]
    assert (held_out * own_text)[inside].sum(axis=1).mean() < (vectors * own_text)[inside].sum(axis=1).mean()
    assert "without the test items" in spaces.towers


def test_shapes_and_masks_are_those_of_the_items():
    spaces, _ = _placed("ridge")
    assert dict(spaces.shape.native) == {Modality.TEXT: 0, Modality.IMAGE: 30}
    assert spaces.present.tolist() == [[True, row % 3 != 0] for row in range(_ITEMS)]
    assert not spaces.vectors[Modality.IMAGE][~spaces.present[:, 1]].any()


def test_own_vectors_lie_on_the_axes_that_the_version_serves():
    spaces, known = _placed("ridge")
    _, _, native = _version("ridge")
    data = _data()
    pictures = data.sets[Modality.IMAGE]
    served = native.project(pictures.features)
    own = spaces.vectors[Modality.IMAGE][pictures.rows, 8:]
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1.0, atol=1e-5)
    unturned = fit_native(pictures.features[known[pictures.rows]], pictures.blocks).project(pictures.features)
    agreement = (own * served)[~known[pictures.rows]].sum(axis=1).mean()
    assert agreement > 0.8
    assert agreement > (unturned * served[:, : unturned.shape[1]])[~known[pictures.rows]].sum(axis=1).mean() + 0.2
    turned = own @ own.T
    np.testing.assert_allclose(turned, unturned @ unturned.T, atol=1e-3)  # a turn keeps every angle


def test_where_axes_change_from_fit_to_fit_the_served_vectors_are_taken_and_that_is_said():
    spaces, _ = _placed("cca")
    _, alignment, _ = _version("cca")
    texts = _data().sets[Modality.TEXT]
    served = alignment.project(Modality.TEXT, texts.features, texts.probabilities)
    np.testing.assert_allclose(spaces.vectors[Modality.TEXT], served, atol=1e-5)
    np.testing.assert_array_equal(spaces.held_out[Modality.TEXT], spaces.vectors[Modality.TEXT])
    assert "flatters" in spaces.towers


def _item(number: int, tags=(), **extra) -> Item:
    return Item(f"item-{number}", "", {Modality.TEXT: "x"}, tags, {name: str(value) for name, value in extra.items()})


def test_labels_are_categories_and_tags_of_enough_items():
    items = [
        _item(n, ("big",) if n < 6 else ("rare",) if n < 8 else (), category="cats" if n % 2 else "dogs")
        for n in range(12)
    ]
    labels = labels_of(items)
    assert labels is not None
    assert labels.names == ("category: cats", "category: dogs", "big")
    assert labels.questions == (slice(0, 2),)
    assert labels.values[:3].tolist() == [[0, 1, 1], [1, 0, 1], [0, 1, 1]]
    assert labels_of(items, exclude=["big"]).names == ("category: cats", "category: dogs")
    assert labels_of([_item(n) for n in range(12)]) is None


def test_numbers_are_of_a_column_that_means_something():
    items = [_item(n, Price="" if n == 3 else f"{n},5 €", id=n) for n in range(24)]
    found = numbers_of(items)
    assert found is not None
    assert found[0] == "Price"
    assert found[1][:3].tolist() == [0.5, 1.5, 2.5]
    assert np.isnan(found[1][3])
    assert numbers_of([_item(n, id=n) for n in range(24)]) is None
    assert numbers_of(items[:10]) is None


def test_a_cancel_does_not_wait_for_a_step_that_cannot_be_interrupted():
    released = []

    def work(progress):
        progress(0, 1, "long")
        while not released:
            time.sleep(0.01)

    def stop(done, total, message):
        if message == "long":
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        responsive(work, stop)
    released.append(True)
    assert responsive(lambda _: 3, lambda *_: None) == 3
    with pytest.raises(ZeroDivisionError):
        responsive(lambda _: 1 // 0, lambda *_: None)
