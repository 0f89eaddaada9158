"""The curves of a training run: what they hold and what they say."""

import numpy as np
import pytest

from mmdemo.errors import QueryError
from mmdemo.figures.palette import MODALITY_MARKERS, modality_colour
from mmdemo.figures.training_curves import loss_curves, weight_curves
from mmdemo.fusion.report import Epoch
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO


def epochs(validation=(2.5, 2.0, 2.2), weights=((0.3, 0.3, 0.4), (0.4, 0.3, 0.3), (0.5, 0.3, 0.2))) -> list[Epoch]:
    return [
        Epoch(number + 1, 3.0 - number, kept, weight, 1.5 * number)
        for number, (kept, weight) in enumerate(zip(validation, weights, strict=True))
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_losses_are_drawn_over_all_planned_epochs_with_the_best_ringed(dark):
    chart = loss_curves(epochs(), planned=40, dark=dark)
    training, validation, best = chart.figure.data
    assert list(training.x) == [1, 2, 3]
    np.testing.assert_allclose(training.y, [3.0, 2.0, 1.0])
    np.testing.assert_allclose(validation.y, [2.5, 2.0, 2.2], rtol=1e-6)
    assert (list(best.x), list(best.y)) == ([2], [2.0])
    assert tuple(chart.figure.layout.xaxis.range) == (0.5, 40.5)
    assert training.line.dash != validation.line.dash
    assert "epoch" in chart.figure.layout.xaxis.title.text
    assert "lower is better" in chart.figure.layout.yaxis.title.text
    assert chart.title == "Validation loss is lowest at epoch 2: 2.00"
    assert "2.500 to 2.200, lowest 2.000 at 2" in chart.alt


def test_without_validation_the_training_loss_is_what_is_said():
    chart = loss_curves(epochs(validation=(None, None, None)), planned=3)
    assert chart.title == "Epoch 3: training loss 1.00"
    assert all(trace.name != "best" for trace in chart.figure.data)
    assert "Validation loss" not in chart.alt


def test_each_weight_has_the_look_of_its_modality():
    chart = weight_curves(epochs(), (TEXT, IMAGE, AUDIO), planned=3, dark=True)
    for trace, modality in zip(chart.figure.data, (TEXT, IMAGE, AUDIO), strict=True):
        assert trace.line.color == modality_colour(modality, dark=True)
        assert trace.marker.symbol == MODALITY_MARKERS[modality]
    np.testing.assert_allclose(chart.figure.data[0].y, [0.3, 0.4, 0.5], rtol=1e-6)
    assert chart.title == "Text counts most: 50% of the whole"
    assert "text 30% to 50%; picture 30% to 30%; sound 40% to 20%" in chart.alt
    assert tuple(chart.figure.layout.yaxis.range) == (0.0, 1.0)


def test_equal_and_negative_weights_are_told_as_they_are():
    alike = weight_curves(epochs(weights=((0.5, 0.5),) * 3), (TEXT, IMAGE), planned=3)
    assert alike.title == "Text and picture count alike: 50% each"
    below = weight_curves(epochs(weights=((1.2, -0.2),) * 3), (TEXT, IMAGE), planned=3)
    low, high = below.figure.layout.yaxis.range
    assert low < -0.2 < 1.2 < high


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(QueryError):
        loss_curves([], planned=3)
    with pytest.raises(QueryError):
        weight_curves([], (TEXT,), planned=3)
    with pytest.raises(QueryError):
        weight_curves(epochs(), (TEXT, IMAGE), planned=3)
