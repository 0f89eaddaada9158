"""MMRec's .inter files: tab-separated `userID itemID rating timestamp x_label`, items numbered as in the .npy files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdemo.catalog.interactions.cells import id_cell
from mmdemo.catalog.interactions.collected import Collected
from mmdemo.catalog.interactions.columns import Roles
from mmdemo.catalog.interactions.tables import read_csv
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress

PARTS = {"0": "train", "1": "validation", "2": "test"}
"""What the numbers of x_label stand for."""
_MOST_GAPS = 4
"""Items are taken for numbered where at least one of so many numbers occurs."""


def read_inter(path: Path, progress: Progress, part: str | None = None) -> Collected:
    """All rows of a file, or those of one part.

    Args:
        path: The file.
        progress: Told how far it is; may cancel.
        part: One of "0", "1", "2".

    Raises:
        InteractionsError: It lacks users or items, or has too many rows; with `part`, it has no column x_label.
        CatalogError: It is no text.
        OSError: It cannot be read.
        CancelledError: `progress` cancelled.
    """

    def wanted(known: Roles, cells: Mapping[str, Any]) -> bool:
        if known.part is None:
            raise InteractionsError(
                f"{path.name} does not say which part a row belongs to",
                expected="a column x_label with 0, 1 or 2 is needed",
                remedy="give the parts as files of their own",
            )
        return str(cells[known.part]).strip() == part

    with path.open("rb") as file:
        return read_csv(
            file, name=path.name, kind="MMRec", progress=progress, choose=wanted if part is not None else None
        )


def numbered_items(names: list[str]) -> list[str] | None:
    """Every number from 0 to the highest, where the names of items are such numbers; else None.

    The rows of the .npy files beside an .inter file are items by number, so one that nobody chose must not be skipped.
    """
    if not names or not all(id_cell(name).isascii() and name.isdigit() and len(name) < 10 for name in names):
        return None
    numbers = {int(name) for name in names}
    highest = max(numbers)
    if len(numbers) != len(names) or highest >= _MOST_GAPS * len(numbers):
        return None
    return [str(number) for number in range(highest + 1)]
