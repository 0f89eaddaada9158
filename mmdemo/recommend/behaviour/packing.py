"""Sparse matrices and kernels as named arrays, and back."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.recommend.behaviour.content_kernel import ContentKernel


def packed(name: str, matrix: csr_matrix) -> dict[str, npt.NDArray]:
    """A sparse matrix under names that start with `name` and a point."""
    return {
        f"{name}.values": matrix.data,
        f"{name}.columns": matrix.indices,
        f"{name}.starts": matrix.indptr,
        f"{name}.shape": np.array(matrix.shape, np.int64),
    }


def unpacked(name: str, arrays: Mapping[str, npt.NDArray]) -> csr_matrix:
    """The matrix that `packed` took apart."""
    rows, columns = arrays[f"{name}.shape"].tolist()
    parts = (arrays[f"{name}.values"], arrays[f"{name}.columns"], arrays[f"{name}.starts"])
    return csr_matrix(parts, shape=(rows, columns))


def kernel_to_arrays(kernel: ContentKernel) -> dict[str, npt.NDArray]:
    """A kernel's vectors, and the last column of each table under a name that ends in the table's."""
    ends = {f"content.end.{name}": np.array([end], np.int64) for name, end in kernel.ends.items()}
    return {"content.vectors": kernel.vectors, **ends}


def kernel_from_arrays(arrays: Mapping[str, npt.NDArray], sharpness: float) -> ContentKernel:
    """The kernel that `kernel_to_arrays` took apart."""
    ends = {
        name.removeprefix("content.end."): int(end[0])
        for name, end in arrays.items()
        if name.startswith("content.end.")
    }
    return ContentKernel(arrays["content.vectors"], dict(sorted(ends.items(), key=lambda e: e[1])), sharpness=sharpness)
