"""Where the points go: UMAP, PCA, and what is drawn where there are too few points for either."""

import io
import re
import warnings

import numpy as np
import numpy.typing as npt

from mmdemo.projection.neighbours import Report
from mmdemo.projection.settings import MapSettings
from mmdemo.types import FloatArray

FEWEST_FOR_UMAP = 10
"""UMAP starts from the eigenvectors of the neighbour graph, which with fewer points has too few."""


def pca_layout(vectors: FloatArray, dimensions: int) -> FloatArray:
    """Coordinates (P, dimensions) on the directions of most variance (Pearson 1901), exact, signs fixed.

    Directions beyond those that there are stay 0.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    values, directions = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(values)[::-1][:dimensions]
    positions = np.zeros((len(vectors), dimensions), np.float32)
    for axis, column in enumerate(order):
        direction = directions[:, column]
        if values[column] > 1e-12 * max(1.0, values[order[0]]):
            positions[:, axis] = centred @ direction * np.sign(direction[np.argmax(np.abs(direction))])
    return positions


def umap_layout(
    vectors: FloatArray,
    neighbours: npt.NDArray[np.int32],
    cosines: FloatArray,
    settings: MapSettings,
    *,
    report: Report,
) -> FloatArray:
    """Coordinates (P, dimensions) by UMAP (McInnes, Healy and Melville 2018), the same for the same seed.

    Deviation: the neighbours are the exact ones, not those of its approximate search.

    Args:
        vectors: (P, D) float32, unit length, P at least `FEWEST_FOR_UMAP`.
        neighbours: (P, at least n_neighbors - 1) from `true_neighbours`.
        cosines: The same shape.
        settings: n_neighbors at most P.
        report: Called as the epochs go by.
    """
    report(0.0, "loading UMAP")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one thread for a seed, and no index for transform: both are wanted
        from umap import UMAP

        report(0.1, "tying neighbours together")
        reducer = UMAP(
            n_components=settings.dimensions,
            n_neighbors=settings.n_neighbors,
            min_dist=settings.min_dist,
            metric=settings.metric,
            random_state=settings.seed,
            n_jobs=1,
            precomputed_knn=_with_self(neighbours, cosines, settings),
            tqdm_kwds={"disable": False, "file": _Epochs(report), "bar_format": "{n}/{total};", "mininterval": 0.2},
        )
        return np.ascontiguousarray(reducer.fit_transform(vectors), np.float32)


def _with_self(
    neighbours: npt.NDArray[np.int32], cosines: FloatArray, settings: MapSettings
) -> tuple[npt.NDArray[np.int32], FloatArray]:
    """Neighbours and distances as UMAP counts them: each point is its own first neighbour."""
    own = np.arange(len(neighbours), dtype=np.int32)[:, None]
    distances = np.clip(1.0 - cosines, 0.0, 2.0)
    if settings.metric == "euclidean":
        distances = np.sqrt(2.0 * distances)  # of unit vectors
    k = settings.n_neighbors - 1
    return (
        np.concatenate([own, neighbours[:, :k]], axis=1),
        np.concatenate([np.zeros_like(distances[:, :1]), distances[:, :k]], axis=1).astype(np.float32),
    )


class _Epochs(io.StringIO):
    """Takes the text of UMAP's progress bar and reports the epochs in it."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def write(self, text: str) -> int:
        """Report the last "done/total" there is in `text`; whatever else the bar writes is not for us."""
        found = re.findall(r"(\d+)/(\d+);", text)
        if found:
            done, total = map(int, found[-1])
            self._report(0.2 + 0.8 * done / max(1, total), f"arranging the map (round {done} of {total})")
        return len(text)
