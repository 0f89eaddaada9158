"""Ranking by a trained fusion: what each part of a query adds to the fused score, exactly.

A fusion sees all parts of a query at once, so its score is no sum over parts. Each part's share is its Shapley value
(Shapley 1953) in the game whose players are the parts and whose worth v(S) is the item's score for the query made of
the parts in S alone, v(nothing) = 0: shares of weight 1 add up to the score of the whole query. A part's weight
multiplies its share, so that with a negative weight what the part would have found is pushed away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    from mmdemo.fusion import FusionBatch
    from mmdemo.fusion.base import Fusion

MOST_PLAYERS = 6
"""Parts that are told apart: 63 fusions a query. What is more is fused together."""
BACKGROUND_FUSIONS = 128
"""Queries fused for one background; with more parts these are fewer random queries, each with more subsets."""
BACKGROUND_ITEMS = 1024
_REMEMBERED = 32
_AT_ONCE = 64

Kinds = tuple[tuple[Modality, ...], ...]
"""Modalities of each part."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedPart:
    """One part of a query.

    Args:
        vectors: Modality to (V, D + d_m), at least one modality and row: one row for media, several where the part is
            several things, as all liked items are.
        weight: Signed.
        label: What to call it.
    """

    vectors: Mapping[Modality, FloatArray]
    weight: float
    label: str


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
        scores = self._scores([self._together([parts[part] for part in members]) for members in subsets], index)
        value = {members: row.double() for members, row in zip(subsets, scores, strict=True)}
        value[()] = value[subsets[0]] * 0.0
        return shapley(value, len(parts)).float().numpy()

    def _scores(self, asked: Sequence[Mapping[Modality, FloatArray]], index: "Tensor") -> "Tensor":
        """Scores (B, R) of the items of an index for queries of one vector a modality."""
        import torch

        from mmdemo.fusion import FusionBatch

        shape = self.fusion.shape
        blank = {m: np.zeros(shape.width(m), np.float32) for m in shape.modalities}
        vectors = {m: torch.from_numpy(np.stack([query.get(m, blank[m]) for query in asked])) for m in blank}
        present = torch.tensor([[modality in query for modality in blank] for query in asked])
        batch = FusionBatch(vectors, present)
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
            own = [self.vectors(owner[number]) for owner in owners]
            parts = [
                FusedPart({m: vectors[m] for m in modalities if m in vectors}, 1.0, "")
                for vectors, modalities in zip(own, kinds, strict=True)
            ]
            found.append(self._shares(parts, self._sample))
        return np.concatenate(found)

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
    modalities = list(dict.fromkeys(modality for part in parts for modality in part.vectors))
    vectors = {m: np.concatenate([part.vectors[m] for part in parts if m in part.vectors]) for m in modalities}
    weight = float(np.mean([part.weight for part in parts]))
    return FusedPart(vectors, weight, " + ".join(part.label for part in parts))


def _weights(parts: Sequence[FusedPart]) -> FloatArray:
    return np.array([part.weight for part in parts], np.float32)


def _subsets(count: int) -> list[tuple[int, ...]]:
    """Every subset of parts but the empty one."""
    return [members for size in range(1, count + 1) for members in combinations(range(count), size)]
