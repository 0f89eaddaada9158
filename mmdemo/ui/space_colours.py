"""What the colours of a map can mean: modality, cluster, first tag, a column of the catalogue, a measure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.figures import ColourBy
from mmdemo.projection import Map
from mmdemo.types import Item
from mmdemo.ui.space_view import BY_MODALITY
from mmdemo.ui.text import _

_MOST_VALUES = 40
"""More different values than this are names, not groups."""
_LEAST_SHARE = 0.2
"""A column that fewer items fill says little of a map."""
_TRANSLATION = "title:"


@dataclass(frozen=True, slots=True)
class ColourOption:
    """One thing that colours can mean: its key in an address and its name on the page."""

    key: str
    name: str


def options(items: Sequence[Item], on: Map) -> tuple[ColourOption, ...]:
    """Everything that can colour this map, what is always there first."""
    found = [ColourOption(BY_MODALITY, _("Kind: text, picture, sound"))]
    if on.cluster_labels:
        found.append(ColourOption("cluster", _("Cluster")))
    if any(item.tags for item in items):
        found.append(ColourOption("tag", _("First tag")))
    found += [ColourOption(f"column:{name}", name) for name in columns(items)]
    if on.quality:
        found.append(ColourOption("trust", _("How far to trust a point")))
    return (*found, *(ColourOption(f"measure:{name}", measure_name(name)) for name in on.measures))


def measure_name(name: str) -> str:
    """What a measure of `Map.measures` is called on the page."""
    known = {"hubness": _("Hubness"), "partner_rank": _("Rank of its other half")}
    return known.get(name, name.replace("_", " ").capitalize())


def measure_help(name: str) -> str:
    """What a measure means, in plain words."""
    return {
        "hubness": _("Among how many points' 10 nearest of its kind this one is, as asked by other kinds."),
        "partner_rank": _("At which rank the same item's other kind is found; 1 is best."),
        "trust": _("Share of its true nearest points that are also near it on the map."),
    }.get(name, "")


def columns(items: Sequence[Item]) -> tuple[str, ...]:
    """Columns of the catalogue that can be told apart by colour: numbers, or a few values that come again."""
    values: dict[str, list[str]] = {}
    for item in items:
        for name, value in item.extra.items():
            if not name.startswith(_TRANSLATION) and value.strip():
                values.setdefault(name, []).append(value.strip())
    return tuple(
        name
        for name, present in values.items()
        if len(present) >= _LEAST_SHARE * len(items) and (_are_groups(present) or _numbers(present) is not None)
    )


def colour_by(key: str, items: Sequence[Item], on: Map) -> ColourBy:
    """The colours of a key; of each modality where the key names nothing this map has.

    Args:
        key: As in `ColourOption.key`.
        items: The items of the map's version, by row.
        on: The map; P points.
    """
    kind, _colon, name = key.partition(":")
    match kind:
        case "cluster" if on.cluster_labels:
            return ColourBy(_("Cluster"), "category", on.clusters, on.cluster_labels)
        case "tag":
            return _groups(_("First tag"), (item.tags[0] if item.tags else "" for item in items), on)
        case "trust":
            return ColourBy(_("Trust: share of true neighbours kept"), "number", on.trust)
        case "measure" if name in on.measures:
            return ColourBy(measure_name(name), "number", on.measures[name])
        case "column" if name in columns(items):
            return _column(name, [item.extra.get(name, "").strip() for item in items], on)
        case _:
            return ColourBy(_("Kind"))


def _column(name: str, values: Sequence[str], on: Map) -> ColourBy:
    present = [value for value in values if value]
    numbers = _numbers(present)
    if numbers is None or _are_groups(present):
        return _groups(name, values, on)
    by_row = np.full(len(values), np.nan, np.float32)
    by_row[[row for row, value in enumerate(values) if value]] = numbers
    return ColourBy(name, "number", by_row[on.item_rows])


def _groups(title: str, values: Iterable[str], on: Map) -> ColourBy:
    """Categories by frequency; an item without a value gets none."""
    by_row = list(values)
    names = tuple(name for name, _count in Counter(filter(None, by_row)).most_common())
    codes = {name: code for code, name in enumerate(names)}
    rows = np.array([codes.get(value, -1) for value in by_row], np.int32)
    return ColourBy(title, "category", rows[on.item_rows] if len(on) else np.zeros(0, np.int32), names)


def _are_groups(present: Sequence[str]) -> bool:
    different = len(set(present))
    return 2 <= different <= _MOST_VALUES and different <= len(present) / 2


def _numbers(present: Sequence[str]) -> npt.NDArray[np.float32] | None:
    """The values as numbers; None where one is none, or all are the same."""
    try:
        numbers = [float(value) for value in present]
    except ValueError:
        return None
    if not all(map(math.isfinite, numbers)) or len(set(numbers)) < 2:
        return None
    return np.array(numbers, np.float32)
