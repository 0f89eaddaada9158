"""How each family is trained where nothing else is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Training settings of one family.

    Args:
        epochs: At most; training ends earlier where validation stops improving.
        learning_rate: At its highest.
        batch: Items in one step.
        weight_decay: Decoupled from the gradient.
        patience: Epochs without a lower validation loss after which training stops.
        dropout: Share of the features left out at random in each step (Srivastava et al. 2014).
    """

    epochs: int
    learning_rate: float
    batch: int = 32
    weight_decay: float = 0.05
    patience: int = 12
    dropout: float = 0.2


SETTINGS: Mapping[str, Settings] = {
    "cnn": Settings(epochs=24, learning_rate=2e-3),
    "lstm-audio": Settings(epochs=60, learning_rate=4e-3, batch=16),
    "attention-audio": Settings(epochs=60, learning_rate=1e-3, batch=16),
}
