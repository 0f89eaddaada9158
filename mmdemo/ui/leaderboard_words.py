"""The words of the Leaderboard page: measures, how sure they are, what a division is, what costs are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mmdemo.recommend.behaviour.table import BEHAVIOUR
from mmdemo.ui.compare_words import is_real
from mmdemo.ui.text import _, duration

if TYPE_CHECKING:
    from mmdemo.engine.leaderboard import SplitName
    from mmdemo.recommend.judging.compare import Paired

MEASURES = ("recall", "ndcg", "precision", "mrr", "map", "hit")
"""With a cut-off, in the order of the table."""

PLUS_MINUS = "\u00a0±\u00a0"
"""With spaces at which no line is broken."""


def model(name: str) -> str:
    """What a model is called."""
    spec = BEHAVIOUR.get(name)
    return name if spec is None else spec.title


def measure(name: str) -> str:
    """What a measure is called: "NDCG@10", "Hit rate@20", "AUC"."""
    titles = {
        "recall": _("Recall"),
        "ndcg": "NDCG",
        "precision": _("Precision"),
        "mrr": "MRR",
        "map": "MAP",
        "hit": _("Hit rate"),
        "auc": "AUC",
    }
    word, at, k = name.partition("@")
    return titles.get(word, word) + at + k


def split(name: SplitName) -> str:
    """What a division is called."""
    return {"random": _("At random"), "last": _("Everyone's last"), "time": _("The latest of all")}[name]


def about_split(name: SplitName) -> str:
    """What is held out, as a sentence."""
    return {
        "random": _("One in ten choices, drawn at random, is held out to judge by."),
        "last": _("The last choice of everyone with two or more is held out to judge by."),
        "time": _("The latest tenth of all choices is held out to judge by, so nothing is learned from the future."),
    }[name]


def number(value: float, digits: int = 4) -> str:
    """A value as papers print it, with a real minus sign; a dash where it is not known."""
    if not math.isfinite(value):
        return "–"
    rounded = f"{value:.{digits}f}"
    return rounded.lstrip("-") if float(rounded) == 0 else rounded.replace("-", "−")


def with_error(value: float, error: float, digits: int = 4) -> str:
    """A value and its standard error: "0.1129 ± 0.0041"."""
    said = number(value, digits)
    return said + PLUS_MINUS + number(error, digits) if math.isfinite(error) else said


def interval(low: float, high: float) -> str:
    """From and to: "0.1050 to 0.1208"."""
    return _("{low} to {high}").format(low=number(low), high=number(high))


def difference(pair: Paired) -> str:
    """A difference from the best with its interval: "−0.0105 (−0.0190 to −0.0021)"."""
    return f"{number(pair.difference)} ({interval(*pair.interval)})"


def verdict(pair: Paired, p: float) -> str:
    """Whether a model is really behind the best, in words; p is corrected for how many there are."""
    if not is_real(p):
        return _("no real difference")
    return _("really behind") if pair.difference < 0 else _("really ahead")


def seconds(value: float) -> str:
    """A length of time: "4 ms", "1.3 s", "2 min"; never broken at the end of a line."""
    if value < 0.001:
        said = _("< 1 ms")
    elif value < 1:
        said = _("{count} ms").format(count=f"{1000 * value:.0f}")
    else:
        said = _("{count} s").format(count=f"{value:.1f}") if value < 90 else duration(value)
    return said.replace(" ", "\u00a0")


def megabytes(value: float) -> str:
    """Memory: "3.4 MB"; never broken at the end of a line."""
    return _("{count} MB").format(count=f"{value:.1f}" if value >= 0.1 else "< 0.1").replace(" ", "\u00a0")


def accuracy_words() -> str:
    """What the measures and the test are."""
    return _(
        "Every model scores the whole catalogue for each person, without what that person chose before; nothing is "
        "sampled. **Recall@k**: the share of a person's held-out choices among the first k. **NDCG@k**: the same, "
        "where earlier places count more (1 is a perfect order). **Precision@k**: the share of the first k that was "
        "chosen. **MRR@k**: one over the place of the first right answer. **MAP@k**: the mean precision at each right "
        "answer. **Hit rate@k**: people with at least one right answer. **AUC**: how often a chosen item is above "
        "another; 0.5 is chance. Equal scores count by their expected value, so no model gains from the order of the "
        "catalogue.\n\n**95% interval** and **± standard error**: how far the mean would move with other people like "
        "these (bootstrap over people). **Is a lead real?** Models are compared person by person. **p** says how often "
        "chance alone gives such a difference, corrected for the number of models (Holm 1979); below 0.05 it counts as "
        "real; the intervals are not corrected. No real difference does not mean equal: these people are too few to "
        "tell. Learned models also differ a little from seed to seed: try another one in the settings."
    )


def beyond_words() -> str:
    """What measures beyond accuracy are."""
    return _(
        "**Coverage**: the share of the catalogue that is in somebody's list. **Diversity**: how unlike the items of a "
        "list are (mean cosine distance of their vectors; 0 alike, 1 unrelated). **Novelty**: how little known they "
        "are, in bits; one bit more is chosen by half as many. **Gini**: how unevenly lists use the catalogue; 0 all "
        "items alike, 1 a single one, so less is better.\n\n**Popularity lift**: by how much the items recommended are "
        "more popular than those the person chose, for the third of people with the rarest taste, the middle and the "
        "third with the most common one. 0% is fair; +100% is twice as popular. **±**: standard error."
    )


def cold_words() -> str:
    """What cold items and people are."""
    return _(
        "**Cold items** were never chosen in the part that models learn from; only what items are like can find them. "
        "**Cold people** have no choice there either; they get what a model recommends to a stranger. **Warm** is the "
        "rest. Each is judged apart, because a mean over all hides that a model fails for one of them. **±**: standard "
        "error."
    )


def cost_words() -> str:
    """What the costs are."""
    return _(
        "**Fitting**: seconds to learn from all choices that are not held out, on this machine; choosing settings not "
        "counted. **One person**: scoring the whole catalogue for one history, the median of eight. **Memory**: the "
        "numbers that a fitted model keeps. **Settings**: those chosen on a validation part that nothing is judged by; "
        "otherwise the defaults."
    )
