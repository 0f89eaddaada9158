"""Items with a number: a rating, a price, a year."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.errors import FusionError
from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.data import FusionData, IntArray
from mmdemo.fusion.objectives.base import Objective, Setup, usable, vectors_of
from mmdemo.types import FloatArray


class Regress(Objective):
    """`y = s (w u + b)`, mean squared error to the number in units of its own spread over the training items.

    The learned scale s starts at 3, the width of the range in which nearly all standardised numbers lie.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        numbers = numbers_of(setup.data)
        train, validation = (_known(setup.data, rows) for rows in (setup.data.train, setup.data.validation))
        self.head = nn.Linear(setup.data.shape.shared, 1)
        self.scale = nn.Parameter(torch.tensor(3.0))
        self.middle: Tensor
        self.spread: Tensor
        self.register_buffer("middle", torch.tensor(float(numbers[train].mean())))
        self.register_buffer("spread", torch.tensor(float(numbers[train].std())))
        self._train, self._train_numbers = self._numbered(train)
        self._check, self._check_numbers = self._numbered(validation)
        self.examples, self.checks = len(self._train), len(self._check)

    def predict(self, vectors: Tensor) -> Tensor:
        """Numbers (B,) in their own unit of fused vectors (B, D)."""
        return self._standard(vectors) * self.spread + self.middle

    def loss(self, fusion: Fusion, examples: Tensor) -> Tensor:
        """See `Objective`."""
        vectors = fusion.vectors(self.hide(self._train.take(examples)))
        return self._loss(vectors, self._train_numbers[examples])

    def validation(self, fusion: Fusion) -> float:
        """See `Objective`."""
        return float(self._loss(fusion.vectors(self._check), self._check_numbers))

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:
        """Errors in the number's own unit, and that of always saying the training items' mean."""
        rows = _known(data, data.test)
        if not len(rows):
            return {}
        with torch.no_grad():
            found = self.predict(vectors_of(fusion, data, rows)).cpu().numpy()
        truth = numbers_of(data)[rows]
        return {
            "RMSE": float(np.sqrt(np.mean((found - truth) ** 2))),
            "MAE": float(np.mean(np.abs(found - truth))),
            "RMSE of the mean": float(np.sqrt(np.mean((float(self.middle) - truth) ** 2))),
        }

    def _standard(self, vectors: Tensor) -> Tensor:
        return self.head(vectors)[:, 0] * self.scale

    def _loss(self, vectors: Tensor, numbers: Tensor) -> Tensor:
        return functional.mse_loss(self._standard(vectors), (numbers - self.middle) / self.spread)

    def _numbered(self, rows: IntArray) -> tuple[FusionBatch, Tensor]:
        numbers = numbers_of(self.setup.data)[rows].astype(np.float32)
        return self.batch(rows), torch.from_numpy(numbers).to(self.setup.device)


def numbers_of(data: FusionData) -> FloatArray:
    """The data's numbers.

    Raises:
        FusionError: There are none.
    """
    if data.numbers is None:
        raise FusionError("items without a number", expected="a number is needed", remedy="choose another objective")
    return data.numbers


def _known(data: FusionData, rows: IntArray) -> IntArray:
    return usable(data, rows[np.isfinite(numbers_of(data)[rows])])
