"""What an encoder is trained on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from mmdemo.errors import CatalogError
from mmdemo.training import validation_split
from mmdemo.types import FloatArray

Kind: TypeAlias = Literal["tags", "pairs"]
IntArray: TypeAlias = npt.NDArray[np.intp]

FEWEST_ITEMS_OF_A_TAG = 8
"""Of a rarer tag the part that is held out for scoring would hold one item or none."""
FEWEST_ITEMS = 40
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Prepared items and what is to be learned about each.

    Args:
        kind: "tags": which tags an item carries; "pairs": which text goes with it.
        windows: (W, ...) of all items: pictures (3, side, side) uint8, a window each; log-mel windows (frames, bands).
        owners: (W,) item 0 to N - 1 of each window, ascending; every item has at least one.
        targets: (N, C) 0 or 1 for tags, (N, D_text) unit-length text vectors for pairs; float32.
        groups: (N,) items of one group (the same text) are never split between training and scoring.
        class_names: (C,) tags; empty for pairs.
    """

    kind: Kind
    windows: npt.NDArray
    owners: IntArray
    targets: FloatArray
    groups: IntArray
    class_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, items: IntArray) -> "Examples":
        """Only some items, ascending; they are numbered anew."""
        kept = np.isin(self.owners, items)
        return Examples(
            self.kind,
            self.windows[kept],
            np.searchsorted(items, self.owners[kept]),
            self.targets[items],
            self.groups[items],
            self.class_names,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Three parts without a common group: to learn from, to know when to stop, and to score the result on."""

    train: Examples
    validation: Examples
    test: Examples


def split(examples: Examples, *, seed: int) -> Split:
    """Deal out the groups at random.

    Raises:
        CatalogError: There are too few items.
    """
    if len(np.unique(examples.groups)) < FEWEST_ITEMS:
        raise CatalogError(
            f"{len(examples)} items to learn from, with {len(np.unique(examples.groups))} different texts",
            expected=f"at least {FEWEST_ITEMS} items of different texts are needed to train and to check an encoder",
            remedy="import a larger catalogue, or train on pairs where tags are rare",
        )
    rest, test = validation_split(examples.groups, TEST_SHARE, seed=seed)
    train, validation = validation_split(examples.groups[rest], VALIDATION_SHARE, seed=seed + 1)
    return Split(examples.take(rest[train]), examples.take(rest[validation]), examples.take(test))


def choose_tags(tags: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], FloatArray]:
    """The tags worth learning, most frequent first, then by name, and which items carry them.

    A tag that nearly all items carry is left out too: there is nothing to tell apart. Items without any of the chosen
    tags have rows of zeros; what they show is unknown, so the caller leaves them out.

    Args:
        tags: Of each item, (N,).

    Returns:
        (C,) names and (N, C) 0 or 1 float32.

    Raises:
        CatalogError: No tag is carried by enough items.
    """
    counts = Counter(tag for own in tags for tag in set(own))
    most = len(tags) - FEWEST_ITEMS_OF_A_TAG
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    names = tuple(tag for tag, count in ranked if FEWEST_ITEMS_OF_A_TAG <= count <= most)
    if not names:
        raise CatalogError(
            f"no tag is carried by {FEWEST_ITEMS_OF_A_TAG} items or more, and lacking on as many",
            expected="tags that tell items apart are needed to learn from them",
            remedy="train on pairs of media and text, or import a catalogue with tags",
        )
    return names, np.array([[name in own for name in names] for own in tags], np.float32)
