"""The ideal low-pass filter on the graph of items."""

from typing import ClassVar, Self

from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.linear import back_off
from mmdemo.recommend.behaviour.low_rank import LowRank, right_vectors
from mmdemo.recommend.behaviour.weighting import item_counts, powers, scaled, user_counts
from mmdemo.types import FloatArray


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
    """`D_I^-1/2 V` and `D_I^1/2 V`, (N, F) float32 each."""
    counts = item_counts(chosen)
    vectors = right_vectors(normalised(chosen), factors, seed=seed)
    scale = powers(counts, -0.5).astype("float32")[:, None], powers(counts, 0.5).astype("float32")[:, None]
    return vectors * scale[0], vectors * scale[1]
