"""Models of behaviour by name; importing this loads no torch and no scipy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmdemo.errors import FusionError, InteractionsError
from mmdemo.fusion.options import Value, checked_options
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.closed_form_specs import BLEND, CLOSED_FORM
from mmdemo.recommend.behaviour.learned_specs import LEARNED
from mmdemo.recommend.behaviour.specs import FEATURES, RATINGS, TIMES, BehaviourSpec

if TYPE_CHECKING:
    from mmdemo.recommend.behaviour.base import BehaviourModel

__all__ = ["BEHAVIOUR", "BehaviourSpec", "find", "fit", "options_of", "possible"]

BEHAVIOUR: Mapping[str, BehaviourSpec] = {spec.name: spec for spec in (*CLOSED_FORM, *LEARNED, BLEND)}
"""From simple to elaborate."""


def find(name: str) -> BehaviourSpec:
    """A model by name.

    Raises:
        InteractionsError: There is none.
    """
    if name not in BEHAVIOUR:
        raise InteractionsError(
            f"model '{name}'", expected=f"one of {', '.join(BEHAVIOUR)}", remedy="choose one of these"
        )
    return BEHAVIOUR[name]


def options_of(name: str, given: Mapping[str, Any] | None = None) -> dict[str, Value]:
    """Every option of a model with its value, given or default.

    Raises:
        InteractionsError: No such model or option, or a value does not fit.
    """
    try:
        return checked_options(find(name).options, given or {})
    except FusionError as error:
        raise InteractionsError(f"{name}: {error.given}", expected=error.expected, remedy=error.remedy) from error


def possible(name: str, interactions: Interactions, features: ItemFeatures | None) -> str:
    """Why a model cannot be fitted to these, as one plain sentence; empty where it can.

    Raises:
        InteractionsError: There is no such model.
    """
    needs = find(name).needs
    if not len(interactions):
        return "Nobody chose anything yet."
    if FEATURES in needs and (features is None or not any(table.any() for table in features.vectors.values())):
        return "It needs features of the items."
    if TIMES in needs and interactions.times is None:
        return "It needs the time of each choice."
    if RATINGS in needs and interactions.ratings is None:
        return "It needs ratings."
    return ""


def fit(
    name: str,
    train: Interactions,
    features: ItemFeatures | None,
    options: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> "BehaviourModel":
    """Fit a model by name; see `BehaviourModel.fit`.

    Args:
        name: One of `BEHAVIOUR`.
        train: Choices to learn from.
        features: Of the same items in the same order, where there are any.
        options: Settings that differ from the defaults.
        seed: The same one gives the same model.
        progress: Told how far it is.

    Raises:
        InteractionsError: No such model or option, it cannot be fitted to these, or features are of other items.
    """
    chosen = options_of(name, options)
    if features is not None and features.item_ids != train.item_ids:
        raise InteractionsError(
            f"features of {len(features.item_ids)} items for choices among {len(train.item_ids)}",
            expected="the same items in the same order are needed",
            remedy="read both with the same list of items",
        )
    reason = possible(name, train, features)
    if reason:
        raise InteractionsError(
            f"{name} cannot be fitted", expected=reason.rstrip("."), remedy="choose another model or other data"
        )
    return find(name).load().fit(train, features, chosen, seed=seed, progress=progress)
