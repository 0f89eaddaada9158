"""The engine: one opened workspace version, answering queries. Pages, command line and Python all go through it."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from mmdemo.align.storage import alignment_from_arrays, natives_from_arrays
from mmdemo.engine.encoding import QueryEncoder
from mmdemo.engine.filters import Filters
from mmdemo.engine.fused import EngineFusions, QueryPiece
from mmdemo.engine.maps import EngineMaps, PartToPlace
from mmdemo.engine.query_parts import source_of
from mmdemo.engine.summary import summarise
from mmdemo.errors import QueryError
from mmdemo.index import ExactIndex, Table
from mmdemo.progress import Progress, silent
from mmdemo.projection import Map, MapSettings, Placed
from mmdemo.recommend import ITEM_KIND, PairDetail, RankedPart, Ranker
from mmdemo.recommend.storage import calibration_from_arrays
from mmdemo.store import StoredVersion, Workspace
from mmdemo.types import FloatArray, Item, Modality, Query, QueryPart, Recommendations, Video

LIKE_WEIGHT = 0.5
"""What all likes together weigh, and all dislikes, beside a query part of weight 1."""


class Engine:
    """Answers queries on one version of a workspace; safe to use from several threads.

    Args:
        workspace: Where media are kept.
        version: What to answer from.
    """

    def __init__(self, workspace: Workspace, version: StoredVersion) -> None:
        self.workspace = workspace
        self.summary = summarise(version.manifest)
        self.items = version.items
        self._filters = Filters(version.items)
        order = {item.item_id: row for row, item in enumerate(version.items)}
        tables = {name: _table(table.ids, table.vectors, order) for name, table in version.tables.items()}
        self.ranker = Ranker(ExactIndex(len(version.items), tables), calibration_from_arrays(version.arrays))
        self.encoder = QueryEncoder(
            {Modality(name): ref.name for name, ref in version.manifest.encoders.items()},
            {Modality(name): ref.key for name, ref in version.manifest.encoders.items()},
            alignment_from_arrays(version.manifest.settings["alignment"], version.arrays),
            natives_from_arrays(version.arrays),
        )

        self.fusions = EngineFusions(workspace, version, tables)
        self._maps = EngineMaps(workspace, version.version_id, version.items, tables)

    @classmethod
    def open(cls, path: Path | str, version_id: str | None = None) -> "Engine":
        """Open a workspace's version, by default the one in use; loads vectors, no encoder.

        Raises:
            WorkspaceError: There is no such workspace or version, or it is damaged.
        """
        workspace = Workspace(path)
        workspace.require()
        return cls(workspace, workspace.read_version(version_id))

    def item(self, item_id: str) -> Item:
        """An item by its id.

        Raises:
            QueryError: There is no such item.
        """
        return self.items[self._filters.position(item_id)]

    def tags(self) -> list[tuple[str, int]]:
        """Every tag and how many items carry it, most first."""
        return self._filters.tags()

    def search(self, text: str = "", tags: Iterable[str] = (), must_have: Iterable[Modality] = ()) -> list[Item]:
        """Items whose words contain every word of `text`; a plain look-up for browsing, not a recommendation."""
        return self._filters.search(text, tags, must_have)

    def media_path(self, item: Item, modality: Modality) -> Path:
        """File of an item's picture, sound or video.

        Raises:
            QueryError: The item has none.
        """
        blob = item.media.get(modality)
        if blob is None or modality is Modality.TEXT:
            raise QueryError(
                f"item '{item.item_id}' has no {modality} file",
                expected="an item that has one",
                remedy="check item.media first",
            )
        return self.workspace.blob_path(blob)

    def thumbnail_path(self, item: Item) -> Path | None:
        """Small picture of an item, of its image or else its video; None where it has neither."""
        for modality in (Modality.IMAGE, Modality.VIDEO):
            if blob := item.media.get(modality):
                return self.workspace.thumbnail_path(blob)
        return None

    def warm(self, progress: Progress = silent) -> None:
        """Load every encoder, so that the first query answers at once."""
        names = list(self.encoder.names)
        for done, modality in enumerate(names):
            progress(done, len(names), f"loading {self.encoder.names[modality]}")
            self.encoder.warm(modality)
        progress(len(names), len(names), "ready")

    def recommend(self, query: Query, *, run_id: str | None = None) -> Recommendations:
        """The items that fit a query best.

        Args:
            query: What to recommend for.
            run_id: The training run whose fusion ranks; None ranks by evidence. Where the run cannot rank on this
                version, evidence does, and a notice says so.

        Raises:
            QueryError: It names an unknown item, or nothing in it can be compared with this catalogue.
            MediaError: A part cannot be encoded.
        """
        started = time.perf_counter()
        pieces, notices = self._pieces(query)
        parts, modalities = _apart(pieces)
        encoded = time.perf_counter()
        shown_parts = [self._filters.position(part.item_id) for part in query.parts if part.item_id is not None]
        disliked = [self._filters.position(item_id) for item_id in query.dislikes]
        allowed = self._filters.allowed(query.tags, query.must_have, [*shown_parts, *disliked])
        ranking = self.ranker.rank(parts, allowed, query.k)
        fused = None if run_id is None else self.fusions.rank(run_id, pieces, allowed, query.k, notices)
        shown = ranking if fused is None else fused
        ended = time.perf_counter()
        return Recommendations(
            ids=tuple(self.items[position].item_id for position in shown.positions),
            scores=shown.scores,
            percentiles=shown.percentiles,
            contributions=shown.contributions,
            part_labels=tuple(part.label for part in parts) if fused is None else fused.labels,
            part_modalities=tuple(modalities) if fused is None else fused.modalities,
            no_good_match=ranking.no_good_match,
            timings_ms={
                "encode": (encoded - started) * 1e3,
                "search": (ended - encoded) * 1e3,
                "total": (ended - started) * 1e3,
            },
            notices=tuple(notices),
        )

    def pair_details(self, query: Query, item_id: str) -> tuple[PairDetail, ...]:
        """Every comparison behind one item's score: part of the query against modality of the item."""
        parts, _ = _apart(self._pieces(query)[0])
        return self.ranker.details(parts, self._filters.position(item_id))

    def map(self, settings: MapSettings) -> Map | None:
        """The map of this version with these settings, from memory or disk; None where it has yet to be made.

        Raises:
            MapError: The version has no vectors in the space asked for.
            WorkspaceError: The disk cannot be read.
        """
        return self._maps.read(settings)

    def fit_map(self, settings: MapSettings, progress: Progress = silent) -> Map:
        """Make a map in a process of its own, and keep it in the workspace.

        Args:
            settings: How.
            progress: Called at least four times a second; may cancel, which ends the process at once.

        Raises:
            MapError: The version has no vectors in that space, or the process failed.
            WorkspaceError: The disk is full or read-only.
        """
        return self._maps.fit(settings, progress)

    def point_vectors(self, settings: MapSettings) -> FloatArray:
        """Vectors (P, D) of a map's points; without alignment, narrower modalities are padded with zeros."""
        return self._maps.points(settings).vectors()

    def place(self, query: Query, fitted: Map, *, k: int = 8) -> Placed:
        """Where the parts and the liked items of a query lie on a map; nothing is fitted.

        Each part is placed by itself. An item that is on the map keeps its places there.

        Args:
            query: Parts that are remembered from an earlier call are not encoded again.
            fitted: A map of this version.
            k: How many true neighbours to tell of each, at least 1.

        Raises:
            QueryError: The query names an unknown item, or an item without anything that could be placed.
            MediaError: A part cannot be encoded.
            MapError: The map is of another version.
        """
        notices: list[str] = []
        parts = []
        for part in query.parts:
            row = None if part.item_id is None else self._filters.position(part.item_id)
            parts += [PartToPlace(ranked, row) for ranked, _ in self._encode_part(part, notices)]
        for item_id in query.likes:
            ranked = self._item_part(item_id, LIKE_WEIGHT, self.item(item_id).title)
            parts.append(PartToPlace(ranked, self._filters.position(item_id)))
        return self._maps.place(parts, fitted, k=k, notices=notices)

    def _pieces(self, query: Query) -> tuple[list[QueryPiece], list[str]]:
        """What the user sees as the parts of a query, encoded, and what could not be compared."""
        notices: list[str] = []
        pieces: list[QueryPiece] = []
        for part in query.parts:
            encoded = self._encode_part(part, notices)
            if encoded:
                label = (part.label or "video") if len(encoded) > 1 else encoded[0][0].label
                parts = [ranked for ranked, _ in encoded]
                at = None if part.item_id is None else self._filters.position(part.item_id)
                sources = [source_of(part, ranked) if at is None else at for ranked in parts]
                pieces.append(QueryPiece(parts, part.weight, label, encoded[0][1], sources))
        for ids, weight, name in ((query.likes, LIKE_WEIGHT, "liked"), (query.dislikes, -LIKE_WEIGHT, "disliked")):
            if ids:
                titles = [self.item(item_id).title for item_id in ids]
                liked = [self._item_part(i, weight / len(ids), title) for i, title in zip(ids, titles, strict=True)]
                label = titles[0] if len(ids) == 1 else f"{len(ids)} {name} items"
                at = [self._filters.position(item_id) for item_id in ids]
                pieces.append(QueryPiece(liked, weight, label, None, at))
        if not pieces:
            raise QueryError(
                "nothing in this query can be compared with this catalogue",
                expected=" ".join(notices) or "a text, a picture, a sound or an item is needed",
                remedy="add another part",
            )
        return pieces, notices

    def _encode_part(self, part: QueryPart, notices: list[str]) -> list[tuple[RankedPart, Modality | None]]:
        if part.item_id is not None:
            label = part.label or self.item(part.item_id).title
            return [(self._item_part(part.item_id, part.weight, label), None)]
        assert part.modality is not None
        assert part.media is not None
        if isinstance(part.media, Video):
            return self._encode_video(part, part.media, notices)
        if not self.encoder.can_place(part.modality):
            notices.append(f"This catalogue holds nothing that a query's {part.modality} could be compared with.")
            return []
        place = self.encoder.place(part.modality, part.media, content_key=part.content_key)
        label = part.label or (part.media if isinstance(part.media, str) else part.modality.value)
        return [(RankedPart((place,), part.weight, part.modality.value, label), part.modality)]

    def _encode_video(
        self, part: QueryPart, video: Video, notices: list[str]
    ) -> list[tuple[RankedPart, Modality | None]]:
        """A video counts as its pictures and its sound, half each where it has both."""
        label = part.label or "video"
        halves: list[tuple[Modality, str, Video | object]] = []
        if self.encoder.holds(pictures := self.encoder.pictures_as):
            halves.append((pictures, f"{label}: pictures", video))
        if video.sound is not None and self.encoder.can_place(Modality.AUDIO):
            halves.append((Modality.AUDIO, f"{label}: sound", video.sound))
        if not halves:
            notices.append("This catalogue holds nothing that a video could be compared with.")
        found = []
        for modality, half_label, media in halves:
            key = part.content_key
            if key is not None and modality is Modality.AUDIO:
                key = f"{key}.sound"
            place = self.encoder.place(modality, media, content_key=key)  # pyright: ignore[reportArgumentType]
            weight = part.weight / len(halves)
            found.append((RankedPart((place,), weight, modality.value, half_label), Modality.VIDEO))
        return found

    def _item_part(self, item_id: str, weight: float, label: str) -> RankedPart:
        places = self.ranker.places(self._filters.position(item_id))
        if not places:
            raise QueryError(
                f"item '{item_id}' has nothing that could be compared",
                expected="an item with text, a picture or a sound",
                remedy="choose another",
            )
        return RankedPart(places, weight, ITEM_KIND, label)


def _apart(pieces: Sequence[QueryPiece]) -> tuple[list[RankedPart], list[Modality | None]]:
    """Every encoded part by itself, with its modality."""
    parts = [part for piece in pieces for part in piece.parts]
    return parts, [piece.modality for piece in pieces for _ in piece.parts]


def _table(ids: Sequence[str] | np.ndarray, vectors: np.ndarray, order: dict[str, int]) -> Table:
    if len(ids) == len(order):
        return Table(vectors, None)
    return Table(vectors, np.fromiter((order[str(i)] for i in ids), np.intp, len(ids)))
