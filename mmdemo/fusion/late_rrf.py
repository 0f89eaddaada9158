"""One list a modality, of which the first places count most."""

from typing import ClassVar

from torch import Tensor

from mmdemo.fusion.lists import RankedLists


class LateRRF(RankedLists):
    """`s(q, i) = mean_{m in P} 1 / (k + rank_m(i))`: reciprocal rank fusion (Cormack et al. 2009).

    The paper adds where this averages; the order is the same, and queries of one and of three modalities compare.
    """

    name: ClassVar[str] = "late-rrf"

    def _points(self, ranks: Tensor) -> Tensor:
        return 1.0 / (self.options["k"] + ranks)
