"""A network with several hidden layers on all modalities."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import FusionBatch, FusionShape
from mmdemo.fusion.stack import Embedding, mean_present, silenced


class MMNN(Fusion):
    """`x = [z_t; z_i; z_a]`, `h_l = GELU(W_l h_{l-1} + b_l)` through two layers or more, `u = mean z + V h_L + c`.

    `z_m` is as in `Embedding`, and zero where a modality is absent. `V` and `c` start at zero: at the start this is the
    mean. The network is trained end to end with the embedding.
    """

    name: ClassVar[str] = "mmnn"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        self.embedding = Embedding(shape, start=options["start"], dropout=options["dropout"])
        widths = [shape.shared * len(shape.modalities), *[options["hidden"]] * options["depth"]]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Dropout(options["dropout"]), nn.Linear(before, after), nn.GELU()]
        self.network = nn.Sequential(*layers, silenced(nn.Linear(widths[-1], shape.shared)))

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        return [
            (list(self.embedding.parameters()), self.embedding.rate),
            (list(self.network.parameters()), 0.2),
        ]

    def _vectors(self, batch: FusionBatch) -> Tensor:
        vectors = self.embedding(batch)
        return mean_present(vectors, batch.present) + self.network(vectors.flatten(start_dim=1))
