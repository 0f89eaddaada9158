"""Arrays in NumPy's own format, out of bytes that nobody vouches for: no pickle, no memory before it is backed."""

import io
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import numpy.typing as npt

MAX_HEADER_BYTES = 10_000


def read_npy(data: bytes) -> npt.NDArray[Any]:
    """The array in the bytes of an .npy file, read-only, without a copy.

    Raises:
        ValueError: They are none, or hold Python objects, or fewer numbers than they say.
    """
    file = io.BytesIO(data)
    shape, by_columns, dtype = read_header(file)
    count = int(np.prod(shape, dtype=object)) if shape else 1
    start = file.tell()
    if count * dtype.itemsize > len(data) - start:
        raise ValueError(f"it says to hold {count} numbers and ends before that")
    if not count:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(data, dtype, count, start)
    return flat.reshape(shape, order="F" if by_columns else "C")


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether by columns, and type of the array whose numbers come next.

    Raises:
        ValueError: It is no .npy file, or holds Python objects.
    """
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"its format version {version} is not known")
    try:
        shape, by_columns, dtype = read(file, max_header_size=MAX_HEADER_BYTES)
    except (TypeError, SyntaxError, TokenError, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"its header is damaged: {error}") from error
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError("it holds Python objects, not numbers")
    if any(side < 0 for side in shape) or len(shape) > 4:
        raise ValueError(f"its shape is {shape}")
    return shape, by_columns, dtype
