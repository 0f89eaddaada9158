"""Persons to look at: users of the interactions in use whose tastes differ, each named by what it chose most of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.simulated_users import taste_names
from mmdemo.engine.behaviour import Source, Used, interactions_in_use, opened
from mmdemo.engine.measured import EXCLUDED
from mmdemo.types import Item

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PERSONAS = 8
MOST_NAMES = 2
FEWEST_CHOICES = 4
_LOOKED_AT = 2000
"""Users among whom personas are looked for; the first ones."""
_SURELY_MORE = 2.0
"""How many standard deviations above chance a name must be among a user's choices."""
_SAME = 0.5
"""Two names with this share of the smaller one's items in common are one taste."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A user of the interactions in use.

    Args:
        person_id: Id of the user.
        likes: Up to two names of what this user likes, the dearest first: what a simulated one was made to like, else
            what is among the choices surely more often than by chance. Empty where nothing is.
        simulated: Whether nobody real is behind it.
        history: Ids of the chosen items; the latest first where times are known.
    """

    person_id: str
    likes: tuple[str, ...]
    simulated: bool
    history: tuple[str, ...]


def personas(source: Source, *, used: Used | None = None, count: int = PERSONAS) -> tuple[Persona, ...]:
    """Users with different tastes, always the same ones for the same interactions.

    One after another is taken, in the order of the users, whose dearest liking nobody taken before has; where these run
    out, those with another pair of likings, and then any. Users with few choices, or with more than a third of all
    items, are taken only where there are no others.

    Args:
        source: The workspace.
        used: What `interactions_in_use` gave, where that is at hand.
        count: How many, where there are as many users.

    Raises:
        WorkspaceError: There is no version yet, or it is damaged.
    """
    engine = opened(source)
    used = interactions_in_use(engine) if used is None else used
    sizes = np.diff(used.interactions.chosen.indptr)[:_LOOKED_AT]
    fit = (sizes >= FEWEST_CHOICES) & (sizes <= len(engine.items) / 3)
    rows = np.flatnonzero(fit if fit.any() else sizes > 0)
    likes = dict(zip(rows.tolist(), _likes(engine.items, used, rows), strict=True))
    taken: list[int] = []
    for depth in (1, MOST_NAMES, 0):  # by the dearest liking, by both, by nothing
        for row, own in likes.items():
            known = {likes[other][:depth] for other in taken}
            is_new = bool(own) and own[:depth] not in known
            if len(taken) < count and row not in taken and (is_new or not depth):
                taken.append(row)
    return tuple(_persona(used, row, likes[row]) for row in taken)


def persona(source: Source, person_id: str, *, used: Used | None = None) -> Persona | None:
    """The user of that id as a persona; None where there is none."""
    engine = opened(source)
    used = interactions_in_use(engine) if used is None else used
    if person_id not in used.interactions.user_ids:
        return None
    row = used.interactions.user_ids.index(person_id)
    return _persona(used, row, _likes(engine.items, used, np.array([row]))[0])


def _persona(used: Used, row: int, likes: tuple[str, ...]) -> Persona:
    chosen, times = used.interactions.chosen, used.interactions.times
    cells = np.arange(chosen.indptr[row], chosen.indptr[row + 1])
    if times is not None:
        cells = cells[np.argsort(-times[cells], kind="stable")]
    history = tuple(used.interactions.item_ids[column] for column in chosen.indices[cells])
    return Persona(used.interactions.user_ids[row], likes, used.simulated, history)


def _likes(items: Sequence[Item], used: Used, rows: npt.NDArray[np.intp]) -> list[tuple[str, ...]]:
    """What the users of these rows like, in words."""
    known = [used.tastes.get(used.interactions.user_ids[row]) for row in rows]
    if all(taste is not None for taste in known):
        return [taste or () for taste in known]
    names, has = _named(items)
    counts = (used.interactions.chosen[rows] @ has).toarray()
    share = np.asarray(has.mean(axis=0)).ravel()
    size = np.diff(used.interactions.chosen.indptr)[rows][:, None]
    surprise = (counts - size * share) / np.sqrt(size * share * (1 - share) + 1e-9)
    common = (has.T @ has).toarray()
    return [_dearest(names, surprise[at], counts[at], common) for at in range(len(rows))]


def _dearest(names: Sequence[str], surprise: npt.NDArray, counts: npt.NDArray, common: npt.NDArray) -> tuple[str, ...]:
    found: list[int] = []
    for column in np.argsort(-surprise, kind="stable"):
        if len(found) == MOST_NAMES or surprise[column] < _SURELY_MORE:
            break
        apart = all(
            common[column, other] < _SAME * min(common[column, column], common[other, other]) for other in found
        )
        if counts[column] > 1 and apart:
            found.append(int(column))
    return tuple(names[column] for column in found)


def _named(items: Sequence[Item]) -> tuple[list[str], "csr_matrix"]:
    """Every name that is not everybody's, sorted, and which of the N items has it, (N, T) CSR."""
    from scipy.sparse import csr_matrix

    of_item = [() if set(EXCLUDED) & set(item.tags) else taste_names(item) for item in items]
    names = sorted({name for own in of_item for name in own})
    columns = {name: column for column, name in enumerate(names)}
    cells = [(row, columns[name]) for row, own in enumerate(of_item) for name in own]
    at = np.array(cells, np.intp).reshape(-1, 2).T
    return names, csr_matrix((np.ones(len(cells), np.float32), (at[0], at[1])), shape=(len(items), len(names)))
