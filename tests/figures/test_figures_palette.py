"""Colours: contrast on the page, and distance as colour-blind readers see them."""

from itertools import combinations

import numpy as np
import pytest
from colour_measures import MACHADO, ciede2000, contrast, lab

from mmdemo.figures.palette import (
    CATEGORICAL,
    MODALITY_COLOURS,
    MUTED,
    OTHER,
    PAGE,
    TEXT,
    categorical,
    diverging,
    mix,
    pick,
    rgba,
    sequential,
)
from mmdemo.types import Modality


def test_the_distance_itself():
    """Pairs 1, 7 and 17 of the published test data of Sharma, Wu and Dalal (2005)."""
    assert ciede2000(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000(np.array([50, 0, 0]), np.array([50, -1, 2])) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000(np.array([50, 2.5, 0]), np.array([73, 25, -18])) == pytest.approx(27.1492, abs=1e-4)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("vision", MACHADO)
def test_categories_differ_for_every_reader(vision, dark):
    assert len(CATEGORICAL) >= 8
    distances = [ciede2000(lab(a, vision), lab(b, vision)) for a, b in combinations(categorical(dark=dark), 2)]
    assert min(distances) >= 13.6
    grey = lab(pick(OTHER, dark), vision)
    assert min(ciede2000(lab(colour, vision), grey) for colour in categorical(dark=dark)) >= 9


@pytest.mark.parametrize("dark", [False, True])
def test_markers_and_words_stand_out_from_the_page(dark):
    page = pick(PAGE, dark)
    for colour in (*categorical(dark=dark), pick(OTHER, dark)):
        assert contrast(colour, page) >= 3.0, colour
    for pair in (*MODALITY_COLOURS.values(), TEXT, MUTED):
        assert contrast(pick(pair, dark), page) >= 4.5, pair


def test_scales_run_between_the_named_colours():
    assert [colour for _, colour in diverging(dark=False)] == [
        MODALITY_COLOURS[Modality.IMAGE][0],
        PAGE[0],
        MODALITY_COLOURS[Modality.TEXT][0],
    ]
    scale = sequential(dark=True)
    assert (scale[0], scale[-1]) == ((0.0, "#181B25"), (1.0, "#A5B4FC"))
    lightness = [lab(colour, "normal")[0] for _, colour in scale]
    assert lightness == sorted(lightness)
    assert sequential(dark=False, start=0.5)[0][1] == sequential(dark=False)[2][1]


def test_mixing_and_opacity():
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"
    assert rgba("#0A0B0C", 0.25) == "rgba(10, 11, 12, 0.25)"
