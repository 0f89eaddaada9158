import numpy as np

from mmdemo.align.native import MOST_COMPONENTS, fit_native
from mmdemo.align.storage import native_to_arrays, natives_from_arrays
from mmdemo.types import Modality


def test_neighbours_survive_the_projection() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 400))
    labels = np.arange(60) % 5
    features = (centres[labels] + 0.3 * rng.normal(size=(60, 400))).astype(np.float32)
    placed = fit_native(features, (slice(0, 400),)).project(features)
    similarity = placed @ placed.T
    np.fill_diagonal(similarity, -1)
    assert (labels[similarity.argmax(axis=1)] == labels).all()


def test_every_block_counts_alike_whatever_its_scale() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 12)).astype(np.float32)
    louder = features.copy()
    louder[:, 6:] *= 1000.0
    blocks = (slice(0, 6), slice(6, 12))
    native = fit_native(features, blocks)
    np.testing.assert_allclose(native.project(louder), native.project(features), atol=1e-4)


def test_a_block_that_varies_little_counts_like_one_that_varies_much() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 5
    quiet = 10.0 + rng.normal(size=(5, 30))[labels] + 0.1 * rng.normal(size=(60, 30))  # unit vectors close together
    loud = rng.normal(size=(60, 30))  # says nothing of the labels
    features = np.hstack([quiet, loud]).astype(np.float32)
    native = fit_native(features, (slice(0, 30), slice(30, 60)))
    placed = native.project(features)
    similarity = placed @ placed.T
    np.fill_diagonal(similarity, -1)
    assert (labels[similarity.argmax(axis=1)] == labels).mean() > 0.9
    shares = np.square(native.components).sum(axis=1)
    assert shares[:30].mean() > 5 * shares[30:].mean()


def test_width_is_bounded_and_small_samples_are_left_as_they_are() -> None:
    rng = np.random.default_rng(0)
    assert fit_native(rng.normal(size=(600, 400)).astype(np.float32), (slice(0, 400),)).components.shape == (
        400,
        MOST_COMPONENTS,
    )
    few = rng.normal(size=(3, 7)).astype(np.float32)
    np.testing.assert_allclose(
        fit_native(few, (slice(0, 7),)).project(few), few / np.linalg.norm(few, axis=1, keepdims=True), atol=1e-6
    )


def test_what_is_stored_projects_the_same() -> None:
    features = np.random.default_rng(0).normal(size=(30, 9)).astype(np.float32)
    native = fit_native(features, (slice(0, 4), slice(4, 9)))
    again = natives_from_arrays(native_to_arrays(Modality.AUDIO, native))[Modality.AUDIO]
    np.testing.assert_array_equal(again.project(features), native.project(features))
