"""Interactions as a SciPy sparse matrix in an .npz file, users by items."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.interactions.collected import MOST_ROWS, Collected
from mmdemo.catalog.interactions.npy import read_npy
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress

MOST_NAMES = 2_000_000
"""Rows or columns of a matrix; each costs memory even where it is empty, so a damaged shape must not ask for more."""
_MAX_MEMBER_BYTES = 8 * MOST_ROWS
_PARTS = {"csr": ("indptr", "indices"), "csc": ("indptr", "indices"), "coo": ("row", "col")}
Coordinates = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64], tuple[int, int]]


def read_matrix(path: Path, progress: Progress) -> Collected:
    """Every stored entry other than 0 as a choice; users are named u0, u1, ... and items i0, i1, ...

    Entries that are not all the same are ratings.

    Args:
        path: As `scipy.sparse.save_npz` writes it: CSR, CSC or COO.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: It is no such file, is damaged or too large.
        CancelledError: `progress` cancelled.
    """
    progress(0, 0, f"reading {path.name}")
    try:
        users, items, values, (rows, columns) = _coordinates(_arrays(path))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise InteractionsError(
            f"{path.name} cannot be read as a sparse matrix: {error}",
            expected="an undamaged file of scipy.sparse.save_npz, users by items, is needed",
            remedy="save the matrix again as CSR, or export it as CSV",
        ) from error
    found = Collected(path.name, "SciPy matrix", f"{path.name}, entry", progress)
    same = len(values) == 0 or bool((values == values[0]).all())
    ratings = np.full(len(values), np.nan) if same else np.where(np.abs(values) < 3e38, values, np.nan)
    found.fill([f"u{row}" for row in range(rows)], [f"i{column}" for column in range(columns)], (users, items, ratings))
    return found


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a sparse matrix by name, none larger than what the file really holds.

    Raises:
        ValueError: One is too large, of the wrong kind, or missing; and as `zipfile` raises.
    """
    with zipfile.ZipFile(path) as archive:
        about = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}

        def read(name: str) -> npt.NDArray[Any]:
            if about[name].file_size > _MAX_MEMBER_BYTES:
                raise ValueError(f"'{name}' has {about[name].file_size} bytes")
            with archive.open(about[name]) as member:
                return read_npy(member.read(_MAX_MEMBER_BYTES + 1))

        if "format" not in about or "shape" not in about:
            raise ValueError("it holds no matrix with a format and a shape")
        kind = read("format").tobytes().replace(b"\0", b"").decode("ascii", errors="replace")
        if kind not in _PARTS:
            raise ValueError(f"its format is '{kind[:20]}', not one of {', '.join(_PARTS)}")
        found = {name: read(name) for name in ("shape", "data", *_PARTS[kind])}
    return found | {"format": np.array(kind)}


def _coordinates(arrays: dict[str, npt.NDArray[Any]]) -> Coordinates:
    """Row, column and value of every entry that is not 0, and the shape.

    Raises:
        ValueError: The arrays do not fit each other.
    """
    kind = str(arrays["format"])
    first, second = (_whole(arrays, name) for name in _PARTS[kind])
    values, shape = arrays["data"], _whole(arrays, "shape")
    if len(shape) != 2 or not (shape > 0).all() or (shape > MOST_NAMES).any():
        raise ValueError(f"its shape is {tuple(shape.tolist()[:3])}; 1 to {MOST_NAMES} users and items are read")
    if values.ndim != 1 or values.dtype.kind not in "biuf" or len(values) != len(second):
        raise ValueError(f"it has {values.dtype} values of shape {values.shape} for {len(second)} entries")
    if len(values) > MOST_ROWS:
        raise ValueError(f"it has {len(values)} entries, and at most {MOST_ROWS} are read")
    if kind != "coo":
        along = int(shape[0] if kind == "csr" else shape[1])
        if len(first) != along + 1 or first[0] != 0 or first[-1] != len(second) or (np.diff(first) < 0).any():
            raise ValueError("its rows do not fit its entries")
        first = np.repeat(np.arange(along), np.diff(first))
    users, items = (second, first) if kind == "csc" else (first, second)
    if len(users) != len(items) or any(
        (at < 0).any() or (at >= n).any() for at, n in ((users, shape[0]), (items, shape[1]))
    ):
        raise ValueError("an entry is outside its shape")
    chosen = values != 0
    return users[chosen], items[chosen], values[chosen].astype(np.float64), (int(shape[0]), int(shape[1]))


def _whole(arrays: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[np.int64]:
    found = arrays[name]
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise ValueError(f"'{name}' is {found.dtype} of shape {found.shape}, not a list of whole numbers")
    return found.astype(np.int64)
