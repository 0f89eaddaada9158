"""The table of built-in sources, and how a source is found by name or path."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mmdemo.catalog.source import Source
from mmdemo.errors import CatalogError


def _things(**options: object) -> Source:
    from mmdemo.catalog.things import Things

    return _made(Things, options)


def _openmoji(**options: object) -> Source:
    from mmdemo.catalog.openmoji import OpenMoji

    return _made(OpenMoji, options)


def _wesnoth(**options: object) -> Source:
    from mmdemo.catalog.wesnoth import Wesnoth

    return _made(Wesnoth, options)


def _world(**options: object) -> Source:
    from mmdemo.catalog.world import World

    return _made(World, options)


SOURCES: Mapping[str, Callable[..., Source]] = {
    "things": _things,
    "openmoji": _openmoji,
    "wesnoth": _wesnoth,
    "world": _world,
}
"""Makes a built-in source from its options; nothing is fetched or generated before its records are read."""


def open_source(spec: str, **options: object) -> Source:
    """A source by name or path.

    Args:
        spec: Name of a built-in source, or path of a folder or a .zip, .csv, .tsv, .jsonl, .ndjson or .parquet file; a
            folder that is called like a built-in source is written `./things`. A folder or .zip that is a copy of
            MovieLens gives its films.
        options: What the source offers to choose; only `world` does (see `mmdemo.catalog.world.World`).

    Raises:
        CatalogError: There is no such source, or it has no such option.
    """
    if spec in SOURCES:
        return SOURCES[spec](**options)
    return _own(spec, options)


def default_source() -> str:
    """Name of the source for a first start: `things` where apt works or it was fetched before, else `openmoji`."""
    from mmdemo.catalog import gcompris, tuxpaint
    from mmdemo.catalog.debian import apt_knows, cached_package

    packages = (tuxpaint.PACKAGE, gcompris.PACKAGE)
    there = all(cached_package(name) is not None or apt_knows(name) for name in packages)
    return "things" if there else "openmoji"


def _own(spec: str, options: Mapping[str, object]) -> Source:
    from mmdemo.catalog.archive import Archive
    from mmdemo.catalog.folder import Folder
    from mmdemo.catalog.interactions.movielens_files import open_movielens
    from mmdemo.catalog.movielens import MovieLens
    from mmdemo.catalog.table import TABLE_SUFFIXES, Table

    makers: Mapping[str, Callable[..., Source]] = {".zip": Archive} | dict.fromkeys(TABLE_SUFFIXES, Table)
    try:
        path = Path(spec).expanduser()
        is_there, is_folder = bool(spec) and path.exists(), bool(spec) and path.is_dir()
    except (OSError, ValueError, RuntimeError):  # a name no file can have; the home of an unknown user
        path, is_there, is_folder = Path(), False, False
    make = Folder if is_folder else makers.get(path.suffix.casefold())
    movielens = open_movielens(path) if is_folder or make is Archive else None
    if movielens is not None:
        return _made(MovieLens, {"files": movielens, **options})
    if not is_there or make is None:
        given = f"'{spec[:200]}' is " + ("no file that is read here" if is_there else "not there")
        raise CatalogError(
            given,
            expected=f"one of {', '.join(SOURCES)}, a folder, or a file ending in {', '.join(makers)} is needed",
            remedy="check the spelling, or convert the file",
        )
    return _made(make, {"path": path, **options})


def _made(make: Callable[..., Source], options: Mapping[str, object]) -> Source:
    try:
        return make(**options)
    except TypeError as error:
        raise CatalogError(
            f"the options {', '.join(options)} do not fit: {error}",
            expected="options that this source offers are needed",
            remedy="leave them out, or see `mmdemo import --help`",
        ) from error
