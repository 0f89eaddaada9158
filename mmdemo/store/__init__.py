"""The workspace on disk: media by content, catalogues, index versions and cached vectors.

Importing this package, and reading a manifest with it, loads neither NumPy nor LanceDB.
"""

from mmdemo.store.catalogs import StoredCatalog
from mmdemo.store.manifest import FORMAT, EncoderRef, Manifest, SourceInfo, TableInfo
from mmdemo.store.vector_cache import VectorCache
from mmdemo.store.versions import StoredVersion
from mmdemo.store.workspace import Workspace

__all__ = [
    "FORMAT",
    "EncoderRef",
    "Manifest",
    "SourceInfo",
    "StoredCatalog",
    "StoredVersion",
    "TableInfo",
    "VectorCache",
    "Workspace",
]
