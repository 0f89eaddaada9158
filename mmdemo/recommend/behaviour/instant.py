"""Instant: walks among users with few items, popularity and content, added up at equal length."""

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
from mmdemo.recommend.behaviour.low_rank import right_vectors
from mmdemo.recommend.behaviour.packing import kernel_from_arrays, kernel_to_arrays, packed, unpacked
from mmdemo.recommend.behaviour.walks import Walks
from mmdemo.recommend.behaviour.weighting import item_counts, powers, scaled, user_counts
from mmdemo.types import FloatArray

_CONTENT = "content"
_SHARPNESS = 2.0


class Instant(BehaviourModel):
    """A closed form of our own, fitted in about a second.

    For a history r, each part scaled to length 1 over the items and then added up with its weight:
    `near * r L'L + far * r (L' D_u^-1 L)^3 + popular * 1'L + content * r max(FF', 0)^2 + filter * r VV'`. L are the
    choices of the users with at most `most_items` of them, who say more with each; D_u how many these are; F the
    centred, whitened, stacked features; V the first right singular vectors of `D_u^-1/2 L D_i^-1/2`. Without a
    history only popularity is left.

    Args:
        settings: See `BehaviourModel`.
        chosen: (U', N) float32 of ones, L.
        kernel: Of the features; None where there are none or they do not count.
        directions: (N, F) float32, V; (N, 0) where the filter does not count.
    """

    name: ClassVar[str] = "instant"

    def __init__(
        self, settings: Settings, chosen: csr_matrix, kernel: ContentKernel | None, directions: FloatArray
    ) -> None:
        super().__init__(settings)
        self.walks = Walks(chosen)
        self.kernel = kernel
        self.directions = directions
        popularity = _unit(item_counts(chosen).astype(np.float32)[None, :])[0]
        self.constant = popularity * np.float32(settings.options["popular"])
        self._last: tuple[bytes, dict[str, float]] | None = None

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
        progress(0, 0, "Preparing walks and features")
        counts = user_counts(train.chosen)
        few = (counts > 0) & (counts <= int(options["most_items"]))
        chosen = csr_matrix(train.chosen[few if few.any() else counts > 0])
        kernel = None
        if features is not None and float(options["content"]):
            kernel = ContentKernel.of(features, whiten=float(options["whiten"]), sharpness=_SHARPNESS)
        directions = np.zeros((len(train.item_ids), 0), np.float32)
        if float(options["filter"]):
            users, items = powers(user_counts(chosen), -0.5), powers(item_counts(chosen), -0.5)
            directions = right_vectors(scaled(chosen, users=users, items=items), int(options["factors"]), seed=seed)
        return cls(Settings(train.item_ids, options), chosen, kernel, directions)

    def _scores(self, histories: csr_matrix) -> FloatArray:
        total = np.tile(self.constant, (rows_of(histories), 1))
        for name in self._names():
            part = self._part(name, histories)
            lengths = np.linalg.norm(part, axis=1, keepdims=True)
            part *= np.float32(self.settings.options[name]) / np.where(lengths > 0, lengths, 1)
            total += part
        return total

    def _names(self) -> list[str]:
        """The parts that count and depend on the history, by the option that is their weight."""
        there = {"near": True, "far": True, _CONTENT: self.kernel is not None, "filter": self.directions.shape[1] > 0}
        return [name for name, is_there in there.items() if is_there and float(self.settings.options[name])]

    def _part(self, name: str, histories: csr_matrix) -> FloatArray:
        """One part (B, N) before it is scaled: histories times a symmetric matrix."""
        if name == "near":
            return self.walks.near(histories)
        if name == "far":
            return self.walks.far(histories)
        if name == _CONTENT and self.kernel is not None:
            return self.kernel.sums(histories)
        return (histories @ self.directions) @ self.directions.T

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """Every part is a sum over the history, divided by the same length for all items."""
        items = history.indices.astype(np.intp)
        alone = csr_matrix(([np.float32(1)], ([0], [item])), shape=(1, len(self.item_ids)))
        parts = {BEHAVIOUR_PART: np.zeros(len(items))}
        for name, length in self._lengths(history).items():
            factor = float(self.settings.options[name]) / length
            if name == _CONTENT and self.kernel is not None:
                shares = self.kernel.shares(items, item)
                parts |= {table: share * factor for table, share in shares.items()}
            else:
                parts[BEHAVIOUR_PART] += self._part(name, alone)[0, items].astype(np.float64) * factor
        return Because(items, np.sum(list(parts.values()), axis=0), float(self.constant[item]), parts)

    def _lengths(self, history: csr_matrix) -> dict[str, float]:
        """Length of each part of one history, 1 for one of zeros; kept, since reasons are asked for item after item."""
        key, last = history.indices.tobytes(), self._last
        if last is None or last[0] != key:
            lengths = {name: float(np.linalg.norm(self._part(name, history))) or 1.0 for name in self._names()}
            last = self._last = key, lengths
        return last[1]

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        kernel = {} if self.kernel is None else kernel_to_arrays(self.kernel)
        return {"directions": self.directions, **packed("chosen", self.walks.chosen), **kernel}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        kernel = kernel_from_arrays(arrays, _SHARPNESS) if "content.vectors" in arrays else None
        return cls(settings, unpacked("chosen", arrays), kernel, arrays["directions"])


def _unit(rows: FloatArray) -> FloatArray:
    """Rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1).astype(np.float32)
