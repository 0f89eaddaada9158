"""Features in which a linear map bends: what the trained methods see of a modality other than text."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align.data import unit_rows
from mmdemo.align.methods.kernel import MOST_LANDMARKS, KernelMap, gaussian_kernel
from mmdemo.align.towers import Arrays, TrainingRows
from mmdemo.types import FloatArray, Modality

GAMMA = 2.0
PENALTY = 0.3
MOST_FEATURES = 512
_LEAST_VARIANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """Nyström features `k(x, landmarks) U S^(-1/2)` of a Gaussian kernel (Williams & Seeger 2001).

    Their inner products are the kernel's values on the landmarks. With some hundred pairs a linear map on them keeps
    to what it has seen, where layers trained from scratch on the inputs fit the noise.

    Args:
        landmarks: (L, D_in) float32, centred, unit length.
        basis: (L, R) float32.
        input_mean: (D_in,) float32.
        gamma: Of the kernel.
    """

    landmarks: FloatArray
    basis: FloatArray
    input_mean: FloatArray
    gamma: float = GAMMA

    def __call__(self, inputs: FloatArray) -> FloatArray:
        """Features (B, R) of inputs (B, D_in)."""
        return self.followed_by(np.eye(self.basis.shape[1], dtype=np.float32))(inputs)

    def followed_by(self, weights: FloatArray) -> KernelMap:
        """The map that applies `weights` (R, D) to the features."""
        return KernelMap(self.landmarks, self.basis @ weights, self.input_mean, self.gamma)

    def to_arrays(self) -> Arrays:
        """Landmarks, basis, mean and gamma."""
        return {
            "landmarks": self.landmarks,
            "basis": self.basis,
            "mean": self.input_mean,
            "gamma": np.array([self.gamma]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray]) -> "Lift":
        """The inverse of `to_arrays`."""
        return cls(arrays["landmarks"], arrays["basis"], arrays["mean"], float(arrays["gamma"][0]))


def fit_lift(inputs: FloatArray) -> Lift:
    """Features of inputs like these, (N, D_in); the `MOST_FEATURES` directions with the most variance."""
    from scipy import linalg

    mean = inputs.mean(axis=0).astype(np.float32)
    chosen = np.unique(np.linspace(0, len(inputs) - 1, min(len(inputs), MOST_LANDMARKS)).astype(np.intp))
    landmarks = unit_rows(inputs[chosen] - mean)
    kernel = gaussian_kernel(landmarks, landmarks, gamma=GAMMA).astype(np.float64)
    values, vectors = linalg.eigh(kernel, subset_by_index=[max(0, len(kernel) - MOST_FEATURES), len(kernel) - 1])
    kept = values > _LEAST_VARIANCE
    return Lift(landmarks, (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32), mean)


def lift_inputs(rows: TrainingRows) -> tuple[dict[Modality, Lift], dict[Modality, FloatArray]]:
    """The lift of each modality but text, and every modality's features; text is its own."""
    lifts = {modality: fit_lift(inputs) for modality, inputs in rows.inputs.items() if modality is not Modality.TEXT}
    features = {
        modality: lifts[modality](inputs) if modality in lifts else inputs for modality, inputs in rows.inputs.items()
    }
    return lifts, features


def ridge_start(features: FloatArray, targets: FloatArray) -> FloatArray:
    """Weights (R, D) to start training from: ridge regression, scaled so that outputs have length 1 on average."""
    from scipy import linalg

    gram = (features.T @ features).astype(np.float64)
    gram.flat[:: len(gram) + 1] += PENALTY
    weights = linalg.solve(gram, features.T @ targets, assume_a="pos")
    length = np.linalg.norm(features @ weights, axis=1).mean()
    return (weights / max(float(length), 1e-6)).astype(np.float32)
