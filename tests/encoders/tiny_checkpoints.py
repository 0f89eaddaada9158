"""Builders of tiny checkpoints with random weights, in the very format that the real ones have.

`BUILDERS` maps a family to what fills a folder with one; the contract tests load it through the real path.
"""

from collections.abc import Callable
from pathlib import Path

BUILDERS: dict[str, Callable[[Path], None]] = {}
