"""The table of built-in sources, and how a source is found by name or path."""

from collections.abc import Callable, Mapping

from mmdemo.catalog.source import Source
from mmdemo.errors import CatalogError


def _things(**options: object) -> Source:
    from mmdemo.catalog.things import Things

    return _made(Things, options)


SOURCES: Mapping[str, Callable[..., Source]] = {"things": _things}
"""Makes a built-in source from its options; nothing is fetched or generated before its records are read."""


def open_source(spec: str, **options: object) -> Source:
    """A source by name or path.

    Args:
        spec: Name of a built-in source.
        options: What the source offers to choose.

    Raises:
        CatalogError: There is no such source, or an option it does not know.
    """
    if spec not in SOURCES:
        raise CatalogError(
            f"no source '{spec}'", expected=f"one of {', '.join(SOURCES)} is needed", remedy="check the spelling"
        )
    return SOURCES[spec](**options)


def default_source() -> str:
    """Name of the source for a first start: `things` where apt can fetch it or it is cached, else `openmoji`."""
    from mmdemo.catalog.debian import apt_works

    return "things" if apt_works() else "openmoji"


def _made(make: Callable[..., Source], options: Mapping[str, object]) -> Source:
    try:
        return make(**options)
    except TypeError as error:
        raise CatalogError(
            f"the options {', '.join(options)} do not fit: {error}",
            expected="options that this source offers are needed",
            remedy="see the documentation of the source",
        ) from error
