"""The one shape in which every benchmark and measuring command prints its figures."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class BenchmarkReport:
    """Figures of one benchmark, and the limits they are held to.

    Args:
        benchmark: Its name.
        figures: Flat names to numbers.
        limits: Flat names to the bound and whether it holds.

    Example:
        >>> report = BenchmarkReport("demo")
        >>> report.add("recall", 0.7, at_least=0.5)
        >>> report.limits["recall"]["holds"]
        True
    """

    benchmark: str
    figures: dict[str, float] = field(default_factory=dict)
    limits: dict[str, dict[str, float | bool]] = field(default_factory=dict)

    def add(self, name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> None:
        """Add one figure, with the bound it must keep if there is one."""
        self.figures[name] = round(float(value), 6)
        if at_least is not None:
            self.limits[name] = {"at_least": at_least, "holds": bool(value >= at_least)}
        if at_most is not None:
            self.limits[name] = {"at_most": at_most, "holds": bool(value <= at_most)}

    def holds(self) -> bool:
        """Whether every limit holds."""
        return all(bool(limit["holds"]) for limit in self.limits.values())

    def print_out(self, *, as_json: bool) -> None:
        """Print a table, and with `as_json` the JSON object as the last line."""
        for name, value in self.figures.items():
            limit = self.limits.get(name)
            print(f"{name:45} {value:12.4f}" + ("" if limit is None else f"   {_words(limit)}"))
        if as_json:
            print(json.dumps(self.as_json()))

    def as_json(self) -> dict:
        """`{"benchmark", "figures", "limits", "environment"}`."""
        return {
            "benchmark": self.benchmark,
            "figures": self.figures,
            "limits": self.limits,
            "environment": environment(),
        }


def environment() -> Mapping[str, str | int]:
    """What the figures depend on beside the code."""
    import importlib.metadata

    installed = {found.name for found in importlib.metadata.distributions()}
    names = [name for name in ("torch", "numpy", "streamlit", "lancedb") if name in installed]
    packages = {name: importlib.metadata.version(name) for name in names}
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 0),
        **packages,
    }


def _words(limit: Mapping[str, float | bool]) -> str:
    bound = f"at least {limit['at_least']}" if "at_least" in limit else f"at most {limit['at_most']}"
    return f"{bound}: {'holds' if limit['holds'] else 'DOES NOT HOLD'}"
