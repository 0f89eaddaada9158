"""GF-CF: a linear and an ideal low-pass filter on the graph of items."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.ideal_lowpass import low_pass, normalised
from mmdemo.recommend.behaviour.linear import LinearModel, back_off
from mmdemo.recommend.behaviour.packing import packed, unpacked
from mmdemo.types import FloatArray


class GraphFilter(LinearModel):
    """Graph filter for collaborative filtering (Shen et al. 2021).

    `K = R~' R~ + low_pass * D_I^-1/2 V V' D_I^1/2` with the normalised choices `R~ = D_U^-1/2 R D_I^-1/2` and their
    first right singular vectors V.

    Args:
        settings: See `BehaviourModel`.
        constant: (N,) float32.
        normal: (U, N) float32, R~.
        left: (N, F) float32, `low_pass * D_I^-1/2 V`.
        right: (N, F) float32, `D_I^1/2 V`.
    """

    name: ClassVar[str] = "graph-filter"

    def __init__(
        self, settings: Settings, constant: FloatArray, normal: csr_matrix, left: FloatArray, right: FloatArray
    ) -> None:
        super().__init__(settings, constant)
        self.normal = normal
        self._normal_of_items = csr_matrix(normal.T)
        self.left = left
        self.right = right

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
        weight = np.float32(options["low_pass"])
        return cls(Settings(train.item_ids, options), back_off(train), normalised(train.chosen), left * weight, right)

    def _sums(self, histories: csr_matrix) -> FloatArray:
        near = csr_matrix(csr_matrix(histories @ self._normal_of_items) @ self.normal).toarray()
        return near + (histories @ self.left) @ self.right.T

    def _similar(self, items: npt.NDArray[np.intp], item: int) -> npt.NDArray[np.float64]:
        near = csr_matrix(self._normal_of_items[items] @ self._normal_of_items[[item]].T).toarray()[:, 0]
        return near + self.left[items].astype(np.float64) @ self.right[item]

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"constant": self.constant, "left": self.left, "right": self.right, **packed("normal", self.normal)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["constant"], unpacked("normal", arrays), arrays["left"], arrays["right"])
