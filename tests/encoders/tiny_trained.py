"""Builder of tiny encoders as `mmdemo tune` leaves them, with random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

SHAPES = {
    "cnn": {"side": 32, "widths": [8, 8, 16, 16]},
    "lstm-audio": {"width": 16},
    "attention-audio": {"width": 16, "layers": 2, "heads": 2},
}


def trained_builder(family: str) -> Callable[[Path], None]:
    """What fills a folder with a tiny encoder of that family and two classes."""

    def build(folder: Path) -> None:
        from mmdemo.encoders.trainable_families import network_of, width_of
        from mmdemo.encoders.trainable_folder import Head, TrainedModel, write_trained
        from mmdemo.training import seeded

        shape = SHAPES[family]
        with seeded(7):
            network = network_of(family, shape)
        weight = np.random.default_rng(7).standard_normal((2, width_of(shape))).astype(np.float32)
        head = Head(("a dog", "a bell"), weight, np.zeros(2, np.float32))
        write_trained(folder, TrainedModel(family, shape, network.eval(), head))

    return build
