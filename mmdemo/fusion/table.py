"""Every fusion by name; importing this loads no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmdemo.errors import FusionError
from mmdemo.fusion.batch import FusionShape

if TYPE_CHECKING:
    from mmdemo.fusion.base import Fusion


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a fusion or an objective.

    Args:
        name: In settings files and on the command line.
        default: Its value where nobody says otherwise; its type is the option's.
        help: One sentence in plain words.
        low: Least value of a number.
        high: Greatest value of a number.
        choices: Possible values, for words.
    """

    name: str
    default: bool | int | float | str
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def checked(self, value: Any) -> bool | int | float | str:
        """`value` as this option's type.

        Raises:
            FusionError: It is of another type or out of range.
        """
        kind = type(self.default)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        fits = fits or (kind is float and number) or (kind is int and number and float(value).is_integer())
        if fits and number:
            fits = (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        if fits and self.choices:
            fits = value in self.choices
        if not fits:
            allowed = ", ".join(self.choices) or f"{kind.__name__} from {self.low} to {self.high}"
            raise FusionError(f"{self.name} is {value!r}", expected=allowed, remedy="choose another value")
        return kind(value)


@dataclass(frozen=True, slots=True)
class FusionSpec:
    """One fusion.

    Args:
        name: In settings files and on the command line.
        title: For people.
        summary: One sentence: what it does.
        level: "feature", "early", "late", "hybrid", "attention", "neural" or "graph".
        learned: Whether it has anything to train.
        place: "module:Class".
        options: Its settings.
        paper: Where it comes from; empty for plain operations.
    """

    name: str
    title: str
    summary: str
    level: str
    learned: bool
    place: str
    options: tuple[Option, ...] = ()
    paper: str = ""

    def load(self) -> "type[Fusion]":
        """The class; imports torch."""
        module, _, name = self.place.partition(":")
        return getattr(import_module(f"mmdemo.fusion.{module}"), name)


_SPECS: tuple[FusionSpec, ...] = (
    FusionSpec("mean", "Mean", "The mean of the vectors that are there.", "feature", False, "mean:Mean"),
)
FUSIONS: Mapping[str, FusionSpec] = {spec.name: spec for spec in _SPECS}
"""From simple to elaborate."""


def find(name: str) -> FusionSpec:
    """A fusion by name.

    Raises:
        FusionError: There is none.
    """
    if name not in FUSIONS:
        raise FusionError(f"fusion '{name}'", expected=f"one of {', '.join(FUSIONS)}", remedy="choose one of these")
    return FUSIONS[name]


def checked_options(options: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Every option with its value, given or default.

    Raises:
        FusionError: A name is unknown, or a value does not fit.
    """
    known = {option.name: option for option in options}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise FusionError(
            f"option '{unknown[0]}'", expected=f"one of {', '.join(known) or 'none'}", remedy="leave it out"
        )
    return {name: option.checked(given.get(name, option.default)) for name, option in known.items()}


def build(name: str, shape: FusionShape, options: Mapping[str, Any] | None = None, *, seed: int = 0) -> "Fusion":
    """A new fusion, its weights drawn from `seed`.

    Raises:
        FusionError: No such fusion, or an option does not fit.
    """
    from mmdemo.training import seeded

    spec = find(name)
    with seeded(seed):
        return spec.load()(shape, checked_options(spec.options, options or {}))
