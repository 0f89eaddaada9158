"""Blend: several models, their standardised scores added up."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self, get_args

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import BehaviourModel, Options, Settings, rows_of
from mmdemo.recommend.behaviour.because import BEHAVIOUR_PART, Because, How
from mmdemo.recommend.behaviour.blend_weights import blend_weights, hold_out, standardised
from mmdemo.recommend.behaviour.table import find, fit, options_of, possible
from mmdemo.types import FloatArray


class Blend(BehaviourModel):
    """Weighted sum of models' scores, each standardised over the items outside the history.

    Unless given, the weights are chosen on one random choice of each user, which the models are fitted without; then
    the models are fitted again to everything. To choose on other choices, fit the models and hand the weights of
    `blend_weights` to `Blend`.

    Args:
        settings: See `BehaviourModel`.
        models: Fitted ones of the same items.
        weights: One a model.
    """

    name: ClassVar[str] = "blend"

    def __init__(self, settings: Settings, models: Sequence[BehaviourModel], weights: Sequence[float]) -> None:
        super().__init__(settings)
        self.models = tuple(models)
        self.weights = tuple(float(weight) for weight in weights)

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
        """See `BehaviourModel.fit`; models that these choices do not allow are left out."""
        settings = Settings(train.item_ids, options)
        names = [name for name in _names(options) if not possible(name, train, features)]
        given = _weights(options)
        if given is None and len(names) > 1:
            before, held_out = hold_out(train, seed=seed)
            fitted = [fit(name, before, features, seed=seed, progress=progress) for name in names]
            given = dict(zip(names, blend_weights(fitted, before.chosen, held_out.chosen, seed=seed), strict=True))
        given = given or dict.fromkeys(names, 1.0)
        kept = [name for name in names if given[name] > 0]
        if not kept:
            raise InteractionsError(
                "a blend of nothing", expected="a model that fits the data is needed", remedy="name other models"
            )
        models = [fit(name, train, features, seed=seed, progress=progress) for name in kept]
        return cls(settings, models, [given[name] for name in kept])

    def _scores(self, histories: csr_matrix) -> FloatArray:
        total = np.zeros((rows_of(histories), len(self.item_ids)), np.float32)
        for model, weight in zip(self.models, self.weights, strict=True):
            total += np.float32(weight) * standardised(model.scores(histories), histories)[0]
        return total

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """The models' own reasons, standardised as their scores are; as exact as the least exact of them."""
        items = history.indices.astype(np.intp)
        values, constant = np.zeros(len(items)), 0.0
        parts: dict[str, npt.NDArray[np.float64]] = {}
        reasons = [model.explain(history, item) for model in self.models]
        for model, weight, reason in zip(self.models, self.weights, reasons, strict=True):
            _, mean, deviation = standardised(model.scores(history), history)
            factor = weight / float(deviation[0, 0])
            values += factor * reason.values
            constant += factor * (reason.constant - float(mean[0, 0]))
            for name, share in (reason.parts or {BEHAVIOUR_PART: reason.values}).items():
                parts[name] = parts.get(name, np.zeros(len(items))) + factor * share
        hows: list[How] = [reason.how for reason in reasons]
        how = max(hows, key=get_args(How).index)
        return Because(items, values, constant, parts, how)

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`; those of a model are under its name."""
        parts = {f"{model.name}/{name}": array for model in self.models for name, array in model.arrays().items()}
        return {
            f"weight/{model.name}": np.array([w]) for model, w in zip(self.models, self.weights, strict=True)
        } | parts

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        models, weights = [], []
        for name in _names(settings.options):
            if f"weight/{name}" in arrays:
                own = {
                    key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")
                }
                models.append(find(name).load().from_arrays(own, Settings(settings.item_ids, options_of(name))))
                weights.append(float(arrays[f"weight/{name}"][0]))
        return cls(settings, models, weights)


def _names(options: Options) -> list[str]:
    """The models of the option of that name.

    Raises:
        InteractionsError: None, one twice, one that does not exist, or a blend.
    """
    names = [name.strip() for name in str(options["models"]).split(",") if name.strip()]
    if not names or len(set(names)) != len(names) or Blend.name in names:
        raise InteractionsError(
            f"a blend of '{options['models']}'",
            expected="names of different models with commas between them are needed",
            remedy="for example 'instant,item-knn'",
        )
    for name in names:
        find(name)
    return names


def _weights(options: Options) -> dict[str, float] | None:
    """The weight of each model; None where they are to be chosen.

    Raises:
        InteractionsError: They are no numbers from 0, or not as many as there are models.
    """
    words = [word for word in str(options["weights"]).split(",") if word.strip()]
    if not words:
        return None
    names = _names(options)
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != len(names) or not all(0 <= value < float("inf") for value in values):
        raise InteractionsError(
            f"weights '{options['weights']}'",
            expected=f"{len(names)} numbers from 0 with commas between them are needed",
            remedy="leave them empty to have them chosen",
        )
    return dict(zip(names, values, strict=True))
