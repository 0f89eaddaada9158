"""What a fusion takes and gives: vectors of the modalities that are there, one vector with a weight per modality."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mmdemo.errors import FusionError
from mmdemo.types import Modality

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class FusionShape:
    """Widths of what a fusion takes.

    Args:
        shared: Width D of the shared space.
        native: Modality to the width d_m of its own space; 0 where it has none, as text has.
        parts: Modality to the width of the features of its patches, words or frames; empty where they are not used.
    """

    shared: int
    native: Mapping[Modality, int]
    parts: Mapping[Modality, int] = field(default_factory=dict)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities, in the order of `Modality`; the columns of every mask and of every table of weights."""
        return tuple(modality for modality in Modality if modality in self.native)

    def width(self, modality: Modality) -> int:
        """Width of the vectors of a modality: the shared one and, after it, its own."""
        return self.shared + self.native[modality]

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "shared": self.shared,
            "native": {str(modality): width for modality, width in self.native.items()},
            "parts": {str(modality): width for modality, width in self.parts.items()},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "FusionShape":
        """What `as_json` gave."""
        native, parts = (
            {Modality(name): int(width) for name, width in content[key].items()} for key in ("native", "parts")
        )
        return cls(int(content["shared"]), native, parts)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Patches, words or frames of one modality.

    Args:
        features: (B, T, W) float32; anything where `present` is False.
        present: (B, T) bool.
    """

    features: "Tensor"
    present: "Tensor"


@dataclass(frozen=True, slots=True, eq=False)
class FusionBatch:
    """B items or queries.

    Args:
        vectors: Modality to (B, D + d_m) float32: the unit vector in the shared space and, after it, the unit vector in
            the modality's own space; what stands where a modality is absent does not matter.
        present: (B, M) bool, columns in the order of `modalities`.
        parts: Patches, words or frames, for fusions that use them.

    Raises:
        FusionError: The shapes do not fit together.
    """

    vectors: Mapping[Modality, "Tensor"]
    present: "Tensor"
    parts: Mapping[Modality, Parts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = {str(modality): tuple(vectors.shape) for modality, vectors in self.vectors.items()}
        expected = (len(self), len(self.vectors))
        if tuple(self.present.shape) != expected or any(shape[0] != len(self) for shape in shapes.values()):
            raise FusionError(
                f"a mask of shape {tuple(self.present.shape)} for vectors of shapes {shapes}",
                expected="one row an item and one column a modality are needed",
                remedy="order the columns as mmdemo.types.Modality does",
            )
        for modality, found in self.parts.items():
            features, there = tuple(found.features.shape), tuple(found.present.shape)
            if len(features) != 3 or features[:2] != there or len(found.features) != len(self):
                raise FusionError(
                    f"parts of {modality} of shape {features} with a mask of shape {there} for {len(self)} rows",
                    expected="one row of parts an item and one mark a part are needed",
                    remedy="fill rows of fewer parts with absent ones",
                )

    def __len__(self) -> int:
        return len(self.present)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The columns of `present`, whatever the order in which the vectors were given."""
        return tuple(modality for modality in Modality if modality in self.vectors)

    def take(self, rows: "Tensor") -> "FusionBatch":
        """The rows at `rows` (numbers or a mask)."""
        vectors = {modality: vectors[rows] for modality, vectors in self.vectors.items()}
        parts = {modality: Parts(found.features[rows], found.present[rows]) for modality, found in self.parts.items()}
        return FusionBatch(vectors, self.present[rows], parts)

    def only(self, present: "Tensor") -> "FusionBatch":
        """The same rows with another mask (B, M); it can only take away."""
        return replace(self, present=self.present & present)


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What a fusion gives.

    Args:
        vectors: (B, W) float32, unit rows; W is D unless the fusion says otherwise.
        weights: (B, M) float32, what each modality counted: rows sum to 1, 0 where it is absent. Attention where the
            fusion has it, else each modality's exact contribution (which may be below 0).
    """

    vectors: "Tensor"
    weights: "Tensor"


@dataclass(frozen=True, slots=True, eq=False)
class AttentionMap:
    """Attention inside a fusion.

    Args:
        layer: What to call the layer.
        weights: (B, heads, queries, keys); rows sum to 1 over the keys that are there.
        queries: Names of the rows.
        keys: Names of the columns.
    """

    layer: str
    weights: "Tensor"
    queries: tuple[str, ...]
    keys: tuple[str, ...]

    def by_modality(self) -> "AttentionMap":
        """The same with one column a modality: what its patches, words or frames are given counts as the modality's.

        Rows still sum to 1. Other keys keep their columns.
        """
        import torch

        owners = [key.partition(" ")[0] if key.partition(" ")[0] in set(Modality) else key for key in self.keys]
        keys = tuple(dict.fromkeys(owners))
        columns = torch.tensor([keys.index(owner) for owner in owners], device=self.weights.device)
        empty = self.weights.new_zeros(*self.weights.shape[:-1], len(keys))
        return replace(self, weights=empty.index_add(-1, columns, self.weights), keys=keys)
