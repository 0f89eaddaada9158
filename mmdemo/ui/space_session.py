"""What the Space page remembers of a session: the view, the selection, the figures as they were drawn last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.projection import Map
from mmdemo.types import Item
from mmdemo.ui.space_selection import Selection, points_of_items, select, within
from mmdemo.ui.space_view import MapChoice, SpaceView

if TYPE_CHECKING:
    from mmdemo.figures import Chart
    from mmdemo.projection import Placed

SLOTS = 2
"""Places for a map on the page."""


@dataclass(slots=True, eq=False)
class DrawnChart:
    """A figure that the browser shows, so that drawing the page again leaves it, with its zoom, as it is.

    Attributes:
        key: What it depends on beside the selection.
        chart: The figure.
        marked: The selection that is drawn into it; None where none is.
        seen: The points that were selected on it when it was last drawn.
    """

    key: tuple[Any, ...]
    chart: Chart
    marked: Selection | None
    seen: npt.NDArray[np.integer]


@dataclass(slots=True, eq=False)
class SpaceSession:
    """Everything the page keeps between two runs.

    Attributes:
        view: What the address says.
        generation: Goes up when the view is replaced, so that its widgets start afresh.
        selection: The selected points; None where none are.
        made_on: The slot of the map they were selected on; None where they come from a link or a button.
        group: A selection that was put aside to compare another with; None where none was.
        shown: What each slot showed last, to stay until the next map is ready.
        charts: The figures of the slots.
        placed: What was placed on the map of each slot, with what it depends on.
        epoch: Goes up to have every figure drawn afresh, without what was selected on it.
    """

    view: SpaceView = field(default_factory=SpaceView)
    generation: int = 0
    selection: Selection | None = None
    made_on: int | None = None
    group: Selection | None = None
    shown: dict[int, MapChoice] = field(default_factory=dict)
    charts: dict[int, DrawnChart] = field(default_factory=dict)
    placed: dict[int, tuple[tuple[Any, ...], Placed]] = field(default_factory=dict)
    epoch: int = 0

    def load(self, view: SpaceView) -> None:
        """Replace the view by what an address says."""
        self.view = view
        self.generation += 1
        self._forget()

    def take(self, slot: int, points: npt.NDArray[np.integer], on: Map, items: Sequence[Item]) -> bool:
        """Take over what is selected on the map of a slot, where that has changed.

        Returns:
            Whether it has.
        """
        drawn = self.charts.get(slot)
        points = within(on, points)
        if drawn is None or np.array_equal(points, drawn.seen):
            return False
        drawn.seen = points
        if not len(points) and self.made_on not in (None, slot):
            return False  # what was selected on the other map does not end because this one was drawn afresh
        self.choose(points, on, items, slot=slot)
        return True

    def lost(self, slot: int) -> None:
        """Take note that the browser no longer has the figure of a slot, nor what was selected on it."""
        self.charts.pop(slot, None)

    def choose(
        self, points: npt.NDArray[np.integer], on: Map, items: Sequence[Item], *, slot: int | None = None
    ) -> None:
        """Select points of a map; the address no longer says what is selected."""
        self.selection = select(on, points, items) if len(points) else None
        self.made_on = slot if len(points) else None
        self.view = replace(self.view, items=())

    def select_items(self, ids: Sequence[str], on: Map, items: Sequence[Item]) -> None:
        """Select what an address names: every point of some items."""
        points = points_of_items(ids, items, on)
        self.selection = select(on, points, items) if len(points) else None

    def clear(self) -> None:
        """Select nothing, and have the figures forget it too."""
        self.view = replace(self.view, items=())
        self._forget()

    def to_mark(self, slot: int, key: tuple[Any, ...]) -> Selection | None:
        """The selection to draw into the figure of a slot that `key` stands for.

        None too where the selection was made on that very figure: the browser shows it already, and a figure that
        stays the same keeps its zoom.
        """
        drawn = self.charts.get(slot)
        shows_it = self.made_on == slot and drawn is not None and drawn.key == key and drawn.marked is None
        return None if shows_it else self.selection

    def _forget(self) -> None:
        self.selection = self.made_on = None
        self.epoch += 1
