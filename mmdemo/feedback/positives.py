"""From what people did to what they like, one rule for every use."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import numpy as np

from mmdemo.feedback.events import Event
from mmdemo.interactions import Interactions


def standing(events: Iterable[Event]) -> dict[str, Event]:
    """What a person thinks of each item now, from their events in the order of storing.

    A like or a dislike replaces what was there; a play or a skip replaces no opinion, only each other; a clear takes
    everything back. Items come in the order in which what stands was said.

    Returns:
        The event that stands, by item id; none for items that were cleared.
    """
    stands: dict[str, Event] = {}
    for event in events:
        before = stands.get(event.item_id)
        if event.kind in ("play", "skip") and before is not None and before.kind in ("like", "dislike"):
            continue
        stands.pop(event.item_id, None)
        if event.kind != "clear":
            stands[event.item_id] = event
    return stands


def positives(events: Iterable[Event], item_ids: Sequence[str]) -> Interactions:
    """What people like or last played, as choices to learn from.

    Args:
        events: One person after another, each one's in the order of storing.
        item_ids: (N,) the items there are; others are passed over.

    Returns:
        Of everybody who chose one of the items, sorted by name; times are those of the likes and plays.
    """
    from scipy.sparse import csr_matrix

    columns = {item_id: column for column, item_id in enumerate(item_ids)}
    chosen: dict[str, list[tuple[int, float]]] = {}
    for person, of_person in groupby(events, key=attrgetter("person")):
        found = sorted(
            (columns[event.item_id], event.at)
            for event in standing(of_person).values()
            if event.kind in ("like", "play") and event.item_id in columns
        )
        if found:
            chosen[person] = found
    names = tuple(sorted(chosen))
    cells = [cell for name in names for cell in chosen[name]]
    starts = np.cumsum([0, *(len(chosen[name]) for name in names)])
    table = (np.ones(len(cells), np.float32), np.array([column for column, _ in cells], np.int32), starts)
    return Interactions(
        names,
        tuple(item_ids),
        csr_matrix(table, shape=(len(names), len(columns))),
        times=np.array([at for _, at in cells], np.float64),
    )
