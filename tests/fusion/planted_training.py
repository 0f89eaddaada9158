"""Data with a known right answer, made of numbers alone: no encoders."""

from dataclasses import replace

import numpy as np

from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.data import FusionData, Labels
from mmdemo.types import FloatArray, Modality

MODALITIES = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
D = 16
NATIVE = {Modality.TEXT: 0, Modality.IMAGE: 4, Modality.AUDIO: 4}


def unit(rows: FloatArray) -> FloatArray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def planted(
    *, items: int = 160, signal: tuple[float, float, float] = (1.0, 1.0, 1.0), missing: float = 0.0, seed: int = 0
) -> FusionData:
    """Each item is a random direction; modality m shows it with strength `signal[m]`, the rest is noise.

    Labels are the nearest of four directions ("a".."d"), the number is the first coordinate, and user j chooses the
    items most alike to a direction of their own.
    """
    rng = np.random.default_rng(seed)
    truth = unit(rng.standard_normal((items, D)))
    present = rng.random((items, 3)) >= missing
    present[:, 0] |= ~present.any(axis=1)
    vectors = {}
    for column, (modality, strength) in enumerate(zip(MODALITIES, signal, strict=True)):
        noise = unit(rng.standard_normal((items, D)))
        native = rng.standard_normal((items, NATIVE[modality])).astype(np.float32)
        native = unit(native) if NATIVE[modality] else native
        shared = unit(strength * truth + (1.0 - strength) * noise)
        vectors[modality] = np.concatenate([shared, native], axis=1) * present[:, column : column + 1]
    order = rng.permutation(items)
    kind = (truth[:, :4]).argmax(axis=1)
    return FusionData(
        ids=tuple(f"item-{number}" for number in range(items)),
        shape=FusionShape(D, NATIVE),
        vectors=vectors,
        held_out=vectors,
        present=present,
        groups=np.arange(items),
        train=np.sort(order[: items * 6 // 10]),
        validation=np.sort(order[items * 6 // 10 : items * 7 // 10]),
        test=np.sort(order[items * 7 // 10 :]),
        labels=Labels(("a", "b", "c", "d"), np.eye(4, dtype=np.float32)[kind]),
        numbers=truth[:, 0].astype(np.float32),
        interactions=_choices(truth, rng),
    )


def _choices(truth: FloatArray, rng: np.random.Generator, users: int = 30, each: int = 20):
    from scipy.sparse import csr_matrix

    tastes = unit(rng.standard_normal((users, D)))
    liked = np.argsort(-(tastes @ truth.T), axis=1)[:, :each]
    rows = np.repeat(np.arange(users), each)
    return csr_matrix((np.ones(users * each), (rows, liked.ravel())), shape=(users, len(truth)))


def shuffled(data: FusionData, *, seed: int = 0) -> FusionData:
    """The same items in another order."""
    order = np.random.default_rng(seed).permutation(len(data.ids))
    place = np.argsort(order)
    vectors = {modality: rows[order] for modality, rows in data.vectors.items()}
    return replace(
        data,
        ids=tuple(data.ids[row] for row in order),
        vectors=vectors,
        held_out={modality: rows[order] for modality, rows in data.held_out.items()},
        present=data.present[order],
        groups=data.groups[order],
        train=np.sort(place[data.train]),
        validation=np.sort(place[data.validation]),
        test=np.sort(place[data.test]),
        labels=None,
        numbers=None,
        interactions=None,
    )
