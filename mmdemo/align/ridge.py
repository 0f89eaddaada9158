"""Ridge regression from one modality's inputs into the text space, solved in whichever of the two forms is smaller."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmdemo.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RidgeMap:
    """`y = (x - input_mean) @ weights`, in the centred target space.

    Args:
        weights: (D_in, D_out) float32.
        input_mean: (D_in,) float32.
    """

    weights: FloatArray
    input_mean: FloatArray

    def __call__(self, inputs: FloatArray) -> FloatArray:
        """Map (B, D_in) to (B, D_out)."""
        return np.asarray((inputs - self.input_mean) @ self.weights, np.float32)


def fit_ridge(inputs: FloatArray, targets: FloatArray, *, penalty: float) -> RidgeMap:
    """Fit `min ||(X - mean) W - Y||² + penalty ||W||²` (Hoerl & Kennard 1970).

    Args:
        inputs: (P, D_in).
        targets: (P, D_out), centred by the caller.
        penalty: Positive; in units of squared input length, so with unit-length blocks 1 to 100 is usual.
    """
    from scipy import linalg

    mean = inputs.mean(axis=0)
    x = (inputs - mean).astype(np.float64)
    y = targets.astype(np.float64)
    if len(x) <= x.shape[1]:
        gram = x @ x.T
        gram.flat[:: len(x) + 1] += penalty
        weights = x.T @ linalg.solve(gram, y, assume_a="pos")
    else:
        gram = x.T @ x
        gram.flat[:: x.shape[1] + 1] += penalty
        weights = linalg.solve(gram, x.T @ y, assume_a="pos")
    return RidgeMap(weights.astype(np.float32), mean.astype(np.float32))


def ridge_path(
    inputs: FloatArray, targets: FloatArray, *, penalties: Sequence[float], evaluate_on: FloatArray
) -> list[FloatArray]:
    """Predictions (E, D_out) for `evaluate_on` under each penalty, from one eigendecomposition of the Gram matrix.

    Equals `fit_ridge(...)(evaluate_on)` for each penalty.
    """
    mean = inputs.mean(axis=0)
    x = inputs - mean
    values, vectors = np.linalg.eigh((x @ x.T).astype(np.float64))
    rotated_targets = vectors.T @ targets
    rotated_kernel = ((evaluate_on - mean) @ x.T) @ vectors
    return [
        (rotated_kernel @ (rotated_targets / (np.maximum(values, 0.0) + penalty)[:, None])).astype(np.float32)
        for penalty in penalties
    ]
