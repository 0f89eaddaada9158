"""A fitted shared space: encoder features of any modality in, comparable vectors out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mmdemo.align.data import map_inputs, unit_rows
from mmdemo.align.methods import find
from mmdemo.align.towers import Arrays, Setting, Towers
from mmdemo.align.words import WordMap, words_from_arrays
from mmdemo.errors import SpaceMismatchError
from mmdemo.types import FloatArray, Modality


@dataclass(frozen=True, slots=True, eq=False)
class Entrance:
    """How one modality other than text gets into the space.

    Args:
        blocks: Column ranges of the features that are scaled to unit length one by one.
        words: What places it without pairs: its class names, or its encoder's own text tower.
        share: Weight of `words` in the mean with the tower's vector, 0 to 1; 1 where there is no tower.
        setting: Hyper-parameters that its tower was fitted with.
    """

    blocks: tuple[slice, ...]
    words: WordMap | None
    share: float
    setting: Setting = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A fitted shared space of width D.

    A picture's vector is the mean, weighted by `share`, of two unit vectors: its tower's, and where the text tower puts
    the words that its encoder has for it. The first knows the catalogue, the second the world.

    Args:
        method: Name of the method, and of the space.
        text_mean: (D_text,) float32, mean of the catalogue's unit text vectors.
        entrances: Each other modality that the space can hold.
        towers: What the method fitted.
    """

    method: str
    text_mean: FloatArray
    entrances: Mapping[Modality, Entrance]
    towers: Towers

    @property
    def modalities(self) -> frozenset[Modality]:
        """Modalities that this space can hold."""
        return frozenset(self.entrances) | {Modality.TEXT}

    def project(
        self, modality: Modality, features: FloatArray, probabilities: FloatArray, *, centred: bool = True
    ) -> FloatArray:
        """Shared vectors (B, D) of unit length; a row depends on no other row.

        Args:
            modality: What the features are of.
            features: (B, D_m) as the encoder gives them.
            probabilities: (B, C) class probabilities; (B, 0) for encoders without classes.
            centred: False leaves each modality's mean in, to show what centring is for; nothing is served that way.

        Raises:
            SpaceMismatchError: Nothing ties this modality to text.
        """
        if modality is Modality.TEXT:
            text = unit_rows(features)
            return self._embed_text(unit_rows(text - self.text_mean) if centred else text)
        if modality not in self.entrances:
            raise SpaceMismatchError(
                f"the shared space holds no {modality}",
                expected=f"an encoder with words of its own, or more items with text and {modality}, is needed",
                remedy="choose another encoder or add such items",
            )
        entrance = self.entrances[modality]
        named = tower = None
        if entrance.words is not None and entrance.share > 0.0:
            named = self._embed_text(entrance.words(features, probabilities, centred=centred))
        if entrance.share < 1.0:
            tower = self.towers.embed(modality, map_inputs(features, probabilities, entrance.blocks))
            if not centred:
                tower = tower + self.towers.embed(Modality.TEXT, self.text_mean[None])
            tower = unit_rows(tower)
        return blend(tower, named, entrance.share)

    def _embed_text(self, text: FloatArray) -> FloatArray:
        return unit_rows(self.towers.embed(Modality.TEXT, text))

    def to_arrays(self) -> Arrays:
        """Everything it is made of but the method's name, under names that start with "alignment."."""
        arrays: Arrays = {"alignment.text_mean": self.text_mean}
        for modality, entrance in self.entrances.items():
            prefix = f"alignment.{modality}."
            arrays[prefix + "blocks"] = blocks_to_array(entrance.blocks)
            arrays[prefix + "share"] = np.array([entrance.share])
            for name, value in entrance.setting.items():
                arrays[f"{prefix}setting.{name}"] = np.array([value])
            if entrance.words is not None:
                arrays |= {prefix + name: array for name, array in entrance.words.to_arrays().items()}
        return arrays | {f"towers.{name}": array for name, array in self.towers.to_arrays().items()}

    @classmethod
    def from_arrays(cls, method: str, arrays: Mapping[str, npt.NDArray]) -> "Alignment":
        """The alignment that `to_arrays` took apart.

        Raises:
            SpaceMismatchError: There is no such method.
        """
        entrances = {
            modality: _entrance_from(arrays, f"alignment.{modality}.")
            for modality in Modality
            if f"alignment.{modality}.blocks" in arrays
        }
        towers = {name.removeprefix("towers."): a for name, a in arrays.items() if name.startswith("towers.")}
        return cls(method, arrays["alignment.text_mean"], entrances, find(method).load().from_arrays(towers))


def blend(tower: FloatArray | None, named: FloatArray | None, share: float) -> FloatArray:
    """`(1 - share) tower + share named`, scaled to unit length; either alone where the other is None."""
    if tower is None or named is None:
        only = named if tower is None else tower
        assert only is not None
        return only
    return unit_rows((1.0 - share) * tower + share * named)


def blocks_to_array(blocks: tuple[slice, ...]) -> npt.NDArray[np.int64]:
    """Column ranges as (blocks, 2)."""
    return np.array([(block.start, block.stop) for block in blocks], np.int64)


def blocks_from_array(array: npt.NDArray) -> tuple[slice, ...]:
    """What `blocks_to_array` was given."""
    return tuple(slice(int(start), int(stop)) for start, stop in array)


def _entrance_from(arrays: Mapping[str, npt.NDArray], prefix: str) -> Entrance:
    settings = prefix + "setting."
    setting = {name.removeprefix(settings): float(a[0]) for name, a in arrays.items() if name.startswith(settings)}
    words = words_from_arrays(arrays, prefix)
    return Entrance(blocks_from_array(arrays[prefix + "blocks"]), words, float(arrays[prefix + "share"][0]), setting)
