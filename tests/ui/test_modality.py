"""The one table of colours and shapes, against WCAG 2.2 and against the theme file."""

import tomllib
from pathlib import Path

import pytest

from mmdemo.types import Modality
from mmdemo.ui.modality import CARD, LOOKS, MUTED, PAGE, look, word

CONFIG = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("modality", [*Modality, None])
@pytest.mark.parametrize("background", [PAGE, CARD])
def test_every_modality_can_be_read_on_page_and_card(modality, background):
    shape = look(modality)
    assert contrast(shape.light, background[0]) >= 4.5
    assert contrast(shape.dark, background[1]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_can_be_read(theme):
    colours = CONFIG["theme"][theme]
    for background in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        for name in ("textColor", "linkColor", "primaryColor", "grayTextColor"):
            assert contrast(colours[name], background) >= 4.5, name


@pytest.mark.parametrize(("theme", "index"), [("light", 0), ("dark", 1)])
def test_theme_file_and_table_agree(theme, index):
    colours = CONFIG["theme"][theme]
    assert (colours["backgroundColor"], colours["secondaryBackgroundColor"]) == (PAGE[index], CARD[index])
    assert colours["grayTextColor"] == MUTED[index]
    for modality in Modality:
        shape = look(modality)
        wanted = (shape.light, shape.dark)[index]
        assert colours[f"{shape.name}Color"] == colours[f"{shape.name}TextColor"] == wanted


@pytest.mark.parametrize("name", ["blue", "orange", "green", "violet"])
def test_messages_can_be_read_on_their_tint(name):
    colours = CONFIG["theme"]["light"]
    assert contrast(colours[f"{name}TextColor"], colours[f"{name}BackgroundColor"]) >= 4.5


def test_colour_never_carries_meaning_alone():
    for attribute in ("icon", "glyph", "marker"):
        assert len({getattr(look(modality), attribute) for modality in [*Modality, None]}) == len(LOOKS) + 1
    assert len({word(modality) for modality in [*Modality, None]}) == len(LOOKS) + 1


def test_nothing_is_sent_anywhere_and_uploads_are_bounded():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["showEmailPrompt"] is False
    assert CONFIG["server"]["maxUploadSize"] <= 100
    assert CONFIG["server"]["maxMessageSize"] <= 100
