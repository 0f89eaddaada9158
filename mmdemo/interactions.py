"""Who chose what: the type that readers give, models learn from and evaluations divide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Choices of U users among N items; U letters users, N items, E choices.

    Args:
        user_ids: (U,) different names.
        item_ids: (N,) different ids; items that nobody chose are among them.
        chosen: (U, N) CSR float32 of ones, one a choice, columns of a row ascending.
        ratings: (E,) float32, one a choice in the order of `chosen.indices`; None where nobody rated.
        times: (E,) float64 seconds since 1970, likewise; None where they are not known.

    Raises:
        InteractionsError: The parts do not fit each other.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    chosen: "csr_matrix"
    ratings: FloatArray | None = None
    times: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        size = (len(self.user_ids), len(self.item_ids))
        if self.chosen.shape != size:
            raise _unfit(f"choices of shape {self.chosen.shape}", f"{size}, users by items, is needed")
        if not self.chosen.has_canonical_format or (self.chosen.data != 1).any():
            raise _unfit("choices with repeated entries or values other than 1", "each choice once, as 1, is needed")
        for name, values in (("ratings", self.ratings), ("times", self.times)):
            if values is not None and (values.shape != (self.chosen.nnz,) or not np.isfinite(values).all()):
                raise _unfit(
                    f"{name} of shape {values.shape}", f"{self.chosen.nnz} finite ones, one a choice, are needed"
                )
        for name, ids in (("user", self.user_ids), ("item", self.item_ids)):
            if len(set(ids)) != len(ids):
                raise _unfit(f"a {name} id that occurs twice", "different ids are needed")

    def __len__(self) -> int:
        """How many choices, E."""
        return int(self.chosen.nnz)

    @property
    def users(self) -> npt.NDArray[np.intp]:
        """(E,) row of each choice's user."""
        return np.repeat(np.arange(len(self.user_ids)), np.diff(self.chosen.indptr))

    @property
    def items(self) -> npt.NDArray[np.intp]:
        """(E,) column of each choice's item."""
        return self.chosen.indices.astype(np.intp)

    def keep(self, which: npt.NDArray[np.bool_]) -> "Interactions":
        """The same users and items with only those choices (E,) that are asked for."""
        from scipy.sparse import csr_matrix

        starts = np.r_[0, np.cumsum(which)][self.chosen.indptr]
        columns = self.chosen.indices[which]
        chosen = csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=self.chosen.shape)
        return Interactions(
            self.user_ids,
            self.item_ids,
            chosen,
            None if self.ratings is None else self.ratings[which],
            None if self.times is None else self.times[which],
        )


@dataclass(frozen=True, slots=True, eq=False)
class ItemFeatures:
    """What items are like, beside who chose them.

    Args:
        item_ids: (N,) in the order of `Interactions.item_ids`.
        vectors: Name of a modality or file to (N, W) float32, finite; a row of zeros is an item without it.

    Raises:
        InteractionsError: A table has other rows, or numbers that are not finite.
    """

    item_ids: tuple[str, ...]
    vectors: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        for name, table in self.vectors.items():
            if table.ndim != 2 or len(table) != len(self.item_ids) or not np.isfinite(table).all():
                raise _unfit(
                    f"features '{name}' of shape {table.shape}",
                    f"{len(self.item_ids)} rows of finite numbers, one an item, are needed",
                )


def _unfit(given: str, expected: str) -> InteractionsError:
    return InteractionsError(given, expected=expected, remedy="export them again")
