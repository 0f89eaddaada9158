"""Worlds whose modalities share out the truth, as the encoders of a workspace see them."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

import mmdemo.catalog.world
from mmdemo.align import fit_native
from mmdemo.catalog.world import FACTORS, World
from mmdemo.encoders import Encoder, load
from mmdemo.errors import EncoderError
from mmdemo.fusion.truth_report import bits_shares
from mmdemo.indexing.encode import encode_pieces
from mmdemo.indexing.plan import Piece, derived_key
from mmdemo.media import decode
from mmdemo.progress import Progress, silent
from mmdemo.store import VectorCache
from mmdemo.types import FloatArray, Media, Modality

MODALITIES = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
LEVELS: Mapping[str, int] = {name: len(values) for name, values in FACTORS.items()}
_COUNTS = (((4, 1, 1), (1, 4, 1), (1, 1, 4)), ((3, 2, 1), (1, 3, 2), (2, 1, 3)), ((1, 2, 3), (3, 1, 2), (2, 3, 1)))
"""How many of the six factors text, image and audio get: within a seed each gets every count once."""


def truth_worlds(seeds: Sequence[int], *, items: int) -> dict[str, World]:
    """The worlds to measure in by name: three a seed, no factor in two modalities.

    Args:
        seeds: Each gives other items, and deals out other factors.
        items: How many each world has.
    """
    return {
        f"world {seed}: {'-'.join(map(str, counts))}, {items} items": World(
            n=items,
            seed=seed,
            shares={m: count / len(FACTORS) for m, count in zip(MODALITIES, counts, strict=True)},
        )
        for seed in seeds
        for counts in _COUNTS[seed % len(_COUNTS)]
    }


def world_bits(world: World) -> dict[Modality, float]:
    """Share of the world's information that each modality carries."""
    return bits_shares(world.carried, LEVELS)


def world_vectors(
    world: World, names: Mapping[Modality, str], cache: VectorCache, *, width: int, progress: Progress = silent
) -> dict[Modality, FloatArray]:
    """The first principal components (N, up to `width`) of each modality's features, not scaled.

    Args:
        world: Every item must have every modality.
        names: Encoder name of every modality.
        cache: Where features are kept; what it holds is not encoded again.
        width: Most components.
        progress: Told how far it is; may cancel. What was encoded by then is kept.

    Raises:
        EncoderError: An encoder could not read one of the items.
    """
    found = {}
    for number, modality in enumerate(MODALITIES):
        encoder = load(names[modality], progress=progress)
        done = number * world.n

        def report(settled: int, modality: Modality = modality) -> None:
            nonlocal done
            done += settled
            progress(done, len(MODALITIES) * world.n, f"encoding {modality}s of a generated world")

        encoded = encode_pieces(_pieces(world, modality), cache, lambda _, e=encoder: e, report=report)
        if encoded.failed:
            raise EncoderError(
                f"{names[modality]}: {encoded.failed[0][1]}",
                expected="every generated item must be readable",
                remedy="choose another encoder",
            )
        found[modality] = _components(encoder, encoded.features)[:, :width]
    return found


def _components(encoder: Encoder, features: FloatArray) -> FloatArray:
    return fit_native(features, encoder.parts).project(features)


def _pieces(world: World, modality: Modality) -> list[Piece]:
    """What to encode; keys name how it is made, so that what the cache knows need not be rendered."""
    made = f"{code_hash()} {sorted(world.shares.items())} {modality}"
    return [
        Piece(
            row,
            derived_key(f"{made} {world.item_id(row)}", "a generated world"),
            partial(_render, world, row, modality),
        )
        for row in range(world.n)
    ]


def _render(world: World, row: int, modality: Modality) -> Media:
    item = world.item(row)
    if modality is Modality.TEXT:
        return item.text or ""
    content = item.files[modality]
    assert isinstance(content, bytes)
    return decode(content, expect=modality).media


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of the code that generates worlds."""
    digest = hashlib.sha256()
    for file in sorted(Path(str(mmdemo.catalog.world.__file__)).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
