"""Collected rows -> interactions and their report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.interactions.cells import time_unit
from mmdemo.catalog.interactions.collected import Collected
from mmdemo.catalog.interactions.report import InteractionReport
from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions

AGAIN = "the same user chose the same item again later; the latest is kept"
ELSEWHERE = "it names an item that is not in the catalogue"
_FEWEST_KNOWN = 0.5


@dataclass(slots=True)
class _Rows:
    """Equally long columns; see `Collected.columns`."""

    user: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    rating: npt.NDArray[np.float64]
    time: npt.NDArray[np.float64]
    number: npt.NDArray[np.int64]

    def keep(self, which: npt.NDArray[Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[which])


def assemble(
    collected: Collected, *, item_ids: Sequence[str] | None = None, fewest: int = 1
) -> tuple[Interactions, InteractionReport]:
    """Interactions of the rows, users and items in the order of their names (of their numbers, where all are numbers).

    A rating or a time counts as a column where at least half of the rows have one; then rows without are left out, and
    otherwise the column is.

    Args:
        collected: What was read.
        item_ids: Ids and order of the items; None takes those of the rows.
        fewest: Users with fewer choices are left out, and items too unless `item_ids` names them, until none is left.

    Raises:
        InteractionsError: Nothing is left.
    """
    rows = _Rows(*collected.columns())
    user_names = collected.user_names
    names = _item_names(collected, item_ids)
    if item_ids is not None:
        position = {name: column for column, name in enumerate(item_ids)}
        column_of = np.array([position.get(name, -1) for name in names] or [0], np.int64)
        _leave_out(collected, rows, column_of[rows.item] < 0, ELSEWHERE)
        rows.item, names = column_of[rows.item], list(item_ids)
    has_rating = _column(collected, rows, "rating")
    has_time = _column(collected, rows, "time")
    _drop_repeated(collected, rows)
    _drop_rare(collected, rows, fewest, items_too=item_ids is None and not collected.is_numbered)
    if not len(rows.user):
        raise _nothing(collected)
    rows.user, users = (rows.user, user_names) if collected.is_numbered else _in_order(rows.user, user_names)
    fixed = collected.is_numbered or item_ids is not None
    rows.item, items = (rows.item, names) if fixed else _in_order(rows.item, names)
    found = _interactions(collected, rows, tuple(users), tuple(items), (has_rating, has_time))
    return found, InteractionReport(
        source=collected.source,
        kind=collected.kind,
        read=collected.read,
        kept=len(found),
        users=len(found.user_ids),
        items=len(found.item_ids),
        left_out=collected.left_out,
        notes=tuple(collected.notes),
    )


def natural_order(names: Sequence[str]) -> list[int]:
    """Positions of the names in the order of the numbers they are, or else of their letters."""
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(range(len(names)), key=lambda position: (int(names[position]), names[position]))
    return sorted(range(len(names)), key=names.__getitem__)


def _item_names(collected: Collected, item_ids: Sequence[str] | None) -> list[str]:
    """Ids of the items; a matrix has none of its own, so its columns are taken for the items that are asked for."""
    names = collected.item_names
    if item_ids is None or not collected.is_numbered or not set(item_ids).isdisjoint(names):
        return names
    if len(names) != len(item_ids):
        raise InteractionsError(
            f"{collected.source} has {len(names)} columns without ids",
            expected=f"one for each of the {len(item_ids)} items is needed",
            remedy="export it as CSV with the ids of the items",
        )
    collected.notes.append("its columns were taken for the items of the catalogue in their order")
    return list(item_ids)


def _leave_out(collected: Collected, rows: _Rows, which: npt.NDArray[np.bool_], why: str) -> None:
    if which.any():
        collected.leave_out(why, np.sort(rows.number[which]))
        rows.keep(~which)


def _column(collected: Collected, rows: _Rows, name: str) -> bool:
    """Whether ratings or times count; the rows that lack theirs are left out."""
    known = np.isfinite(getattr(rows, name))
    if not known.any():
        return False
    if known.mean() < _FEWEST_KNOWN:
        collected.notes.append(f"only {known.mean():.0%} of the rows have a {name}, so no {name} is used")
        return False
    _leave_out(collected, rows, ~known, f"it has no {name} that can be read")
    return True


def _drop_repeated(collected: Collected, rows: _Rows) -> None:
    """Keep the latest of several choices of one item by one user: by time, then by its place in the file."""
    order = np.lexsort((rows.number, np.nan_to_num(rows.time), rows.item, rows.user))
    rows.keep(order)
    repeated = np.zeros(len(order), np.bool_)
    repeated[:-1] = (rows.user[1:] == rows.user[:-1]) & (rows.item[1:] == rows.item[:-1])
    _leave_out(collected, rows, repeated, AGAIN)


def _drop_rare(collected: Collected, rows: _Rows, fewest: int, *, items_too: bool) -> None:
    while fewest > 1 and len(rows.user):
        rare = np.bincount(rows.user)[rows.user] < fewest
        why = f"its user has fewer than {fewest} choices"
        if items_too and not rare.any():
            rare = np.bincount(rows.item)[rows.item] < fewest
            why = f"its item was chosen fewer than {fewest} times"
        if not rare.any():
            return
        _leave_out(collected, rows, rare, why)


def _in_order(codes: npt.NDArray[np.int64], names: list[str]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """The names that occur, in natural order, and the codes counted by it."""
    used, plain = np.unique(codes, return_inverse=True)
    found = [names[code] for code in used]
    order = natural_order(found)
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    return new[plain], [found[position] for position in order]


def _interactions(
    collected: Collected, rows: _Rows, users: tuple[str, ...], items: tuple[str, ...], has: tuple[bool, bool]
) -> Interactions:
    from scipy.sparse import csr_matrix

    rows.keep(np.lexsort((rows.item, rows.user)))
    starts = np.zeros(len(users) + 1, np.int64)
    np.cumsum(np.bincount(rows.user, minlength=len(users)), out=starts[1:])
    chosen = csr_matrix((np.ones(len(rows.item), np.float32), rows.item, starts), shape=(len(users), len(items)))
    times = None
    if has[1]:
        per_second, unit = time_unit(float(np.median(rows.time)))
        times = rows.time / per_second
        if per_second > 1:
            collected.notes.append(f"times were taken for {unit} since 1970")
    return Interactions(users, items, chosen, rows.rating.astype(np.float32) if has[0] else None, times)


def _nothing(collected: Collected) -> InteractionsError:
    reasons = "".join(f"; {each.count} rows: {each.why}" for each in collected.left_out[:2])
    return InteractionsError(
        f"nothing in {collected.source} can be used ({collected.read} rows{reasons})",
        expected="at least one row with a user and an item is needed",
        remedy="check the file and its columns",
    )
