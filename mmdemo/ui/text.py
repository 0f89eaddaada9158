"""The words of the pages: gettext, plain-word numbers, safe markdown.

English is the source language. To translate, from the repository root:

    xgettext --from-code=UTF-8 -k_ -k_n:1,2 -o mmdemo/locale/mmdemo.pot app.py pages/*.py mmdemo/ui/*.py
    msginit -i mmdemo/locale/mmdemo.pot -l zh_CN -o mmdemo/locale/zh_CN/LC_MESSAGES/mmdemo.po
    msgfmt mmdemo/locale/zh_CN/LC_MESSAGES/mmdemo.po -o mmdemo/locale/zh_CN/LC_MESSAGES/mmdemo.mo
"""

import calendar
import gettext
import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import streamlit as st

LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


@lru_cache(maxsize=32)
def catalogue(locale: str) -> gettext.NullTranslations:
    """The translations for a browser locale such as "zh-CN"; English where there are none."""
    language = locale.replace("-", "_")
    wanted = [language, language.partition("_")[0]]
    return gettext.translation("mmdemo", localedir=str(LOCALE_DIR), languages=wanted, fallback=True)


def _(message: str) -> str:
    """The message in the language of the reader's browser."""
    return catalogue(st.context.locale or "en").gettext(message)


def _n(singular: str, plural: str, count: int) -> str:
    """The singular or plural message for `count`, with `{count}` filled in."""
    return catalogue(st.context.locale or "en").ngettext(singular, plural, count).format(count=f"{count:,}")


def markdown_literal(words: str) -> str:
    """Text that shows as it is wherever Streamlit reads markdown: one line, every punctuation mark escaped."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(words.split()))


def shorten(words: str, length: int) -> str:
    """At most `length` characters, cut at a word where one ends nearby, with an ellipsis."""
    words = " ".join(words.split())
    if len(words) <= length:
        return words
    cut = words[: length - 1]
    space = len(cut) if words[length - 1] == " " else cut.rfind(" ")
    return (cut[:space] if space > length * 2 // 3 else cut).rstrip(" ,;.") + "…"


def percent_below(percentile: float) -> str:
    """A percentile as "98%": rounded down so that it never promises more than was measured, "99.9%" at most."""
    value = min(max(percentile, 0.0), 99.9)
    return f"{math.floor(value * 10) / 10:.1f}%" if value >= 99 else f"{math.floor(value)}%"


def closeness(percentile: float) -> str:
    """How close a pair is, in words: "closer than 98% of pairs"."""
    if percentile < 1:
        return _("among the furthest pairs")
    return _("closer than {share} of pairs").format(share=percent_below(percentile))


def closeness_word(percentile: float) -> str:
    """How close a pair is, in a word or two."""
    if percentile >= 99:
        return _("Very close")
    if percentile >= 95:
        return _("Close")
    return _("Related") if percentile >= 80 else _("Loose") if percentile >= 50 else _("Far")


def duration(seconds: float) -> str:
    """A length of time to one sensible digit: "40 s", "3 min", "2 h"."""
    if seconds < 90:
        return _("{count} s").format(count=max(1, round(seconds)))
    if seconds < 90 * 60:
        return _("{count} min").format(count=round(seconds / 60))
    return _("{count} h").format(count=round(seconds / 3600))


def when(iso: str) -> str:
    """A point in time (ISO 8601) to the minute: "22 Nov 2026, 05:33 UTC"; other text stays as it is."""
    try:
        moment = datetime.fromisoformat(iso).astimezone(UTC)
    except ValueError:
        return iso
    month = calendar.month_abbr[moment.month]
    return f"{moment.day} {month} {moment.year}, {moment:%H:%M} UTC"


def milliseconds(value: float) -> str:
    """A latency: "38 ms", from one second on "1.2 s"."""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def size(byte_count: float) -> str:
    """A file size in decimal units: "3.4 MB"."""
    for unit in ("B", "kB", "MB"):
        if byte_count < 1000:
            return f"{byte_count:.0f} {unit}" if unit == "B" else f"{byte_count:.1f} {unit}"
        byte_count /= 1000
    return f"{byte_count:.1f} GB"


def signed(value: float) -> str:
    """A signed number with two digits and a real minus sign: "+0.62", "−0.10"."""
    return f"{value:+.2f}".replace("-", "−")
