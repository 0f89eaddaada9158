"""Recommending from what people chose: many models, one interface, scored against the whole catalogue."""

from mmdemo.recommend.behaviour.specs import BehaviourSpec
from mmdemo.recommend.behaviour.table import BEHAVIOUR, find, fit, possible

__all__ = ["BEHAVIOUR", "BehaviourSpec", "find", "fit", "possible"]
