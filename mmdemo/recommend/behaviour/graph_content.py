"""The graph of items that are alike by their features."""

import numpy as np
from scipy.sparse import csr_matrix, diags

from mmdemo.recommend.behaviour.weighting import powers
from mmdemo.types import FloatArray

_BLOCK = 1 << 24
"""Most similarities held at once."""


def content_graph(vectors: FloatArray, neighbours: int) -> csr_matrix:
    """Symmetric graph (N, N) of nearest neighbours, `D^-1/2 A D^-1/2`, each edge in both directions.

    Args:
        vectors: (N, W) of length 1; a row of zeros is an item without features, whose only neighbour is itself.
        neighbours: How many each item names; it may be named by more.
    """
    count, there = len(vectors), np.flatnonzero(vectors.any(axis=1))
    kept = min(neighbours, len(there) - 1)
    rows, columns = [np.setdiff1d(np.arange(count), there)] * 2
    if kept < 1:
        rows = columns = np.arange(count)
    else:
        known = vectors[there]
        near = np.concatenate(
            [_nearest(known, part, kept) for part in np.array_split(np.arange(len(there)), _parts(len(there)))]
        )
        rows, columns = np.r_[rows, np.repeat(there, kept)], np.r_[columns, there[near.ravel()]]
    named = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(count, count))
    edges = csr_matrix(named + named.T)
    edges.data[:] = 1
    scale = diags(powers(np.diff(edges.indptr), -0.5))
    return csr_matrix(scale @ edges @ scale, dtype=np.float32)


def _nearest(known: FloatArray, rows: np.ndarray, kept: int) -> np.ndarray:
    """Positions (len(rows), kept) of the nearest others."""
    likeness = known[rows] @ known.T
    likeness[np.arange(len(rows)), rows] = -np.inf
    return np.argpartition(-likeness, kept - 1, axis=1)[:, :kept]


def _parts(count: int) -> int:
    """Into how many blocks of rows `count` items are divided."""
    return -(-count * count // _BLOCK)
