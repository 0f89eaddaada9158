"""Choices of people with one of two tastes, to judge models on."""

import shutil
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from mmdemo.engine.behaviour import Used
from mmdemo.engine.leaderboard import Subject
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.store import Workspace

USERS, ITEMS = 80, 30


def two_tastes(*, times: bool = True, seed: int = 0) -> Used:
    """Even users choose among the first half of the items, odd ones among the second; item 29 is chosen by nobody."""
    rng = np.random.default_rng(seed)
    table = np.zeros((USERS, ITEMS), np.float32)
    for user in range(USERS):
        half = np.arange(ITEMS // 2) if user % 2 == 0 else np.arange(ITEMS // 2, ITEMS - 1)
        table[user, rng.choice(half, 7, replace=False)] = 1
    chosen = csr_matrix(table)
    when = rng.integers(0, 10**6, chosen.nnz).astype(np.float64) if times else None
    user_ids = tuple(f"user {user}" for user in range(USERS))
    item_ids = tuple(f"item {item}" for item in range(ITEMS))
    made = Interactions(user_ids, item_ids, chosen, None, when)
    return Used(made, simulated=True, about="Made up for a test.")


def subject_of(used: Used, workspace: Path) -> Subject:
    """These choices with features that say which half an item is of, in the version of a workspace."""
    kept = Workspace(workspace)
    halves = np.repeat(np.eye(2, dtype=np.float32), ITEMS // 2, axis=0)
    features = ItemFeatures(used.interactions.item_ids, {"half": halves})
    return Subject(kept, kept.manifest().version_id, used, features, used.sha256())


def copied(workspace: Path, to: Path) -> Path:
    """A workspace of its own."""
    return Path(shutil.copytree(workspace, to / "workspace"))
