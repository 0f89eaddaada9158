"""Orthogonal Procrustes: the rotation that turns a modality's inputs towards their texts.

`min ||X R - Y||` over R with orthonormal columns: `R = U Vᵀ` of the singular value decomposition of `Xᵀ Y` (Schönemann
1966). It changes no distance among the inputs that it keeps. Before it, inputs and texts are centred and put on their
leading principal components, as many as both have (Conneau et al. 2018 do the same for words of two languages); the
result is turned back into the text space.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.data import unit_rows
from mmdemo.align.methods.ridge import LinearMap
from mmdemo.align.towers import Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality


def fit_procrustes(inputs: FloatArray, targets: FloatArray, *, components: float = 256) -> LinearMap:
    """Fit one rotation.

    Args:
        inputs: (P, D_in).
        targets: (P, D_out).
        components: Principal components kept of either side, where there are as many.

    Returns:
        The map `(x - mean) W`, with `W` (D_in, D_out) of orthonormal rank `components`.
    """
    mean = inputs.mean(axis=0)
    kept = min(int(components), len(inputs) - 1, *inputs.shape[1:], *targets.shape[1:])
    source = _principal(inputs - mean, kept)
    target = _principal(targets - targets.mean(axis=0), kept)
    x = unit_rows((inputs - mean) @ source)
    y = unit_rows((targets - targets.mean(axis=0)) @ target)
    left, _, right = np.linalg.svd((x.T @ y).astype(np.float64))
    return LinearMap((source @ (left @ right) @ target.T).astype(np.float32), mean.astype(np.float32))


def fit(
    rows: TrainingRows,
    settings: Mapping[Modality, Setting],
    *,
    seed: int,  # noqa: ARG001
    progress: Progress = silent,
) -> AnchoredTowers:
    """Fit one rotation a modality; see `MethodModule.fit`."""
    return AnchoredTowers.fit(rows, settings, fit_procrustes, progress=progress)


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> AnchoredTowers:
    """See `MethodModule.from_arrays`."""
    return AnchoredTowers.from_arrays(arrays, lambda part: LinearMap(part["weights"], part["mean"]))


def _principal(centred: FloatArray, kept: int) -> npt.NDArray[np.float64]:
    """(D, kept) leading principal directions."""
    return np.linalg.svd(centred.astype(np.float64), full_matrices=False)[2][:kept].T
