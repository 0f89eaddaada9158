"""EASE: a weight from every item to every other, in closed form."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import get_lapack_funcs
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings, rows_of
from mmdemo.recommend.behaviour.linear import LinearModel, back_off
from mmdemo.recommend.behaviour.weighting import item_counts, powers, scaled, user_counts
from mmdemo.types import FloatArray


class Ease(LinearModel):
    """Embarrassingly shallow autoencoder (Steck 2019): `B = argmin |X - XB|^2 + ridge |B|^2` with a diagonal of 0.

    In closed form `P = (G + ridge I)^-1`, `B_ij = -P_ij / P_jj`, with `G = X' diag(n_u^-degree) X`: users with many
    choices n_u count less where `degree` is above 0. B is as large as the square of the items, so that only the
    `items` most chosen ones have weights.

    Args:
        settings: See `BehaviourModel`.
        constant: (N,) float32.
        columns: (M,) the items that have weights, ascending.
        weights: (M, M) float32, B.
    """

    name: ClassVar[str] = "ease"

    def __init__(
        self, settings: Settings, constant: FloatArray, columns: npt.NDArray[np.int64], weights: FloatArray
    ) -> None:
        super().__init__(settings, constant)
        self.columns = columns
        self.weights = weights

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,
        options: Options,
        *,
        seed: int = 0,  # noqa: ARG003
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`."""
        columns = cls._columns(item_counts(train.chosen), int(options["items"]))
        weighted = scaled(train.chosen, users=powers(user_counts(train.chosen), -float(options["degree"]) / 2))
        kept = csr_matrix(weighted[:, columns], dtype=np.float64)
        gram = (kept.T @ kept).toarray() + cls._feature_gram(features, columns, options)
        gram[np.diag_indices_from(gram)] += float(options["ridge"])
        progress(0, 0, f"Solving for {len(columns)} items")
        return cls(Settings(train.item_ids, options), back_off(train), columns, _solved(gram))

    @classmethod
    def _columns(cls, counts: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.int64]:
        """(M,) the items that get weights: those anybody chose."""
        return most_chosen(counts, most, least=1)

    @classmethod
    def _feature_gram(
        cls,
        features: ItemFeatures | None,  # noqa: ARG003
        columns: npt.NDArray[np.int64],  # noqa: ARG003
        options: Options,  # noqa: ARG003
    ) -> npt.NDArray[np.float64] | float:
        """(M, M) to add to G; nothing."""
        return 0.0

    def _sums(self, histories: csr_matrix) -> FloatArray:
        total = np.zeros((rows_of(histories), len(self.item_ids)), np.float32)
        total[:, self.columns] = histories[:, self.columns] @ self.weights
        return total

    def _similar(self, items: npt.NDArray[np.intp], item: int) -> npt.NDArray[np.float64]:
        values = np.zeros(len(items))
        place = int(np.searchsorted(self.columns, item))
        if place < len(self.columns) and self.columns[place] == item:
            known = np.isin(items, self.columns)
            values[known] = self.weights[np.searchsorted(self.columns, items[known]), place]
        return values

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"constant": self.constant, "columns": self.columns, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["constant"], arrays["columns"], arrays["weights"])


def most_chosen(counts: npt.NDArray[np.intp], most: int, *, least: int) -> npt.NDArray[np.int64]:
    """Ascending columns of at most `most` items with at least `least` choices, the most chosen.

    Of items chosen equally often either all or none are taken, so that their order plays no part.
    """
    limit = least
    if (counts >= least).sum() > most:
        limit = max(least, int(np.sort(counts)[-most - 1]) + 1)
    return np.flatnonzero(counts >= limit).astype(np.int64)


def _solved(gram: npt.NDArray[np.float64]) -> FloatArray:
    """B of a positive definite `gram`, which is overwritten; by Cholesky's factors, half the work of an inverse."""
    if not len(gram):
        return gram.astype(np.float32)
    factorise, invert = get_lapack_funcs(("potrf", "potri"), (gram,))
    factor, _ = factorise(gram, lower=True, overwrite_a=True)
    inverse, _ = invert(factor, lower=True, overwrite_c=True)
    below = np.tril(inverse, -1)
    weights = -(below + below.T) / np.diag(inverse)
    return weights.astype(np.float32)
