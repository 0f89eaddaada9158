"""EASE with features: items that are alike also get weights to each other."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError
from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour.base import Options
from mmdemo.recommend.behaviour.content_kernel import ContentKernel
from mmdemo.recommend.behaviour.ease import Ease, most_chosen


class EaseFeatures(Ease):
    """Collective EASE (Jeunen, Van Balen & Goethals 2020): features as further rows that must be rebuilt.

    `G = X'X + weight * F F'` with the items' feature vectors F (N, W) of `ContentKernel`; items that nobody chose
    have weights by their features.
    """

    name: ClassVar[str] = "ease-features"

    @classmethod
    def _columns(cls, counts: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.int64]:
        return most_chosen(counts, most, least=0)

    @classmethod
    def _feature_gram(
        cls, features: ItemFeatures | None, columns: npt.NDArray[np.int64], options: Options
    ) -> npt.NDArray[np.float64]:
        """`weight * F F'`, (M, M)."""
        if features is None:
            raise InteractionsError(
                "no features of the items", expected="at least one table is needed", remedy="fit 'ease' instead"
            )
        kernel = ContentKernel.of(features, whiten=float(options["whiten"]), sharpness=1.0)
        vectors = kernel.vectors[columns]
        return float(options["weight"]) * (vectors @ vectors.T).astype(np.float64)
