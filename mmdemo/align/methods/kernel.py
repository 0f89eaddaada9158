"""Kernel ridge regression with a Gaussian kernel: a bending map into the text space, in closed form.

`y(x) = k(x, landmarks) W`, `k(x, z) = exp(-gamma |x - z|²)` on centred inputs of unit length (Saunders et al. 1998; the
posterior mean of a Gaussian process, Rasmussen & Williams 2006, eq. 2.25). With more pairs than `MOST_LANDMARKS` it is
the subset-of-regressors approximation on evenly drawn landmarks (ibid., section 8.3.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.data import unit_rows
from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality

MOST_LANDMARKS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class KernelMap:
    """A fitted map.

    Args:
        landmarks: (L, D_in) float32, centred, unit length.
        weights: (L, D_out) float32.
        input_mean: (D_in,) float32.
        gamma: How fast the kernel falls with squared distance (which is at most 4).
    """

    landmarks: FloatArray
    weights: FloatArray
    input_mean: FloatArray
    gamma: float

    def __call__(self, inputs: FloatArray) -> FloatArray:
        """Map (B, D_in) to (B, D_out)."""
        return gaussian_kernel(unit_rows(inputs - self.input_mean), self.landmarks, gamma=self.gamma) @ self.weights

    def to_arrays(self) -> Arrays:
        """Landmarks, weights, mean and gamma."""
        return {
            "landmarks": self.landmarks,
            "weights": self.weights,
            "mean": self.input_mean,
            "gamma": np.array([self.gamma]),
        }


def gaussian_kernel(first: FloatArray, second: FloatArray, *, gamma: float) -> FloatArray:
    """`exp(-gamma |x - z|²)`, (A, B), for rows of unit length."""
    return np.exp(2.0 * gamma * (np.minimum(first @ second.T, 1.0) - 1.0)).astype(np.float32)


def fit_kernel(inputs: FloatArray, targets: FloatArray, *, penalty: float, gamma: float) -> KernelMap:
    """Fit `min ||K W - (Y - mean)||² + penalty tr(Wᵀ K W)`.

    Args:
        inputs: (P, D_in).
        targets: (P, D_out).
        penalty: Positive; beside a kernel of 1 on its diagonal, so 0.1 to 1 is usual.
        gamma: Positive.
    """
    from scipy import linalg

    mean = inputs.mean(axis=0).astype(np.float32)
    x = unit_rows(inputs - mean)
    y = (targets - targets.mean(axis=0)).astype(np.float64)
    if len(x) <= MOST_LANDMARKS:
        landmarks = x
        system = gaussian_kernel(x, x, gamma=gamma).astype(np.float64)
        system.flat[:: len(x) + 1] += penalty
        weights = linalg.solve(system, y, assume_a="pos")
    else:
        landmarks = x[np.linspace(0, len(x) - 1, MOST_LANDMARKS).astype(np.intp)]
        among = gaussian_kernel(landmarks, landmarks, gamma=gamma).astype(np.float64)
        towards = gaussian_kernel(x, landmarks, gamma=gamma).astype(np.float64)
        system = towards.T @ towards + penalty * among
        system.flat[:: len(landmarks) + 1] += 1e-6 * np.trace(system) / len(landmarks)
        weights = linalg.solve(system, towards.T @ y, assume_a="pos")
    return KernelMap(landmarks, weights.astype(np.float32), mean, gamma)


def fit(
    rows: TrainingRows,
    settings: Mapping[Modality, Setting],
    *,
    seed: int,  # noqa: ARG001
    progress: Progress = silent,
) -> AnchoredTowers:
    """Fit one map a modality; see `MethodModule.fit`."""
    return AnchoredTowers.fit(rows, settings, fit_kernel, progress=progress)


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> AnchoredTowers:
    """See `MethodModule.from_arrays`."""
    return AnchoredTowers.from_arrays(
        arrays, lambda part: KernelMap(part["landmarks"], part["weights"], part["mean"], float(part["gamma"][0]))
    )
