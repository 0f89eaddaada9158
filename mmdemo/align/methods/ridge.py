"""Ridge regression from each modality's inputs into the text space."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality


@dataclass(frozen=True, slots=True, eq=False)
class LinearMap:
    """`y = (x - input_mean) @ weights`.

    Args:
        weights: (D_in, D_out) float32.
        input_mean: (D_in,) float32.
    """

    weights: FloatArray
    input_mean: FloatArray

    def __call__(self, inputs: FloatArray) -> FloatArray:
        """Map (B, D_in) to (B, D_out)."""
        return np.asarray((inputs - self.input_mean) @ self.weights, np.float32)

    def to_arrays(self) -> Arrays:
        """Weights and mean."""
        return {"weights": self.weights, "mean": self.input_mean}


def fit_ridge(inputs: FloatArray, targets: FloatArray, *, penalty: float) -> LinearMap:
    """Fit `min ||(X - mean) W - (Y - mean)||² + penalty ||W||²` (Hoerl & Kennard 1970).

    Solved in whichever of the two forms, over rows or over columns, is smaller.

    Args:
        inputs: (P, D_in).
        targets: (P, D_out).
        penalty: Positive; in units of squared input length, so with unit-length blocks 1 to 100 is usual.
    """
    from scipy import linalg

    mean = inputs.mean(axis=0)
    x = (inputs - mean).astype(np.float64)
    y = (targets - targets.mean(axis=0)).astype(np.float64)
    if len(x) <= x.shape[1]:
        gram = x @ x.T
        gram.flat[:: len(x) + 1] += penalty
        weights = x.T @ linalg.solve(gram, y, assume_a="pos")
    else:
        gram = x.T @ x
        gram.flat[:: x.shape[1] + 1] += penalty
        weights = linalg.solve(gram, x.T @ y, assume_a="pos")
    return LinearMap(weights.astype(np.float32), mean.astype(np.float32))


def fit(
    rows: TrainingRows,
    settings: Mapping[Modality, Setting],
    *,
    seed: int,  # noqa: ARG001
    progress: Progress = silent,
) -> AnchoredTowers:
    """Fit one map a modality; see `MethodModule.fit`."""
    return AnchoredTowers.fit(rows, settings, fit_ridge, progress=progress)


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> AnchoredTowers:
    """See `MethodModule.from_arrays`."""
    return AnchoredTowers.from_arrays(arrays, lambda part: LinearMap(part["weights"], part["mean"]))
