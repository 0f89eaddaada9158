"""The columns of a Parquet file that say who chose what."""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from mmdemo.catalog.interactions.columns import roles
from mmdemo.catalog.parquet_limits import DESCRIPTION, too_large
from mmdemo.errors import InteractionsError

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 4096
_MAX_UNPACKED_BYTES = 4 * 2**30


def parquet_choices(file: IO[bytes], *, name: str) -> Iterator[tuple[Any, Any, Any, Any]]:
    """User, item, rating and time of every row, as the cells hold them; None for a column that is not there.

    Args:
        file: Seekable, binary.
        name: What to call it in messages.

    Raises:
        InteractionsError: It is no Parquet file, is damaged, unpacks to too much, or lacks users or items.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.ParquetFile(file, **DESCRIPTION).schema_arrow
        known = roles(schema.names, name)
        wanted = [known.user, known.item, known.rating, known.time]
        # Texts stay references to a dictionary: one long text that a small file repeats would else fill the memory.
        texts = [column for column in wanted if column is not None and _is_text(schema.field(column).type)]
        file.seek(0)
        table = pq.ParquetFile(file, read_dictionary=texts, page_checksum_verification=True, **DESCRIPTION)
        why = too_large(table, _MAX_UNPACKED_BYTES)
        if why:
            raise _unreadable(name, why)
        present = list(dict.fromkeys(column for column in wanted if column is not None))
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=present, use_threads=False):
            cells = [None if column is None else _cells(batch.column(column)) for column in wanted]
            nothing = [None] * batch.num_rows
            yield from zip(*(nothing if column is None else column for column in cells), strict=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError) as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise _unreadable(name, first_line) from error


def _cells(column: "pa.Array") -> list[Any]:
    import pyarrow as pa

    if not isinstance(column, pa.DictionaryArray):
        return column.to_pylist()
    texts = column.dictionary.to_pylist()
    return [None if code is None else texts[code] for code in column.indices.to_pylist()]


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)


def _unreadable(name: str, why: str) -> InteractionsError:
    return InteractionsError(
        f"{name} cannot be read as Parquet: {why}",
        expected="an undamaged Parquet file of a sensible size is needed",
        remedy="write it again, or save it as CSV",
    )
