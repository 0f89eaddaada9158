"""Tux Paint's stamps: everyday things as a picture and a sentence in many languages, some with their sound.

In the package, `X.txt` describes the stamp `X`: its first line in English, further lines `LANGUAGE.utf8=translation`.
`X.png` is its picture and `X.ogg` or `X.wav` its sound; `X_desc_LANGUAGE.ogg` is the sentence read aloud and
`X_LANGUAGE.ogg` a spoken name, neither of which is the thing's own sound.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from mmdemo.catalog.pictures import square_on_white
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.progress import Progress
from mmdemo.types import Modality

PACKAGE = "tuxpaint-stamps-default"
ROOT = "usr/share/tuxpaint/stamps/"
SILENCE_RMS = 1e-4
"""Sounds quieter than this (of full scale) are placeholders."""

_SOUNDS = (".ogg", ".wav")
_LICENCE = {"licence": "GPL-2.0", "creator": "Bill Kendrick and the Tux Paint stamp contributors"}


def is_stamp_file(path: str) -> bool:
    """Whether a file of the package can be part of an item; sentences read aloud cannot."""
    name = PurePosixPath(path)
    return (
        path.startswith(ROOT)
        and name.suffix in (".txt", ".png", *_SOUNDS)
        and not (name.suffix in _SOUNDS and "_desc" in name.stem)
    )


def stamps(files: Iterable[tuple[str, bytes]], progress: Progress) -> Iterator[RawItem | Skipped]:
    """One item for every described stamp that has a bitmap picture, in order of path.

    Args:
        files: Path and content of the package's files.
        progress: Told about every stamp.

    Yields:
        Items, and for each silent or undecodable sound that was left out its path and the reason.
    """
    contents = {path.removeprefix(ROOT): content for path, content in files if is_stamp_file(path)}
    described = (path.removesuffix(".txt") for path in sorted(contents) if path.endswith(".txt"))
    stems = [stem for stem in described if f"{stem}.png" in contents]
    for done, stem in enumerate(stems):
        progress(done, len(stems), "reading stamps")
        yield from _stamp(stem, contents)


def _stamp(stem: str, contents: Mapping[str, bytes]) -> Iterator[RawItem | Skipped]:
    first_line, *rest = contents[f"{stem}.txt"].decode("utf-8", errors="replace").splitlines()
    text = first_line.strip()
    try:
        media: dict[Modality, bytes] = {Modality.IMAGE: square_on_white(contents[f"{stem}.png"])}
    except OSError as error:
        media = {}
        yield Skipped(f"{stem}.png", f"the picture cannot be read: {error}")
    sound = next((f"{stem}{suffix}" for suffix in _SOUNDS if f"{stem}{suffix}" in contents), None)
    if sound is not None:
        fault = _fault_of_sound(contents[sound])
        if fault is None:
            media[Modality.AUDIO] = contents[sound]
        else:
            yield Skipped(sound, fault)
    folders = PurePosixPath(stem).parts[:-1]
    yield RawItem(
        item_id=stem,
        title=text.removesuffix("."),
        text=text,
        files=media,
        tags=tuple(dict.fromkeys(folders)),
        extra={"category": folders[0], **_translations(rest), **_LICENCE},
        where=f"{stem}.txt",
    )


def _translations(lines: Iterable[str]) -> dict[str, str]:
    """Columns `title:LANGUAGE` from lines `LANGUAGE.utf8=translation`."""
    pairs = (line.split(".utf8=", maxsplit=1) for line in lines if ".utf8=" in line)
    return {f"title:{language.strip()}": text.strip() for language, text in pairs if text.strip()}


def _fault_of_sound(data: bytes) -> str | None:
    """Why a sound is of no use, or None where it can be heard."""
    import numpy as np
    import soundfile

    try:
        samples, _ = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        return f"the sound cannot be read: {error}"
    rms = float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0
    return None if rms >= SILENCE_RMS else f"the sound is silent (RMS {rms:.1g} of full scale)"
