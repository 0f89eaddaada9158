"""What holds for the alignment itself, whatever its towers: class names, shares, honesty about what it cannot do."""

import numpy as np
import pytest
from planted import classified_pairs, rotated_pairs, three_views

from mmdemo.align import AlignmentData, FeatureSet, fit_alignment, grouped_folds, held_out_vectors
from mmdemo.align.alignment import Alignment, Entrance, blend
from mmdemo.align.methods.zero_shot import TextAsItIs
from mmdemo.align.storage import alignment_from_arrays
from mmdemo.errors import CancelledError, SpaceMismatchError
from mmdemo.types import Modality


def _project(alignment: Alignment, data: AlignmentData, modality: Modality) -> np.ndarray:
    entry = data.sets[modality]
    return alignment.project(modality, entry.features, entry.probabilities)


def test_held_out_vectors_are_not_the_fitted_ones() -> None:
    data = rotated_pairs(noise=3.0)
    alignment = fit_alignment("ridge", data)
    texts = _project(alignment, data, Modality.TEXT)
    fitted = np.einsum("nd,nd->n", texts, _project(alignment, data, Modality.IMAGE))
    unseen = held_out_vectors(data, alignment)
    held_out = np.einsum("nd,nd->n", unseen[Modality.TEXT], unseen[Modality.IMAGE])
    assert held_out.mean() < fitted.mean() - 0.05


def test_class_names_alone_place_pictures_at_their_texts() -> None:
    data = classified_pairs()
    alignment = fit_alignment("kernel", data)  # too few pairs to fit anything
    assert alignment.method == "zero-shot"
    similarity = _project(alignment, data, Modality.TEXT) @ _project(alignment, data, Modality.IMAGE).T
    labels = np.arange(12) % 6
    assert (labels[similarity.argmax(axis=1)] == labels).all()


def test_conse_equals_the_weighted_mean_of_name_vectors() -> None:
    data = classified_pairs(items=30)
    class_names = fit_alignment("zero-shot", data).entrances[Modality.IMAGE].words
    head = data.sets[Modality.IMAGE].head
    assert class_names is not None
    assert head is not None
    row = sum(
        p * name / np.linalg.norm(name) for p, name in zip(head.probabilities[0], head.name_features, strict=True)
    )
    expected = row / np.linalg.norm(row) - class_names.mean
    found = class_names(data.sets[Modality.IMAGE].features[:1], head.probabilities[:1])
    np.testing.assert_allclose(found[0], expected / np.linalg.norm(expected), atol=1e-5)


def test_the_share_blends_tower_and_class_names() -> None:
    tower, named = np.array([[1.0, 0.0]], np.float32), np.array([[0.0, 1.0]], np.float32)
    np.testing.assert_allclose(blend(tower, named, 0.25), np.array([[3.0, 1.0]]) / np.sqrt(10.0), atol=1e-6)
    np.testing.assert_array_equal(blend(tower, None, 0.25), tower)
    np.testing.assert_array_equal(blend(None, named, 1.0), named)


def test_what_nothing_ties_to_text_is_left_out_and_said() -> None:
    rows = np.arange(5)
    text = FeatureSet(np.eye(5, dtype=np.float32), rows, (slice(0, 5),))
    audio = FeatureSet(np.eye(5, dtype=np.float32), rows, (slice(0, 5),))
    alignment = fit_alignment("ridge", AlignmentData({Modality.TEXT: text, Modality.AUDIO: audio}, rows))
    assert alignment.modalities == {Modality.TEXT}
    with pytest.raises(SpaceMismatchError, match="holds no audio"):
        alignment.project(Modality.AUDIO, audio.features, np.zeros((5, 0), np.float32))


def test_a_catalogue_without_text_or_classes_is_refused() -> None:
    rows = np.arange(5)
    audio = FeatureSet(np.eye(5, dtype=np.float32), rows, (slice(0, 5),))
    with pytest.raises(SpaceMismatchError, match="without any text"):
        fit_alignment("ridge", AlignmentData({Modality.AUDIO: audio}, rows))


def test_an_unknown_method_is_named_with_the_known_ones() -> None:
    with pytest.raises(SpaceMismatchError, match=r"'magic'.*zero-shot"):
        fit_alignment("magic", rotated_pairs())


def test_a_modality_with_few_pairs_keeps_its_class_names_beside_a_fitted_one() -> None:
    data = rotated_pairs(items=60)
    few = classified_pairs(items=12)
    image = few.sets[Modality.IMAGE]
    assert image.head is not None
    width = data.sets[Modality.TEXT].features.shape[1]
    names = np.random.default_rng(0).normal(size=(6, width)).astype(np.float32)
    sets = {**data.sets, Modality.AUDIO: FeatureSet(image.features, image.rows, image.blocks)}
    sets[Modality.AUDIO] = FeatureSet(
        image.features, image.rows, image.blocks, type(image.head)(image.head.probabilities, names)
    )
    alignment = fit_alignment("ridge", AlignmentData(sets, data.groups))
    assert alignment.method == "ridge"
    assert alignment.entrances[Modality.AUDIO].share == 1.0
    assert alignment.entrances[Modality.IMAGE].words is None


def test_centring_removes_what_all_vectors_have_in_common() -> None:
    data = rotated_pairs(items=60)
    text = data.sets[Modality.TEXT]
    shifted = FeatureSet(text.features + 20.0, text.rows, text.blocks)
    data = AlignmentData({**data.sets, Modality.TEXT: shifted}, data.groups)
    alignment = fit_alignment("ridge", data)
    for modality, entry in data.sets.items():
        centred = alignment.project(modality, entry.features, entry.probabilities)
        left_in = alignment.project(modality, entry.features, entry.probabilities, centred=False)
        assert np.linalg.norm(left_in.mean(axis=0)) > np.linalg.norm(centred.mean(axis=0)) + 0.3


def test_versions_of_the_first_mmdemo_still_open() -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "pivot.text_mean": rng.normal(size=4).astype(np.float32),
        "pivot.image.blocks": np.array([[0, 3]]),
        "pivot.image.blend_penalty": np.array([0.0, 3.0]),
        "pivot.image.ridge_weights": rng.normal(size=(3, 4)).astype(np.float32),
        "pivot.image.ridge_mean": np.zeros(3, np.float32),
    }
    features = rng.normal(size=(2, 3)).astype(np.float32)
    placed = alignment_from_arrays("text-pivot", arrays).project(Modality.IMAGE, features, features[:, :0])
    expected = features / np.linalg.norm(features, axis=1, keepdims=True) @ arrays["pivot.image.ridge_weights"]
    np.testing.assert_allclose(placed, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-5)


def test_entrances_and_shares_are_stored() -> None:
    data = classified_pairs(items=30)
    known = fit_alignment("zero-shot", data)
    names = known.entrances[Modality.IMAGE].words
    entrance = Entrance((slice(0, 4), slice(4, 10)), names, 1.0, {"penalty": 3.0, "gamma": 0.5})
    alignment = Alignment("zero-shot", known.text_mean, {Modality.IMAGE: entrance}, TextAsItIs())
    again = Alignment.from_arrays("zero-shot", alignment.to_arrays())
    assert again.entrances[Modality.IMAGE].blocks == entrance.blocks
    assert again.entrances[Modality.IMAGE].setting == entrance.setting
    np.testing.assert_array_equal(_project(again, data, Modality.IMAGE), _project(alignment, data, Modality.IMAGE))


def test_fitting_stops_when_it_is_cancelled() -> None:
    def cancel(done: int, total: int, message: str) -> None:
        raise CancelledError(message)

    with pytest.raises(CancelledError):
        fit_alignment("ridge", three_views(), progress=cancel)


def test_a_subset_keeps_item_numbers_and_drops_what_has_no_rows() -> None:
    data = three_views(items=12)
    chosen = np.zeros(12, np.bool_)
    chosen[[1, 4, 7]] = True
    part = data.subset(chosen)
    assert set(part.sets) == {Modality.TEXT, Modality.IMAGE}
    assert part.sets[Modality.IMAGE].rows.tolist() == [1, 4, 7]
    np.testing.assert_array_equal(part.sets[Modality.IMAGE].features, data.sets[Modality.IMAGE].features[[1, 4, 7]])


def test_folds_never_split_a_group() -> None:
    groups = np.array([0, 1, 1, 2, 3, 3, 3, 4, 5, 6])
    folds = grouped_folds(groups, 3, seed=1)
    assert set(folds.tolist()) == {0, 1, 2}
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1
