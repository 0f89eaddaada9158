"""Use cases of the product: open a workspace, recommend, explain a pair, import, index.

What needs the fitted spaces is imported when it is first asked for, so that a page's first draw, which wants only
`read_summary`, does not wait for it.
"""

import importlib
from typing import TYPE_CHECKING

from mmdemo.engine.summary import Summary, read_summary

if TYPE_CHECKING:
    from mmdemo.engine.engine import Engine
    from mmdemo.engine.library import import_into, reindex

__all__ = ["Engine", "Summary", "import_into", "read_summary", "reindex"]

_DEFINED_IN = {"Engine": "engine", "import_into": "library", "reindex": "library"}


def __getattr__(name: str) -> object:
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_DEFINED_IN[name]}"), name)
