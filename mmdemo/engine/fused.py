"""Trained fusions as the engine uses them: a version's items fused once a run, queries brought into their form."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.engine.run_folder import RunFolder
from mmdemo.errors import FusionError
from mmdemo.index import Table
from mmdemo.recommend import Place, RankedPart
from mmdemo.recommend.fused import FusedPart, FusedRanker, as_one, merged
from mmdemo.store import StoredVersion, Workspace
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from mmdemo.fusion import FusionBatch, FusionShape

MOST_LOADED = 6


@dataclass(frozen=True, slots=True, eq=False)
class QueryPiece:
    """What the user sees as one part: media, an item, all liked items.

    Args:
        parts: It, encoded; a video is two.
        weight: Signed.
        label: What to call it.
        modality: None for items.
    """

    parts: Sequence[RankedPart]
    weight: float
    label: str
    modality: Modality | None


@dataclass(frozen=True, slots=True, eq=False)
class FusedList:
    """A ranked list of positions; see `mmdemo.types.Recommendations` for the columns."""

    positions: npt.NDArray[np.intp]
    scores: FloatArray
    percentiles: FloatArray
    contributions: FloatArray
    labels: tuple[str, ...]
    modalities: tuple[Modality | None, ...]


def ranked_by(title: str) -> str:
    """The notice that goes with a list that a run ranked."""
    return f"Ranked by the trained fusion “{title}”."


class EngineFusions:
    """The rankers of trained runs on one version; safe to use from several threads.

    Args:
        workspace: Where the runs are.
        version: Whose items are ranked.
        tables: Its vectors by item position.
    """

    def __init__(self, workspace: Workspace, version: StoredVersion, tables: Mapping[str, Table]) -> None:
        self._path = workspace.path
        self._content = version.manifest.content_sha256
        self._items = len(version.items)
        self._tables = tables
        self._loaded: OrderedDict[tuple[str, int, int], tuple[str, FusedRanker]] = OrderedDict()
        self._lock = threading.Lock()

    def ranker(self, run_id: str) -> tuple[str, FusedRanker]:
        """Title and ranker of a finished run; the second call takes them from memory.

        Raises:
            FusionError: There is no such run, it is not done, damaged, or was trained on another version.
        """
        folder = RunFolder(self._path, run_id)
        with self._lock:
            try:
                about = folder.model.stat()
            except OSError:
                folder.require()
                raise FusionError(f"run '{run_id}' is not done", expected="a finished run", remedy="train it") from None
            key = run_id, about.st_ino, about.st_mtime_ns  # a deleted run's id may come again
            if key not in self._loaded:
                self._loaded[key] = self._load(folder)
                while len(self._loaded) > MOST_LOADED:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(key)
            return self._loaded[key]

    def rank(
        self,
        run_id: str,
        pieces: Sequence[QueryPiece],
        allowed: npt.NDArray[np.bool_] | None,
        k: int,
        notices: list[str],
    ) -> FusedList | None:
        """The k best allowed items by a run; None, and why in `notices`, where it cannot rank them."""
        try:
            title, ranker = self.ranker(run_id)
            known = self._known(title, ranker, pieces, notices)
            if not known:
                return None
            groups = merged([part for _, part in known])
            parts = [as_one([known[number][1] for number in group]) for group in groups]
            found = ranker.rank(parts, allowed, k)
        except FusionError as error:
            notices.append(f"Ranked by evidence, for the chosen fusion cannot rank here: {error}.")
            return None
        if len(groups) < len(known):
            notices.append(
                f"{title} weighs at most {len(groups)} of these {len(known)} parts apart; some count as one."
            )
        notices.append(ranked_by(title))
        modalities = [{known[number][0].modality for number in group} for group in groups]
        return FusedList(
            found.positions,
            found.scores,
            found.percentiles,
            found.contributions,
            tuple(part.label for part in parts),
            tuple(next(iter(kinds)) if len(kinds) == 1 else None for kinds in modalities),
        )

    def _known(
        self, title: str, ranker: FusedRanker, pieces: Sequence[QueryPiece], notices: list[str]
    ) -> list[tuple[QueryPiece, FusedPart]]:
        """The pieces that the fusion knows anything of, in its form; tells of what it does not."""
        known, unknown = [], set()
        shape = ranker.fusion.shape
        for piece in pieces:
            rows: dict[Modality, list[FloatArray]] = {}
            for place in (place for part in piece.parts for place in part.places):
                vector = _vector(place, shape)
                if vector is None:
                    unknown.add(place.modality)
                else:
                    rows.setdefault(place.modality, []).append(vector)
            if rows:
                vectors = {modality: np.stack(found) for modality, found in rows.items()}
                known.append((piece, FusedPart(vectors, piece.weight, piece.label)))
        if unknown:
            names = " and ".join(modality for modality in Modality if modality in unknown)
            notices.append(f"{title} was trained without {names}, which therefore does not count here.")
        if not known:
            notices.append("Ranked by evidence, for the chosen fusion knows nothing of this query.")
        return known

    def _load(self, folder: RunFolder) -> tuple[str, FusedRanker]:
        from mmdemo.engine.run_training import trained_fusion

        record = folder.read()
        if record.content_sha256 != self._content:
            raise FusionError(
                f"run '{record.run_id}' was trained on version {record.version_id}",
                expected="one that was trained on the version in use is needed",
                remedy="train a new run",
            )
        fusion = trained_fusion(self._path, record.run_id)
        return record.title, FusedRanker(fusion, self._catalogue(fusion.shape))

    def _catalogue(self, shape: "FusionShape") -> "FusionBatch":
        """All items of the version as a batch."""
        import torch

        from mmdemo.fusion import FusionBatch

        vectors, present = {}, np.zeros((self._items, len(shape.modalities)), np.bool_)
        for column, modality in enumerate(shape.modalities):
            full = np.zeros((self._items, shape.width(modality)), np.float32)
            names = ["shared", "native"] if shape.native[modality] else ["shared"]
            tables = [self._tables.get(f"{name}.{modality}") for name in names]
            if all(table is not None for table in tables):
                rows = next(table.rows for table in tables if table is not None)
                at = np.arange(self._items) if rows is None else rows
                found = np.hstack([table.vectors for table in tables if table is not None])
                _check(modality, found.shape[1], full.shape[1])
                full[at], present[at, column] = found, True
            vectors[modality] = torch.from_numpy(full)
        return FusionBatch(vectors, torch.from_numpy(present))


def _vector(place: Place, shape: "FusionShape") -> FloatArray | None:
    """(D + d_m,) of one place; None where the fusion does not know its modality."""
    if place.modality not in shape.native or place.shared is None:
        return None
    own = [place.native] if shape.native[place.modality] else []
    return np.concatenate([place.shared, *own])


def _check(modality: Modality, found: int, expected: int) -> None:
    if found != expected:
        raise FusionError(
            f"vectors of {modality} of width {found}",
            expected=f"{expected}, as the run was trained on",
            remedy="train a new run",
        )
