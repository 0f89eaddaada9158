"""GCompris' musical instruments, farm animals and music of the world: a picture, a sentence and a sound each.

Its activities are Qt resource files. The scripts in them list what belongs together as literal objects
(`"image": "qrc:/...", "text": qsTr("..."), "audio": ...`), which is what is read here; no script is run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from mmdemo.catalog.pictures import draw_svg, square_on_white
from mmdemo.catalog.rcc import read_rcc
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.errors import CatalogError
from mmdemo.progress import Progress
from mmdemo.types import Modality

PACKAGE = "gcompris-qt-data"

_ROOT = "usr/share/gcompris-qt/rcc/"
_SCRIPTS = {
    "instruments": "instruments.js",
    "explore_farm_animals": "resource/board/board1.qml",
    "explore_world_music": "resource/board/board1.qml",
}
_TAGS = {
    "instruments": ("instruments", "music"),
    "explore_farm_animals": ("animals", "farm"),
    "explore_world_music": ("world music", "music"),
}
_SOUNDS_LEFT_OUT = {"drum_kit.ogg": "its licence, Creative Commons Sampling Plus, is not a free one"}
_LICENCE = {
    "licence": "GPL-3.0-or-later; photographs and music CC0, CC BY, CC BY-SA or public domain",
    "creator": "Bruno Coudoin, Timothée Giet and the GCompris contributors",
}

_OBJECT = re.compile(r"\{[^{}]*\}")
_FIELD = re.compile(r'"(\w+)"\s*:\s*(?:[\w.]+\()?"((?:[^"\\]|\\.)*)"')


def is_activity_file(path: str) -> bool:
    """Whether a file of the package is one of the three activities that are read."""
    return path in {f"{_ROOT}{name}.rcc" for name in _SCRIPTS}


def activities(files: Iterable[tuple[str, bytes]], progress: Progress) -> Iterator[RawItem | Skipped]:
    """One item for every instrument, farm animal and music of the world, in order of activity and appearance.

    Args:
        files: Path and content of the package's files.
        progress: Told about every item.

    Raises:
        CatalogError: A resource file is damaged.
    """
    resources = {PurePosixPath(path).stem: content for path, content in files if is_activity_file(path)}
    for activity in _SCRIPTS:
        if activity in resources:
            yield from _activity(activity, read_rcc(resources[activity]), progress)


def _activity(activity: str, members: Mapping[str, bytes], progress: Progress) -> Iterator[RawItem | Skipped]:
    root = f"gcompris/src/activities/{activity}/"
    script = members.get(root + _SCRIPTS[activity])
    if script is None:
        raise CatalogError(
            f"GCompris' activity '{activity}' has no {_SCRIPTS[activity]}",
            expected="gcompris-qt-data 3.1 is needed",
            remedy="report this with the package's version",
        )
    done: set[str] = set()
    for block in _OBJECT.findall(script.decode("utf-8")):
        fields = {name: value.replace('\\"', '"').replace("\\'", "'") for name, value in _FIELD.findall(block)}
        if not {"image", "text", "audio"} <= fields.keys():
            continue
        stem = PurePosixPath(fields["audio"]).stem
        if stem in done:
            continue
        done.add(stem)
        progress(len(done), 0, "reading instruments, animals and music")
        yield from _item(activity, stem, fields, members)


def _item(
    activity: str, stem: str, fields: Mapping[str, str], members: Mapping[str, bytes]
) -> Iterator[RawItem | Skipped]:
    item_id = f"gcompris/{activity}/{stem}"
    # Where there are a drawing and a photograph, the second one is the photograph.
    picture_path = fields.get("image2", fields["image"]).removeprefix("qrc:/")
    sound_path = fields["audio"].removeprefix("qrc:/").replace("$CA", "ogg")
    media: dict[Modality, bytes] = {}
    try:
        picture = members[picture_path]
        media[Modality.IMAGE] = square_on_white(draw_svg(picture) if picture_path.endswith(".svg") else picture)
    except (KeyError, OSError, ValueError) as error:
        yield Skipped(picture_path, f"the picture cannot be read: {error}")
    left_out = _SOUNDS_LEFT_OUT.get(PurePosixPath(sound_path).name)
    if left_out is None and sound_path in members:
        media[Modality.AUDIO] = members[sound_path]
    else:
        yield Skipped(sound_path, left_out or "the sound is not in the package")
    title, text = _words(fields)
    yield RawItem(
        item_id=item_id,
        title=title,
        text=text,
        files=media,
        tags=_TAGS[activity],
        extra={"category": _TAGS[activity][0], **_LICENCE},
        where=item_id,
    )


def _words(fields: Mapping[str, str]) -> tuple[str, str]:
    """Title and text; instruments have a task ("Find the harp") instead of a title."""
    if "title" in fields:
        return fields["title"], f"{fields['title']}. {fields['text']}"
    name = fields["text"].removeprefix("Find the ")
    title = name[:1].upper() + name[1:]
    return title, title
