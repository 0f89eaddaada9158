"""Plain words and numbers."""

import gettext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mmdemo.ui import text


@pytest.mark.parametrize(
    ("percentile", "words"),
    [(98.0, "98%"), (98.99, "98%"), (99.0, "99.0%"), (99.46, "99.4%"), (99.99, "99.9%"), (100.0, "99.9%"), (3.2, "3%")],
)
def test_a_percentile_is_rounded_down_and_never_reaches_all(percentile, words):
    assert text.percent_below(percentile) == words


def test_closeness_in_words():
    assert text.closeness(98.2) == "closer than 98% of pairs"
    assert text.closeness(0.4) == "among the furthest pairs"


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_closer_pair_never_reads_as_further(first, second):
    order = ["Far", "Loose", "Related", "Close", "Very close"]
    low, high = sorted((first, second))
    assert order.index(text.closeness_word(low)) <= order.index(text.closeness_word(high))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (42.4, "42 s"), (89, "89 s"), (150, "2 min"), (3600, "60 min"), (8000, "2 h")]
)
def test_durations_have_one_sensible_unit(seconds, words):
    assert text.duration(seconds) == words


def test_points_in_time_are_told_to_the_minute_in_utc():
    assert text.when("2026-11-22T06:33:34+01:00") == "22 Nov 2026, 05:33 UTC"
    assert text.when("long ago") == "long ago"


def test_sizes_latencies_and_signs():
    assert [text.size(value) for value in (0, 999, 3_400_000, 5.5e9)] == ["0 B", "999 B", "3.4 MB", "5.5 GB"]
    assert [text.milliseconds(value) for value in (37.6, 1240.0)] == ["38 ms", "1.2 s"]
    assert [text.signed(value) for value in (0.619, -0.1)] == ["+0.62", "−0.10"]


@given(st.text(max_size=80), st.integers(5, 60))
def test_shortened_text_fits_and_starts_the_same(words, length):
    short = text.shorten(words, length)
    assert len(short) <= length
    assert " ".join(words.split()).startswith(short.removesuffix("…"))


def test_shortening_prefers_the_end_of_a_word():
    assert text.shorten("a steam locomotive in the snow", 22) == "a steam locomotive in…"


@pytest.mark.parametrize(
    "attack",
    [
        "**bold** _x_",
        "[link](http://x)",
        "![](http://x/y.png)",
        "<b>b</b>",
        "# h",
        "> q",
        "`c`",
        ":red[x]",
        "a\n\n- b",
        "| a |",
    ],
)
def test_what_users_and_catalogues_write_stays_as_written(attack):
    rendered = MarkdownIt().render(text.markdown_literal(attack))
    plain = " ".join(attack.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert rendered == f"<p>{plain}</p>\n"


def test_english_is_the_source_language_and_unknown_locales_fall_back_to_it():
    assert text.catalogue("en-GB").gettext("Recommend") == "Recommend"
    assert isinstance(text.catalogue("xx-YY"), gettext.NullTranslations)


def test_plurals_follow_the_count():
    assert text._n("{count} item", "{count} items", 1) == "1 item"
    assert text._n("{count} item", "{count} items", 1200) == "1,200 items"
