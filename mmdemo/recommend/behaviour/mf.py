"""Matrix factorisation: foretells how somebody would rate an item."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings, rows_of
from mmdemo.recommend.behaviour.fold_in import FoldedIn, folded_in

_SPREAD = 0.1
_FloatTable = npt.NDArray[np.float64]


class MatrixFactorisation(FoldedIn):
    """Koren, Bell & Volinsky 2009, equation 4: `r_ui = m + b_u + b_i + p_u q_i`, by alternating least squares.

    Either side is solved exactly while the other stays, with a penalty of `ridge` for each rating (Zhou et al. 2008).
    Scores are ratings. A history says what somebody chose and not how it was rated, so (b_u, p_u) is foretold from the
    mean of the vectors (1, b_i, q_i) of its items by ridge regression over the users in training, who are scored the
    same way. Without a history the average user rates.
    """

    name: ClassVar[str] = "mf"

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
        if train.ratings is None:
            raise InteractionsError("choices without ratings", expected="ratings are needed", remedy="import them")
        mean = float(train.ratings.mean())
        rated = csr_matrix((train.ratings - mean, train.chosen.indices, train.chosen.indptr), shape=train.chosen.shape)
        rated_by = csr_matrix(rated.T)
        size, ridge, sweeps = int(options["size"]), float(options["ridge"]), int(options["sweeps"])
        items = np.random.default_rng(seed).standard_normal((len(train.item_ids), 1 + size)) * _SPREAD
        items[:, 0] = 0
        users = np.zeros((len(train.user_ids), 1 + size))
        for sweep in range(sweeps):
            progress(sweep, sweeps, "Matrix factorisation")
            users = solved(rated, items, ridge)
            items = solved(rated_by, users, ridge)
        offered = np.c_[np.ones(len(items)), items[:, 1:]].astype(np.float32)
        seen = np.c_[np.ones(len(items)), items].astype(np.float32)
        liked, average = folded_in(train.chosen, seen, users.astype(np.float32))
        constant = (mean + items[:, 0] + offered @ average).astype(np.float32)
        return cls(Settings(train.item_ids, options), liked, offered, constant)


def solved(rated: csr_matrix, other: _FloatTable, ridge: float) -> _FloatTable:
    """Bias and vector of every row, given those of the columns.

    Args:
        rated: (R, C) ratings less their mean.
        other: (C, 1 + D) bias and vector of each column.
        ridge: Penalty for each rating.

    Returns:
        (R, 1 + D) what minimises `sum (r - b - b_c - p q_c)^2 + ridge n (b^2 + p p)` for each row, n its ratings; zeros
        for rows without any.
    """
    known = np.c_[np.ones(len(other)), other[:, 1:]]
    found = np.zeros((rows_of(rated), other.shape[1]))
    penalty = ridge * np.eye(other.shape[1])
    for row in np.flatnonzero(np.diff(rated.indptr)):
        mine = slice(rated.indptr[row], rated.indptr[row + 1])
        columns = rated.indices[mine]
        of_columns = known[columns]
        wanted = of_columns.T @ (rated.data[mine] - other[columns, 0])
        found[row] = np.linalg.solve(of_columns.T @ of_columns + len(columns) * penalty, wanted)
    return found
