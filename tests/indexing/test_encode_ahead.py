"""Decoding and preparing run ahead of the network: side by side, and not too far."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mmdemo.encoders import meter
from mmdemo.errors import EncoderError, MediaError
from mmdemo.indexing.encode import BLOCKS_AHEAD, TEXT_BLOCK, TEXT_BLOCK_LETTERS, decoders, encode_pieces
from mmdemo.indexing.plan import Piece
from mmdemo.store import VectorCache
from mmdemo.types import FloatArray, Modality


class Lengths:
    """An encoder of texts by their length, which notes the order of what it does."""

    modality, dim, class_names, parts = Modality.TEXT, 1, (), (slice(0, 1),)
    at_once = 32

    def __init__(self, name: str = "lengths") -> None:
        self.name, self.key = name, f"{name}/1"
        self.batches: list[list[str]] = []
        self.prepared = 0
        self.most_ahead = 0
        self._lock = threading.Lock()

    def prepare(self, piece: str) -> str:
        with self._lock:
            self.prepared += 1
            self.most_ahead = max(self.most_ahead, self.prepared - sum(map(len, self.batches)))
        if "!" in piece:
            raise MediaError("a text that shouts", expected="a calm one", remedy="calm down")
        return piece

    def encode_prepared(self, prepared: Sequence[str]) -> FloatArray:
        self.batches.append(list(prepared))
        return np.array([[len(text)] for text in prepared], np.float32)


def pieces_of(texts: Sequence[str]) -> list[Piece]:
    return [Piece(row, f"{row:064x}", lambda text=text: text) for row, text in enumerate(texts)]


def nothing(_: int) -> None:
    """Report to nobody."""


@pytest.fixture(autouse=True)
def _fresh_meter(monkeypatch):
    monkeypatch.setattr(meter, "_counted", {})


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "cache.sqlite")


def test_one_text_may_be_longer_than_a_block(cache):
    encoder = Lengths()
    encode_pieces(pieces_of(["x" * (2 * TEXT_BLOCK_LETTERS), "x"]), cache, lambda _: encoder, report=nothing)
    assert [[len(text) for text in batch] for batch in encoder.batches] == [[1], [2 * TEXT_BLOCK_LETTERS]]


def test_texts_of_like_length_go_together_and_rows_keep_their_order(cache):
    rng = np.random.default_rng(0)
    texts = ["x" * int(length) for length in rng.permutation(3 * TEXT_BLOCK + 5) + 1]
    encoder = Lengths()
    found = encode_pieces(pieces_of(texts), cache, lambda _: encoder, report=nothing)
    lengths = [[len(text) for text in batch] for batch in encoder.batches]
    assert all(len(batch) == TEXT_BLOCK or sum(batch) > TEXT_BLOCK_LETTERS - max(batch) for batch in lengths[:-1])
    assert all(len(batch) <= TEXT_BLOCK and sum(batch) <= TEXT_BLOCK_LETTERS for batch in lengths)
    assert [length for batch in lengths for length in batch] == sorted(map(len, texts))
    assert found.features[:, 0].tolist() == [len(text) for text in texts]


def test_blocks_are_the_same_in_every_run_so_a_resumed_one_computes_the_same(tmp_path):
    texts = [("ab" * (row % 7))[: row % 5] + str(row) for row in range(2 * TEXT_BLOCK + 3)]
    runs = []
    for name in ("one", "two"):
        encoder = Lengths()
        encode_pieces(pieces_of(texts), VectorCache(tmp_path / name), lambda _, e=encoder: e, report=nothing)
        runs.append(encoder.batches)
    assert runs[0] == runs[1]


def test_files_are_decoded_side_by_side(cache):
    at_once = threading.Barrier(2)

    def load() -> str:
        at_once.wait(30)  # breaks unless a second one is being loaded at the same time
        return "text"

    class Sounds(Lengths):
        modality = Modality.AUDIO

    pieces = [Piece(row, f"{row:064x}", load) for row in range(4)]
    assert decoders() >= 2
    assert len(encode_pieces(pieces, cache, lambda _: Sounds(), report=nothing).rows) == 4


def test_no_more_is_prepared_ahead_than_memory_should_hold(cache):
    encoder = Lengths()
    encode_pieces(pieces_of([str(row) for row in range(12 * TEXT_BLOCK)]), cache, lambda _: encoder, report=nothing)
    assert TEXT_BLOCK < encoder.most_ahead <= (BLOCKS_AHEAD + 2) * TEXT_BLOCK


def test_media_that_cannot_be_prepared_fail_alone(cache):
    encoder = Lengths()
    found = encode_pieces(pieces_of(["a", "b!", "c"]), cache, lambda _: encoder, report=nothing)
    assert found.rows.tolist() == [0, 2]
    assert [(row, "calm down" in why) for row, why in found.failed] == [(1, True)]


def test_an_encoder_that_fails_stops_the_run_and_what_was_done_is_kept(cache):
    class Tired(Lengths):
        def encode_prepared(self, prepared: Sequence[str]) -> FloatArray:
            if len(self.batches) == 1:
                raise EncoderError("tired", expected="rest", remedy="rest")
            return super().encode_prepared(prepared)

    pieces, encoder = pieces_of([str(row) for row in range(3 * TEXT_BLOCK)]), Tired()
    with pytest.raises(EncoderError, match="tired"):
        encode_pieces(pieces, cache, lambda _: encoder, report=nothing)
    rested = Lengths()
    encode_pieces(pieces, cache, lambda _: rested, report=nothing)
    assert [len(batch) for batch in rested.batches] == [TEXT_BLOCK, TEXT_BLOCK]


def test_two_encoders_in_one_modality_are_batched_apart(cache):
    encoders = Lengths("even"), Lengths("odd")
    pieces = pieces_of([str(row) for row in range(10)])
    encode_pieces(pieces, cache, lambda piece: encoders[piece.row % 2], report=nothing)
    assert [len(encoder.batches[0]) for encoder in encoders] == [5, 5]


def test_what_was_done_is_metered(cache):
    pieces = pieces_of(["a", "b", "c"])
    encode_pieces(pieces[:2], cache, lambda _: Lengths(), report=nothing)
    encode_pieces(pieces, cache, lambda _: Lengths(), report=nothing)
    found = meter.measured()["lengths"]
    assert (found.pieces, found.cache_hits, found.cache_misses) == (3, 2, 3)
    assert found.seconds > 0
    assert found.preparing_seconds > 0
