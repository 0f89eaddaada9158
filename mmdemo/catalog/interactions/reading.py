"""Reading interactions by what the file is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmdemo.catalog.interactions.assembling import assemble
from mmdemo.catalog.interactions.collected import Collected
from mmdemo.catalog.interactions.joining import same_ids
from mmdemo.catalog.interactions.matrices import read_matrix
from mmdemo.catalog.interactions.mmrec import PARTS, numbered_items, read_inter
from mmdemo.catalog.interactions.movielens import read_movielens
from mmdemo.catalog.interactions.movielens_files import open_movielens
from mmdemo.catalog.interactions.report import InteractionReport
from mmdemo.catalog.interactions.tables import read_csv, read_parquet
from mmdemo.errors import CatalogError, InteractionsError
from mmdemo.interactions import Interactions
from mmdemo.progress import Progress, silent

SUFFIXES = (".csv", ".tsv", ".parquet", ".inter", ".npz")
MAX_FILE_BYTES = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Parts:
    """One file's choices in parts, all over the same users and items."""

    train: Interactions
    validation: Interactions
    test: Interactions


def read_interactions(
    path: Path, *, item_ids: Sequence[str] | None = None, fewest: int = 1, progress: Progress = silent
) -> tuple[Interactions, InteractionReport]:
    """Who chose what, and what was left out.

    - `.csv`, `.tsv`, `.parquet`: columns user, item, and where there are rating and time; for other names of them see
      `columns`.
    - `.inter` of MMRec, all of its parts; see `read_parts`. Items that are numbers stay numbered from 0.
    - `.npz` of SciPy: a sparse matrix of users u0, u1, ... by items i0, i1, ...
    - A MovieLens folder or its .zip: 100k, 1M (and 10M), latest-small (and the larger ones of that format).

    Of several choices of one item by one user the latest is kept.

    Args:
        path: File or folder.
        item_ids: Ids and order of the items, as of a catalogue; choices of others are left out. None: those it names.
        fewest: Users with fewer choices are left out, and items too unless they are given, until none is left.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: It cannot be read, is none of these, or nothing in it can be used.
        CancelledError: `progress` cancelled.
    """
    with _typed(path):
        collected = _collected(path, progress)
        if item_ids is None and collected.kind == "MMRec":
            item_ids = numbered_items(collected.item_names)
        return assemble(collected, item_ids=item_ids, fewest=fewest)


def read_parts(path: Path, *, progress: Progress = silent) -> Parts:
    """The parts of an .inter file, by its column x_label: 0 training, 1 validation, 2 test.

    Raises:
        InteractionsError: It cannot be read, or one of the parts is missing.
        CancelledError: `progress` cancelled.
    """
    with _typed(path):
        found = [read_inter(path, progress, part) for part in PARTS]
        for name, each in zip(PARTS.values(), found, strict=True):
            if not each.read:
                raise InteractionsError(
                    f"{path.name} has no choices for {name}",
                    expected="rows with x_label 0, 1 and 2 are needed",
                    remedy="give the parts as files of their own",
                )
        names = dict.fromkeys(name for each in found for name in each.item_names)
        train, validation, test = same_ids(*(assemble(each)[0] for each in found), item_ids=numbered_items(list(names)))
        return Parts(train, validation, test)


def _collected(path: Path, progress: Progress) -> Collected:
    movielens = open_movielens(path)
    if movielens is not None:
        return read_movielens(movielens, progress)
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES or path.is_dir():
        raise InteractionsError(
            f"'{path.name}' is no file of interactions that is read here",
            expected=f"a file ending in {', '.join(SUFFIXES)}, or a MovieLens folder or .zip is needed",
            remedy="export it as CSV with the columns user and item",
        )
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InteractionsError(
            f"{path.name} has {size / 2**30:.1f} GiB",
            expected=f"at most {MAX_FILE_BYTES / 2**30:g} GiB are read",
            remedy="take a sample of its users",
        )
    if suffix == ".inter":
        return read_inter(path, progress)
    if suffix == ".npz":
        return read_matrix(path, progress)
    with path.open("rb") as file:
        if suffix == ".parquet":
            return read_parquet(file, name=path.name, progress=progress)
        return read_csv(file, name=path.name, kind=suffix.removeprefix(".").upper(), progress=progress)


@contextmanager
def _typed(path: Path) -> Iterator[None]:
    """Turn what the readers of catalogues and the disk refuse into this package's error."""
    try:
        yield
    except CatalogError as error:
        raise InteractionsError(error.given, expected=error.expected, remedy=error.remedy) from error
    except (OSError, ValueError) as error:  # a missing file; a name no file can have
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InteractionsError(
            f"'{str(path)[:200]}' cannot be read: {reason or error}",
            expected="a file or folder that may be read is needed",
            remedy="check the path and its permissions",
        ) from error
