"""A small workspace whose people chose by kind: who likes stars chose stars."""

import csv
import shutil
from pathlib import Path

import numpy as np

from mmdemo.engine import Engine
from mmdemo.engine.interactions import import_interactions

KIND = "factor:kind"
USERS = 48


def kinds(engine: Engine) -> dict[str, list[str]]:
    """Ids of the items of each kind, the kinds with most items first."""
    found: dict[str, list[str]] = {}
    for item in engine.items:
        found.setdefault(item.extra[KIND], []).append(item.item_id)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def with_choices(workspace: Path, path: Path, *, seed: int = 0) -> Path:
    """A copy of a workspace, with choices imported: each of 48 users chose three items of one kind and one other."""
    shutil.copytree(workspace, path)
    rng = np.random.default_rng(seed)
    by_kind = list(kinds(Engine.open(path)).values())
    everything = [item_id for ids in by_kind for item_id in ids]
    likeable = [ids for ids in by_kind if len(ids) >= 4]
    file = path.with_suffix(".csv")
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user", "item", "time"])
        for user in range(USERS):
            own = rng.choice(likeable[user % len(likeable)], 3, replace=False)
            chosen = dict.fromkeys([*own, rng.choice(everything)])
            writer.writerows(
                (f"person-{user:02d}", item_id, 1_700_000_000 + 60 * at) for at, item_id in enumerate(chosen)
            )
    import_interactions(path, file)
    return path
