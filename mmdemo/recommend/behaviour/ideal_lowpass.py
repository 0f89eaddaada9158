"""The ideal low-pass filter on the graph of items."""

from typing import ClassVar, Self

import numpy as np
from scipy.sparse import bmat, csr_matrix, diags
from scipy.sparse.csgraph import connected_components

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.linear import back_off
from mmdemo.recommend.behaviour.low_rank import LowRank, right_vectors
from mmdemo.recommend.behaviour.weighting import item_counts, powers, scaled, user_counts
from mmdemo.types import FloatArray

_LEAST_SHARE = 0.01


class IdealLowPass(LowRank):
    """Keeps the smoothest signals on the graph of items, and nothing of the others (Shen et al. 2021).

    `K = D_I^-1/2 V V' D_I^1/2`, V the first right singular vectors of the normalised choices
    `D_U^-1/2 R D_I^-1/2`.
    """

    name: ClassVar[str] = "ideal-lowpass"

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,  # noqa: ARG003
        options: Options,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`."""
        progress(0, 0, "Decomposing the graph")
        left, right = low_pass(train.chosen, int(options["factors"]), seed=seed)
        return cls(Settings(train.item_ids, options), back_off(train), left, right)


def normalised(chosen: csr_matrix) -> csr_matrix:
    """`D_U^-1/2 R D_I^-1/2`, (U, N) float32."""
    return scaled(chosen, users=powers(user_counts(chosen), -0.5), items=powers(item_counts(chosen), -0.5))


def low_pass(chosen: csr_matrix, factors: int, *, seed: int) -> tuple[FloatArray, FloatArray]:
    """`D_I^-1/2 V` and `D_I^1/2 V`, (N, F) float32 each; V of the graph without its small islands."""
    chosen = _without_islands(chosen)
    counts = item_counts(chosen)
    vectors = right_vectors(normalised(chosen), factors, seed=seed)
    scale = powers(counts, -0.5).astype("float32")[:, None], powers(counts, 0.5).astype("float32")[:, None]
    return vectors * scale[0], vectors * scale[1]


def _without_islands(chosen: csr_matrix) -> csr_matrix:
    """The choices that are connected with at least `_LEAST_SHARE` of all.

    Every island of the graph has a direction with the singular value 1 that tells nothing of any other item: a few
    people who chose what nobody else did would take up all the directions there are.
    """
    users, _ = chosen.shape or (0, 0)
    _, island = connected_components(bmat([[None, chosen], [chosen.T, None]]), directed=False)
    sizes = np.bincount(island[:users], user_counts(chosen))
    kept = sizes >= _LEAST_SHARE * chosen.nnz
    return csr_matrix(diags(kept[island[:users]].astype(np.float32)) @ chosen, dtype=np.float32)
