"""Fitted arrays of a version in one safetensors file: no pickle, nothing that can run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.errors import WorkspaceError
from mmdemo.store.content import little_endian
from mmdemo.store.files import disk_error, disk_errors

_DTYPES = frozenset(
    np.dtype(name).name
    for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
)  # fmt: skip


def check_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Make sure that safetensors can hold them.

    Raises:
        WorkspaceError: A name is taken by the format, or an array holds neither numbers nor booleans.
    """
    for name, array in arrays.items():
        if not name or name == "__metadata__":
            raise WorkspaceError(
                f"array name {name!r}", expected="another name is needed", remedy="name it by what it is"
            )
        if array.dtype.name not in _DTYPES:
            raise WorkspaceError(
                f"array {name} is {array.dtype}",
                expected="integers, booleans or floats of at most 64 bits are needed",
                remedy="put texts under settings in the manifest",
            )


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write `arrays` to a new file.

    Raises:
        WorkspaceError: The disk is full or read-only.
    """
    from safetensors.numpy import save

    plain = {name: little_endian(array) for name, array in arrays.items()}
    with disk_errors(path, "write arrays"):
        path.write_bytes(save(plain))


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file, read-only.

    Raises:
        WorkspaceError: It is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(path)
    except (FileNotFoundError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(
            f"{path} is missing or damaged: {error}",
            expected="the arrays as mmdemo wrote them are needed",
            remedy="choose an older version, or index the workspace again with `mmdemo index`",
        ) from error
    except OSError as error:
        raise disk_error(path, "read arrays", error) from error
    for array in arrays.values():
        array.setflags(write=False)
    return arrays
