"""Fusions by name; importing this loads no torch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmdemo.errors import FusionError
from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.options import Option, checked_options
from mmdemo.fusion.specs import FUSIONS, FusionSpec

if TYPE_CHECKING:
    from mmdemo.fusion.base import Fusion

__all__ = ["FUSIONS", "FusionSpec", "Option", "build", "checked_options", "find"]


def find(name: str) -> FusionSpec:
    """A fusion by name.

    Raises:
        FusionError: There is none.
    """
    if name not in FUSIONS:
        raise FusionError(f"fusion '{name}'", expected=f"one of {', '.join(FUSIONS)}", remedy="choose one of these")
    return FUSIONS[name]


def build(name: str, shape: FusionShape, options: Mapping[str, Any] | None = None, *, seed: int = 0) -> "Fusion":
    """A new fusion, its weights drawn from `seed`.

    Raises:
        FusionError: No such fusion, or an option does not fit.
    """
    from mmdemo.training import seeded

    spec = find(name)
    with seeded(seed):
        return spec.load()(shape, checked_options(spec.options, options or {}))
