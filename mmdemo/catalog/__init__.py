"""Catalogues: where items come from, and how they get into a workspace.

A source is a built-in one, named in `SOURCES`, or the user's own folder, ZIP archive or table. `open_source` finds it
and `import_source` takes it in: every file is decoded, whatever cannot be used is named in a report, and the workspace
switches to the new catalogue in one step at the end.
"""

from mmdemo.catalog.source import RawItem, Skipped, Source
from mmdemo.catalog.sources import SOURCES, default_source, open_source

__all__ = ["SOURCES", "RawItem", "Skipped", "Source", "default_source", "open_source"]
