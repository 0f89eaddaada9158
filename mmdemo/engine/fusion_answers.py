"""What is known of a catalogue's items beside their media: labels, a number to predict, who chose what."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.catalog.interactions import read_interactions
from mmdemo.engine.interactions import simulated_interactions
from mmdemo.fusion.data import Labels
from mmdemo.types import FloatArray, Item

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEWEST_ITEMS = 5
"""Labels of fewer items are left out: there is nothing to learn them from and nothing to test them on."""
FEWEST_NUMBERS = 20
NUMBER_COLUMNS = ("rating", "score", "stars", "price", "cost", "year", "popularity", "views", "duration")
"""Columns that hold something to predict, the first that is there first; an id or a postal code is a number too."""
_FACTOR = "factor:"
_CATEGORY = "category"
_NUMBER = re.compile(r"\s*([-+]?[0-9]+(?:[.,][0-9]+)?)\s*[€$£%]?\s*")


def labels_of(items: Sequence[Item], exclude: Sequence[str] = ()) -> Labels | None:
    """The factors of a generated world, or else categories and tags; None where no label has enough items.

    Args:
        items: N items.
        exclude: Tags that are no labels.
    """
    columns = sorted({name for item in items for name in item.extra if name.startswith(_FACTOR)})
    questions = columns or [_CATEGORY]
    names: list[str] = []
    values: list[FloatArray] = []
    ranges: list[slice] = []
    for question in questions:
        answers = [item.extra.get(question, "").strip() for item in items]
        kept = sorted(answer for answer, count in Counter(answers).items() if answer and count >= FEWEST_ITEMS)
        if len(kept) > 1:
            ranges.append(slice(len(names), len(names) + len(kept)))
            names += [f"{question.removeprefix(_FACTOR)}: {answer}" for answer in kept]
            values += [np.array([found == answer for found in answers], np.float32) for answer in kept]
    if not columns:
        known = {column.tobytes() for column in values}
        for tag, column in _tags(items, exclude):
            if column.tobytes() not in known:  # a tag may only repeat the category
                names.append(tag)
                values.append(column)
    return Labels(tuple(names), np.stack(values, axis=1), tuple(ranges)) if names else None


def numbers_of(items: Sequence[Item]) -> tuple[str, FloatArray] | None:
    """Name and values (N,), NaN where unknown, of a column that holds something to predict; None without any."""
    named = {name.lower(): name for item in items for name in item.extra}
    for column in NUMBER_COLUMNS:
        if column in named:
            found = np.array([_number(item.extra.get(named[column], "")) for item in items], np.float32)
            if np.isfinite(found).sum() >= FEWEST_NUMBERS and np.nanstd(found) > 0:
                return named[column], found
    return None


def world_interactions(items: Sequence[Item]) -> "csr_matrix | None":
    """What the simulated users of a generated world chose, (U, N); None where the items are of no one world."""
    found = simulated_interactions(items)
    return None if found is None else found.chosen


def imported_interactions(file: Path, items: Sequence[Item]) -> tuple["csr_matrix", str]:
    """Who chose which of N items, (U, N) CSR of ones, and what was left out, in words.

    Raises:
        InteractionsError: The file cannot be read, or nobody in it chose one of the items.
    """
    found, report = read_interactions(file, item_ids=[item.item_id for item in items])
    left_out = "".join(f"; {each.count} rows left out: {each.why}" for each in report.left_out)
    return found.chosen, f"{len(found)} choices of {len(found.user_ids)} users{left_out}"


def _tags(items: Sequence[Item], exclude: Sequence[str]) -> list[tuple[str, FloatArray]]:
    counts = Counter(tag for item in items for tag in set(item.tags))
    kept = sorted(tag for tag, n in counts.items() if FEWEST_ITEMS <= n < len(items) and tag not in exclude)
    return [(tag, np.array([tag in item.tags for item in items], np.float32)) for tag in kept]


def _number(text: str) -> float:
    found = _NUMBER.fullmatch(text)
    return float(found[1].replace(",", ".")) if found else float("nan")
