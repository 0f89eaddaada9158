"""What is known of a model of behaviour before it is fitted; importing this loads no torch and no scipy."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from mmdemo.fusion.options import Option, Value

if TYPE_CHECKING:
    from mmdemo.recommend.behaviour.base import BehaviourModel

FEATURES = "features"
TIMES = "times"
RATINGS = "ratings"


@dataclass(frozen=True, slots=True)
class BehaviourSpec:
    """One model.

    Args:
        name: In settings files and on the command line.
        title: For people.
        summary: One sentence: what it does.
        defined_in: "module:Class" within this package.
        paper: Where it comes from; empty for plain operations and our own.
        needs: What it cannot do without, of `FEATURES`, `TIMES` and `RATINGS`.
        learned: Whether it is trained by gradients, which takes longer than a closed form.
        options: Its settings.
        grid: Settings worth trying on validation; what one leaves out has its default.
    """

    name: str
    title: str
    summary: str
    defined_in: str
    paper: str = ""
    needs: frozenset[str] = frozenset()
    learned: bool = False
    options: tuple[Option, ...] = ()
    grid: tuple[Mapping[str, Value], ...] = ({},)

    def load(self) -> "type[BehaviourModel]":
        """The class; imports scipy, and torch for a learned one."""
        module, _, name = self.defined_in.partition(":")
        return getattr(import_module(f"mmdemo.recommend.behaviour.{module}"), name)
