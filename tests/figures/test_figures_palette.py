"""Colours: contrast on the page, and distance as colour-blind readers see them."""

from itertools import combinations

import numpy as np
import pytest

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

# Machado, Oliveira and Fernandes (2009), severity 1.0, linear RGB.
MACHADO = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    low, high = sorted(float(XYZ[1] @ linear(colour)) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, vision: str) -> np.ndarray:
    ratios = XYZ @ np.clip(np.array(MACHADO[vision]) @ linear(colour), 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(first: np.ndarray, second: np.ndarray) -> float:
    """Sharma, Wu and Dalal (2005), equations 2 to 22, with all weights 1."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    middle = h1 + h2 if not c1 * c2 else (h1 + h2) / 2
    if c1 * c2 and abs(h1 - h2) > 180:
        middle += 180 if h1 + h2 < 360 else -180
    angles = np.cos(np.radians([middle - 30, 2 * middle, 3 * middle + 6, 4 * middle - 63]))
    t = 1 + angles @ np.array([-0.17, 0.24, 0.32, -0.20])
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = (
        -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(60 * np.exp(-(((middle - 275) / 25) ** 2))))
    )
    parts = (l2 - l1) / s_l, (c2 - c1) / s_c, hue / s_h
    return float(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


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
