"""The words for comparing models: scores, whether a difference is real, what a run is called."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.report import FusionReport, Paired
from mmdemo.ui.modality import word
from mmdemo.ui.text import _, milliseconds

SIGNIFICANT = 0.05
"""A difference is called real where chance alone shows one as large less often than this."""


def labels(chosen: Sequence[Run]) -> dict[str, str]:
    """Run id to what to call the run: its fusion where that says which one is meant, else its title."""
    titles = [_fusion(run) for run in chosen]
    called = {
        run.run_id: title if titles.count(title) == 1 and run.title.startswith(title) else run.title
        for run, title in zip(chosen, titles, strict=True)
    }
    words = list(called.values())
    return {
        run_id: f"{label} ({run_id.partition('-')[0].lstrip('0')})" if words.count(label) > 1 else label
        for run_id, label in called.items()
    }


def _fusion(run: Run) -> str:
    spec = FUSIONS.get(run.settings.fusion)
    return run.settings.fusion if spec is None else spec.title


def share(value: float) -> str:
    """A share of queries: "62.7%"."""
    return f"{value:.1%}"


def interval(bounds: tuple[float, float]) -> str:
    """An interval of shares: "58.5 to 66.6%"."""
    return _("{low} to {high}").format(low=f"{100 * bounds[0]:.1f}", high=f"{bounds[1]:.1%}")


def points(value: float) -> str:
    """A difference of shares in percentage points, with a real minus sign: "−2.1"."""
    rounded = round(100 * value, 1)
    return "0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "−")


def p_value(p: float) -> str:
    """How often chance alone would show such a difference: "0.03"."""
    return "< 0.001" if p < 0.001 else f"{p:.2f}" if p >= 0.01 else f"{p:.3f}"


def is_real(p: float) -> bool:
    """Whether a difference is called real."""
    return p < SIGNIFICANT


def verdict(paired: Paired, p: float) -> str:
    """Whether a run is really behind another, in words.

    Args:
        paired: The run compared with the other.
        p: Its p, corrected for how many were compared.
    """
    if not is_real(p):
        return _("no real difference")
    return _("really worse") if paired.difference < 0 else _("really better")


def difference(paired: Paired) -> str:
    """A difference in points with its interval: "−2.1 (−4.0 to −0.3)"."""
    low, high = paired.interval
    return _("{difference} ({low} to {high})").format(
        difference=points(paired.difference), low=points(low), high=points(high)
    )


def number(count: int) -> str:
    """A count of parameters: "none", "3", "12,480", "1.2 million"."""
    if count == 0:
        return _("none")
    return _("{count} million").format(count=f"{count / 1e6:.1f}") if count >= 1_000_000 else f"{count:,}"


def latency(value: float) -> str:
    """Milliseconds: "3.4 ms", "38 ms", "1.2 s"."""
    return f"{value:.1f} ms" if value < 10 else milliseconds(value)


def task(report: FusionReport) -> str:
    """What was asked of every run, as a sentence."""
    sought = ", ".join(word(modality) for modality in report.by_target)
    if report.task == "two-to-third":
        said = _(
            "**The task.** Two kinds of media of an item are fused, for instance its text and its picture, and must "
            "find the same item by its third kind alone. Looked for: {sought}; {queries} queries of items that no "
            "model was trained on."
        )
    else:
        said = _(
            "**The task.** One kind of media of an item must find the same item by another kind. Looked for: {sought}; "
            "{queries} queries of items that no model was trained on."
        )
    return said.format(sought=sought, queries=f"{report.queries:,}")


def explain(words: str, *, key: str) -> None:
    """Draw the quiet button that says what a measure means."""
    with st.popover(_("What does this mean?"), type="tertiary", icon=":material/help:", key=key):
        st.markdown(words)


def score_words() -> str:
    """What the scores and the test are."""
    return _(
        "**Recall@k**: the share of queries with a right answer among the first k. **MRR**: the mean of one over the "
        "place of the right answer; 1 is always first, 0.5 is second on average. **Chance**: a random "
        "order.\n\n**Interval**: drawing other items like these would give a value within it 95 times in 100 "
        "(bootstrap over items with the same text).\n\n**Is a difference real?** All models answer the same queries, "
        "so they are compared query by query, which tells more than two intervals do. **p** says how often chance "
        "alone would show such a difference; it is corrected for the number of models compared (Holm 1979), and below "
        "0.05 the difference counts as real. No real difference does not mean equal: these queries are too few to "
        "tell. The best of many is also a little lucky; train it with other seeds to be sure."
    )


def cost_words() -> str:
    """What the costs are."""
    return _(
        "**Parameters**: numbers that training sets; a fixed fusion has none. **Training**: seconds from start to end, "
        "preparing and measuring included. **Answer time**: fusing one query and scoring every item of the catalogue, "
        "on this machine, the models that read text, pictures and sounds not counted. **Memory**: the fusion and what "
        "it keeps of every item."
    )


def weight_words() -> str:
    """What the weights are."""
    return _(
        "**Weight**: how much a kind of media counted in the fused vector, averaged over test items that have all "
        "kinds; they sum to 100%. Fusions with attention report it; of the others it is the exact contribution of each "
        "kind to the result (Shapley value), which falls below 0 where a kind pulls the other way."
    )


def stress_words() -> str:
    """What the stress test is."""
    return _(
        "**Missing**: the kind is taken away from a growing share of the queries that ask with it and with another. "
        "**Noise**: it is mixed with a growing share of noise, until nothing else is left. Queries, items and noise "
        "are the same for every model. A model that weighs what it is given should lose little."
    )


def truth_words() -> str:
    """What weights are held against."""
    return _(
        "**Share of information**: six factors of an item (two to eight values each) are dealt out; a kind of media "
        "that carries a factor of n equally likely values carries log₂ n bits of the truth. **Weight**: what the model "
        "gave the kind on items it was not trained on. The model is trained to name all factors from all kinds "
        "together.\n\n**Rank correlation** (Spearman): 1 when more information always means more weight, 0 when the "
        "two have nothing to do with each other; 0.9 and above counts as following the signal."
    )
