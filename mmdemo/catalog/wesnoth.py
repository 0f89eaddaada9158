"""The units of the game Battle for Wesnoth: a description, a painted portrait and the cry of each."""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from mmdemo.catalog.deb import deb_files
from mmdemo.catalog.debian import fetch_package
from mmdemo.catalog.pictures import square_on_white
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.catalog.wml import definitions, read_wml
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo
from mmdemo.types import Modality

PACKAGE = "wesnoth-1.16-data"
INFO = SourceInfo(
    title="Wesnoth units",
    licence="GPL-2.0-or-later",
    attribution=(
        "Battle for Wesnoth 1.16, copyright 2003-2022 David White and the Battle for Wesnoth project; portraits and "
        "sounds by its artists, named in the game's credits. As packaged by Debian."
    ),
    url="https://www.wesnoth.org/",
    synthetic=False,
)

_CORE = re.compile(r"usr/share/games/wesnoth/[^/]+/data/core/(.+)")
_WANTED = re.compile(r"units/.+\.cfg|macros/sound-utils\.cfg|images/portraits/.+\.png|sounds/[^/]+\.(?:ogg|wav)")
_RANGE = re.compile(r"\[(\d+)~(\d+)\]")
_COLUMNS = ("race", "level", "alignment", "usage", "cost", "hitpoints", "movement_type", "advances_to")


@dataclass(frozen=True, slots=True)
class Wesnoth:
    """Unit types that have all three: description, portrait and sound."""

    info: SourceInfo = INFO
    notes: tuple[str, ...] = ()

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """Every unit type, in order of file; fetches the package first.

        Raises:
            CatalogError: The package cannot be fetched or is damaged.
            CancelledError: `progress` cancelled.
        """
        package = fetch_package(PACKAGE, progress=progress)
        contents: dict[str, bytes] = {}
        for path, content in deb_files(package, lambda path: _inside_core(path) is not None):
            contents[_inside_core(path) or path] = content
            progress(len(contents), 0, "unpacking units, portraits and sounds")
        yield from units(contents, progress)


def units(contents: Mapping[str, bytes], progress: Progress) -> Iterator[RawItem | Skipped]:
    """One item for every unit type of the game's core.

    Args:
        contents: Files by path below the game's `data/core/`.
        progress: Told about every file of units.
    """
    macros = definitions(_text(contents.get("macros/sound-utils.cfg", b"")))
    paths = sorted(path for path in contents if path.startswith("units/"))
    for done, path in enumerate(paths):
        progress(done, len(paths), "reading units")
        for unit in read_wml(_text(contents[path])).find("unit_type"):
            yield _unit(path, unit.keys, contents, macros)


def _unit(
    path: str, keys: Mapping[str, str], contents: Mapping[str, bytes], macros: Mapping[str, str]
) -> RawItem | Skipped:
    item_id = keys.get("id", PurePosixPath(path).stem)
    # What follows ~ crops or mirrors; a macro recolours, after which the plain portrait would show something else.
    portrait = f"images/{keys.get('profile', '').split('~')[0]}"
    sound = _sound(keys.get("die_sound", ""), item_id, contents, macros)
    description = keys.get("description", "")
    missing = [
        name
        for name, found in (("description", description), ("portrait", portrait in contents), ("sound", sound))
        if not found
    ]
    if missing:
        return Skipped(f"{path}: {item_id}", f"the unit has no {' and no '.join(missing)} of its own", is_item=True)
    try:
        picture = square_on_white(contents[portrait])
    except OSError as error:
        return Skipped(f"{path}: {item_id}", f"the portrait cannot be read: {error}", is_item=True)
    return RawItem(
        item_id=item_id,
        title=keys.get("name") or item_id,
        text=f"{keys.get('name') or item_id}. {description}",
        files={Modality.IMAGE: picture, Modality.AUDIO: contents[sound]},
        tags=tuple(dict.fromkeys(keys[column] for column in ("race", "alignment", "usage") if keys.get(column))),
        extra={column: keys[column] for column in _COLUMNS if keys.get(column, "null") != "null"}
        | {"licence": INFO.licence, "creator": "Battle for Wesnoth project"},
        where=f"{path}: {item_id}",
    )


def _sound(value: str, item_id: str, contents: Mapping[str, bytes], macros: Mapping[str, str]) -> str:
    """Path of one of the sounds that `value` allows, empty where there is none.

    The game plays a random one of them; here the unit's name decides, so that units of a race do not all sound alike
    and every import is the same.
    """
    listed = macros.get(value[1:-1], "") if value.startswith("{") else value
    names = [name for part in listed.split(",") for name in _expanded(part.strip())]
    paths = [f"sounds/{name}" for name in names if f"sounds/{name}" in contents]
    return paths[zlib.crc32(item_id.encode()) % len(paths)] if paths else ""


def _expanded(name: str) -> list[str]:
    """`cry-[1~3].ogg` as three names."""
    found = _RANGE.search(name)
    if found is None:
        return [name]
    numbers = range(int(found[1]), min(int(found[2]), int(found[1]) + 99) + 1)
    return [f"{name[: found.start()]}{number}{name[found.end() :]}" for number in numbers]


def _inside_core(path: str) -> str | None:
    found = _CORE.fullmatch(path)
    return found[1] if found and _WANTED.fullmatch(found[1]) else None


def _text(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")
