"""Catalogues: where items come from, and how they get into a workspace.

A source is a built-in one, named in `SOURCES`, or the user's own folder, ZIP archive or table. `open_source` finds it
and `import_source` takes it in: every file is decoded, whatever cannot be used is named in a report, and the workspace
switches to the new catalogue in one step at the end. How the user's own data is read is said in `columns` (tables),
`cells` (what a cell may hold) and `file_groups` (folders and archives).
"""

from mmdemo.catalog.importing import import_source
from mmdemo.catalog.report import ImportReport
from mmdemo.catalog.source import RawItem, Skipped, Source
from mmdemo.catalog.sources import SOURCES, default_source, open_source

__all__ = [
    "SOURCES",
    "ImportReport",
    "RawItem",
    "Skipped",
    "Source",
    "default_source",
    "import_source",
    "open_source",
]
