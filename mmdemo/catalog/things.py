"""The default catalogue: everyday things with pictures, sentences in many languages, and sounds."""

from collections.abc import Iterator
from dataclasses import dataclass

from mmdemo.catalog import gcompris, tuxpaint
from mmdemo.catalog.deb import deb_files
from mmdemo.catalog.debian import fetch_package
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo

INFO = SourceInfo(
    title="Everyday things",
    licence="GPL-2.0 (Tux Paint stamps); GPL-3.0-or-later, CC0, CC BY, CC BY-SA and public domain (GCompris)",
    attribution=(
        "Pictures, sentences and sounds: Tux Paint stamps, copyright 2002-2022 Bill Kendrick and contributors, "
        "GPL-2.0. Instruments, farm animals and music of the world: GCompris, copyright 2000-2023 Bruno Coudoin, "
        "Timothée Giet and contributors, GPL-3.0-or-later, with photographs and music under CC0, CC BY and CC BY-SA "
        "or in the public domain. Both as packaged by Debian, where each file's author is named."
    ),
    url="https://tuxpaint.org/stamps/",
    synthetic=False,
)


@dataclass(frozen=True, slots=True)
class Things:
    """Tux Paint's stamps and GCompris' sounding things, from two Debian packages."""

    info: SourceInfo = INFO
    notes: tuple[str, ...] = ()

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """Every stamp with a bitmap picture, then every triple of GCompris; fetches the packages first.

        Raises:
            CatalogError: A package cannot be fetched or is damaged.
            CancelledError: `progress` cancelled.
        """
        stamps = fetch_package(tuxpaint.PACKAGE, progress=progress)
        activities = fetch_package(gcompris.PACKAGE, progress=progress)
        yield from tuxpaint.stamps(
            _watched(deb_files(stamps, tuxpaint.is_stamp_file), progress, "unpacking stamps"), progress
        )
        yield from gcompris.activities(
            _watched(deb_files(activities, gcompris.is_activity_file), progress, "unpacking instruments and animals"),
            progress,
        )


def _watched(files: Iterator[tuple[str, bytes]], progress: Progress, message: str) -> Iterator[tuple[str, bytes]]:
    """Pass files on, reporting each, so that unpacking can be cancelled."""
    for count, file in enumerate(files, start=1):
        progress(count, 0, message)
        yield file
