"""Multimodal graph: several towers over the graph of people and items, with what was chosen together counted in."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import BehaviourModel, Options, Settings, rows_of
from mmdemo.recommend.behaviour.because import BEHAVIOUR_PART, Because
from mmdemo.recommend.behaviour.content_kernel import ContentKernel
from mmdemo.recommend.behaviour.graph_content import content_graph
from mmdemo.recommend.behaviour.graph_towers import TowerData, TowerPlan, Trained, train_tower
from mmdemo.recommend.behaviour.packing import packed, unpacked
from mmdemo.recommend.behaviour.walks import Walks
from mmdemo.recommend.behaviour.weighting import item_counts, user_counts
from mmdemo.types import FloatArray

_RARE = 0.5
"""Choices that every item is thought to have in addition, so that the logarithm of none is finite."""


class MultimodalGraph(BehaviourModel):
    """A model of our own: the mean of several graph networks, a count of joint choices, and popularity.

    For a history r, over T towers that differ by what they draw: `mean_t cos(r P_t, Q_t) / temperature + popular *
    log p + together * log(1 + r L'L)`, with P_t and Q_t the vectors of items as liked and as offered (`graph_towers`),
    L the choices of the users with at most `most_items` of them, and p each item's share in these. Nothing belongs to a
    user, so that new ones are scored like those known. Without a history only popularity is left.

    Args:
        settings: See `BehaviourModel`.
        liked: Name of a table, or `BEHAVIOUR_PART`, to (T, N, D) float32, P as a sum by source.
        offered: (T, N, D) float32 of length 1, Q.
        constant: (N,) float32, `popular * log p`.
        chosen: (U', N) float32 of ones, L.
    """

    name: ClassVar[str] = "multimodal-graph"

    def __init__(
        self,
        settings: Settings,
        liked: Mapping[str, FloatArray],
        offered: FloatArray,
        constant: FloatArray,
        chosen: csr_matrix,
    ) -> None:
        super().__init__(settings)
        self.liked = dict(liked)
        self.offered = offered
        self.constant = constant
        self.walks = Walks(chosen)
        self._summed = np.stack(list(liked.values())).sum(axis=0, dtype=np.float32)

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,
        options: Options,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`; where every user has more than `most_items`, all count."""
        steps, count = int(options["steps"]), int(options["towers"])
        progress(0, count * steps, "Comparing items by content")
        counts = user_counts(train.chosen)
        few = (counts > 0) & (counts <= int(options["most_items"]))
        chosen = csr_matrix(train.chosen[few if few.any() else counts > 0])
        popularity = item_counts(chosen) + _RARE
        constant = (float(options["popular"]) * np.log(popularity / popularity.mean())).astype(np.float32)
        data, names = _data(train, features, options, constant)
        towers = [
            train_tower(
                data,
                _plan(options),
                seed=seed * 1_000_003 + number,
                step=lambda step, number=number: progress(
                    number * steps + step, count * steps, f"Tower {number + 1} of {count}"
                ),
            )
            for number in range(count)
        ]
        return cls(Settings(train.item_ids, options), *_joined(towers, names), constant, chosen)

    def _scores(self, histories: csr_matrix) -> FloatArray:
        total = np.tile(self.constant, (rows_of(histories), 1))
        for liked, offered in zip(self._summed, self.offered, strict=True):
            users = histories @ liked
            users *= self._factor / _lengths(users)
            total += users @ offered.T
        if float(self.settings.options["together"]):
            total += np.float32(self.settings.options["together"]) * np.log1p(self.walks.near(histories))
        return total

    @property
    def _factor(self) -> np.float32:
        """On the cosine of each tower."""
        return np.float32(1 / (len(self.offered) * float(self.settings.options["temperature"])))

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """A sum over the history for every tower, as long as the length of the whole history's vector is kept.

        Of `log(1 + r L'L)` each liked item has the share that it has in `r L'L`.
        """
        items = history.indices.astype(np.intp)
        parts = {name: np.zeros(len(items)) for name in (BEHAVIOUR_PART, *self.liked)}
        for tower, offered in enumerate(self.offered):
            factor = self._factor / _lengths(self._summed[tower, items].sum(axis=0, keepdims=True))[0]
            for name, liked in self.liked.items():
                parts[name] += (liked[tower, items] @ offered[item]).astype(np.float64) * factor
        alone = csr_matrix(([np.float32(1)], ([0], [item])), shape=(1, len(self.item_ids)))
        together = self.walks.near(alone)[0, items].astype(np.float64)
        if together.any():
            whole = together.sum()
            parts[BEHAVIOUR_PART] += float(self.settings.options["together"]) * np.log1p(whole) * together / whole
        return Because(items, np.sum(list(parts.values()), axis=0), float(self.constant[item]), parts)

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        liked = {f"liked.{number}.{name}": part for number, (name, part) in enumerate(self.liked.items())}
        return {"offered": self.offered, "constant": self.constant, **liked, **packed("chosen", self.walks.chosen)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        numbered = sorted((key.split(".", 2) for key in arrays if key.startswith("liked.")), key=lambda k: int(k[1]))
        liked = {name: arrays[f"liked.{number}.{name}"] for _, number, name in numbered}
        return cls(settings, liked, arrays["offered"], arrays["constant"], unpacked("chosen", arrays))


def _plan(options: Options) -> TowerPlan:
    return TowerPlan(
        size=int(options["size"]),
        temperature=float(options["temperature"]),
        keep=float(options["keep"]),
        steps=int(options["steps"]),
        batch=int(options["batch"]),
        learning_rate=float(options["learning_rate"]),
    )


def _data(
    train: Interactions, features: ItemFeatures | None, options: Options, bias: FloatArray
) -> tuple[TowerData, tuple[str, ...]]:
    """What towers learn from, and the names of the tables in it."""
    known = {} if features is None else {name: table for name, table in features.vectors.items() if table.any()}
    alike = np.zeros((len(train.item_ids), 1), np.float32)
    if features is not None and known:
        alike = ContentKernel.of(features, whiten=0.5, sharpness=1.0).vectors
    tables = [_centred(table) for table in known.values()]
    graph = content_graph(alike, int(options["neighbours"]))
    size = len(train.user_ids), len(train.item_ids)
    return TowerData(train.users, train.items, size, tables, graph, bias), tuple(known)


def _joined(towers: list[Trained], names: tuple[str, ...]) -> tuple[dict[str, FloatArray], FloatArray]:
    """Vectors of all towers by source, and as offered."""
    liked = np.stack([tower.liked for tower in towers], axis=1)
    return dict(zip((BEHAVIOUR_PART, *names), liked, strict=True)), np.stack([tower.offered for tower in towers])


def _centred(table: FloatArray) -> FloatArray:
    """Rows less their mean, of length 1; rows of zeros stay."""
    there = (table != 0).any(axis=1)
    centred = np.where(there[:, None], table - table[there].mean(axis=0), 0)
    return (centred / _lengths(centred)).astype(np.float32)


def _lengths(rows: FloatArray) -> FloatArray:
    """(B, 1) of rows; 1 for rows of zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 0, lengths, 1).astype(np.float32)
