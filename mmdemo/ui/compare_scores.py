"""Which model finds the right item, is the difference real, and what does it cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.figures.model_comparison import Measure, difference_chart, score_chart
from mmdemo.fusion.report import CUTOFFS, FusionReport
from mmdemo.progress import Progress
from mmdemo.ui import charts, compare_jobs, compare_tables, resources, theme
from mmdemo.ui import compare_words as words
from mmdemo.ui.compare_tables import Against
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, _n, duration, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.comparing import CompareRow, Comparison

_K = 10


def draw(chosen: Sequence[Run], called: Mapping[str, str]) -> None:
    """Draw scores, differences and costs of the chosen runs, best first."""
    measured = [(run, run.report) for run in chosen if run.report is not None]
    reports = {run.run_id: report for run, report in measured}
    best = next(iter(reports))
    st.markdown(words.task(reports[best]))
    compared = _compared(chosen)
    behind = compare_tables.against(best, list(reports), {} if compared is None else compared.pairs)
    costs = {} if compared is None else {row.run.run_id: row for row in compared.rows}
    left, right = st.columns(2, gap="medium")
    with left:
        scores = [
            Measure(called[run_id], number, report.recall[_K], report.intervals[_K])
            for number, (run_id, report) in enumerate(reports.items())
        ]
        chart = score_chart(scores, chance=reports[best].chance[_K], k=_K, dark=theme.is_dark())
        charts.draw(chart, key="compare:scores", file_name="scores")
    with right:
        _differences(list(reports), called, behind)
        compare_jobs.draw("scores", _subject(chosen))
    _table(reports, called, behind, waiting=compared is None)
    words.explain(words.score_words(), key="compare:about-scores")
    _by_target(reports, called)
    _costs(costs, called)
    st.download_button(
        _("Download as CSV"),
        compare_tables.as_csv(compare_tables.score_rows(measured, called, behind, costs)),
        "models.csv",
        "text/csv",
        key="compare:csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _subject(chosen: Sequence[Run]) -> compare_jobs.Subject:
    """The runs, whatever their order; with their dates, because the id of a deleted run may come again."""
    return tuple(sorted((run.run_id, run.created) for run in chosen))


def _compared(chosen: Sequence[Run]) -> Comparison | None:
    """The comparison of these runs; started in the background where it is not there yet."""
    subject, path, ids = _subject(chosen), resources.workspace_path(), [run.run_id for run in chosen]

    def work(progress: Progress) -> object:
        from mmdemo.engine.comparing import compare

        return compare(path, ids, progress=progress)

    if compare_jobs.job("scores", subject) is None:
        title = _n("Comparing {count} model query by query", "Comparing {count} models query by query", len(chosen))
        compare_jobs.start("scores", subject, title, work)
    return compare_jobs.result("scores", subject)


def _differences(run_ids: Sequence[str], called: Mapping[str, str], behind: Against) -> None:
    if behind.pairs:
        measures = [
            Measure(
                called[run_id],
                run_ids.index(run_id),
                pair.difference,
                pair.interval,
                is_real=words.is_real(behind.p[run_id]),
            )
            for run_id, pair in behind.pairs.items()
        ]
        chart = difference_chart(measures, best=called[behind.best], k=_K, dark=theme.is_dark())
        charts.draw(chart, key="compare:differences", file_name="differences")


def _table(reports: Mapping[str, FusionReport], called: Mapping[str, str], behind: Against, *, waiting: bool) -> None:
    rows = [
        {_("Model"): markdown_literal(called[run_id])}
        | {f"Recall@{k}": words.share(report.recall[k]) for k in CUTOFFS}
        | {_("95% interval of Recall@10"): words.interval(report.intervals[_K]), "MRR": f"{report.mrr:.3f}"}
        | _against(run_id, called, behind, waiting=waiting)
        for run_id, report in reports.items()
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("How well each model finds the right item"))
    chance = ", ".join(f"Recall@{k} {words.share(reports[behind.best].chance[k])}" for k in CUTOFFS)
    muted(_("By chance: {values}.").format(values=chance))


def _against(run_id: str, called: Mapping[str, str], behind: Against, *, waiting: bool) -> dict[str, str]:
    """The cells that hold a run against the best."""
    verdict, difference, p = "…" if waiting else _("asked other queries"), "", ""
    if run_id == behind.best:
        verdict = f":green[:material/trophy:] {_('highest')}"
    elif run_id in behind.pairs:
        pair, corrected = behind.pairs[run_id], behind.p[run_id]
        verdict = f"**{words.verdict(pair, corrected)}**"
        difference, p = words.difference(pair), words.p_value(corrected)
    against = _("Against {best}").format(best=markdown_literal(called[behind.best]))
    return {against: verdict, _("Points (95% interval)"): difference, "p": p}


def _by_target(reports: Mapping[str, FusionReport], called: Mapping[str, str]) -> None:
    kinds = list(dict.fromkeys(kind for report in reports.values() for kind in report.by_target))
    if len(kinds) < 2:
        return
    with st.expander(_("Recall@10 by what is looked for"), icon=":material/category:"):
        rows = [
            {_("Model"): markdown_literal(called[run_id])}
            | {
                f":{look(kind).name}[{look(kind).material}] {word(kind)}": words.share(report.by_target[kind])
                for kind in kinds
                if kind in report.by_target
            }
            for run_id, report in reports.items()
        ]
        st.table(rows, hide_index=True, border="horizontal", alt=_("Recall@10 by what is looked for"))


def _costs(costs: Mapping[str, CompareRow], called: Mapping[str, str]) -> None:
    if not costs:
        return
    st.markdown(f"**{_('What does it cost?')}**")
    rows = [
        {
            _("Model"): markdown_literal(called[run_id]),
            _("Parameters"): words.number(costs[run_id].parameters),
            _("Training"): duration(costs[run_id].training_seconds),
            _("Answer time"): words.latency(costs[run_id].latency_ms),
            _("Memory"): _("{count} MB").format(count=f"{costs[run_id].memory_mb:.1f}"),
        }
        for run_id in called
        if run_id in costs
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("What each model costs"))
    words.explain(words.cost_words(), key="compare:about-costs")
