"""Trained fusions as the engine uses them: a version's items fused once a run, queries brought into their form."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.engine.fusion_data import EXCLUDED, FOLDS, prepare, split_of
from mmdemo.engine.fusion_parts import StoredParts, parts_key, read_parts
from mmdemo.engine.query_parts import MediaSource, QueryParts
from mmdemo.engine.run_folder import Record, RunFolder
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
        sources: What each of the parts was made of: media, or the item at a position of the catalogue.
    """

    parts: Sequence[RankedPart]
    weight: float
    label: str
    modality: Modality | None
    sources: Sequence[MediaSource | int] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedRun:
    """A run that ranks.

    Args:
        title: Of the run.
        ranker: Its fusion on the version's items.
        inside: Words, regions and segments of them, where the fusion looks at such.
    """

    title: str
    ranker: FusedRanker
    inside: StoredParts | None


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
        self._workspace, self._version_id = workspace, version.version_id
        self._content = version.manifest.content_sha256
        self._items = len(version.items)
        self._tables = tables
        self._inside = QueryParts()
        self._loaded: OrderedDict[tuple[str, int, int], LoadedRun] = OrderedDict()
        self._lock = threading.Lock()

    def ranker(self, run_id: str) -> tuple[str, FusedRanker]:
        """Title and ranker of a finished run; the second call takes them from memory.

        Raises:
            FusionError: There is no such run, it is not done, damaged, or was trained on another version.
        """
        run = self._run(run_id)
        return run.title, run.ranker

    def _run(self, run_id: str) -> LoadedRun:
        folder = RunFolder(self._workspace.path, run_id)
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
            run = self._run(run_id)
            title, ranker = run.title, run.ranker
            known = self._known(run, pieces, notices)
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
        self, run: LoadedRun, pieces: Sequence[QueryPiece], notices: list[str]
    ) -> list[tuple[QueryPiece, FusedPart]]:
        """The pieces that the fusion knows anything of, in its form; tells of what it does not."""
        known, unknown = [], set()
        shape = run.ranker.fusion.shape
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
                known.append((piece, FusedPart(vectors, piece.weight, piece.label, self._parts_of(piece, run))))
        if unknown:
            names = " and ".join(modality for modality in Modality if modality in unknown)
            notices.append(f"{run.title} was trained without {names}, which therefore does not count here.")
        if not known:
            notices.append("Ranked by evidence, for the chosen fusion knows nothing of this query.")
        return known

    def _parts_of(self, piece: QueryPiece, run: LoadedRun) -> dict[Modality, FloatArray]:
        """Words, regions and segments (P, W) of what the piece was made of; none where the fusion looks at none."""
        found: dict[Modality, list[FloatArray]] = {}
        inside = run.inside
        for source in piece.sources if inside is not None else ():
            assert inside is not None
            if isinstance(source, MediaSource):
                space = inside.spaces.get(source.modality)
                own = {} if space is None else {source.modality: self._inside.parts(source, space)}
            else:
                own = {m: parts.features[source][parts.present[source]] for m, parts in inside.items.items()}
            for modality, features in own.items():
                found.setdefault(modality, []).append(features)
        return {modality: np.concatenate(features) for modality, features in found.items()}

    def _load(self, folder: RunFolder) -> LoadedRun:
        from mmdemo.engine.run_training import trained_fusion

        record = folder.read()
        if record.content_sha256 != self._content:
            raise FusionError(
                f"run '{record.run_id}' was trained on version {record.version_id}",
                expected="one that was trained on the version in use is needed",
                remedy="train a new run",
            )
        fusion = trained_fusion(self._workspace.path, record.run_id)
        inside = self._look_inside(record) if record.settings.needs_parts else None
        return LoadedRun(record.title, FusedRanker(fusion, self._catalogue(fusion.shape, inside)), inside)

    def _look_inside(self, record: Record) -> StoredParts:
        """The parts that a run was trained on, of all items; found anew where they were lost."""
        seed, fold = split_of(record.settings.seed)
        key = parts_key(seed=seed, fold=fold, folds=FOLDS, exclude=EXCLUDED)
        found = read_parts(self._workspace, self._version_id, key)
        if found is None:
            prepare(self._workspace.path, seed=seed, fold=fold, parts=True)
            found = read_parts(self._workspace, self._version_id, key)
        if found is None:
            raise FusionError(
                f"run '{record.run_id}' without the words, regions and segments of version {self._version_id}",
                expected="they are kept beside the version",
                remedy="use the version that is in use, or train a new run",
            )
        return found

    def _catalogue(self, shape: "FusionShape", inside: StoredParts | None) -> "FusionBatch":
        """All items of the version as a batch."""
        import torch

        from mmdemo.fusion import FusionBatch, Parts

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
        parts = {}
        for modality, own in () if inside is None else inside.items.items():
            if modality in shape.parts:
                _check(modality, own.features.shape[2], shape.parts[modality])
                parts[modality] = Parts(*(torch.tensor(array) for array in (own.features, own.present)))
        return FusionBatch(vectors, torch.from_numpy(present), parts)


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
