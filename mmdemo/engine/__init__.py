"""Use cases of the product: open a workspace, recommend, explain a pair, import, index."""

from mmdemo.engine.engine import Engine
from mmdemo.engine.library import import_into, reindex
from mmdemo.engine.summary import Summary, read_summary

__all__ = ["Engine", "Summary", "import_into", "read_summary", "reindex"]
