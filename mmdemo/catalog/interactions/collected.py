"""Choices as they are read: ids become numbers at once, so that many million rows fit into memory."""

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.interactions.cells import id_cell, number_cell, time_cell
from mmdemo.catalog.interactions.report import MOST_EXAMPLES, LeftOut
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress

MOST_ROWS = 50_000_000
_TELL_EVERY = 20_000
NO_USER = "it names no user that can be used"
NO_ITEM = "it names no item that can be used"


class Collected:
    """The rows of one file.

    Args:
        source: Name of the file.
        kind: What it is read as.
        place: What a row is called, as in "clicks.csv, line".
        progress: Told how far it is; may cancel.

    Attributes:
        read: Rows found.
        is_numbered: The file itself numbers users and items: all of them stay, in their order.
        notes: What had to be assumed.
    """

    def __init__(self, source: str, kind: str, place: str, progress: Progress) -> None:
        self.source, self.kind, self.place = source, kind, place
        self.read = 0
        self.is_numbered = False
        self.notes: list[str] = []
        self._progress = progress
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._columns = (array("q"), array("q"), array("d"), array("d"), array("q"))
        self._left_out: dict[str, tuple[int, list[str]]] = {}

    def add(self, number: int, user: Any, item: Any, rating: Any = None, time: Any = None) -> None:
        """Take one row, or count it as left out where it names no user or no item.

        Args:
            number: Of its line or row.
            user: As the cell holds it, like the others.
            item: Likewise.
            rating: None where the file has none.
            time: Likewise.

        Raises:
            InteractionsError: It is one row too many.
            CancelledError: `progress` cancelled.
        """
        self._count()
        user_id, item_id = id_cell(user), id_cell(item)
        if not user_id or not item_id:
            self.leave_out(NO_ITEM if user_id else NO_USER, [number])
            return
        users, items, ratings, times, numbers = self._columns
        users.append(self._users.setdefault(user_id, len(self._users)))
        items.append(self._items.setdefault(item_id, len(self._items)))
        ratings.append(number_cell(rating))
        times.append(time_cell(time))
        numbers.append(number)

    def refuse(self, number: int, why: str) -> None:
        """Count a row that is none; raises as `add`."""
        self._count()
        self.leave_out(why, [number])

    def fill(
        self,
        user_ids: Sequence[str],
        item_ids: Sequence[str],
        columns: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]],
    ) -> None:
        """Take a whole matrix: ids of its rows and columns, and row, column and value of its entries."""
        users, items, values = columns
        self.is_numbered = True
        self._users = {name: row for row, name in enumerate(user_ids)}
        self._items = {name: column for column, name in enumerate(item_ids)}
        nothing = np.full(len(users), np.nan)
        parts = (users, items, values, nothing, np.arange(1, len(users) + 1))
        for column, part in zip(self._columns, parts, strict=True):
            column.frombytes(np.ascontiguousarray(part, column.typecode).tobytes())
        self.read += len(users)

    def leave_out(self, why: str, numbers: Sequence[int] | npt.NDArray[np.int64]) -> None:
        """Count rows that were read before as left out."""
        if len(numbers) == 0:
            return
        count, examples = self._left_out.get(why, (0, []))
        examples += [f"{self.place} {number}" for number in numbers[: MOST_EXAMPLES - len(examples)]]
        self._left_out[why] = count + len(numbers), examples

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was left out so far, the most frequent reason first."""
        found = [LeftOut(why, count, tuple(examples)) for why, (count, examples) in self._left_out.items()]
        return tuple(sorted(found, key=lambda each: -each.count))

    @property
    def user_names(self) -> list[str]:
        """Ids of the users by number."""
        return list(self._users)

    @property
    def item_names(self) -> list[str]:
        """Ids of the items by number."""
        return list(self._items)

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """User and item of each row as numbers, rating and time with NaN where not known, and the row's own number."""
        return tuple(np.frombuffer(column, column.typecode) for column in self._columns)

    def _count(self) -> None:
        self.read += 1
        if self.read % _TELL_EVERY == 0:
            self._progress(self.read, 0, f"reading {self.source}")
        if self.read > MOST_ROWS:
            raise InteractionsError(
                f"{self.source} has more than {MOST_ROWS:,} rows",
                expected="fewer are needed",
                remedy="take a sample of its users",
            )
