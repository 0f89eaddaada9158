"""What a map shows, in words: its alternative text."""

from __future__ import annotations

import numpy as np

from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import MODALITY_PLURALS, MODALITY_WORDS
from mmdemo.projection import MAP_MODALITIES, NO_CLUSTER
from mmdemo.types import FloatArray

_SHAPES = {"text": "circles", "image": "squares", "audio": "diamonds", "video": "triangles"}
_ASKED, _AMONG, _NEAREST = 400, 2000, 10


def map_alt(view: MapView, *, drawn: str = "points") -> str:
    """The finding of a map in a few sentences; `drawn` says what stands for the points."""
    points = view.points()
    if not len(points):
        return "An empty map: no point of the chosen kinds."
    items = len(np.unique(view.map.item_rows[points]))
    kinds = [
        f"{len(view.map.of_modality(modality)):,} {MODALITY_PLURALS[modality]} ({_SHAPES[modality]})"
        for modality in MAP_MODALITIES
        if modality in view.shown and len(view.map.of_modality(modality))
    ]
    things = "1 item" if items == 1 else f"{items:,} items"
    sentences = [
        f"{view.title.rstrip('.?!')}: a map of {things} as {drawn} of {_listed(kinds)}.",
        _mixing(view),
        _groups(view),
    ]
    if view.colour.kind != "modality":
        sentences.append(f"Colour shows {view.colour.title}.")
    for indices, words in ((view.highlighted, "found by the search"), (view.selected, "selected")):
        if len(indices):
            count = len(np.unique(indices))
            sentences.append(f"1 point {words} has a ring." if count == 1 else f"{count:,} points {words} have a ring.")
    return " ".join(filter(None, [*sentences, *_queries(view)]))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _mixing(view: MapView) -> str:
    shares = same_kind_shares(view)
    if shares is None:
        return ""
    found, chance = shares
    return f"On the map {found:.0%} of a point's neighbours are of its own kind ({chance:.0%} if kinds were mixed)."


def same_kind_shares(view: MapView) -> tuple[float, float] | None:
    """Share of the 10 nearest map neighbours that are of a point's own modality, and that share were all mixed.

    Estimated on an even sample; None for a single modality or fewer than 11 points.
    """
    points = view.points()
    sample = points[:: max(1, len(points) // _AMONG)][:_AMONG]
    kinds = view.map.modalities[sample]
    if len(sample) <= _NEAREST or len(np.unique(kinds)) < 2:
        return None
    places: FloatArray = view.map.positions[sample]
    asked = np.arange(len(sample))[:: max(1, len(sample) // _ASKED)]
    squares = ((places[asked, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    squares[np.arange(len(asked)), asked] = np.inf
    nearest = np.argpartition(squares, _NEAREST, axis=1)[:, :_NEAREST]
    found = float((kinds[nearest] == kinds[asked, None]).mean())
    shares = np.bincount(kinds) / len(kinds)
    return found, float((shares**2).sum())


def _groups(view: MapView) -> str:
    points = view.points()
    clusters = view.map.clusters[points]
    counts = np.bincount(clusters[clusters != NO_CLUSTER], minlength=len(view.map.cluster_labels))
    largest = [int(cluster) for cluster in np.argsort(-counts, kind="stable")[:3] if counts[cluster]]
    if not view.labels or not largest:
        return ""
    named = _listed([f"“{view.map.cluster_labels[cluster]}” ({counts[cluster]:,})" for cluster in largest])
    return f"The largest groups: {named}."


def _queries(view: MapView) -> list[str]:
    placed = view.placed
    if placed is None:
        return []
    sentences = []
    of = placed.neighbours.shape[1]
    for query, label in enumerate(placed.labels):
        modality = placed.modalities[query]
        kind = "" if modality is None else f"{MODALITY_WORDS[modality]} "
        near = round(float(placed.trust[query]) * of)
        clusters = view.map.clusters[placed.neighbours[query]]
        clusters = clusters[clusters != NO_CLUSTER]
        where = f", in “{view.map.cluster_labels[np.bincount(clusters).argmax()]}”" if len(clusters) else ""
        sentences.append(f"The {kind}query “{label}” is a star{where}; {near} of its {of} true neighbours are near it.")
    return sentences
