"""Recent popularity: what was chosen most lately."""

from typing import ClassVar, Self

import numpy as np

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.popularity import Popularity

_DAY_S = 86400.0


class RecentPopularity(Popularity):
    """Popularity in which a choice counts `2^(-age / half_life)`; the age is that before the latest choice of all."""

    name: ClassVar[str] = "recent-popularity"

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,  # noqa: ARG003
        options: Options,
        *,
        seed: int = 0,  # noqa: ARG003
        progress: Progress = silent,  # noqa: ARG003
    ) -> Self:
        """See `BehaviourModel.fit`; the choices need times."""
        if train.times is None:
            raise InteractionsError(
                "choices without times", expected="the time of each is needed", remedy="fit 'popularity' instead"
            )
        age_days = (train.times.max(initial=-np.inf) - train.times) / _DAY_S
        weights = np.exp2(-age_days / float(options["half_life_days"]))
        counts = np.bincount(train.chosen.indices, weights=weights, minlength=len(train.item_ids))
        return cls(Settings(train.item_ids, options), (counts / max(1, len(train.user_ids))).astype(np.float32))
