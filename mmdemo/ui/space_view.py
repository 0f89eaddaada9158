"""What a session looks at on the Space page: which map, beside which other, coloured how. No streamlit here."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from mmdemo.projection import MAP_MODALITIES, MapSettings
from mmdemo.types import Modality

BY_MODALITY = "modality"
MAX_WORDS = 300
"""Characters of what is looked for or placed; longer ones would not fit an address."""
MAX_PLACED = 6


@dataclass(frozen=True, slots=True)
class Where:
    """Whose vectors a map shows.

    Args:
        workspace: Name of a workspace folder beside the one in use; empty for the one in use.
        version: Id of one of its versions; empty for the one in use.
    """

    workspace: str = ""
    version: str = ""


class Density(StrEnum):
    """How a map shows where points lie densely."""

    OFF = "off"
    LINES = "lines"
    ONLY = "only"


class Beside(StrEnum):
    """What the second map shows that the first does not."""

    SPACE = "space"
    VERSION = "version"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Second:
    """The second map: the same settings, but for one thing.

    Args:
        kind: What differs.
        name: The other version's id or the other workspace's folder; empty for the other space.
    """

    kind: Beside
    name: str = ""


@dataclass(frozen=True, slots=True)
class SpaceView:
    """Everything that an address of the page says.

    Args:
        settings: How the map is made.
        where: Whose vectors it shows.
        second: The map beside it; None where there is none.
        colour: Key of what colours mean, as `space_colours.options` gives it.
        shown: The modalities drawn.
        links: Whether lines join the points of an item.
        labels: Whether clusters are named.
        density: Whether lines of equal density are drawn, or the density instead of the points.
        find: Words that highlighted items contain.
        words: What to place on the map; several parted by semicolons.
        draft: Whether the query of the Recommend page is placed too.
        items: Items that a link selects.
    """

    settings: MapSettings = field(default_factory=MapSettings)
    where: Where = field(default_factory=Where)
    second: Second | None = None
    colour: str = BY_MODALITY
    shown: frozenset[Modality] = frozenset(MAP_MODALITIES)
    links: bool = False
    labels: bool = True
    density: Density = Density.OFF
    find: str = ""
    words: str = ""
    draft: bool = False
    items: tuple[str, ...] = ()

    def phrases(self) -> tuple[str, ...]:
        """What to place, each once, at most `MAX_PLACED`."""
        parts = (" ".join(part.split()) for part in self.words.split(";"))
        return tuple(dict.fromkeys(part for part in parts if part))[:MAX_PLACED]


@dataclass(frozen=True, slots=True)
class MapChoice:
    """One map: how it is made, and of whose vectors."""

    settings: MapSettings
    where: Where


def maps_of(view: SpaceView) -> tuple[MapChoice, ...]:
    """The map of a view and, where there is one, the map beside it."""
    first = MapChoice(view.settings, view.where)
    if view.second is None:
        return (first,)
    if view.second.kind is Beside.SPACE:
        return first, MapChoice(replace(view.settings, space=other_space(view.settings.space)), view.where)
    if view.second.kind is Beside.VERSION:
        return first, MapChoice(view.settings, replace(view.where, version=view.second.name))
    return first, MapChoice(view.settings, Where(workspace=view.second.name))


def other_space(space: str) -> str:
    """The space before alignment for the one after it, and the other way round."""
    return "unaligned" if space == "shared" else "shared"
