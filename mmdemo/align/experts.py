"""The variational alignment as fitted: where inputs lie in the shared latent, and what missing ones would be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align.lift import Lift
from mmdemo.align.towers import Arrays
from mmdemo.types import FloatArray, Modality

PARTS = ("mean", "spread", "spread_bias", "decoder", "decoder_bias", "noise")
MOST_LOG = 8.0
"""An expert's log variance is kept within plus and minus this."""
LEAST_NOISE = -12.0
"""Lowest logarithm of a decoder's noise variance."""


@dataclass(frozen=True, slots=True, eq=False)
class Expert:
    """One modality's encoder and decoder.

    Args:
        mean: (R, L) features to the mean of what they say about the latent.
        spread: (R, L) features to the logarithm of its variance.
        spread_bias: (L,) added to that.
        decoder: (L, D_m) latent to inputs.
        decoder_bias: (D_m,).
        noise: (D_m,) logarithm of the variance of what the latent does not explain.
        lift: Inputs to features; None where they are the same.
    """

    mean: FloatArray
    spread: FloatArray
    spread_bias: FloatArray
    decoder: FloatArray
    decoder_bias: FloatArray
    noise: FloatArray
    lift: Lift | None

    def opinion(self, inputs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and precision, (B, L) each, of the latent according to inputs (B, D_m) alone, without the prior."""
        features = inputs if self.lift is None else self.lift(inputs)
        log_variance = np.clip(features @ self.spread + self.spread_bias, -MOST_LOG, MOST_LOG)
        return features @ self.mean, np.exp(-log_variance)


@dataclass(frozen=True, slots=True, eq=False)
class VariationalTowers:
    """Fitted experts, one a modality."""

    experts: Mapping[Modality, Expert]

    @property
    def modalities(self) -> frozenset[Modality]:
        """What they place."""
        return frozenset(self.experts)

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """The posterior mean given this modality alone; see `Towers.embed`."""
        return self.posterior({modality: inputs})[0]

    def posterior(self, inputs: Mapping[Modality, FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Mean and variance (B, L) of the latent given one modality or more of each of B items."""
        opinions = [self.experts[modality].opinion(array) for modality, array in inputs.items()]
        precision = 1.0 + sum(precision for _, precision in opinions)
        mean = sum(mean * precision for mean, precision in opinions) / precision
        return np.asarray(mean, np.float32), np.asarray(1.0 / precision, np.float32)

    def impute(self, inputs: Mapping[Modality, FloatArray], target: Modality) -> tuple[FloatArray, FloatArray]:
        """What a missing modality's inputs would be.

        Args:
            inputs: Modality to (B, D_m), one or more.
            target: The missing one.

        Returns:
            Mean and standard deviation, (B, D_target) each.
        """
        expert = self.experts[target]
        mean, variance = self.posterior(inputs)
        spread = variance @ np.square(expert.decoder) + np.exp(expert.noise.clip(LEAST_NOISE))
        return mean @ expert.decoder + expert.decoder_bias, np.sqrt(spread)

    def to_arrays(self) -> Arrays:
        """See `Towers.to_arrays`."""
        arrays: Arrays = {}
        for modality, expert in self.experts.items():
            arrays |= {f"{modality}.{part}": getattr(expert, part) for part in PARTS}
            if expert.lift is not None:
                arrays |= {f"{modality}.lift.{name}": array for name, array in expert.lift.to_arrays().items()}
        return arrays

    @classmethod
    def read(cls, arrays: Mapping[str, npt.NDArray], lifts: Mapping[Modality, Lift]) -> "VariationalTowers":
        """From "modality.part" arrays, and the lifts of the modalities that have one."""
        modalities = sorted({Modality(name.partition(".")[0]) for name in arrays})
        return cls(
            {
                modality: Expert(*(arrays[f"{modality}.{part}"] for part in PARTS), lift=lifts.get(modality))
                for modality in modalities
            }
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray]) -> "VariationalTowers":
        """The inverse of `to_arrays`."""
        found: dict[Modality, Arrays] = {}
        for name, array in arrays.items():
            modality, _, rest = name.partition(".lift.")
            if rest:
                found.setdefault(Modality(modality), {})[rest] = array
        return cls.read(arrays, {modality: Lift.from_arrays(part) for modality, part in found.items()})
