"""What was measured of one alignment: retrieval, gap, hubness, evenness, and the items that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.align.report import CUTOFFS, AlignmentReport, Failure, pair_name
from mmdemo.engine.alignments import Measured
from mmdemo.errors import QueryError
from mmdemo.figures import gap_bars, hubness_bars, recall_matrix
from mmdemo.ui import alignment_words as words
from mmdemo.ui import card_html, charts, theme
from mmdemo.ui.item_media import picture, player, second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import word
from mmdemo.ui.text import _, markdown_literal, signed

if TYPE_CHECKING:
    from mmdemo.engine import Engine

_COLUMNS, _TILE_PX, _SHOWN = 6, 150, 6


def draw(measured: Measured, engine: Engine) -> None:
    """Draw everything, with the choice of k and of centring."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        k = st.segmented_control(
            _("A right answer among the first"), CUTOFFS, default=10, required=True, key="alignment:k"
        )
        centred = st.toggle(_("Centred vectors"), value=True, key="alignment:centred", help=words.centring_words())
    report = measured.centred if centred else measured.uncentred
    if not centred:
        st.info(_("Not centred, to show what centring is for. Searches always use centred vectors."))
    for notice in report.notices:
        muted(f":material/info: {markdown_literal(notice)}")
    if not report.pairs:
        st.info(_("**Nothing to compare.** No two kinds of media of this catalogue can be put in one space."))
        return
    _recall(report, k or 10)
    left, right = st.columns(2, gap="medium")
    with left:
        _gap(report)
    with right:
        charts.draw(hubness_bars(report, dark=theme.is_dark()), key="alignment:hubness", file_name="hubness")
        words.explain(words.hubness_words(), key="alignment:about-hubness")
    _shape(report)
    _failures(report, engine)


def _recall(report: AlignmentReport, k: int) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        charts.draw(recall_matrix(report, k, dark=theme.is_dark()), key="alignment:recall", file_name=f"recall-{k}")
    rows = [
        {
            _("Asked → found"): words.ordered(pair),
            f"Recall@{k}": f"**{words.share(scores.recall[k])}**",
            _("95% interval"): words.interval(scores.intervals[k]),
            _("Chance"): words.share(scores.chance[k]),
            _("Median rank"): words.rank(scores.median_rank, scores.candidates),
        }
        for pair, scores in report.pairs.items()
    ]
    with right:
        st.table(rows, hide_index=True, border="horizontal", alt=_("How well each kind of media finds each other one"))
        words.explain(words.recall_words(), key="alignment:about-recall")


def _gap(report: AlignmentReport) -> None:
    if report.gap_before.keys() & report.gap_after.keys():
        charts.draw(gap_bars(report, dark=theme.is_dark()), key="alignment:gap", file_name="modality-gap")
    for pair in report.gap_after.keys() - report.gap_before.keys():
        muted(
            _("Modality gap of {pair}: {after} after; no classes to say what it was before.").format(
                pair=words.beside(pair), after=f"{report.gap_after[pair]:.2f}"
            )
        )
    words.explain(words.gap_words(), key="alignment:about-gap")


def _shape(report: AlignmentReport) -> None:
    close = [(words.beside(pair), value) for pair, value in report.alignment.items()]
    even = [(word(modality), value) for modality, value in report.uniformity.items()]
    for column, title, meaning, values in zip(
        st.columns(2, gap="medium"),
        (_("Alignment"), _("Uniformity")),
        (
            _("mean squared distance of an item's two vectors; 0 is the same place, 2 unrelated"),
            _("how evenly vectors use the space; 0 is one point, −4 as even as can be"),
        ),
        (close, even),
        strict=True,
    ):
        with column:
            listed = " · ".join(f"{name} **{signed(value).removeprefix('+')}**" for name, value in values)
            st.markdown(f"**{title}**  \n{listed}  \n:gray[:small[{meaning}]]")
    words.explain(words.shape_words(), key="alignment:about-shape")


def _failures(report: AlignmentReport, engine: Engine) -> None:
    st.markdown(f"**{_('Which items fail?')}**")
    by_pair: dict[str, list[Failure]] = {}
    for failure in report.failures:
        by_pair.setdefault(pair_name((failure.query, failure.candidate)), []).append(failure)
    if not by_pair:
        muted(_("None: every item is found among the first ten."))
        return
    first = next(iter(by_pair))
    chosen = st.segmented_control(
        _("Asked → found"),
        list(by_pair),
        default=first,
        required=True,
        format_func=words.named,
        key="alignment:failures",
    )
    muted(_("The items whose own answer comes last, although it is there."))
    grid = st.grid(_COLUMNS, min_column_width=_TILE_PX, border=True, gap="xsmall", key="alignment:failed")
    for failure in by_pair.get(chosen or first, [])[:_SHOWN]:
        with grid.cell():
            _tile(failure, engine)


def _tile(failure: Failure, engine: Engine) -> None:
    try:
        item = engine.item(failure.item_id)
    except QueryError:  # measured on another catalogue than the version shows
        muted(markdown_literal(failure.item_id))
        return
    picture(engine, item)
    st.html(card_html.heading(item.title, second_line(item), level=3))
    player(engine, item)
    muted(words.rank(failure.rank, failure.candidates))
