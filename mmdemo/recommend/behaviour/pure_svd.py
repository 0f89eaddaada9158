"""PureSVD: the directions in which choices vary most."""

from typing import ClassVar, Self

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.linear import back_off
from mmdemo.recommend.behaviour.low_rank import LowRank, right_vectors
from mmdemo.recommend.behaviour.weighting import powers, scaled, user_counts


class PureSvd(LowRank):
    """`K = V V'`, V the first right singular vectors of the choices (Cremonesi, Koren & Turrin 2010).

    With `degree` above 0 users with many choices count less, as in EASE.
    """

    name: ClassVar[str] = "pure-svd"

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,  # noqa: ARG003
        options: Options,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`."""
        progress(0, 0, "Decomposing the choices")
        weighted = scaled(train.chosen, users=powers(user_counts(train.chosen), -float(options["degree"]) / 2))
        vectors = right_vectors(weighted, int(options["factors"]), seed=seed)
        return cls(Settings(train.item_ids, options), back_off(train), vectors, vectors)
