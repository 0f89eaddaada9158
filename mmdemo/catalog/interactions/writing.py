"""Interactions as a file that others can read, and that `read_interactions` gives back."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".csv", ".tsv", ".parquet")


def write_interactions(interactions: Interactions, path: Path) -> None:
    """Write one row a choice: user, item, and where they are known rating and time (seconds since 1970).

    A file that is there is replaced in one step. Users and items without a choice are not in it.

    Args:
        interactions: What to write.
        path: Ends in .csv, .tsv or .parquet.

    Raises:
        InteractionsError: It ends otherwise, or cannot be written.
    """
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise InteractionsError(
            f"'{path.name}' ends in no known way", expected=f"one of {', '.join(SUFFIXES)}", remedy="rename it"
        )
    unfinished = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        if suffix == ".parquet":
            _write_parquet(interactions, unfinished)
        else:
            _write_csv(interactions, unfinished, "," if suffix == ".csv" else "\t")
        unfinished.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        raise InteractionsError(
            f"'{path}' cannot be written: {getattr(error, 'strerror', None) or error}",
            expected="a folder that can be written, on a disk with room, is needed",
            remedy="choose another place",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(interactions: Interactions, path: Path, delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(_columns(interactions))
        writer.writerows(_rows(interactions))


def _write_parquet(interactions: Interactions, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, pa.Array] = {
        "user": _named(interactions.user_ids, interactions.users),
        "item": _named(interactions.item_ids, interactions.items),
    }
    if interactions.ratings is not None:
        columns["rating"] = pa.array(interactions.ratings)
    if interactions.times is not None:
        columns["time"] = pa.array(interactions.times)
    pq.write_table(pa.table(columns), path)


def _named(names: tuple[str, ...], codes: Any) -> "pa.Array":
    import pyarrow as pa

    return pa.array(names, pa.string()).take(pa.array(codes))


def _columns(interactions: Interactions) -> list[str]:
    known = {"rating": interactions.ratings, "time": interactions.times}
    return ["user", "item", *(name for name, values in known.items() if values is not None)]


def _rows(interactions: Interactions) -> Iterator[tuple[str, ...]]:
    users = (interactions.user_ids[row] for row in interactions.users)
    items = (interactions.item_ids[column] for column in interactions.items)
    values = [
        (str(value) for value in column) for column in (interactions.ratings, interactions.times) if column is not None
    ]
    return zip(users, items, *values, strict=True)
