"""How an encoder is named: FAMILY, or FAMILY:SOURCE, with @OPTION at the end, several of one modality joined by "+".

Example:
    >>> split("aisfx+musicnn@int8", families={"aisfx", "musicnn"})
    (Choice(family='aisfx', source='', options=()), Choice(family='musicnn', source='', options=('int8',)))
    >>> str(split("timm:resnet50@pruned30", families={"timm"})[0])
    'timm:resnet50@pruned30'
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

_OPTIONS = re.compile(r"(?:@(?:int8|pruned[1-8]0))+$")


@dataclass(frozen=True, slots=True)
class Choice:
    """One encoder as the user named it.

    Args:
        family: Name in the table.
        source: Which model; empty for the entry's own.
        options: Ways to make it faster, in the order they are applied: "int8", "pruned30" (30% of the inner width).
    """

    family: str
    source: str = ""
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        source = f":{self.source}" if self.source else ""
        return self.family + source + "".join(f"@{option}" for option in self.options)


def split(name: str, *, families: Collection[str]) -> tuple[Choice, ...]:
    """The encoders that a name joins; whether they exist is for the caller to say.

    Args:
        name: As the user wrote it.
        families: Names after which a "+" begins another encoder; a folder with a "+" in its name stays whole.
    """
    known = "|".join(re.escape(family) for family in sorted(families, key=len, reverse=True))
    return tuple(_one(part) for part in re.split(rf"\+(?=(?:{known})(?:[:@+]|$))", name))


def _one(part: str) -> Choice:
    found = _OPTIONS.search(part)
    options = tuple(found.group()[1:].split("@")) if found else ()
    family, _, source = part[: found.start() if found else None].partition(":")
    return Choice(family, source, options)
