"""Entries of the models that are trained by gradients."""

from mmdemo.recommend.behaviour.specs import BehaviourSpec

LEARNED: tuple[BehaviourSpec, ...] = ()
"""From simple to elaborate."""
