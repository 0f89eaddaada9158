"""Ranking by a trained fusion: what each part of a query adds to the fused score, exactly.

A fusion sees all parts of a query at once, so its score is no sum over parts. Each part's share is its Shapley value
(Shapley 1953) in the game whose players are the parts and whose worth v(S) is the item's score for the query made of
the parts in S alone, v(nothing) = 0: shares of weight 1 add up to the score of the whole query. A part's weight
multiplies its share, so that with a negative weight what the part would have found is pushed away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.errors import FusionError, QueryError
from mmdemo.index import best
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from torch import Tensor

    from mmdemo.fusion import FusionBatch, Parts
    from mmdemo.fusion.base import Fusion

MOST_PLAYERS = 6
"""Parts that are told apart: 63 fusions a query. What is more is fused together."""
BACKGROUND_FUSIONS = 128
"""Queries fused for one background; with more parts these are fewer random queries, each with more subsets."""
BACKGROUND_ITEMS = 1024
MOST_TOKENS = 18
"""Words, regions or segments of one modality of a query; of more, as all liked items have, some evenly spread."""
_REMEMBERED = 32
_AT_ONCE = 64

Kinds = tuple[tuple[Modality, ...], ...]
"""Modalities of each part."""
_Tokens = Mapping[Modality, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class FusedPart:
    """One part of a query.

    Args:
        vectors: Modality to (V, D + d_m), at least one modality and row: one row for media, several where the part is
            several things, as all liked items are.
        weight: Signed.
        label: What to call it.
        inside: Modality to the words, regions or segments (P, W) of all that; for fusions that look at such.
    """

    vectors: Mapping[Modality, FloatArray]
    weight: float
    label: str
    inside: Mapping[Modality, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class FusedRanking:
    """Positions of the best items and why; see `mmdemo.types.Recommendations` for the columns."""

    positions: npt.NDArray[np.intp]
    scores: FloatArray
    percentiles: FloatArray
    contributions: FloatArray


class FusedRanker:
    """Scores every item of a catalogue for a query by one fusion; safe to use from several threads.

    Args:
        fusion: In evaluation mode.
        items: The whole catalogue (N); items without any modality that the fusion knows are never shown.
        seed: For the sample behind the percentiles.

    Raises:
        FusionError: No item can be ranked.
    """

    def __init__(self, fusion: "Fusion", items: "FusionBatch", *, seed: int = 0) -> None:
        import torch

        self.fusion, self._items, self._seed = fusion, items, seed
        rows = items.present.any(dim=1).nonzero()[:, 0]
        if not len(rows):
            raise FusionError(
                "no item has anything that this fusion knows",
                expected=f"items with {', '.join(fusion.shape.modalities)}",
                remedy="rank by evidence",
            )
        self._rankable: npt.NDArray[np.intp] = rows.numpy()
        with torch.inference_mode():
            self._index = torch.cat([fusion.index(items.take(block)) for block in rows.split(4 * _AT_ONCE)])
        chosen = np.random.default_rng(seed).permutation(len(rows))[:BACKGROUND_ITEMS]
        self._sample = self._index[torch.from_numpy(chosen)]
        self._background = lru_cache(maxsize=_REMEMBERED)(self._background_shares)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What a query may hold."""
        return self.fusion.shape.modalities

    def vectors(self, position: int) -> dict[Modality, FloatArray]:
        """The vectors (1, D + d_m) of an item of the catalogue, of each modality that it has."""
        present = self._items.present[position].tolist()
        return {
            modality: self._items.vectors[modality][position : position + 1].numpy()
            for modality, there in zip(self.modalities, present, strict=True)
            if there
        }

    def inside(self, position: int) -> dict[Modality, FloatArray]:
        """Words, regions and segments (P, W) of an item of the catalogue, where the fusion looks at such."""
        own = {modality: parts for modality, parts in self._items.parts.items() if modality in self.vectors(position)}
        return {m: parts.features[position][parts.present[position]].numpy() for m, parts in own.items()}

    def contributions(self, parts: Sequence[FusedPart]) -> FloatArray:
        """What each part adds (N, P) to the score of each item; minus infinity for items that cannot be ranked.

        Raises:
            QueryError: No part, or more than `MOST_PLAYERS`.
        """
        if not 1 <= len(parts) <= MOST_PLAYERS:
            raise QueryError(
                f"{len(parts)} parts", expected=f"1 to {MOST_PLAYERS} can be told apart", remedy="merge some of them"
            )
        found = np.full((len(self._items), len(parts)), -np.inf, np.float32)
        found[self._rankable] = self._shares(parts, self._index) * _weights(parts)
        return found

    def rank(self, parts: Sequence[FusedPart], allowed: npt.NDArray[np.bool_] | None, k: int) -> FusedRanking:
        """The k best allowed items; of equal ones the first of the catalogue.

        Args:
            parts: 1 to `MOST_PLAYERS`; see `merged`.
            allowed: (N,) items that may be shown; None for all.
            k: How many at most.
        """
        contributions = self.contributions(parts)
        total = contributions.sum(axis=1)
        if allowed is not None:
            total[~allowed] = -np.inf
        positions = best(total, k)
        kinds = tuple(tuple(m for m in self.modalities if m in part.vectors) for part in parts)
        background = np.sort((self._background(kinds) * _weights(parts)).sum(axis=1))
        below = np.searchsorted(background, total[positions]) / len(background)
        return FusedRanking(positions, total[positions], (below * 100).astype(np.float32), contributions[positions])

    def _shares(self, parts: Sequence[FusedPart], index: "Tensor") -> FloatArray:
        """Shapley values (R, P) of the parts for each item of an index."""
        from mmdemo.fusion.base import shapley

        subsets = _subsets(len(parts))
        asked = [[parts[part] for part in members] for members in subsets]
        scores = self._scores([self._together(members) for members in asked], _all_inside(asked), index)
        value = {members: row.double() for members, row in zip(subsets, scores, strict=True)}
        value[()] = value[subsets[0]] * 0.0
        return shapley(value, len(parts)).float().numpy()

    def _scores(
        self, asked: Sequence[Mapping[Modality, FloatArray]], inside: Sequence[_Tokens], index: "Tensor"
    ) -> "Tensor":
        """Scores (B, R) of the items of an index for queries of one vector, and some tokens, a modality."""
        import torch

        from mmdemo.fusion import FusionBatch

        shape = self.fusion.shape
        wide = {m: width for m, width in shape.parts.items() if any(m in own for own in inside)}
        blank = {m: np.zeros(shape.width(m), np.float32) for m in shape.modalities}
        vectors = {m: torch.from_numpy(np.stack([query.get(m, blank[m]) for query in asked])) for m in blank}
        present = torch.tensor([[modality in query for modality in blank] for query in asked])
        batch = FusionBatch(vectors, present, {m: _padded([own.get(m) for own in inside], w) for m, w in wide.items()})
        with torch.inference_mode():
            blocks = torch.arange(len(asked)).split(_AT_ONCE)
            return torch.cat([self.fusion.score(batch.take(block), index) for block in blocks])

    def _together(self, parts: Sequence[FusedPart]) -> dict[Modality, FloatArray]:
        """One vector (D + d_m,) a modality: where there are several, their mean, each half of it of unit length."""
        found: dict[Modality, FloatArray] = {}
        for modality in dict.fromkeys(modality for part in parts for modality in part.vectors):
            rows = np.concatenate([part.vectors[modality] for part in parts if modality in part.vectors])
            if len(rows) > 1:
                halves = np.split(rows.mean(axis=0), [self.fusion.shape.shared])
                scaled = [half / max(float(np.linalg.norm(half)), 1e-12) for half in halves]
                found[modality] = np.concatenate(scaled).astype(np.float32)
            else:
                found[modality] = rows[0]
        return found

    def _background_shares(self, kinds: Kinds) -> FloatArray:
        """Shares (S, P) of parts like these, made of random items, for random items."""
        queries = max(4, BACKGROUND_FUSIONS // len(_subsets(len(kinds))))
        rng = np.random.default_rng(self._seed)
        owners = [self._owners(modalities, queries, rng) for modalities in kinds]
        found = []
        for number in range(queries):
            parts = [
                self._random_part(owner[number], modalities) for owner, modalities in zip(owners, kinds, strict=True)
            ]
            found.append(self._shares(parts, self._sample))
        return np.concatenate(found)

    def _random_part(self, position: int, modalities: tuple[Modality, ...]) -> FusedPart:
        """Some modalities of an item as a part of a query."""
        vectors, inside = (
            {m: found[m] for m in modalities if m in found} for found in (self.vectors(position), self.inside(position))
        )
        return FusedPart(vectors, 1.0, "", inside)

    def _owners(self, modalities: tuple[Modality, ...], count: int, rng: np.random.Generator) -> list[int]:
        """Random items that have all these modalities, or where none has, at least one."""
        present = self._items.present.numpy()[:, [self.modalities.index(modality) for modality in modalities]]
        able = np.flatnonzero(present.all(axis=1))
        able = able if len(able) else np.flatnonzero(present.any(axis=1))
        return rng.choice(able, count).tolist()


def merged(parts: Sequence[FusedPart]) -> list[list[int]]:
    """Which parts (numbers) count as one, so that at most `MOST_PLAYERS` are left; each alone where they are not more.

    Those of one sign and the same modalities count as one, and where that does not suffice, all of one sign.
    """
    if len(parts) <= MOST_PLAYERS:
        return [[number] for number in range(len(parts))]
    names = [(part.weight >= 0, tuple(sorted(part.vectors))) for part in parts]
    if len(set(names)) > MOST_PLAYERS:
        names = [(wanted, ()) for wanted, _ in names]
    return [[number for number, own in enumerate(names) if own == name] for name in dict.fromkeys(names)]


def as_one(parts: Sequence[FusedPart]) -> FusedPart:
    """Several parts as one of their mean weight; a single one as it is."""
    if len(parts) == 1:
        return parts[0]
    weight = float(np.mean([part.weight for part in parts]))
    vectors, inside = (_gathered(tables) for tables in ([p.vectors for p in parts], [p.inside for p in parts]))
    return FusedPart(vectors, weight, " + ".join(part.label for part in parts), inside)


def _gathered(tables: Sequence[_Tokens]) -> dict[Modality, FloatArray]:
    """The rows of all tables, by modality."""
    modalities = dict.fromkeys(modality for table in tables for modality in table)
    return {m: np.concatenate([table[m] for table in tables if m in table]) for m in modalities}


def _all_inside(asked: Sequence[Sequence[FusedPart]]) -> list[dict[Modality, FloatArray]]:
    """Tokens of queries made of these parts, at most `MOST_TOKENS` a modality."""
    found = [_gathered([part.inside for part in members]) for members in asked]
    return [{modality: _spread(rows) for modality, rows in own.items()} for own in found]


def _spread(rows: FloatArray) -> FloatArray:
    if len(rows) <= MOST_TOKENS:
        return rows
    return rows[np.arange(MOST_TOKENS) * len(rows) // MOST_TOKENS]


def _padded(tables: Sequence[FloatArray | None], width: int) -> "Parts":
    """Tokens (P, W) of each query, or None, as one batch."""
    import torch

    from mmdemo.fusion import Parts

    most = max(0 if rows is None else len(rows) for rows in tables)
    features = np.zeros((len(tables), most, width), np.float32)
    present = np.zeros((len(tables), most), np.bool_)
    for number, rows in enumerate(tables):
        if rows is not None:
            features[number, : len(rows)], present[number, : len(rows)] = rows, True
    return Parts(torch.from_numpy(features), torch.from_numpy(present))


def _weights(parts: Sequence[FusedPart]) -> FloatArray:
    return np.array([part.weight for part in parts], np.float32)


def _subsets(count: int) -> list[tuple[int, ...]]:
    """Every subset of parts but the empty one."""
    return [members for size in range(1, count + 1) for members in combinations(range(count), size)]
