"""Only what every modality agrees on."""

from typing import ClassVar

from torch import Tensor

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.stack import shared_vectors


class Product(Fusion):
    """`u_d = prod_{m in P} z_md` over the modalities P that are there; unit length afterwards.

    The signs are multiplied too: two modalities that both point away from a direction make one that points along it,
    which is why this named operation does badly on vectors that have signs.
    """

    name: ClassVar[str] = "product"

    def _vectors(self, batch: FusionBatch) -> Tensor:
        stacked, present = shared_vectors(batch, self.shape)
        return stacked.masked_fill(~present[..., None], 1.0).prod(dim=1)
