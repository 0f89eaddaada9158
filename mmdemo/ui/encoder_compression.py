"""Options that make an encoder smaller and faster, with what they cost in quality on this catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.encoders import EncoderSpec
from mmdemo.encoders.choice import Choice
from mmdemo.progress import Progress
from mmdemo.ui import encoder_jobs, encoder_words, job_panel, problems, resources
from mmdemo.ui.jobs import JobState
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _

if TYPE_CHECKING:
    from mmdemo.engine.compression import CompressionReport

TRANSFORMERS = frozenset({
    "minilm", "hf-text", "openclip-text", "openclip-image", "clap-text", "clap-audio", "timm", "attention-audio",
})  # fmt: skip
"""Families whose networks the options suit; the others compute little in linear layers."""


def options(spec: EncoderSpec) -> tuple[str, ...]:
    """The options that a family can take."""
    return ("int8", "pruned30") if spec.name in TRANSFORMERS else ()


def draw(parts: Sequence[Choice], *, key: str) -> None:
    """Draw what the chosen options cost in quality and gain in speed, measured on this catalogue."""
    if resources.summary() is None:
        return
    for part in parts:
        for option in part.options:
            _option(str(Choice(part.family, part.source)), option, key=f"{key}:measure:{part.family}:{option}")


def _option(name: str, option: str, *, key: str) -> None:
    from mmdemo.engine.compression import known_compression

    known = known_compression(resources.workspace_path(), name, option)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        said = f"**{encoder_words.option(option)}**, `{name}`"
        if known is not None:
            st.markdown(f"{said}: {_found(known)}")
            return
        st.markdown(f"{said}: {_('not measured on this catalogue yet.')}", width="stretch")
        st.button(
            _("Measure"),
            icon=":material/straighten:",
            key=key,
            disabled=encoder_jobs.busy(),
            help=_("What it costs in Recall@10 and gains in speed; takes about as long as indexing twice."),
            on_click=_measure,
            args=(name, option),
        )


def draw_task() -> None:
    """Draw the measurement that runs, or why the last one gave nothing."""
    task = encoder_jobs.last(encoder_jobs.Kind.MEASURE)
    if task is None or task.job.state is JobState.DONE:
        return
    if not task.job.finished:
        job_panel.draw(task.job)
    elif task.job.error is not None:
        problems.show(task.job.error)
    else:
        muted(_("The measurement was cancelled."))


def _found(report: CompressionReport) -> str:
    points = f"{-100 * report.loss:+.1f}".replace("-", "−")
    quality = _("Recall@10 {before} → {after} ({points} points, {queries} queries)").format(
        before=f"{report.recall_at_10_before:.1%}",
        after=f"{report.recall_at_10_after:.1%}",
        points=points,
        queries=f"{report.queries:,}",
    )
    speed = _("{batches} times the speed in batches, {alone} times one at a time").format(
        batches=f"{report.speedup:.2f}", alone=f"{report.speedup_alone:.2f}"
    )
    return f"{quality}; {speed}."


def _measure(name: str, option: str) -> None:
    path = resources.workspace_path()

    def work(progress: Progress) -> object:
        from mmdemo.engine.compression import measure_compression

        return measure_compression(path, name, option, progress=progress)

    encoder_jobs.start(encoder_jobs.Kind.MEASURE, _("Measuring {name}").format(name=f"{name}@{option}"), work)
