"""Two text towers tied through sentences that both have read, so that what lies in the space of one is placed by both.

Wang et al. 2023, "Connecting Multi-modal Contrastive Representations" (C-MCR, arXiv:2305.14381): pictures in the space
of CLIP's text tower and sounds in that of CLAP's become comparable by fitting the two spaces to each other on texts
alone, with no picture and sound ever paired. Deviations: the fit is ridge regression into the catalogue's text space,
solved at once, where the paper trains two projectors by InfoNCE; and what their section 3.2 does about the gap between
a text's and a picture's vectors is done here by taking each modality's own mean out.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mmdemo.align.class_names import FEWEST_ROWS
from mmdemo.align.data import TextTie, grouped_folds, unit_rows
from mmdemo.align.methods.ridge import fit_ridge
from mmdemo.align.towers import Arrays
from mmdemo.metrics.retrieval import expected_ranks
from mmdemo.types import FloatArray

PENALTIES = (0.03, 0.3, 3.0, 30.0)
_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class TextTieMap:
    """`text = unit((unit(x) - mean)) @ weights`, scaled to unit length.

    Args:
        mean: (D_m,) float32, mean of the catalogue's unit vectors; of the sentences' where the catalogue has few.
        sentence_mean: (D_m,) float32, mean of the sentences' unit vectors, for vectors that are to keep their gap.
        weights: (D_m, D) float32; the identity where the catalogue's texts come from that very tower.
        text_mean: (D,) float32, mean of the sentences' vectors in the text space, likewise.
    """

    mean: FloatArray
    sentence_mean: FloatArray
    weights: FloatArray
    text_mean: FloatArray

    NAMES: ClassVar = ("tie_mean", "tie_sentence_mean", "tie_weights", "tie_text_mean")

    def __call__(self, features: FloatArray, probabilities: FloatArray, *, centred: bool = True) -> FloatArray:  # noqa: ARG002 - see WordMap
        """Map (B, D_m) to (B, D), unit length."""
        if centred:
            return unit_rows(unit_rows(unit_rows(features) - self.mean) @ self.weights)
        return unit_rows((unit_rows(features) - self.sentence_mean) @ self.weights + self.text_mean)

    def to_arrays(self) -> Arrays:
        """Its four arrays."""
        return {name: getattr(self, name.removeprefix("tie_")) for name in self.NAMES}

    @classmethod
    def fit(cls, tie: TextTie, features: FloatArray) -> "TextTieMap":
        """Tie the two text towers, and centre on a catalogue's own rows.

        Args:
            tie: The sentences, as both towers read them.
            features: (N_m, D_m) of the modality.
        """
        own, text = unit_rows(tie.own), unit_rows(tie.text)
        sentence_mean, text_mean = own.mean(axis=0), text.mean(axis=0)
        mean = unit_rows(features).mean(axis=0) if len(features) >= FEWEST_ROWS else sentence_mean
        if tie.one_tower:
            weights = np.eye(own.shape[1], dtype=np.float32)
        else:
            inputs, targets = unit_rows(own - sentence_mean), unit_rows(text - text_mean)
            weights = fit_ridge(inputs, targets, penalty=_choose_penalty(inputs, targets)).weights
        return cls(mean, sentence_mean, weights, text_mean)


def _choose_penalty(inputs: FloatArray, targets: FloatArray) -> float:
    """The penalty with which unseen sentences find themselves best: least mean log rank over held-out fifths."""
    fold_of = grouped_folds(np.arange(len(inputs)), _FOLDS, seed=0)
    losses = np.zeros(len(PENALTIES))
    for fold in range(min(_FOLDS, len(inputs) - 1)):
        held = fold_of == fold
        for number, penalty in enumerate(PENALTIES):
            fitted = fit_ridge(inputs[~held], targets[~held], penalty=penalty)
            placed = unit_rows(fitted(inputs[held]))
            ranks = expected_ranks(placed @ targets.T, np.arange(len(inputs))[held][:, None] == np.arange(len(inputs)))
            losses[number] += np.log(ranks).sum()
    return PENALTIES[int(losses.argmin())]
