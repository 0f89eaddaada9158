from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmdemo.engine import Engine, import_into
from mmdemo.errors import CancelledError, CatalogError, WorkspaceError
from mmdemo.indexing import index_workspace
from mmdemo.indexing.encode import TEXT_BLOCK, encode_pieces
from mmdemo.indexing.plan import Piece
from mmdemo.store import SourceInfo, VectorCache, Workspace
from mmdemo.types import FloatArray, Item, Media, Modality

NOWHERE = SourceInfo("test", "CC0-1.0", "nobody", "", synthetic=True)


class Counting:
    """An encoder of texts by their length, which counts what it is given."""

    name, modality, dim, key, class_names, parts = "length", Modality.TEXT, 2, "length/1", (), (slice(0, 2),)
    at_once = 32

    def __init__(self) -> None:
        self.seen: list[str] = []

    def prepare(self, piece: Media) -> str:
        return str(piece)

    def encode_prepared(self, prepared: list[str]) -> FloatArray:
        self.seen += prepared
        return np.array([[len(text), 1] for text in prepared], np.float32)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        return np.zeros((len(features), 0), np.float32)


def _pieces(count: int) -> list[Piece]:
    return [Piece(row, f"{row % (count - 3):064x}", lambda row=row: "x" * (row + 1)) for row in range(count)]


def test_equal_content_is_encoded_once_and_never_again(tmp_path: Path) -> None:
    encoder, cache, pieces = Counting(), VectorCache(tmp_path / "cache.sqlite"), _pieces(TEXT_BLOCK * 2 + 9)
    settled: list[int] = []
    first = encode_pieces(pieces, cache, lambda _: encoder, report=settled.append)
    assert len(encoder.seen) == sum(settled) == len(pieces) - 3
    again = encode_pieces(pieces, cache, lambda _: encoder, report=settled.append)
    assert len(encoder.seen) == len(pieces) - 3
    np.testing.assert_array_equal(first.features, again.features)
    np.testing.assert_array_equal(first.rows, np.arange(len(pieces)))
    np.testing.assert_array_equal(first.features[-3:], first.features[:3])


def test_a_cancelled_run_keeps_its_finished_blocks(tmp_path: Path) -> None:
    encoder, cache, pieces = Counting(), VectorCache(tmp_path / "cache.sqlite"), _pieces(TEXT_BLOCK * 3)

    def cancel(_: int) -> None:
        raise CancelledError("enough")

    with pytest.raises(CancelledError):
        encode_pieces(pieces, cache, lambda _: encoder, report=cancel)
    assert len(encoder.seen) == TEXT_BLOCK
    encode_pieces(pieces, cache, lambda _: encoder, report=lambda _: None)
    assert len(encoder.seen) == len(pieces) - 3


def test_what_cannot_be_decoded_is_named_and_left_out(tmp_path: Path) -> None:
    from mmdemo.errors import MediaError

    def broken() -> Media:
        raise MediaError("a broken file", expected="a whole one", remedy="replace it")

    pieces = [Piece(0, "0" * 64, lambda: "fine"), Piece(1, "1" * 64, broken), Piece(2, "1" * 64, broken)]
    found = encode_pieces(pieces, VectorCache(tmp_path / "c.sqlite"), lambda _: Counting(), report=lambda _: None)
    assert found.rows.tolist() == [0]
    assert [row for row, _ in found.failed] == [1, 2]
    assert "replace it" in found.failed[0][1]


def test_a_catalogue_with_nothing_to_encode_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w").create("empty")
    workspace.write_catalog([Item("a", "A", {})], NOWHERE, {})
    with pytest.raises(CatalogError, match="without text, pictures or sounds"):
        index_workspace(workspace)


def test_a_second_writer_is_refused_at_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w").create("busy")
    workspace.write_catalog([Item("a", "A", {Modality.TEXT: "a"})], NOWHERE, {})
    with Workspace(workspace.path).writing("test"), pytest.raises(WorkspaceError, match=r"."):
        index_workspace(workspace)
    assert workspace.current_version_id() is None


@pytest.mark.weights
@pytest.mark.parametrize("kept", [Modality.TEXT, Modality.IMAGE, Modality.AUDIO])
def test_one_modality_alone_is_enough(tmp_path: Path, kept: Modality, remember: Callable[[Path], None]) -> None:
    import_into(tmp_path / "w", "world", n=12, seed=3)
    remember(tmp_path / "w")
    workspace = Workspace(tmp_path / "w")
    items = [
        Item(item.item_id, item.title, {m: ref for m, ref in item.media.items() if m is kept})
        for item in workspace.read_catalog().items
    ]
    workspace.write_catalog(items, NOWHERE, {})
    index_workspace(workspace)
    engine = Engine.open(workspace.path)
    assert set(engine.summary.with_modality) == {kept}
    from mmdemo.types import Query, QueryPart

    row = next(item for item in engine.items if kept in item.media)
    found = engine.recommend(Query((QueryPart(None, None, item_id=row.item_id),), k=5))
    assert found.ids
    assert row.item_id not in found.ids


@pytest.mark.weights
def test_the_same_catalogue_and_seed_give_the_same_content(tiny_workspace: Path, tmp_path: Path) -> None:
    import_into(tmp_path / "again", "world", n=24)
    workspace = Workspace(tmp_path / "again")
    index_workspace(workspace)
    assert workspace.manifest().content_sha256 == Workspace(tiny_workspace).manifest().content_sha256
    first = workspace.current_version_id()
    index_workspace(workspace)
    assert workspace.manifest().content_sha256 == workspace.manifest(first).content_sha256
