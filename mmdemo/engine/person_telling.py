"""Recommended items with the rated items that brought them, in the words of the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mmdemo.engine.behaviour import Used
from mmdemo.engine.person_lists import PersonalItem
from mmdemo.engine.person_reasons import Likeness, Reason, through
from mmdemo.recommend.behaviour.because import BEHAVIOUR_PART, Because
from mmdemo.recommend.behaviour.specs import FEATURES
from mmdemo.recommend.behaviour.table import find
from mmdemo.types import FloatArray

DISLIKE_WEIGHT = 0.5
"""What a dislike takes away, beside what a like of the same item would add."""

USE_FEATURES_TOO = frozenset({"multimodal-graph"})
"""Models that can do without features, use them where there are some, and do not tell their share apart."""


@dataclass(slots=True)
class Rated:
    """What a person rated.

    Args:
        likes: Columns of the liked items, ascending.
        dislikes: Columns of the disliked ones.
        scores: (N,) of all items.
    """

    likes: npt.NDArray[np.intp]
    dislikes: npt.NDArray[np.intp]
    scores: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))


class Teller:
    """Makes of columns and values what a person reads.

    Args:
        used: The choices in use.
        likeness: Of their items.
        popular: (N,) how many users chose each.
    """

    def __init__(self, used: Used, likeness: Likeness, popular: npt.NDArray[np.intp]) -> None:
        self._item_ids = used.interactions.item_ids
        self._likeness = likeness
        self._popular = popular

    def item(
        self,
        name: str,
        rated: Rated,
        column: int,
        why: Sequence[Because | None],
        allowed: npt.NDArray[np.bool_],
        *,
        most: int,
    ) -> PersonalItem:
        """One item with its strongest reasons.

        Args:
            name: Of the model.
            rated: What the person rated, and the scores.
            column: Of the item.
            why: What likes do to it, and what dislikes would do if they were likes.
            allowed: (N,) the items that it is compared with.
            most: How many reasons at most.
        """
        liked = why[0]
        both = zip(why, (1.0, -DISLIKE_WEIGHT), strict=True)
        told = [(each, weight) for each, weight in both if each is not None]
        values = [(w * float(v), each, at) for each, w in told for at, v in enumerate(each.values) if v]
        values.sort(key=lambda value: -abs(value[0]))
        score = rated.scores[column]
        others = int(allowed.sum()) - int(allowed[column])
        lower = int(((rated.scores < score) & allowed).sum())
        return PersonalItem(
            item_id=self._item_ids[column],
            score=float(score),
            percentile=100.0 * lower / others if others else 100.0,
            chosen_by=int(self._popular[column]),
            reasons=tuple(
                self._reason(name, each, at, column, v, liked=each is liked) for v, each, at in values[:most]
            ),
            others=sum(value for value, _, _ in values[most:]),
            constant=None if liked is None else liked.constant,
            how=None if liked is None else liked.how,
        )

    def _reason(self, name: str, because: Because, at: int, column: int, value: float, *, liked: bool) -> Reason:
        came = through(because, at)
        if came is None and FEATURES not in find(name).needs and name not in USE_FEATURES_TOO:
            came = BEHAVIOUR_PART  # the model has seen nothing else
        rated = int(because.items[at])
        alike_in, alike = self._likeness.most(rated, column)
        return Reason(self._item_ids[rated], liked, value, came, alike_in, alike)
