"""Content: items like those of the history."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.because import Because
from mmdemo.recommend.behaviour.content_kernel import ContentKernel
from mmdemo.recommend.behaviour.linear import LinearModel, back_off
from mmdemo.recommend.behaviour.packing import kernel_from_arrays, kernel_to_arrays
from mmdemo.types import FloatArray


class Content(LinearModel):
    """Sum over the history of the similarity by features; what others chose only orders items that are equal.

    Args:
        settings: See `BehaviourModel`.
        constant: (N,) float32.
        kernel: The similarity.
    """

    name: ClassVar[str] = "content"

    def __init__(self, settings: Settings, constant: FloatArray, kernel: ContentKernel) -> None:
        super().__init__(settings, constant)
        self.kernel = kernel

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,
        options: Options,
        *,
        seed: int = 0,  # noqa: ARG003
        progress: Progress = silent,  # noqa: ARG003
    ) -> Self:
        """See `BehaviourModel.fit`; features are needed."""
        if features is None:
            raise InteractionsError(
                "no features of the items", expected="at least one table is needed", remedy="fit another model"
            )
        kernel = ContentKernel.of(features, whiten=float(options["whiten"]), sharpness=float(options["sharpness"]))
        return cls(Settings(train.item_ids, options), back_off(train), kernel)

    def _sums(self, histories: csr_matrix) -> FloatArray:
        return self.kernel.sums(histories)

    def _similar(self, items: npt.NDArray[np.intp], item: int) -> npt.NDArray[np.float64]:
        return np.sum(list(self.kernel.shares(items, item).values()), axis=0)

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """The sum over the history and over the tables of features."""
        items = history.indices.astype(np.intp)
        parts = self.kernel.shares(items, item)
        return Because(items, np.sum(list(parts.values()), axis=0), float(self.constant[item]), parts)

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"constant": self.constant, **kernel_to_arrays(self.kernel)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["constant"], kernel_from_arrays(arrays, float(settings.options["sharpness"])))
