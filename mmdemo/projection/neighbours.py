"""Nearest neighbours: the true ones among the vectors, exactly, and those on the map."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray

Report = Callable[[float, str], None]
"""Told which share of a step is done, in [0, 1], and what is being done."""

_BLOCK_NUMBERS = 2**24
"""Similarities held at once: 64 MiB."""


def row_blocks(rows: int, columns: int) -> list[slice]:
    """Consecutive slices of `rows`, each with at most `_BLOCK_NUMBERS` numbers of `columns` columns, at least a row."""
    size = max(1, _BLOCK_NUMBERS // max(1, columns))
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]


def true_neighbours(vectors: FloatArray, k: int, *, report: Report) -> tuple[npt.NDArray[np.int32], FloatArray]:
    """The k nearest other rows of every row by cosine, exactly, in O(P² D) time and little memory.

    Args:
        vectors: (P, D) float32, unit length.
        k: At most P - 1.
        report: Called after every block.

    Returns:
        Indices (P, k) int32, nearest first and ties in order of index, and cosines (P, k) float32.
    """
    count = len(vectors)
    indices = np.empty((count, k), np.int32)
    cosines = np.empty((count, k), np.float32)
    for block in row_blocks(count, count):
        similarity = vectors[block] @ vectors.T
        similarity[np.arange(block.stop - block.start), np.arange(block.start, block.stop)] = -np.inf
        indices[block], cosines[block] = largest(similarity, k)
        report(block.stop / count, f"comparing vectors ({block.stop:,} of {count:,})")
    return indices, cosines


def largest(values: FloatArray, k: int) -> tuple[npt.NDArray[np.int32], FloatArray]:
    """Columns and values (B, k) of the k largest of each row of (B, N), largest first, ties in order of column."""
    if k >= values.shape[1]:
        chosen = np.tile(np.arange(values.shape[1]), (len(values), 1))
    else:
        chosen = np.sort(np.argpartition(values, -k, axis=1)[:, -k:], axis=1) if k else np.empty((len(values), 0), int)
    found = np.take_along_axis(values, chosen, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1).astype(np.int32), np.take_along_axis(found, order, axis=1)


def map_neighbours(positions: FloatArray, k: int) -> npt.NDArray[np.int32]:
    """The k nearest other points (P, k) of every point of a map, nearest first; k at most P - 1."""
    from scipy.spatial import KDTree

    _, found = KDTree(positions).query(positions, k=k + 1)
    return without_self(found.reshape(len(positions), k + 1), np.arange(len(positions)))


def without_self(found: npt.NDArray[np.integer], own: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """(B, k) neighbours out of (B, k + 1) that may hold the asking point, which among equals need not come first."""
    keep = found != own[:, None]
    keep[keep.all(axis=1), -1] = False  # the point was crowded out by others at the same place: drop the farthest
    return found[keep].reshape(len(found), found.shape[1] - 1).astype(np.int32)
