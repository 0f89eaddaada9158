"""Towers that leave text where it is and map every other modality to its text, one map a modality."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy.typing as npt

from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress
from mmdemo.types import FloatArray, Modality


class TextMap(Protocol):
    """One modality's map into the text space."""

    def __call__(self, inputs: FloatArray) -> FloatArray:
        """Map (B, D_in) to (B, D)."""
        ...

    def to_arrays(self) -> Arrays:
        """What it is made of."""
        ...


@dataclass(frozen=True, slots=True)
class AnchoredTowers:
    """Text as it is, and a map for each other modality."""

    maps: Mapping[Modality, TextMap]

    @property
    def modalities(self) -> frozenset[Modality]:
        """Text and what is mapped to it."""
        return frozenset(self.maps) | {Modality.TEXT}

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """See `Towers.embed`."""
        return inputs if modality is Modality.TEXT else self.maps[modality](inputs)

    def to_arrays(self) -> Arrays:
        """See `Towers.to_arrays`."""
        return {
            f"{modality}.{name}": a for modality, fitted in self.maps.items() for name, a in fitted.to_arrays().items()
        }

    @classmethod
    def fit(
        cls,
        rows: TrainingRows,
        settings: Mapping[Modality, Setting],
        fit_map: Callable[..., TextMap],
        *,
        progress: Progress,
    ) -> "AnchoredTowers":
        """Call `fit_map(inputs, targets, **setting)` on the pairs of each modality with text."""
        maps = {}
        others = [modality for modality in rows.inputs if modality is not Modality.TEXT]
        for done, modality in enumerate(others):
            progress(done, len(others), f"fitting {modality} to text")
            media, text = rows.pairs(modality, Modality.TEXT)
            maps[modality] = fit_map(
                rows.inputs[modality][media], rows.inputs[Modality.TEXT][text], **settings.get(modality, {})
            )
        return cls(maps)

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray], read: Callable[[Mapping[str, npt.NDArray]], TextMap]
    ) -> "AnchoredTowers":
        """Read each modality's map with `read`."""
        found: dict[str, Arrays] = {}
        for name, array in arrays.items():
            modality, _, rest = name.partition(".")
            found.setdefault(modality, {})[rest] = array
        return cls({Modality(modality): read(part) for modality, part in found.items()})
