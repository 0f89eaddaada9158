"""What a person is asked about, and what they get: recommended items with the rated items that brought them."""

from dataclasses import dataclass

from mmdemo.engine.person_reasons import Reason
from mmdemo.recommend.behaviour.because import How
from mmdemo.types import Modality

NOTHING_LIKED = (
    "Nothing is liked yet, so this is what the model recommends to everybody: mostly what many people chose."
)
NOTHING_KNOWN = "This model says nothing of somebody without likes: shown is what most people chose."
ONE_LIKED = "All of this comes from a single liked item; a second one makes the list surer."
UPLOADED = "Nobody has chosen your upload before: the items nearest to it stand for it."


@dataclass(frozen=True, slots=True)
class Asked:
    """What to recommend, and from what.

    Args:
        likes: Ids of the items that the person likes or chose; never recommended. Those that the catalogue does not
            have are passed over, here and below.
        dislikes: Ids of disliked items: never recommended, and what is like them comes later.
        skips: Ids of items that are not to be recommended, and say nothing of what the person likes.
        stand_ins: Items that stand for an upload, from `Persons.stand_ins`; they count as likes.
        k: How many items.
        diversity: From 0, the best k, to 1, k that are as different as can be; see `mmr`.
        novelty: From 0 to 1: how much it counts that few people chose an item; see `with_novelty`.
        tags: Only items that carry at least one of these; none given lets all pass.
        must_have: Only items that have all of these modalities.
    """

    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    k: int = 12
    diversity: float = 0.0
    novelty: float = 0.0
    tags: tuple[str, ...] = ()
    must_have: tuple[Modality, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonalItem:
    """One recommended item.

    Args:
        item_id: Which.
        score: The model's score, less what dislikes take away.
        percentile: Share, in percent, of all items not rated yet that score lower.
        chosen_by: How many users chose it.
        reasons: What rated items add, the strongest first; those that add nothing are left out.
        others: What the rated items that are not among the reasons add together.
        constant: What the item scores whoever asks; None where there was no time to explain the item.
        how: How the values came about, see `Because`; None likewise.
    """

    item_id: str
    score: float
    percentile: float
    chosen_by: int
    reasons: tuple[Reason, ...]
    others: float
    constant: float | None
    how: How | None


@dataclass(frozen=True, slots=True)
class PersonalList:
    """Recommendations for a person.

    Args:
        items: Best first.
        model: Name of the model.
        notices: Plain sentences that the person must see.
        milliseconds: How long it took.
    """

    items: tuple[PersonalItem, ...]
    model: str
    notices: tuple[str, ...]
    milliseconds: float

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the items, best first."""
        return tuple(item.item_id for item in self.items)
