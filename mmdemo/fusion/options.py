"""Settings of fusions and objectives: what they are called, and what values fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from mmdemo.errors import FusionError

Value = bool | int | float | str


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
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def checked(self, value: Any) -> Value:
        """`value` as this option's type.

        Raises:
            FusionError: It is of another type or out of range.
        """
        converted = self._converted(value)
        fits = converted is not None and (not self.choices or converted in self.choices)
        if fits and isinstance(converted, int | float) and not isinstance(converted, bool):
            fits = (self.low is None or converted >= self.low) and (self.high is None or converted <= self.high)
        if converted is None or not fits:
            raise FusionError(f"{self.name} is {value!r}", expected=self._allowed, remedy="choose another value")
        return converted

    def _converted(self, value: Any) -> Value | None:
        """`value` as the type of the default; None where that would change it."""
        if isinstance(self.default, bool) or isinstance(value, bool):
            return value if isinstance(self.default, bool) and isinstance(value, bool) else None
        if isinstance(self.default, str):
            return value if isinstance(value, str) else None
        if not isinstance(value, int | float) or not isfinite(value):
            return None
        if isinstance(self.default, int):
            return int(value) if float(value).is_integer() else None
        return float(value)

    @property
    def _allowed(self) -> str:
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return kind if self.low is None and self.high is None else f"{kind} from {self.low} to {self.high}"


def checked_options(options: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, Value]:
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
