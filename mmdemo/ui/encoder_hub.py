"""The offer of better models, where a model hub answers."""

from mmdemo.types import Modality


def draw(in_use: dict[Modality, str]) -> None:
    """Draw the offer."""
