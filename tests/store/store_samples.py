"""A small workspace with everything in it, and ways to look at one from outside."""

import multiprocessing
from pathlib import Path

import numpy as np

from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Embeddings, Item, Modality

SOURCE = SourceInfo(title="Planted", licence="CC0-1.0", attribution="nobody", url="", synthetic=True)

# Children are forked from a server that has imported the slow libraries once and runs no thread of ours.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["lancedb", "safetensors.numpy", "scipy.sparse", "mmdemo.store.tables", "mmdemo.store.arrays", "store_samples"]
)


def items(count: int = 12) -> list[Item]:
    """Every item has a text, every second a picture, every third a sound; ids are not in alphabetical order."""
    made = []
    for number in range(count):
        media = {Modality.TEXT: f"thing {number}"}
        if number % 2 == 0:
            media[Modality.IMAGE] = f"{number:064x}"
        if number % 3 == 0:
            media[Modality.AUDIO] = f"{number + 1000:064x}"
        tags = ("even",) if number % 2 == 0 else ()
        made.append(Item(f"id-{(number * 7) % count}", f"Thing {number}", media, tags, {"licence": "CC0-1.0"}))
    return made


def embeddings(ids: list[str], modality: Modality, *, space: str, seed: int, dim: int = 8) -> Embeddings:
    vectors = np.random.default_rng(seed).standard_normal((len(ids), dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Embeddings(np.array(ids, dtype=np.str_), vectors, modality, space)


def tables(stored: list[Item], *, seed: int = 0, dim: int = 8) -> dict[str, Embeddings]:
    """One native table for each modality (none of the items has a video) and one shared table of all texts."""
    made = {}
    for number, modality in enumerate(Modality):
        ids = [item.item_id for item in stored if modality in item.media]
        made[f"native.{modality}"] = embeddings(ids, modality, space=f"enc-{modality}", seed=seed + number, dim=dim)
    made["shared.text"] = embeddings(
        [item.item_id for item in stored], Modality.TEXT, space="shared", seed=seed + 9, dim=dim
    )
    return made


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "map": rng.standard_normal((8, 8)),
        "mask": np.array([True, False]),
        "scalar": np.array(3, dtype=np.int64),
        "none": np.zeros((0, 4), dtype=np.float32),
    }


def fresh(path: Path) -> Workspace:
    return Workspace(path / "workspace").create("Planted")


def write(workspace: Workspace, *, seed: int = 0, count: int = 12, dim: int = 8) -> str:
    """Write the sample as a version; equal arguments make equal content."""
    stored = items(count)
    return workspace.write_version(stored, tables(stored, seed=seed, dim=dim), arrays(seed), {"seed": seed})


def all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
