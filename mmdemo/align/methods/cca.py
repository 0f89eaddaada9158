"""Canonical correlation analysis of any number of modalities, of which an item may lack some.

The MAXVAR form (Kettenring 1971; with missing rows, van de Velden & Bijmolt 2006): the shared coordinates G are the
leading eigenvectors of the sum of the projections on each modality's inputs, `P_m = X_m (X_mᵀ X_m + r I)⁻¹ X_mᵀ`, and
a tower is the regression of G on its inputs. With two modalities this is regularised CCA (Hotelling 1936). Each
coordinate is weighted by how well its modalities agree on it, without which the many weak ones drown the strong.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality

MOST_COORDINATES = 256
MOST_ITEMS = 3000
"""The eigenproblem is as large as the number of items; of a larger catalogue these are drawn."""
WEAKEST_AGREEMENT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class LinearTowers:
    """`y = (x - mean) W`, one map a modality, text too.

    Args:
        weights: Modality to (D_m, D) float32.
        means: Modality to (D_m,) float32.
    """

    weights: Mapping[Modality, FloatArray]
    means: Mapping[Modality, FloatArray]

    @property
    def modalities(self) -> frozenset[Modality]:
        """See `Towers.modalities`."""
        return frozenset(self.weights)

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """See `Towers.embed`."""
        return np.asarray((inputs - self.means[modality]) @ self.weights[modality], np.float32)

    def to_arrays(self) -> Arrays:
        """See `Towers.to_arrays`."""
        arrays: Arrays = {f"{modality}.weights": weights for modality, weights in self.weights.items()}
        return arrays | {f"{modality}.mean": mean for modality, mean in self.means.items()}


def fit(
    rows: TrainingRows, settings: Mapping[Modality, Setting], *, seed: int, progress: Progress = silent
) -> LinearTowers:
    """Fit all towers at once; see `MethodModule.fit`."""
    penalty = max((setting.get("penalty", 3.0) for setting in settings.values()), default=3.0)
    used = _items_with_pairs(rows, seed=seed)
    agreement = np.zeros((len(used), len(used)))
    parts: dict[Modality, tuple[npt.NDArray, npt.NDArray, npt.NDArray]] = {}
    for done, (modality, inputs) in enumerate(rows.inputs.items()):
        progress(done, len(rows.inputs), f"reading {modality}")
        at = np.flatnonzero(np.isin(used, rows.items[modality]))
        x = inputs[np.searchsorted(rows.items[modality], used[at])].astype(np.float64)
        mean = x.mean(axis=0)
        left, scale, right = np.linalg.svd(x - mean, full_matrices=False)
        agreement[np.ix_(at, at)] += (left * (scale**2 / (scale**2 + penalty))) @ left.T
        parts[modality] = (at, mean, (right.T * (scale / (scale**2 + penalty))) @ left.T)
    progress(len(rows.inputs), len(rows.inputs), "finding shared coordinates")
    shared, strength = _leading(agreement, len(rows.inputs))
    weights = {m: ((regress @ shared[at]) * strength).astype(np.float32) for m, (at, _, regress) in parts.items()}
    return LinearTowers(weights, {m: mean.astype(np.float32) for m, (_, mean, _) in parts.items()})


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> LinearTowers:
    """See `MethodModule.from_arrays`."""
    found = [modality for modality in Modality if f"{modality}.weights" in arrays]
    return LinearTowers({m: arrays[f"{m}.weights"] for m in found}, {m: arrays[f"{m}.mean"] for m in found})


def _items_with_pairs(rows: TrainingRows, *, seed: int) -> npt.NDArray[np.intp]:
    """Items with at least two modalities, ascending; at most `MOST_ITEMS`."""
    used = np.flatnonzero(rows.present.sum(axis=1) >= 2)
    if len(used) > MOST_ITEMS:
        used = np.sort(np.random.default_rng(seed).permutation(used)[:MOST_ITEMS])
    return used


def _leading(agreement: npt.NDArray, modalities: int) -> tuple[npt.NDArray, npt.NDArray]:
    """Shared coordinates (N, D) and the weight (D,) of each: 0 where modalities do not agree, 1 where they all do."""
    from scipy import linalg

    count = len(agreement)
    kept = min(MOST_COORDINATES, count)
    values, vectors = linalg.eigh(agreement, subset_by_index=(count - kept, count - 1))
    strength = np.clip((values[::-1] - 1.0) / (modalities - 1), WEAKEST_AGREEMENT, 1.0)
    return vectors[:, ::-1] * np.sqrt(count), strength
