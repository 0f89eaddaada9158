"""Other alignments: measure them, see which is best, train one into a version, use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmdemo.align import METHODS, Method
from mmdemo.align.report import AlignmentReport, Pair, pair_name, pair_of
from mmdemo.engine import alignments
from mmdemo.engine.alignments import EXCLUDED, InUse, Question
from mmdemo.figures import method_comparison
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.ui import alignment_jobs, charts, layout, resources, theme
from mmdemo.ui import alignment_words as words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, duration, markdown_literal

_FIRST: Pair = (Modality.TEXT, Modality.IMAGE)
_CUTOFF = 10


def draw(now: InUse) -> None:
    """Draw the choice, the results and what to do with them."""
    measured = alignments.known_alignments(resources.workspace_path())
    reports = {name: found.centred for name, found in measured.items()}
    pairs = list(dict.fromkeys(pair for report in reports.values() for pair in report.pairs))
    pair = _pair(pairs)
    best = alignments.best(reports) if len(reports) > 1 else None
    if best is not None and pair is not None:
        _results(reports, pair, best, now)
    _chooser(reports, pair, best, now)


def _pair(pairs: list[Pair]) -> Pair | None:
    if len(pairs) < 2:
        return next(iter(pairs), None)
    first = pair_name(_FIRST if _FIRST in pairs else pairs[0])
    chosen = st.segmented_control(
        _("Compare by"),
        [pair_name(pair) for pair in pairs],
        default=first,
        required=True,
        format_func=words.named,
        key="alignment:pair",
    )
    return pair_of(chosen or first)


def _results(reports: Mapping[str, AlignmentReport], pair: Pair, best: str, now: InUse) -> None:
    titles = {name: METHODS[name].title for name in reports}
    if any(pair in report.pairs for report in reports.values()):
        chart = method_comparison(list(reports.values()), dark=theme.is_dark(), pair=pair, names=titles)
        charts.draw(chart, key="alignment:comparison", file_name="alignments")
    words.explain(words.recall_words(), key="alignment:about-comparison")
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(_finding(reports, best), width="stretch")
        if best == now.method:
            st.badge(_("in use"), icon=":material/check:", color="green")
        else:
            _use_button(
                _("Use the best"),
                best,
                now,
                key="alignment:use-best",
                type="primary",
                help=_("Trains it on the whole catalogue into a new version and switches to that. No version is lost."),
            )


def _finding(reports: Mapping[str, AlignmentReport], best: str) -> str:
    shares = alignments.overall(reports)
    said = _("**Best over all kinds of media: {title}.** {share} of all queries find their item among the first ten.")
    words_of_best = said.format(title=markdown_literal(METHODS[best].title), share=words.share(shares[best]))
    highest = max(shares, key=lambda name: shares[name])
    if highest == best:
        return words_of_best
    close = _("{title} reaches {share}, but so small a lead can be luck, and it is less simple.")
    return f"{words_of_best} " + close.format(
        title=markdown_literal(METHODS[highest].title), share=words.share(shares[highest])
    )


def _chooser(reports: Mapping[str, AlignmentReport], pair: Pair | None, best: str | None, now: InUse) -> None:
    muted(_what_is_measured(reports))
    chosen = []
    for method in METHODS.values():
        with st.container(border=True):
            about, result, actions = st.columns([6, 2, 2], vertical_alignment="center")
        with about, st.container(gap="xxsmall"):
            if st.checkbox(f"**{markdown_literal(method.title)}**", value=True, key=f"alignment:try:{method.name}"):
                chosen.append(method.name)
            muted(markdown_literal(f"{method.summary[:1].upper()}{method.summary[1:].rstrip('.')}."))
            muted(markdown_literal(method.reference))
        with result:
            _result(reports.get(method.name), pair)
        with actions:
            _actions(method, best, now)
    missing = [name for name in chosen if name not in reports]
    st.button(
        _n("Measure {count} alignment", "Measure {count} alignments", len(missing))
        if missing
        else _("All chosen ones are measured"),
        type="secondary" if best is not None else "primary",
        icon=":material/straighten:",
        key="alignment:measure",
        disabled=alignment_jobs.busy() or not missing,
        help=_("In the background, some seconds to some minutes each. What is finished is kept if you cancel."),
        on_click=alignment_jobs.measure,
        args=(missing,),
    )


def _what_is_measured(reports: Mapping[str, AlignmentReport]) -> str:
    said = _("Cross-validation in {folds} parts.").format(folds=Question().folds)
    summary = resources.summary()
    if summary is not None and any(report.items < summary.items for report in reports.values()):
        tags = markdown_literal(", ".join(f"“{tag}”" for tag in EXCLUDED))
        said += " " + _("Items tagged {tags} are left out: no text tells them apart.").format(tags=tags)
    return said


def _result(report: AlignmentReport | None, pair: Pair | None) -> None:
    scores = None if report is None or pair is None else report.pairs.get(pair)
    if report is None or scores is None:
        muted(_("not measured"))
        return
    st.markdown(
        f"**{words.share(scores.recall[_CUTOFF])}** {words.interval(scores.intervals[_CUTOFF])}  \n"
        f":gray[:small[{words.rank(scores.median_rank, scores.candidates)} · {duration(report.seconds)}]]"
    )


def _actions(method: Method, best: str | None, now: InUse) -> None:
    if method.name == best:
        st.badge(_("best"), icon=":material/trophy:", color="blue")
    if method.name == now.method:
        st.badge(_("in use"), icon=":material/check:", color="green")
    elif method.name in now.versions:
        label = _("Use version {version}").format(version=now.versions[method.name])
        _use_button(label, method.name, now, key=f"alignment:use:{method.name}")
    else:
        st.button(
            _("Train a version"),
            key=f"alignment:train:{method.name}",
            disabled=alignment_jobs.busy(),
            help=_("On the whole catalogue. The version in use stays as it is."),
            on_click=alignment_jobs.train,
            args=(method.name,),
            kwargs={"use": False},
        )


def _use_button(label: str, method: str, now: InUse, *, key: str, **options: Any) -> None:
    """Draw a button that switches to the version that holds an alignment, or trains one and switches to that."""
    if st.button(label, key=key, disabled=alignment_jobs.busy(), **options):
        if method in now.versions:
            Workspace(resources.workspace_path()).use_version(now.versions[method])
            alignment_jobs.forget()
        else:
            alignment_jobs.train(method, use=True)
        layout.rerun()
