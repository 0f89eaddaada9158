"""The graph of people and items, and sums over its edges that gradients pass through."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_matrix


class Graph:
    """The matrix `D_u^-1/2 A D_i^-1/2` of choices A (He et al. 2020, eq. 3), D_u and D_i the degrees.

    Args:
        to_users: (U, N) float32: its product with item vectors sums each user's items.
        to_items: (N, U) the transpose.
    """

    def __init__(self, to_users: csr_matrix, to_items: csr_matrix) -> None:
        self.to_users = to_users
        self.to_items = to_items

    @classmethod
    def of(cls, users: npt.NDArray[np.integer], items: npt.NDArray[np.integer], shape: tuple[int, int]) -> Self:
        """The graph of E edges.

        Args:
            users: (E,) ascending.
            items: (E,)
            shape: How many users and items.
        """
        of_user, of_item = np.bincount(users, minlength=shape[0]), np.bincount(items, minlength=shape[1])
        values = (1 / np.sqrt(of_user[users] * of_item[items])).astype(np.float32)
        starts = np.r_[0, np.cumsum(of_user)].astype(np.int32)
        to_users = csr_matrix((values, items.astype(np.int32), starts), shape=shape)
        return cls(to_users, csr_matrix(to_users.T))

    def between_items(self, vectors: torch.Tensor) -> torch.Tensor:
        """Vectors (N, D) of items passed on to those who chose them, and back to what these chose."""
        of_users = product(self.to_users, self.to_items, vectors)
        return product(self.to_items, self.to_users, of_users)

    def of_some(self, users: npt.NDArray[np.intp], vectors: torch.Tensor) -> torch.Tensor:
        """Sums (B, D) of the items' vectors (N, D) for some of the users (B,)."""
        rows = csr_matrix(self.to_users[users])
        return product(rows, csr_matrix(rows.T), vectors)


def product(matrix: csr_matrix, transpose: csr_matrix, vectors: torch.Tensor) -> torch.Tensor:
    """A sparse matrix times vectors; on the CPU, where scipy needs no conversion of a graph that changes each step."""
    return _Product.apply(vectors, matrix, transpose)  # pyright: ignore[reportReturnType]


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: torch.Tensor, matrix: csr_matrix, transpose: csr_matrix) -> torch.Tensor:
        ctx.transpose = transpose
        return torch.from_numpy(matrix @ vectors.detach().numpy())

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return torch.from_numpy(ctx.transpose @ grads[0].contiguous().numpy()), None, None
