"""One list a modality, and a vote."""

from typing import ClassVar

from torch import Tensor

from mmdemo.fusion.lists import RankedLists


class LateBorda(RankedLists):
    """`s(q, i) = mean_{m in P} (N - rank_m(i)) / (N - 1)`: the share of the others that a list puts below (Borda)."""

    name: ClassVar[str] = "late-borda"

    def _points(self, ranks: Tensor) -> Tensor:
        items = ranks.shape[-1]
        return (items - ranks) / max(1, items - 1)
