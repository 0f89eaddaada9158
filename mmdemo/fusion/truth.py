"""Do learned weights follow the signal? Asked where the answer is known.

In the worlds meant here every item has some factors, and each factor is shown by one modality only. A fusion that is
trained to name all factors has to listen to each modality as much as it has to say, which is measured in bits: a factor
of eight equally likely values is worth three. The modalities have nothing in common, so nothing but the labels says how
to weigh them.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mmdemo.errors import FusionError
from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.data import FusionData, Labels
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.table import find
from mmdemo.fusion.truth_report import WorldRun
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality

WIDTH = 64
"""Of the space that all modalities are put into."""
_VALIDATION, _TEST = 0.1, 0.2


def signal_data(
    vectors: Mapping[Modality, FloatArray], factors: npt.NDArray[np.integer], levels: Mapping[str, int], *, seed: int
) -> FusionData:
    """Data on which a fusion learns to name factors.

    Each modality is turned into the common space by a rotation of its own, so that directions of two modalities have
    nothing to do with each other, as their contents have not.

    Args:
        vectors: Modality to (N, d_m), d_m up to `WIDTH`; scaled to unit length here.
        factors: (N, F) index of the value of each factor.
        levels: Factor to how many values it has, in the order of the columns.
        seed: For the rotations and for which items are trained on.

    Raises:
        FusionError: There are more columns than `WIDTH`.
    """
    too_wide = [str(modality) for modality, own in vectors.items() if own.shape[1] > WIDTH]
    if too_wide:
        raise FusionError(
            f"{too_wide[0]} vectors of more than {WIDTH} columns",
            expected=f"at most {WIDTH} columns are needed",
            remedy="keep the first principal components",
        )
    rng = np.random.default_rng(seed)
    turned = {modality: _turned(vectors[modality], rng) for modality in Modality if modality in vectors}
    count = len(factors)
    order = rng.permutation(count).astype(np.intp)
    test, validation = round(_TEST * count), round(_VALIDATION * count)
    shape = FusionShape(WIDTH, dict.fromkeys(turned, 0))
    return FusionData(
        ids=tuple(f"item-{row}" for row in range(count)),
        shape=shape,
        vectors=turned,
        held_out=turned,
        present=np.ones((count, len(turned)), np.bool_),
        groups=np.arange(count, dtype=np.intp),
        train=order[test + validation :],
        validation=order[test : test + validation],
        test=order[:test],
        labels=_labels(factors, levels),
    )


def weigh(
    data: FusionData, fusion: str, bits: Mapping[Modality, float], *, world: str, seed: int, progress: Progress = silent
) -> WorldRun:
    """Train a fusion to name the factors, and read how it weighs the modalities of unseen items.

    Args:
        data: As `signal_data` makes it.
        fusion: One of `mmdemo.fusion.FUSIONS`.
        bits: Modality to the true share.
        world: What to call the world.
        seed: For training.
        progress: Told how far training is; may cancel.
    """
    import torch

    from mmdemo.fusion.fit import fit

    trained = fit(data, settings(fusion, seed=seed), progress=progress)
    with torch.no_grad():
        weights = trained.fusion(data.batch(data.test)).weights.mean(dim=0).tolist()
    measured = trained.objective.measures(trained.fusion, data)
    assert data.labels is not None
    chance = float(np.mean([1 / (question.stop - question.start) for question in data.labels.questions]))
    named = dict(zip(data.shape.modalities, weights, strict=True))
    return WorldRun(fusion, world, dict(bits), named, measured["accuracy"], chance)


def settings(fusion: str, *, seed: int) -> TrainSettings:
    """How fusions are trained on worlds: from the labels alone, as there is no shared space to start from."""
    start = {"start": "free"} if any(option.name == "start" for option in find(fusion).options) else {}
    return TrainSettings(
        fusion,
        "cross-entropy",
        start,
        epochs=60,
        batch=64,
        learning_rate=3e-3,
        weight_decay=0.01,
        patience=60,
        seed=seed,
    )


def _turned(own: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Unit vectors (N, WIDTH) by a random rotation."""
    rotation = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0][: own.shape[1]]
    length = np.linalg.norm(own, axis=1, keepdims=True)
    return ((own / np.where(length > 0, length, 1.0)) @ rotation).astype(np.float32)


def _labels(factors: npt.NDArray[np.integer], levels: Mapping[str, int]) -> Labels:
    """One question a factor."""
    starts = np.concatenate([[0], np.cumsum(list(levels.values()))]).astype(int)
    values = np.zeros((len(factors), int(starts[-1])), np.float32)
    for column, start in enumerate(starts[:-1]):
        values[np.arange(len(factors)), start + factors[:, column]] = 1.0
    names = tuple(f"{name} {value}" for name, count in levels.items() for value in range(count))
    questions = tuple(slice(start, stop) for start, stop in pairwise(starts.tolist()))
    return Labels(names, values, questions)
