"""Items with labels: yes-or-no tags, or questions with one answer each."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.errors import FusionError
from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.data import BoolArray, FusionData, IntArray, Labels
from mmdemo.fusion.objectives import questions
from mmdemo.fusion.objectives.base import Objective, Setup, usable, vectors_of
from mmdemo.types import FloatArray

_SCALE = 10.0


class Classify(Objective):
    """Every label is a yes-or-no question: `y = s (W u + b)`, binary cross-entropy of `sigmoid(y)`.

    The learned scale s starts at 10: of a unit vector u the answers could not get sure of themselves otherwise.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        labels = labels_of(setup.data)
        self.head = nn.Linear(setup.data.shape.shared, len(labels.names))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.scale = nn.Parameter(torch.tensor(_SCALE))
        self._train, self._train_values = self._labelled(setup.data.train)
        self._check, self._check_values = self._labelled(setup.data.validation)
        self.examples, self.checks = len(self._train), len(self._check)

    def loss(self, fusion: Fusion, examples: Tensor) -> Tensor:
        """See `Objective`."""
        batch = self.hide(self._train.take(examples))
        return self.loss_of(self.answers(fusion.vectors(batch)), self._train_values[examples])

    def validation(self, fusion: Fusion) -> float:
        """See `Objective`."""
        return float(self.loss_of(self.answers(fusion.vectors(self._check)), self._check_values))

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:
        """Mean average precision over the labels that a test item has, and micro F1 of "yes" from probability 0.5."""
        answers, values = self.test_answers(fusion, data, labelled(data))
        given = values.any(axis=0)
        if not given.any():
            return {}
        yes, no = values == 1, values == 0
        hits, wrong, missed = ((answers > 0) & yes).sum(), ((answers > 0) & no).sum(), ((answers <= 0) & yes).sum()
        precisions = [average_precision(answers[:, column], yes[:, column]) for column in np.flatnonzero(given)]
        return {
            "mean average precision": float(np.mean(precisions)),
            "F1": float(2 * hits / (2 * hits + wrong + missed)),
        }

    def answers(self, vectors: Tensor) -> Tensor:
        """Logits (B, C) of fused vectors (B, D)."""
        return self.head(vectors) * self.scale

    def loss_of(self, answers: Tensor, values: Tensor) -> Tensor:
        """Loss of logits (B, C) for labels (B, C)."""
        return functional.binary_cross_entropy_with_logits(answers, values)

    def known(self, data: FusionData) -> BoolArray:
        """Items (N,) that teach something; an item without any label is one that nobody described."""
        return labelled(data)

    def test_answers(self, fusion: Fusion, data: FusionData, known: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Logits and labels (T, C) of the test items (N,) that are known."""
        rows = usable(data, data.test[known[data.test]])
        if not len(rows):
            empty = np.zeros((0, self.head.out_features), np.float32)
            return empty, empty
        with torch.no_grad():
            answers = self.answers(vectors_of(fusion, data, rows))
        return answers.cpu().numpy(), labels_of(data).values[rows]

    def _labelled(self, rows: IntArray) -> tuple[FusionBatch, Tensor]:
        data = self.setup.data
        found = usable(data, rows[self.known(data)[rows]])
        return self.batch(found), torch.from_numpy(labels_of(data).values[found]).float().to(self.setup.device)


class CrossEntropy(Classify):
    """One softmax a question: cross-entropy of `softmax(y)` over its answers, the mean over the questions.

    An item counts for the questions to which it has exactly one answer.
    """

    def __init__(self, setup: Setup) -> None:
        self._questions = questions(setup.data)
        super().__init__(setup)

    def loss_of(self, answers: Tensor, values: Tensor) -> Tensor:
        """See `Classify`."""
        losses = []
        for columns in self._questions:
            answered = values[:, columns].sum(dim=1) == 1
            if answered.any():
                right = values[answered, columns].argmax(dim=1)
                losses.append(functional.cross_entropy(answers[answered, columns], right))
        return torch.stack(losses).mean()

    def known(self, data: FusionData) -> BoolArray:
        """See `Classify`."""
        values = labels_of(data).values
        return np.any([values[:, columns].sum(axis=1) == 1 for columns in self._questions], axis=0)

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:
        """Share of right answers, the mean over the questions, and that of always giving the commonest answer."""
        answers, values = self.test_answers(fusion, data, self.known(data))
        training = labels_of(data).values[data.train]
        right, commonest = [], []
        for columns in self._questions:
            truth = values[:, columns]
            answered = truth.sum(axis=1) == 1
            if answered.any():
                truth = truth[answered].argmax(axis=1)
                right.append(np.mean(answers[answered, columns].argmax(axis=1) == truth))
                commonest.append(np.mean(training[:, columns].sum(axis=0).argmax() == truth))
        if not right:
            return {}
        return {"accuracy": float(np.mean(right)), "accuracy of the commonest answer": float(np.mean(commonest))}


def average_precision(scores: FloatArray, relevant: BoolArray) -> float:
    """Mean over the relevant of the precision down to each; those that tie are taken together.

    Args:
        scores: (N,) higher is more likely.
        relevant: (N,) at least one is.
    """
    values, place = np.unique(-scores, return_inverse=True)
    hits = np.bincount(place, relevant, len(values))
    precision = np.cumsum(hits) / np.cumsum(np.bincount(place, minlength=len(values)))
    return float((hits * precision).sum() / hits.sum())


def labels_of(data: FusionData) -> Labels:
    """The data's labels.

    Raises:
        FusionError: There are none.
    """
    if data.labels is None:
        raise FusionError("items without tags", expected="tags are needed", remedy="choose another objective")
    return data.labels


def labelled(data: FusionData) -> BoolArray:
    """Items (N,) that have a label."""
    return np.any(labels_of(data).values, axis=1)
