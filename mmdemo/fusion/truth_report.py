"""How fusions weighed the modalities of worlds whose truth is known: plain data. Importing this loads no torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmdemo.types import Modality


@dataclass(frozen=True, slots=True)
class TruthPoint:
    """One modality of one world, as one fusion weighed it.

    Args:
        fusion: Name of the fusion.
        world: Name of the world.
        modality: Which modality.
        bits_share: Share of the world's information that it carries, 0 to 1.
        weight: Its mean weight over the test items.
    """

    fusion: str
    world: str
    modality: Modality
    bits_share: float
    weight: float


@dataclass(frozen=True, slots=True)
class WorldRun:
    """One fusion trained on one world.

    Args:
        fusion: Its name.
        world: Its name.
        bits: Modality to the share of the world's information that it carries; they sum to 1.
        weights: Modality to its mean weight over the test items.
        accuracy: Share of the test items' factors that were named right.
        chance: What guessing reaches.
    """

    fusion: str
    world: str
    bits: Mapping[Modality, float]
    weights: Mapping[Modality, float]
    accuracy: float
    chance: float

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "fusion": self.fusion,
            "world": self.world,
            "bits": {str(modality): share for modality, share in self.bits.items()},
            "weights": {str(modality): weight for modality, weight in self.weights.items()},
            "accuracy": self.accuracy,
            "chance": self.chance,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "WorldRun":
        """What `as_json` gave."""
        bits, weights = (
            {Modality(name): float(value) for name, value in content[key].items()} for key in ("bits", "weights")
        )
        accuracy, chance = float(content["accuracy"]), float(content["chance"])
        return cls(str(content["fusion"]), str(content["world"]), bits, weights, accuracy, chance)


@dataclass(frozen=True)
class TruthReport:
    """Weights against the truth, over worlds.

    Args:
        runs: Every fusion in every world.
    """

    runs: tuple[WorldRun, ...]

    @property
    def points(self) -> tuple[TruthPoint, ...]:
        """One a fusion, world and modality."""
        return tuple(
            TruthPoint(run.fusion, run.world, modality, share, run.weights[modality])
            for run in self.runs
            for modality, share in run.bits.items()
        )

    @cached_property
    def spearman(self) -> dict[str, float]:
        """Rank correlation of weight and share of bits by fusion, over its worlds and modalities; best first."""
        found: dict[str, float] = {}
        for fusion in dict.fromkeys(run.fusion for run in self.runs):
            mine = [point for point in self.points if point.fusion == fusion]
            found[fusion] = spearman([point.bits_share for point in mine], [point.weight for point in mine])
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))

    @property
    def accuracy(self) -> dict[str, float]:
        """Mean share of factors named right, by fusion."""
        return {
            fusion: float(np.mean([run.accuracy for run in self.runs if run.fusion == fusion]))
            for fusion in dict.fromkeys(run.fusion for run in self.runs)
        }

    @property
    def best(self) -> str:
        """The fusion whose weights follow the truth best."""
        return next(iter(self.spearman))

    @property
    def worlds(self) -> tuple[str, ...]:
        """Names of the worlds."""
        return tuple(dict.fromkeys(run.world for run in self.runs))


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation of two lists, equal values sharing their mean rank; 0 where one of them does not vary at all."""
    ranks = []
    for values in (np.asarray(first), np.asarray(second)):
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[place])
    if any(np.ptp(rank) == 0 for rank in ranks):
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def bits_shares(carried: Mapping[Modality, Sequence[str]], levels: Mapping[str, int]) -> dict[Modality, float]:
    """Share of all bits that each modality carries: `sum log2 levels` of its factors, over that of all modalities.

    Args:
        carried: Modality to the names of its factors.
        levels: Factor to how many equally likely values it has.
    """
    bits = {modality: sum(math.log2(levels[name]) for name in names) for modality, names in carried.items()}
    return {modality: amount / sum(bits.values()) for modality, amount in bits.items()}
