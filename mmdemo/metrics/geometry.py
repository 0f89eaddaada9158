"""How vectors of several modalities lie beside each other on the unit sphere.

All take rows of unit length. Each has an obvious-loop oracle in the tests.
"""

import math

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray


def squared_modality_gap(first: FloatArray, second: FloatArray) -> float:
    """Squared distance between the means of two modalities (Liang et al. 2022, section 2: `|mean(x) - mean(y)|²`).

    Deviation: estimated without the bias of small samples, as the mean of `(x_i - y_i)·(x_j - y_j)` over `i != j`;
    the plain figure of P pairs is larger by the mean of `|x_i - y_i|²` over P. It can be a little below 0 where the
    means agree.

    Args:
        first: (P, D) vectors of one modality, P at least 2.
        second: (P, D) the same items' vectors of the other.
    """
    difference = (first - second).astype(np.float64)
    total = difference.sum(axis=0)
    count = len(difference)
    return float((total @ total - (difference**2).sum()) / (count * (count - 1)))


def modality_gap(first: FloatArray, second: FloatArray) -> float:
    """Distance between the means of two modalities, 0 to 2; see `squared_modality_gap`."""
    return math.sqrt(max(0.0, squared_modality_gap(first, second)))


def alignment(first: FloatArray, second: FloatArray) -> float:
    """Mean squared distance of the two vectors of an item, 0 to 4 (Wang & Isola 2020, eq. 1 with exponent 2).

    Args:
        first: (P, D).
        second: (P, D) the same items.
    """
    return float(((first - second).astype(np.float64) ** 2).sum(axis=1).mean())


def gaussian_potential(vectors: FloatArray) -> float:
    """Mean of `exp(-2 |x_i - x_j|²)` over `i != j`, at most 1 (Wang & Isola 2020, eq. 2 before its logarithm, t = 2).

    Args:
        vectors: (N, D), N at least 2.
    """
    count = len(vectors)
    cosine = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    potential = np.exp(4.0 * (np.minimum(cosine, 1.0) - 1.0))
    return float((potential.sum() - np.trace(potential)) / (count * (count - 1)))


def uniformity(vectors: FloatArray) -> float:
    """Logarithm of `gaussian_potential`, -8 to 0: the lower, the more evenly the vectors use the sphere."""
    return math.log(gaussian_potential(vectors))


def k_occurrence(similarity: FloatArray, k: int) -> npt.NDArray[np.intp]:
    """How often each candidate is among the `k` nearest of a query, N_k (Radovanovic et al. 2010, section 2.1).

    Args:
        similarity: (Q, N) higher is closer.
        k: At most N counts.

    Returns:
        (N,) counts; they sum to Q·min(k, N).
    """
    candidates = similarity.shape[1]
    if k >= candidates:
        return np.full(candidates, len(similarity), np.intp)
    nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    return np.bincount(nearest.ravel(), minlength=candidates)


def skewness(values: npt.NDArray) -> float:
    """Third standardised moment `E[(v - mean)³] / sd³`; 0 where all are the same.

    Of k-occurrences it is their hubness (Radovanovic et al. 2010, eq. 1): 0 is even, above 1 a few candidates, the
    hubs, are neighbours of very many.
    """
    centred = values.astype(np.float64) - values.mean()
    spread = math.sqrt(float((centred**2).mean()))
    return 0.0 if spread < 1e-12 else float((centred**3).mean()) / spread**3
