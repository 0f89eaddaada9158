"""Options that make an encoder smaller and faster, with what they cost on this catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from mmdemo.encoders import EncoderSpec
from mmdemo.encoders.choice import Choice
from mmdemo.types import Modality


def options(spec: EncoderSpec) -> tuple[str, ...]:
    """The options that a family can take."""
    return ("int8", "pruned30") if spec.origin in ("offline", "hub") else ()


def draw(modality: Modality, parts: Sequence[Choice | None], *, key: str) -> None:
    """Draw what the chosen options cost in quality and gain in speed."""
