"""A view of the space as a permanent address, and back.

`/space?method=pca&dim=3&colour=cluster&find=bird&words=a+drum&beside=version:000001-2bec9352`: what is as it comes is
left out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mmdemo.errors import MapError
from mmdemo.projection import MAP_MODALITIES, MapSettings
from mmdemo.types import Modality
from mmdemo.ui.space_view import BY_MODALITY, MAX_WORDS, Beside, Density, Second, SpaceView, Where

MAX_ITEMS = 12
_MAX_NAME = 200
T = TypeVar("T")

_SETTINGS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "method": ("method", str),
    "dim": ("dimensions", int),
    "neighbors": ("n_neighbors", int),
    "apart": ("min_dist", float),
    "metric": ("metric", str),
    "space": ("space", str),
    "seed": ("seed", int),
}
"""Parameter, the setting it gives, and how its value is read."""
_SWITCHES = ("links", "labels", "draft")


def encode(view: SpaceView) -> dict[str, list[str]]:
    """The query parameters of a view; defaults are left out."""
    default = SpaceView()
    params = {
        name: [_number(getattr(view.settings, setting))]
        for name, (setting, _read) in _SETTINGS.items()
        if getattr(view.settings, setting) != getattr(default.settings, setting)
    }
    params |= {
        name: [str(int(getattr(view, name)))] for name in _SWITCHES if getattr(view, name) != getattr(default, name)
    }
    words = {
        "workspace": view.where.workspace,
        "version": view.where.version,
        "beside": "" if view.second is None else f"{view.second.kind}:{view.second.name}".rstrip(":"),
        "density": "" if view.density is Density.OFF else view.density.value,
        "colour": "" if view.colour == BY_MODALITY else view.colour,
        "find": view.find,
        "words": view.words,
    }
    params |= {name: [value] for name, value in words.items() if value}
    hidden = [modality.value for modality in MAP_MODALITIES if modality not in view.shown]
    params |= {"hide": hidden} if hidden else {}
    return params | ({"item": list(view.items)} if view.items else {})


def decode(params: Mapping[str, Sequence[str]]) -> SpaceView:
    """The view in query parameters that anyone may have written: what cannot be read is left out."""
    default = SpaceView()
    hidden = set(params.get("hide", ()))
    shown = frozenset(modality for modality in MAP_MODALITIES if modality.value not in hidden)
    switches = {name: _read(params, name, _flag, getattr(default, name)) for name in _SWITCHES}
    items = (item for item in params.get("item", ()) if 0 < len(item) <= _MAX_NAME)
    return SpaceView(
        settings=_settings(params),
        where=Where(_word(params, "workspace", _MAX_NAME), _word(params, "version", _MAX_NAME)),
        second=_second(_word(params, "beside", _MAX_NAME)),
        colour=_word(params, "colour", _MAX_NAME) or BY_MODALITY,
        shown=shown or frozenset[Modality](MAP_MODALITIES),
        density=_read(params, "density", Density, Density.OFF),
        find=_word(params, "find", MAX_WORDS),
        words=_word(params, "words", MAX_WORDS),
        items=tuple(dict.fromkeys(items))[:MAX_ITEMS],
        **switches,
    )


def _settings(params: Mapping[str, Sequence[str]]) -> MapSettings:
    """The settings, each by itself: one that is out of its range leaves the others as they are."""
    given: dict[str, object] = {}
    for name, (setting, read) in _SETTINGS.items():
        value = _read(params, name, read, None)
        if value is not None and _fits(setting, value):
            given[setting] = value
    return MapSettings(**given)  # pyright: ignore[reportArgumentType] - every one of them was tried just now


def _fits(setting: str, value: object) -> bool:
    try:
        MapSettings(**{setting: value})  # pyright: ignore[reportArgumentType]
    except MapError:
        return False
    return True


def _second(written: str) -> Second | None:
    kind, _colon, name = written.partition(":")
    known = {beside.value: beside for beside in Beside}
    if kind not in known or (known[kind] is Beside.SPACE) != (not name):
        return None
    return Second(known[kind], name)


def _read(params: Mapping[str, Sequence[str]], name: str, read: Callable[[str], T], default: T) -> T:
    try:
        return read(params[name][0])
    except (KeyError, IndexError, ValueError):
        return default


def _word(params: Mapping[str, Sequence[str]], name: str, length: int) -> str:
    values = params.get(name) or ("",)
    return values[0] if len(values[0]) <= length and values[0].strip() else ""


def _flag(value: str) -> bool:
    return {"0": False, "1": True}[value]


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
