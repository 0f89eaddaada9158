"""Measures of one block of users, and of those targets or users apart that nothing was learned about."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.metrics.ranking import Values, ranked_measures
from mmdemo.types import FloatArray

PerUser = dict[str, Values]


def measures_by_part(
    scores: FloatArray,
    relevant: csr_matrix,
    histories: csr_matrix,
    *,
    cold: npt.NDArray[np.bool_],
    cutoffs: Sequence[int],
) -> dict[str, PerUser]:
    """Measures as in `ranked_measures`, by part; NaN where a row is in no such part.

    The parts are "all", "warm" (users and targets with training choices), "cold_items" (targets without) and
    "cold_users" (users without).

    Args:
        scores: (B, N).
        relevant: (B, N) CSR, the targets.
        histories: (B, N) CSR, masked.
        cold: (N,) items without a training choice.
        cutoffs: The k.
    """
    whole = ranked_measures(scores, relevant, seen=histories, cutoffs=cutoffs)
    stranger = np.diff(histories.indptr) == 0
    warm = _by_targets_among(~cold, whole, scores, relevant, histories=histories, cutoffs=cutoffs)
    return {
        "all": whole,
        "warm": {name: np.where(stranger, np.nan, values) for name, values in warm.items()},
        "cold_items": _by_targets_among(cold, whole, scores, relevant, histories=histories, cutoffs=cutoffs),
        "cold_users": {name: np.where(stranger, values, np.nan) for name, values in whole.items()},
    }


def _by_targets_among(
    among: npt.NDArray[np.bool_],
    whole: PerUser,
    scores: FloatArray,
    relevant: csr_matrix,
    *,
    histories: csr_matrix,
    cutoffs: Sequence[int],
) -> PerUser:
    """Measures by those targets that are `among` (N,) only; NaN in rows without one."""
    kept = csr_matrix(relevant.multiply(among))
    kept.eliminate_zeros()
    left, had = np.diff(kept.indptr), np.diff(relevant.indptr)
    found = {name: np.where(left == had, values, np.nan) for name, values in whole.items()}
    mixed = np.flatnonzero((left > 0) & (left < had))
    if len(mixed):
        apart = ranked_measures(scores[mixed], kept[mixed], seen=histories[mixed], cutoffs=cutoffs)
        for name, values in apart.items():
            found[name][mixed] = values
    return found
