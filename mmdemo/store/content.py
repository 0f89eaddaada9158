"""Checks on what is about to be stored, and the hash that tells whether two versions hold the same.

LanceDB puts random names into its files, so equal content does not give equal files; equality is by this hash.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.errors import WorkspaceError
from mmdemo.store.blobs import checked_digest
from mmdemo.types import Embeddings, Item, Modality

MAX_ID_CHARACTERS = 1024
"""NumPy keeps N ids at the width of the longest: this bounds what one odd id can cost."""

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical_items(items: Iterable[Item]) -> list[bytes]:
    """Each item as one line of JSON, the same for equal items, after a check that it comes back as it is.

    Raises:
        WorkspaceError: An id is empty, too long or there twice, a text is no Unicode, or a file has no SHA-256.
    """
    seen: set[str] = set()
    lines = []
    for item in items:
        # NumPy drops a NUL at the end of a text, so two ids could become one.
        if not 0 < len(item.item_id) <= MAX_ID_CHARACTERS or "\0" in item.item_id:
            raise _bad_item(item, f"an id of 1 to {MAX_ID_CHARACTERS} characters, without NUL, is needed")
        if item.item_id in seen:
            raise _bad_item(item, "every id may be there once")
        seen.add(item.item_id)
        for modality, content in item.media.items():
            if modality != Modality.TEXT:
                checked_digest(content)
        try:
            lines.append(_encode([item.item_id, item.title, dict(item.media), item.tags, dict(item.extra)]).encode())
        except (TypeError, ValueError) as error:
            raise _bad_item(item, f"texts of valid Unicode are needed ({error})") from error
    return lines


def _bad_item(item: Item, expected: str) -> WorkspaceError:
    return WorkspaceError(f"item {item.item_id[:80]!a}", expected=expected, remedy="clean the catalogue first")


def in_item_order(items: Sequence[Item], name: str, embeddings: Embeddings) -> Embeddings:
    """`embeddings` with its rows in the order of `items`.

    Raises:
        WorkspaceError: A row is for an item that is not there, or two are for one item.
    """
    row_of = {item_id: row for row, item_id in enumerate(embeddings.ids.tolist())}
    rows = np.array([row_of[item.item_id] for item in items if item.item_id in row_of], dtype=np.int64)
    if len(rows) != len(embeddings):
        raise WorkspaceError(
            f"table {name} has {len(embeddings)} rows for {len(rows)} of {len(items)} items",
            expected="at most one row for each item, and none for others, is needed",
            remedy="index exactly the items that are stored with it",
        )
    if np.array_equal(rows, np.arange(len(rows))):
        return embeddings
    return Embeddings(embeddings.ids[rows], embeddings.vectors[rows], embeddings.modality, embeddings.space)


def content_sha256(
    items: Iterable[bytes], tables: Mapping[str, Embeddings], arrays: Mapping[str, npt.NDArray[Any]]
) -> str:
    """Hash of everything a version holds, whatever files it is in.

    Args:
        items: From `canonical_items`; their order counts.
        tables: By name, rows in item order.
        arrays: By name.
    """
    digest = hashlib.sha256()
    for line in items:
        _feed(digest, line)
    for name, table in sorted(tables.items()):
        _feed(digest, _encode(["table", name, table.modality, table.space, table.ids.tolist()]).encode())
        _feed_array(digest, table.vectors)
    for name, array in sorted(arrays.items()):
        _feed(digest, _encode(["array", name]).encode())
        _feed_array(digest, array)
    return digest.hexdigest()


def _feed(digest: Any, part: bytes) -> None:
    """Hash `part` after its length, so that two lists of parts hash alike only where they are alike."""
    digest.update(len(part).to_bytes(8, "little"))
    digest.update(part)


def _feed_array(digest: Any, array: npt.NDArray[Any]) -> None:
    plain = little_endian(array)
    _feed(digest, json.dumps([plain.dtype.str, plain.shape]).encode())
    digest.update(plain.data if plain.size else b"")


def little_endian(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`array` as it lies in files: contiguous, little-endian; itself where it already is."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
