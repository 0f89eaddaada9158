"""Does the weight follow the signal? Measured on generated worlds, where the truth is known."""

from __future__ import annotations

import streamlit as st

from mmdemo.figures.truth import ENOUGH, truth_chart, truth_ranking
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.truth_report import TruthReport
from mmdemo.progress import Progress
from mmdemo.ui import charts, compare_jobs, compare_tables, problems, resources, theme
from mmdemo.ui import compare_words as words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal

_SUBJECT = ("worlds",)
_STRONG, _SOME = ENOUGH, 0.5
_WORLDS = 3
"""That a seed gives."""


def draw() -> None:
    """Draw what was measured, and the button that measures it or more of it."""
    st.markdown(
        _(
            "In a generated world the truth is known: an item's shape, colour, tone and so on are dealt out to its "
            "text, picture and sound, each time in other shares. A good model gives more weight to the kind of media "
            "that tells more, without being told which that is."
        )
    )
    with problems.shown():
        report = _known()
        if report is not None:
            _found(report)
        _measure(report)
    compare_jobs.draw("truth", _SUBJECT)
    words.explain(words.truth_words(), key="compare:about-truth")


def _known() -> TruthReport | None:
    from mmdemo.engine.truth import known_truth

    return known_truth(resources.workspace_path())


def _found(report: TruthReport) -> None:
    titles = {name: FUSIONS[name].title if name in FUSIONS else name for name in report.spearman}
    st.markdown(_finding(report, titles))
    left, right = st.columns(2, gap="medium")
    with left:
        chosen = st.segmented_control(
            _("Model"),
            list(titles),
            default=report.best,
            required=True,
            format_func=lambda name: titles[name],
            key="compare-truth-fusion",
        )
        chart = truth_chart(report, chosen or report.best, dark=theme.is_dark(), names=titles)
        charts.draw(chart, key="compare:truth", file_name="weight-and-signal")
    with right:
        chart = truth_ranking(report, dark=theme.is_dark(), names=titles)
        charts.draw(chart, key="compare:truth-ranking", file_name="who-follows-the-signal")
        rows = [
            {
                _("Model"): markdown_literal(titles[name]),
                _("Rank correlation"): f"**{value:.2f}**".replace("-", "−"),
                _("Factors named right"): f"{report.accuracy[name]:.0%}",
            }
            for name, value in report.spearman.items()
        ]
        st.table(rows, hide_index=True, border="horizontal", alt=_("How well each model's weights follow the signal"))
    st.download_button(
        _("Download as CSV"),
        compare_tables.as_csv(
            [
                {"fusion": point.fusion, "world": point.world, "modality": str(point.modality)}
                | {"share_of_bits": point.bits_share, "weight": point.weight}
                for point in report.points
            ]
        ),
        "weight-and-signal.csv",
        "text/csv",
        key="compare:truth-csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _finding(report: TruthReport, titles: dict[str, str]) -> str:
    best = report.best
    said = {
        "strong": _("**{model} recovers the truth best**: what tells more gets more weight, almost without exception"),
        "some": _("**{model} recovers the truth best**, but only roughly: what tells more often gets more weight"),
        "none": _("**No model recovers the truth**, not even {model}: weights say little of what carries the signal"),
    }
    value = report.spearman[best]
    strength = "strong" if value >= _STRONG else "some" if value >= _SOME else "none"
    worlds = _n("in {count} world", "in {count} worlds", len(report.worlds))
    return f"{said[strength].format(model=markdown_literal(titles[best]))} ({worlds})."


def _measure(report: TruthReport | None) -> None:
    from mmdemo.engine.truth import FUSIONS_ASKED

    path = resources.workspace_path()
    missing = tuple(name for name in FUSIONS_ASKED if report is None or name not in report.spearman)
    seeds = (0,) if missing else (1,)
    done = not missing
    if done and report is not None and len(report.worlds) > _WORLDS:
        return

    def work(progress: Progress) -> object:
        from mmdemo.engine.truth import measure_truth

        return measure_truth(path, seeds=seeds, progress=progress)

    with st.container(horizontal=True, vertical_alignment="center"):
        muted(
            _(
                "Makes three worlds of 200 items, encodes them, and trains three models in each. It takes some minutes "
                "in the background; what is finished is kept."
            ),
            width="stretch",
        )
        st.button(
            _("Measure three more worlds") if done else _("Measure it"),
            type="secondary" if done else "primary",
            icon=":material/straighten:",
            key="compare:truth-measure",
            disabled=compare_jobs.running("truth") is not None,
            on_click=compare_jobs.start,
            args=("truth", _SUBJECT, _("Weights against the truth in generated worlds"), work),
        )
