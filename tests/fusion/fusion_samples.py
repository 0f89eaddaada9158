"""Small batches, and fusions that have moved away from where they start."""

from collections.abc import Sequence
from itertools import product

import torch
from torch.nn.functional import normalize

from mmdemo.fusion import FUSIONS, FusionBatch, FusionShape, Parts, build
from mmdemo.fusion.base import Fusion
from mmdemo.types import Modality

SHARED = 8
NATIVE = {Modality.TEXT: 0, Modality.IMAGE: 3, Modality.AUDIO: 5, Modality.VIDEO: 2}
SMALL = {"hidden": 6, "heads": 2, "head_width": 3, "layers": 2, "depth": 2}


def shape_of(modalities: int, *, parts: bool = False) -> FusionShape:
    """The first so many modalities; with `parts`, images and sounds may bring some."""
    native = dict(list(NATIVE.items())[:modalities])
    return FusionShape(SHARED, native, {Modality.IMAGE: 4, Modality.AUDIO: 3} if parts else {})


def every_mask(modalities: int) -> torch.Tensor:
    """Every mask but the empty one (2^M - 1, M)."""
    masks = torch.tensor(list(product([False, True], repeat=modalities)))
    return masks[masks.any(dim=1)]


def batch_of(shape: FusionShape, present: torch.Tensor, *, seed: int = 0, parts: int = 0) -> FusionBatch:
    """Random unit vectors under a mask; what is absent is full of numbers too. `parts` parts, some absent."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(*size: int) -> torch.Tensor:
        return normalize(torch.randn(*size, generator=generator), dim=-1)

    rows = len(present)
    vectors = {m: torch.cat([drawn(rows, shape.shared), drawn(rows, wide)], dim=1) for m, wide in shape.native.items()}
    given = {}
    for modality, wide in shape.parts.items() if parts else ():
        there = torch.rand(rows, parts, generator=generator) < 0.7
        given[modality] = Parts(drawn(rows, parts, wide), there)
    return FusionBatch(vectors, present, given)


def small(name: str, shape: FusionShape, **options: object) -> Fusion:
    """A small fusion as it starts, in evaluation mode; where the shape has parts, they are tokens of it."""
    given = SMALL | {"tokens": "parts" if shape.parts else "modalities"} | options
    own = {option.name for option in FUSIONS[name].options}
    return build(name, shape, {key: value for key, value in given.items() if key in own}).eval()


def stirred(name: str, shape: FusionShape, *, seed: int = 0, **options: object) -> Fusion:
    """The same after every parameter has moved: where learned fusions start, they are all the mean."""
    fusion = small(name, shape, **options)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in fusion.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=generator))
    return fusion


def plain(*rows: Sequence[Sequence[float] | None]) -> FusionBatch:
    """Rows of shared vectors for text, image, ...; None where one is absent. No modality has a space of its own."""
    width = next(len(vector) for row in rows for vector in row if vector is not None)
    filled = torch.tensor([[vector if vector is not None else [9.0] * width for vector in row] for row in rows])
    present = torch.tensor([[vector is not None for vector in row] for row in rows])
    return FusionBatch(dict(zip(Modality, filled.unbind(dim=1), strict=False)), present)


def plain_shape(modalities: int, *, width: int = 2) -> FusionShape:
    """That of `plain`."""
    return FusionShape(width, dict.fromkeys(list(Modality)[:modalities], 0))
