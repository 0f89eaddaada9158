"""Encode what is not in the workspace's cache yet, decoding and preparing ahead of the network.

Work goes in blocks of fixed composition, each remembered in one transaction: a killed run resumes at the first block
that is missing, and what it then computes is what an undisturbed run would have computed, bit for bit.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mmdemo.encoders import Encoder, PreparedMedia, meter
from mmdemo.errors import MediaError
from mmdemo.indexing.plan import Piece
from mmdemo.store import VectorCache
from mmdemo.types import FloatArray, Modality

TEXT_BLOCK, TEXT_BLOCK_LETTERS = 128, 16_000
"""Texts of a block are sorted by word pieces, which letters only hint at: of more texts fewer are padded. Long ones
take long, and a cancel is heard between two blocks.
"""
BLOCKS_AHEAD = 2
"""Blocks whose media may be in memory beside the one in the network."""
_MOST_DECODERS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Features of the pieces that could be encoded.

    Args:
        rows: (P,) item of each.
        features: (P, D) float32.
        failed: Row and reason of those that could not.
    """

    rows: np.ndarray
    features: FloatArray
    failed: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Pieces that are encoded together.

    Args:
        pieces: All of them.
        ahead: Those that are not known yet, being prepared.
    """

    pieces: Sequence[Piece]
    ahead: Sequence[tuple[Piece, Future[PreparedMedia]]]


def encode_pieces(
    pieces: Sequence[Piece],
    cache: VectorCache,
    encoder_for: Callable[[Piece], Encoder],
    *,
    report: Callable[[int], None],
) -> Encoded:
    """Features of all pieces, from the cache where they are known.

    Args:
        pieces: What to encode; equal content is encoded once. Texts of like length go together.
        cache: Where features are kept.
        encoder_for: The encoder of a piece; all of one width.
        report: Called with the number of different contents that a block has settled; may raise to cancel. How many a
            second the encoder takes is counted by `mmdemo.encoders.meter`.
    """
    different = list({piece.key: piece for piece in pieces}.values())
    blocks = _blocks(different, encoder_for)
    run = _Run(cache, encoder_for)
    with ThreadPoolExecutor(decoders(), thread_name_prefix="decode") as pool:
        ahead: deque[_Block] = deque()
        try:
            while blocks or ahead:
                while blocks and len(ahead) <= BLOCKS_AHEAD:
                    ahead.append(run.start(blocks.popleft(), pool))
                block = ahead.popleft()
                run.finish(block)
                report(len(block.pieces))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    done = [piece for piece in pieces if piece.key in run.known]
    return Encoded(
        np.array([piece.row for piece in done], np.intp),
        np.stack([run.known[piece.key] for piece in done]) if done else np.zeros((0, 0), np.float32),
        tuple((piece.row, run.failed[piece.key]) for piece in pieces if piece.key in run.failed),
    )


def decoders() -> int:
    """How many files are decoded and prepared at once: one a core, at least two."""
    return min(_MOST_DECODERS, max(2, os.cpu_count() or 1))


class _Run:
    """What is known so far of the pieces of one modality."""

    def __init__(self, cache: VectorCache, encoder_for: Callable[[Piece], Encoder]) -> None:
        self.known: dict[str, FloatArray] = {}
        self.failed: dict[str, str] = {}
        self._cache = cache
        self._encoder_for = encoder_for

    def start(self, pieces: Sequence[Piece], pool: ThreadPoolExecutor) -> _Block:
        """Look the pieces up, and let the pool decode and prepare those that are not known."""
        ahead = []
        for encoder, mine in self._by_encoder(pieces):
            found = self._cache.get(encoder.key, [piece.key for piece in mine])
            self.known |= found
            meter.count(encoder.name, meter.Measured(cache_hits=len(found), cache_misses=len(mine) - len(found)))
            ahead += [(piece, pool.submit(_prepare, encoder, piece)) for piece in mine if piece.key not in found]
        return _Block(pieces, ahead)

    def finish(self, block: _Block) -> None:
        """Encode what was prepared, and remember it."""
        prepared: dict[str, PreparedMedia] = {}
        for piece, future in block.ahead:
            try:
                prepared[piece.key] = future.result()
            except MediaError as error:
                self.failed[piece.key] = str(error)
        for encoder, mine in self._by_encoder([piece for piece, _ in block.ahead if piece.key in prepared]):
            with meter.encoding(encoder.name, len(mine)):
                features = encoder.encode_prepared([prepared[piece.key] for piece in mine])
            vectors = dict(zip((piece.key for piece in mine), features, strict=True))
            self._cache.put(encoder.key, vectors)
            self.known |= vectors

    def _by_encoder(self, pieces: Sequence[Piece]) -> list[tuple[Encoder, list[Piece]]]:
        groups: dict[str, tuple[Encoder, list[Piece]]] = {}
        for piece in pieces:
            encoder = self._encoder_for(piece)
            groups.setdefault(encoder.key, (encoder, []))[1].append(piece)
        return list(groups.values())


def _blocks(pieces: Sequence[Piece], encoder_for: Callable[[Piece], Encoder]) -> deque[list[Piece]]:
    """Pieces that are encoded together, the same in every run; texts of like length are."""
    letters = {piece.key: _letters(piece, encoder_for(piece)) for piece in pieces}
    blocks: deque[list[Piece]] = deque()
    most = room = filled = 0
    for piece in sorted(pieces, key=lambda piece: letters[piece.key]):  # a stable order
        length = letters[piece.key]
        if filled == most or length > room:
            most = max(TEXT_BLOCK if length else 0, encoder_for(piece).at_once)
            room, filled = TEXT_BLOCK_LETTERS, 0
            blocks.append([])
        blocks[-1].append(piece)
        room, filled = room - length, filled + 1
    return blocks


def _letters(piece: Piece, encoder: Encoder) -> int:
    """Letters of a text, which are at hand; 0 for media, which would have to be decoded to tell."""
    if encoder.modality is not Modality.TEXT:
        return 0
    try:
        return len(str(piece.load()))
    except MediaError:
        return 0  # it is reported when it is prepared


def _prepare(encoder: Encoder, piece: Piece) -> PreparedMedia:
    """What the network takes of one piece; the decoded media are let go of here, only this stays in memory."""
    media = piece.load()
    with meter.preparing(encoder.name):
        return encoder.prepare(media)
