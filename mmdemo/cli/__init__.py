"""The command line: the same use cases as the pages."""

from mmdemo.cli.main import main

__all__ = ["main"]
