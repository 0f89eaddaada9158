"""Entries of the models that are fitted in closed form."""

from mmdemo.recommend.behaviour.specs import BehaviourSpec

CLOSED_FORM: tuple[BehaviourSpec, ...] = (
    BehaviourSpec(
        "popularity",
        "Popularity",
        "What most people chose, for everybody alike.",
        "popularity:Popularity",
    ),
)
"""From simple to elaborate."""
