"""The LanceDB table `items` of a catalogue or version: one row an item, metadata and vectors side by side.

A table of vectors "native.image" is the column "vector__native__image": a nullable fixed-size list of float32, null
where the item lacks the modality.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.errors import WorkspaceError
from mmdemo.store.files import disk_error
from mmdemo.store.manifest import TableInfo
from mmdemo.types import Embeddings, Item, Modality

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb.table import Table

_FOLDER = "lance"
_TABLE = "items"
_BATCH_ROWS = 8192
_MODALITIES = tuple(Modality)  # going through the class itself is ten times slower, and every item does
_OTHER_VERSION = "choose an older version, or index the workspace again with `mmdemo index`"
_decode = json.JSONDecoder().decode
# No "__" inside, because that stands for the dot in column names, which Lance would take for a path.
_TABLE_NAME = re.compile(r"[a-z0-9]+([_.][a-z0-9]+)*")


def table_info(name: str, table: Embeddings) -> TableInfo:
    """What the manifest says about a table.

    Raises:
        WorkspaceError: `name` cannot name a column.
    """
    if not _TABLE_NAME.fullmatch(name):
        raise WorkspaceError(
            f"table name {name!r}",
            expected="lower-case letters and digits, joined by '.' or '_', are needed",
            remedy="name it like native.image",
        )
    return TableInfo(str(table.modality), table.space, int(table.vectors.shape[1]), len(table))


def write_tables(folder: Path, items: Sequence[Item], tables: Mapping[str, Embeddings]) -> None:
    """Make the database in `folder`.

    Args:
        folder: An existing folder without one.
        items: The rows.
        tables: Vectors by table name, rows in item order (see `content.in_item_order`).

    Raises:
        WorkspaceError: The disk is full or read-only.
    """
    import lancedb
    import pyarrow as pa

    filled = {name: table for name, table in tables.items() if len(table)}
    vector_fields = [pa.field(_column(name), _vector_type(table.vectors.shape[1])) for name, table in filled.items()]
    schema = pa.schema([*_item_fields(), *vector_fields])
    batches = pa.RecordBatchReader.from_batches(schema, _batches(schema, items, list(filled.values())))
    with _lance_errors(folder, "write a table", remedy="check the catalogue and the disk"):
        # "null": LanceDB would else refuse the rows that have no vector in some column.
        lancedb.connect(folder / _FOLDER).create_table(_TABLE, data=batches, on_bad_vectors="null")


def read_items(folder: Path) -> tuple[Item, ...]:
    """The items of the database in `folder`, in order.

    Raises:
        WorkspaceError: It is missing or damaged.
    """
    names = [field.name for field in _item_fields()]
    with _lance_errors(folder, "read the items", remedy=_OTHER_VERSION):
        columns = _open(folder).search().select(names).to_arrow()
        rows = zip(*(columns.column(name).to_pylist() for name in names), strict=True)
        return tuple(_item(*row) for row in rows)


def read_table(folder: Path, name: str, info: TableInfo, items: Sequence[Item]) -> Embeddings:
    """One table of vectors, rows in item order, read-only.

    Args:
        folder: Where the database is.
        name: Name of the table.
        info: What the manifest says about it.
        items: The items of the database.

    Raises:
        WorkspaceError: It is missing, damaged, or not what the manifest says.
    """
    with _lance_errors(folder, f"read the table {name}", remedy=_OTHER_VERSION):
        if info.rows > len(items):
            raise ValueError(f"{info.rows} rows for {len(items)} items")
        batches = _vector_batches(folder, name, info)
        vectors = np.empty((info.rows, info.dim), dtype=np.float32)
        ids: list[str] = []
        seen = 0
        for batch in batches:
            column = batch.column(0)
            present = column.is_valid().to_numpy(zero_copy_only=False).tolist()
            found = column.flatten().to_numpy(zero_copy_only=True).reshape(-1, info.dim)
            vectors[len(ids) : len(ids) + len(found)] = found
            part = items[seen : seen + len(present)]
            ids += [item.item_id for item, there in zip(part, present, strict=True) if there]
            seen += len(present)
        vectors.setflags(write=False)
        return Embeddings(np.array(ids, dtype=np.str_), vectors, Modality(info.modality), info.space)


def _vector_batches(folder: Path, name: str, info: TableInfo) -> Iterator[pa.RecordBatch]:
    if info.rows == 0:  # such a table has no column
        return iter(())
    table = _open(folder)
    found = table.schema.field(_column(name)).type
    if found != _vector_type(info.dim):
        raise ValueError(f"column {_column(name)} is {found} instead of {info.dim} wide")
    return iter(table.search().select([_column(name)]).to_batches())


def _column(table_name: str) -> str:
    return "vector__" + table_name.replace(".", "__")


def _vector_type(dim: int) -> pa.DataType:
    import pyarrow as pa

    return pa.list_(pa.float32(), dim)


def _item_fields() -> list[pa.Field]:
    import pyarrow as pa

    return [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        *(pa.field(str(modality), pa.string()) for modality in _MODALITIES),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("extra", pa.string(), nullable=False),
    ]


def _batches(schema: pa.Schema, items: Sequence[Item], tables: Sequence[Embeddings]) -> Iterator[pa.RecordBatch]:
    """The rows, a few thousand at a time, so that the vectors are never all in memory twice."""
    import pyarrow as pa

    taken = [0] * len(tables)
    members = [set(table.ids.tolist()) for table in tables]
    for start in range(0, len(items), _BATCH_ROWS):
        part = items[start : start + _BATCH_ROWS]
        columns: list[Any] = [
            [item.item_id for item in part],
            [item.title for item in part],
            *([item.media.get(modality) for item in part] for modality in _MODALITIES),
            [list(item.tags) for item in part],
            [json.dumps(dict(item.extra), sort_keys=True) for item in part],
        ]
        arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=False)]
        for number, table in enumerate(tables):
            present = np.array([item.item_id in members[number] for item in part])
            block = np.zeros((len(part), table.vectors.shape[1]), dtype=np.float32)
            rows = int(present.sum())
            block[present] = table.vectors[taken[number] : taken[number] + rows]
            taken[number] += rows
            arrays.append(
                pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1)), block.shape[1], mask=pa.array(~present))
            )
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _item(item_id: str, title: str, *rest: Any) -> Item:
    *contents, tags, extra = rest
    media = {modality: content for modality, content in zip(_MODALITIES, contents, strict=True) if content is not None}
    return Item(item_id=item_id, title=title, media=media, tags=tuple(tags), extra=_decode(extra))


def _open(folder: Path) -> Table:
    import lancedb

    if not (folder / _FOLDER).is_dir():  # connecting would make it
        raise ValueError(f"there is no folder {_FOLDER}")
    return lancedb.connect(folder / _FOLDER).open_table(_TABLE)


@contextmanager
def _lance_errors(folder: Path, action: str, *, remedy: str) -> Iterator[None]:
    """Turn what LanceDB and Arrow raise into one typed error."""
    try:
        yield
    except BaseException as error:
        # A panic of the Rust code is no Exception, but to us damage like any other.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if isinstance(error, WorkspaceError):
            raise
        number = re.search(r"os error (\d+)", str(error))
        if number is not None:
            raise disk_error(folder, action, OSError(int(number.group(1)), str(error))) from error
        raise WorkspaceError(
            f"could not {action} in {folder}: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            expected="sound data is needed",
            remedy=remedy,
        ) from error
