"""Encode what is not in the workspace's cache yet, decoding ahead of the encoder.

Work goes in blocks of fixed composition, each remembered in one transaction: a killed run resumes at the first block
that is missing, and what it then computes is what an undisturbed run would have computed, bit for bit.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mmdemo.encoders import Encoder
from mmdemo.errors import MediaError
from mmdemo.indexing.plan import Piece
from mmdemo.store import VectorCache
from mmdemo.types import FloatArray, Media

BLOCK = 32
DECODERS = 2
BLOCKS_AHEAD = 2


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


def encode_pieces(
    pieces: Sequence[Piece],
    cache: VectorCache,
    encoder_for: Callable[[Piece], Encoder],
    *,
    report: Callable[[int], None],
) -> Encoded:
    """Features of all pieces, from the cache where they are known.

    Args:
        pieces: What to encode; equal content is encoded once.
        cache: Where features are kept.
        encoder_for: The encoder of a piece; all of one width.
        report: Called with the number of different contents that a step has settled; may raise to cancel.
    """
    failed: dict[str, str] = {}
    different = list({piece.key: piece for piece in pieces}.values())
    blocks = [different[start : start + BLOCK] for start in range(0, len(different), BLOCK)]
    known: dict[str, FloatArray] = {}
    with ThreadPoolExecutor(DECODERS, thread_name_prefix="decode") as pool:
        ahead: list[tuple[int, list[tuple[Piece, Future[Media]]]]] = []
        upcoming = iter(blocks)

        def start_next() -> None:
            block = next(upcoming, None)
            if block is not None:
                known.update(_cached(block, cache, encoder_for))
                todo = [piece for piece in block if piece.key not in known]
                ahead.append((len(block), [(piece, pool.submit(piece.load)) for piece in todo]))

        try:
            for _ in range(BLOCKS_AHEAD):
                start_next()
            while ahead:
                settled, loading = ahead.pop(0)
                known.update(_encode_block(loading, cache, encoder_for, failed))
                report(settled)
                start_next()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    done = [piece for piece in pieces if piece.key in known]
    return Encoded(
        np.array([piece.row for piece in done], np.intp),
        np.stack([known[piece.key] for piece in done]) if done else np.zeros((0, 0), np.float32),
        tuple((piece.row, failed[piece.key]) for piece in pieces if piece.key in failed),
    )


def _cached(
    block: Sequence[Piece], cache: VectorCache, encoder_for: Callable[[Piece], Encoder]
) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    for key in {encoder_for(piece).key for piece in block}:
        found |= cache.get(key, [piece.key for piece in block if encoder_for(piece).key == key])
    return found


def _encode_block(
    loading: Sequence[tuple[Piece, Future[Media]]],
    cache: VectorCache,
    encoder_for: Callable[[Piece], Encoder],
    failed: dict[str, str],
) -> dict[str, FloatArray]:
    by_encoder: dict[str, tuple[Encoder, list[str], list[Media]]] = {}
    for piece, future in loading:
        try:
            media = future.result()
        except MediaError as error:
            failed[piece.key] = str(error)
            continue
        encoder = encoder_for(piece)
        _, keys, batch = by_encoder.setdefault(encoder.key, (encoder, [], []))
        keys.append(piece.key)
        batch.append(media)
    found: dict[str, FloatArray] = {}
    for encoder, keys, batch in by_encoder.values():
        vectors = dict(zip(keys, encoder.encode(batch), strict=True))
        cache.put(encoder.key, vectors)
        found |= vectors
    return found
