"""What is left of each model's score when one kind of media goes missing or becomes noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.figures.stress import Kind, StressCurve, stress_chart
from mmdemo.fusion.report import StressPoint
from mmdemo.progress import Progress
from mmdemo.types import Modality
from mmdemo.ui import charts, compare_jobs, compare_tables, resources, theme
from mmdemo.ui import compare_words as words
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, _n, markdown_literal

_FINDING = "Recall@10"
_SHARES = ("mean average precision", "F1", "accuracy", "AUC")
"""Measures of objectives that go from 0 to 1 and of which more is better."""


def draw(chosen: Sequence[Run], called: Mapping[str, str]) -> None:
    """Draw the choice, and the curves or the button that measures them."""
    kinds = [kind for kind in Modality if any(run.report is not None and kind in run.report.weights for run in chosen)]
    modality, how = _choice(kinds)
    ids = [run.run_id for run in chosen]
    subject = (how, modality, tuple(sorted(ids)))
    found = _known(ids, how, modality)
    missing = [run for run in chosen if run.run_id not in found]
    if found:
        _curves(found, called, how, modality)
    if missing:
        _measure([run.run_id for run in missing], how, modality, subject, first=not found)
    compare_jobs.draw("stress", subject)
    words.explain(words.stress_words(), key="compare:about-stress")


def _choice(kinds: Sequence[Modality]) -> tuple[Modality, Kind]:
    first = Modality.IMAGE if Modality.IMAGE in kinds else kinds[0]
    named = {"missing": _("goes missing"), "noise": _("becomes noise")}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        modality = st.segmented_control(
            _("What if the"),
            [kind.value for kind in kinds],
            default=first.value,
            required=True,
            format_func=lambda kind: f"{look(Modality(kind)).material} {word(Modality(kind))}",
            key="compare-stress-modality",
            persist_state="session",
        )
        how = st.segmented_control(
            _("of queries"),
            list(get_args(Kind)),
            default="missing",
            required=True,
            format_func=lambda kind: named[kind],
            key="compare-stress-kind",
            persist_state="session",
        )
    return Modality(modality or first.value), "noise" if how == "noise" else "missing"


def _known(ids: Sequence[str], how: Kind, modality: Modality) -> Mapping[str, Sequence[StressPoint]]:
    """What was measured before and is kept in the workspace, by run."""
    from mmdemo.engine.run_stress import known_stress

    return known_stress(resources.workspace_path(), ids, kind=how, modality=modality)


def _measure(ids: Sequence[str], how: Kind, modality: Modality, subject: compare_jobs.Subject, *, first: bool) -> None:
    path = resources.workspace_path()

    def work(progress: Progress) -> object:
        from mmdemo.engine.run_stress import measure_stress

        return measure_stress(path, ids, kind=how, modality=modality, progress=progress)

    if first:
        st.markdown(
            _(
                "**Not measured yet.** Here you will see how Recall@10 falls while a growing share of the queries "
                "loses this kind of media, one line a model."
            )
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        muted(_("In the background, some seconds a model; kept, so it is done once."), width="stretch")
        st.button(
            _n("Measure {count} model", "Measure {count} models", len(ids)),
            type="primary" if first else "secondary",
            icon=":material/straighten:",
            key="compare:stress",
            disabled=compare_jobs.running("stress") is not None,
            on_click=compare_jobs.start,
            args=("stress", subject, _("Stress test: {kind}").format(kind=word(modality)), work),
        )


def _measured(found: Mapping[str, Sequence[StressPoint]]) -> str:
    """Which measure to show: that of finding items, or one of what runs were trained for."""
    own = [name for points in found.values() for name in points[0].own if name in _SHARES]
    if not own:
        return _FINDING
    named = {_FINDING: _("finding items (Recall@10)")}
    measure = st.segmented_control(
        _("How good the models are at"),
        list(dict.fromkeys((_FINDING, *own))),
        default=_FINDING,
        required=True,
        format_func=lambda name: named.get(name, _("their labels ({measure})").format(measure=name)),
        help=_("A run that was trained to tell tags or answers is measured on those too; others have no such line."),
        key="compare-stress-measure",
    )
    return measure or _FINDING


def _curve(label: str, number: int, points: Sequence[StressPoint], measure: str) -> StressCurve:
    levels = tuple(point.level for point in points)
    if measure != _FINDING:
        return StressCurve(label, number, levels, tuple(point.own[measure] for point in points))
    intervals = tuple(point.interval for point in points)
    return StressCurve(label, number, levels, tuple(point.recall10 for point in points), intervals)


def _curves(
    found: Mapping[str, Sequence[StressPoint]], called: Mapping[str, str], how: Kind, modality: Modality
) -> None:
    numbers = {run_id: number for number, run_id in enumerate(called)}
    measure = _measured(found)
    curves = [
        _curve(called[run_id], numbers[run_id], points, measure)
        for run_id, points in sorted(found.items(), key=lambda row: numbers[row[0]])
        if measure == _FINDING or measure in points[0].own
    ]
    chart = stress_chart(curves, kind=how, modality=modality, measure=measure, dark=theme.is_dark())
    charts.draw(chart, key="compare:stress-chart", file_name=f"stress-{how}-{modality}")
    levels = sorted({level for curve in curves for level in curve.levels})
    rows = [
        {_("Model"): markdown_literal(curve.label)}
        | {f"{level:.0%}": words.share(value) for level, value in zip(curve.levels, curve.values, strict=True)}
        | {_("Lost, points"): words.points(-curve.lost)}
        for curve in curves
    ]
    said = _("{measure} with {shares} of it affected").format(
        measure=measure, shares=", ".join(f"{level:.0%}" for level in levels)
    )
    st.table(rows, hide_index=True, border="horizontal", alt=said)
    st.download_button(
        _("Download as CSV"),
        compare_tables.as_csv(
            [
                {"model": curve.label, "modality": str(modality), "kind": how, "share": level, measure.lower(): value}
                | (dict(zip(("low", "high"), curve.intervals[at], strict=True)) if curve.intervals else {})
                for curve in curves
                for at, (level, value) in enumerate(zip(curve.levels, curve.values, strict=True))
            ]
        ),
        f"stress-{how}-{modality}.csv",
        "text/csv",
        key="compare:stress-csv",
        on_click="ignore",
        icon=":material/download:",
    )
