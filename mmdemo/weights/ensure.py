"""Making sure that files are in the cache and are the right ones."""

import threading
from collections.abc import Sequence
from pathlib import Path

from mmdemo.errors import WeightError
from mmdemo.progress import Progress
from mmdemo.weights.files import WeightFile, check_or_remove, install, is_verified, record_verified, staging_dir
from mmdemo.weights.sources import Source

# Two sessions of one server that need the same file download it once. Two processes may both download it: each works in
# a folder of its own and moves the same verified content into place, so neither can disturb the other.
_fetching = threading.Lock()


def ensure(files: Sequence[WeightFile], source: Source, folder: Path, *, progress: Progress) -> None:
    """Have `files` verified in `folder`, fetching them from `source` only where they are not there yet.

    Raises:
        WeightError: The source is out of reach, or a file has another digest (it is not kept).
        CancelledError: `progress` cancelled; the cache is as it was.
    """
    if is_verified(folder, files):
        return
    with _fetching:
        if not is_verified(folder, files) and not _adopt(files, folder):
            _fetch(files, source, folder, progress=progress)


def _adopt(files: Sequence[WeightFile], folder: Path) -> bool:
    """Accept sound files whose record is lost or outdated (a copied cache); damaged ones are removed."""
    if not all((folder / file.name).is_file() for file in files):
        return False
    try:
        for file in files:
            check_or_remove(folder / file.name, file.sha256, what=file.name)
    except WeightError:  # fetched anew, as if it had never been there
        return False
    record_verified(folder, files)
    return True


def _fetch(files: Sequence[WeightFile], source: Source, folder: Path, *, progress: Progress) -> None:
    with staging_dir() as staging:
        source.fetch(files, staging, progress=progress)
        for file in files:
            check_or_remove(staging / file.name, file.sha256, what=f"{file.name} from the {source.describe()}")
        for file in files:
            install(staging / file.name, folder / file.name)
        record_verified(folder, files)
