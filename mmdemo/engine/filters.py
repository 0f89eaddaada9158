"""Which items of a catalogue may be shown, and looking items up by their words."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from mmdemo.errors import QueryError
from mmdemo.types import Item, Modality


class Filters:
    """Lookups over the items of one version, made once.

    Args:
        items: The catalogue, in order.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._positions = {item.item_id: position for position, item in enumerate(items)}
        self._has = {m: np.array([m in item.media for item in items], np.bool_) for m in Modality}
        self._tags: dict[str, list[int]] = {}
        for position, item in enumerate(items):
            for tag in item.tags:
                self._tags.setdefault(tag, []).append(position)
        self._words = ["\n".join((i.title, i.media.get(Modality.TEXT, ""), *i.tags)).casefold() for i in items]

    def position(self, item_id: str) -> int:
        """Where an item stands in the catalogue.

        Raises:
            QueryError: There is no such item.
        """
        found = self._positions.get(item_id)
        if found is None:
            raise QueryError(
                f"item '{item_id}'",
                expected=f"one of the {len(self._items)} items of this catalogue is needed",
                remedy="look it up on the Catalogue page; it may have left with an older catalogue",
            )
        return found

    def tags(self) -> list[tuple[str, int]]:
        """Every tag and how many items carry it, most first."""
        return Counter({tag: len(set(rows)) for tag, rows in self._tags.items()}).most_common()

    def allowed(
        self, tags: Iterable[str], must_have: Iterable[Modality], hidden: Iterable[int] = ()
    ) -> npt.NDArray[np.bool_] | None:
        """Mask (N,) of the items that pass, or None where all do.

        Args:
            tags: At least one of these; none given lets all pass.
            must_have: All of these modalities.
            hidden: Positions that are never shown.
        """
        tags, must_have, hidden = list(tags), list(must_have), list(hidden)
        if not (tags or must_have or hidden):
            return None
        mask = np.ones(len(self._items), np.bool_)
        if tags:
            mask[:] = False
            for tag in tags:
                mask[self._tags.get(tag, [])] = True
        for modality in must_have:
            mask &= self._has[modality]
        mask[hidden] = False
        return mask

    def search(self, text: str, tags: Iterable[str], must_have: Iterable[Modality]) -> list[Item]:
        """Items whose title, text or tags contain every word of `text`, in the catalogue's order."""
        words = text.casefold().split()
        mask = self.allowed(tags, must_have)
        return [
            item
            for position, item in enumerate(self._items)
            if (mask is None or mask[position]) and all(word in self._words[position] for word in words)
        ]
