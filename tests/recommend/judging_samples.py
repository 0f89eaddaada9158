"""Choices drawn at random, for tests of divisions and evaluations."""

import numpy as np
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions


def interactions(table: np.ndarray, *, times: bool = False, ratings: bool = False, seed: int = 0) -> Interactions:
    """The choices where a table (U, N) is not 0, with random times and ratings where they are asked for."""
    chosen = csr_matrix((table != 0).astype(np.float32))
    rng = np.random.default_rng(seed)
    return Interactions(
        tuple(f"u{user}" for user in range(table.shape[0])),
        tuple(f"i{item}" for item in range(table.shape[1])),
        chosen,
        rng.integers(1, 6, chosen.nnz).astype(np.float32) if ratings else None,
        rng.integers(0, 1000, chosen.nnz).astype(np.float64) if times else None,
    )


def drawn(users: int = 60, items: int = 40, *, share: float = 0.15, seed: int = 0, **has: bool) -> Interactions:
    """Choices at random, each as likely."""
    return interactions(np.random.default_rng(seed).random((users, items)) < share, seed=seed, **has)


def pairs(part: Interactions) -> set[tuple[int, int]]:
    """The choices as (user, item)."""
    return set(zip(part.users.tolist(), part.items.tolist(), strict=True))
