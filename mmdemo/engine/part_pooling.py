"""What a network made of the parts of a piece of media, gathered into a handful: words, regions, segments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside
from mmdemo.types import FloatArray

MOST = 9
"""Groups of one piece of media."""
_GRID = 3
"""Regions of a picture across and down; their number is `MOST`."""


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Groups of parts of one piece of media.

    Args:
        features: (T, D) float32, T from 0 to `MOST`.
        places: (T, 4) float32, where each lies, as in `Inside.places`.
    """

    features: FloatArray
    places: FloatArray


Numbers = npt.NDArray[np.float64]
Groups = tuple[Numbers, Numbers]
"""Places (T, 4), and what each part counts in each of them (T, P), rows summing to 1."""


def pooled(windows: Sequence[Inside]) -> Pooled:
    """At most `MOST` groups: consecutive words of a text, regions of a picture, equal times of a sound, frames.

    A group's features are the mean of its parts', each counting by how much of it lies in the group. Parts that stand
    for no place do not count.
    """
    features = np.concatenate([window.features for window in windows])
    places = np.concatenate([window.places for window in windows])
    known = np.isfinite(places[:, 0])
    if not known.any():
        return Pooled(features[:0].astype(np.float32), np.zeros((0, 4), np.float32))
    found, shares = _GROUPS[windows[0].unit](places[known].astype(np.float64))
    return Pooled((shares @ features[known]).astype(np.float32), found.astype(np.float32))


def _words(places: Numbers) -> Groups:
    """Word pieces without a gap between them are a word; a text without any gap is cut at its pieces instead."""
    order = np.argsort(places[:, 0], kind="stable")
    starts, ends = places[order, 0], places[order, 1]
    begins = np.flatnonzero(np.r_[True, starts[1:] > ends[:-1]])
    if len(begins) == 1:
        begins = np.arange(len(order))
    groups = _runs(order, begins)
    span = [(places[rows, 0].min(), places[rows, 1].max(), np.nan, np.nan) for rows in groups]
    return np.array(span), _equal_shares(groups, len(places))


def _frames(places: Numbers) -> Groups:
    """Consecutive frames."""
    order = np.argsort(places[:, 0], kind="stable")
    groups = _runs(order, np.arange(len(order)))
    span = [(places[rows, 0].min(), np.nan, np.nan, np.nan) for rows in groups]
    return np.array(span), _equal_shares(groups, len(places))


def _regions(places: Numbers) -> Groups:
    """Regions of a grid over the picture; what was padded around it lies in none."""
    edges = np.linspace(0.0, 1.0, _GRID + 1)
    across, down = (_overlaps(edges, places[:, [low, low + 2]]) for low in (0, 1))
    areas = (down[:, None] * across[None]).reshape(_GRID * _GRID, -1)
    boxes = np.array([(x, y, right, bottom) for y, bottom in pairwise(edges) for x, right in pairwise(edges)])
    return _covered(boxes, areas)


def _times(places: Numbers) -> Groups:
    """Equal times, no more than the network told apart; all frequencies of a time together."""
    count = min(MOST, len(np.unique(places[:, 0])))
    edges = np.linspace(places[:, 0].min(), places[:, 1].max(), count + 1)
    low, high = places[:, 2].min(), places[:, 3].max()
    spans = np.array([(start, end, low, high) for start, end in pairwise(edges)])
    return _covered(spans, _overlaps(edges, places[:, :2]))


_GROUPS: Mapping[Literal["token", "patch", "time", "frame"], Callable[[Numbers], Groups]] = {
    "token": _words,
    "patch": _regions,
    "time": _times,
    "frame": _frames,
}


def _runs(order: npt.NDArray[np.intp], begins: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """Rows in `order`, cut where things begin, with neighbouring things together so that at most `MOST` are left."""
    first = [things[0] for things in np.array_split(begins, min(MOST, len(begins)))]
    return np.split(order, first[1:])


def _equal_shares(groups: Sequence[npt.NDArray[np.intp]], parts: int) -> Numbers:
    shares = np.zeros((len(groups), parts))
    for row, members in zip(shares, groups, strict=True):
        row[members] = 1.0 / len(members)
    return shares


def _overlaps(edges: Numbers, spans: Numbers) -> Numbers:
    """How much (T, P) of each span (P, 2), from and to, lies between neighbouring edges (T + 1,)."""
    ends = np.minimum(edges[1:, None], spans[:, 1])
    return np.maximum(ends - np.maximum(edges[:-1, None], spans[:, 0]), 0.0)


def _covered(places: Numbers, sizes: Numbers) -> Groups:
    """The groups that anything lies in, sizes (T, P) scaled to shares."""
    total = sizes.sum(axis=1, keepdims=True)
    some = total[:, 0] > 0.0
    return places[some], sizes[some] / total[some]
