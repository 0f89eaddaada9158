"""The HTML of a card: escaped, aligned, readable without colour."""

import re

import pytest

from mmdemo.types import Modality
from mmdemo.ui.card_html import Share, bar, heading, match, placeholder

ATTACK = "<img src=x onerror=alert(1)>\"'&"


@pytest.mark.parametrize(
    "html",
    [
        heading(ATTACK, ATTACK),
        placeholder(None, ATTACK),
        bar([Share(ATTACK, Modality.TEXT, 1.0), Share(ATTACK, None, -1.0)], 2.0),
    ],
)
def test_nothing_from_outside_becomes_markup(html):
    assert "<img" not in html
    assert not re.search(r"=\"[^\"]*\"\s*'&", html)
    assert "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;" in html


def test_the_bar_says_in_words_what_it_shows():
    html = bar([Share("a dog", Modality.TEXT, 0.619), Share("bell", Modality.AUDIO, -0.1)], 2.0)
    assert 'role="img" aria-label="What each part added: a dog +0.62, bell −0.10"' in html
    assert 'title="a dog: +0.62"' in html


def widths(html: str) -> tuple[float, list[float]]:
    whole = re.search(r"width:([\d.]+)%", html)
    assert whole is not None
    return float(whole[1]), [float(share) for share in re.findall(r"flex:([\d.]+) 1 0", html)]


def test_lengths_are_shares_of_the_best_result():
    html = bar([Share("a", Modality.TEXT, 1.5), Share("b", Modality.IMAGE, -0.5)], 4.0)
    assert widths(html) == (50.0, [0.75, 0.25])


def test_parts_that_take_away_are_marked_by_more_than_colour():
    html = bar([Share("a", Modality.TEXT, 1.0), Share("b", Modality.TEXT, -1.0)], 2.0)
    assert "● a" in html
    assert "− b" in html
    assert html.count("dashed") == 1


def test_an_item_that_got_nothing_has_an_empty_bar():
    assert widths(bar([Share("a", Modality.TEXT, 0.0)], 0.0)) == (0.0, [])


def test_the_match_line_has_word_and_number():
    html = match(98.4, [Share("a", Modality.TEXT, 1.0)], 1.0)
    assert "Close" in html
    assert "closer than 98% of pairs" in html
