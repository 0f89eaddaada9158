"""Training an encoder on one's own catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.encoders import ENCODERS
from mmdemo.encoders.trainable_families import TRAINABLE, find_trainable
from mmdemo.progress import Progress
from mmdemo.types import Modality
from mmdemo.ui import encoder_draft, encoder_jobs, encoder_words, job_panel, problems, resources
from mmdemo.ui.jobs import JobState
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, duration, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.tuning import Tuned
    from mmdemo.tuning import Kind


def draw() -> None:
    """Draw what was trained, what is being trained, and the form for another."""
    summary = resources.summary()
    if summary is None:
        muted(_("Once there is a catalogue, you can train small encoders of your own on it."))
        return
    _task()
    from mmdemo.engine.tuning import read_tuned

    trained = read_tuned(resources.workspace_path())
    for tuned in trained:
        _trained(tuned, summary.encoders.values())
    if not trained:
        muted(_("None yet. Small networks, trained from nothing on your catalogue; worth a try where it is unusual."))
    with st.expander(_("Train an encoder"), icon=":material/model_training:", key="encoders-train"):
        _form(summary.with_modality)


def _task() -> None:
    """The training that runs, or how the last one ended where it left no encoder."""
    task = encoder_jobs.last(encoder_jobs.Kind.TRAIN)
    if task is None:
        return
    if not task.job.finished:
        job_panel.draw(task.job)
    elif task.job.state is JobState.CANCELLED:
        st.info(
            f"**{_('Cancelled.')}** " + _("Training the same again goes on where it stopped."), icon=":material/block:"
        )
    elif task.job.error is not None:
        problems.show(task.job.error)


def _trained(tuned: Tuned, in_use: Collection[str]) -> None:
    """One trained encoder: how good it is beside guessing, and the way to use it."""
    modality = find_trainable(tuned.family).modality
    name = Path(tuned.name.partition(":")[2]).name
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        with st.container(width="stretch", gap="xxsmall"):
            st.markdown(f"{encoder_words.named(modality)} **{markdown_literal(name)}**: {_score(tuned)}")
            learned = _n("{count} item", "{count} items", tuned.items)
            trained_in = duration(tuned.seconds)
            muted(
                _("Learned {labels} of {items} in {time}; the score is of {scored} items that it had not seen.").format(
                    labels=_labels(tuned.labels), items=learned, time=trained_in, scored=f"{tuned.scored:,}"
                )
            )
        if any(tuned.name in used for used in in_use):
            st.badge(_("in use"), icon=":material/check:", color="green")
        else:
            st.button(
                _("Use it"),
                icon=":material/arrow_upward:",
                key=f"train:use:{name}",
                help=_("Puts it into the form above; nothing changes before you index with it."),
                on_click=_use,
                args=(modality, tuned.name),
            )


def _use(modality: Modality, name: str) -> None:
    encoder_draft.draft().fill({modality: name})
    st.toast(_("Chosen. See what it costs under “Choose other encoders”."), icon=":material/tune:")


def _score(tuned: Tuned) -> str:
    measure = _("precision in naming tags") if tuned.labels == "tags" else _("other texts ranked below the own")
    said = _("{measure} {score}, guessing {chance}").format(
        measure=measure, score=f"**{tuned.metric:.0%}**", chance=f"{tuned.chance:.0%}"
    )
    if tuned.better_than_chance:
        return said
    return f"{said} :orange-badge[{_('no better than luck')}]"


def _labels(labels: str) -> str:
    return _("the tags") if labels == "tags" else _("the texts")


def _form(with_modality: Mapping[Modality, int]) -> None:
    families = [name for name, family in TRAINABLE.items() if with_modality.get(family.modality)]
    if not families:
        muted(_("This catalogue has neither pictures nor sounds to learn from."))
        return
    family = st.radio(
        _("Network"),
        families,
        format_func=lambda name: encoder_words.line(
            name, f"{encoder_words.named(TRAINABLE[name].modality)}: {_network(name)}"
        ),
        key="train:family",
    )
    labels = st.segmented_control(
        _("What it learns"),
        ["tags", "pairs"],
        default="tags",
        required=True,
        format_func=lambda kind: _("To name the tags") if kind == "tags" else _("To find the text of the same item"),
        key="train:labels",
    )
    modality = TRAINABLE[family].modality
    with st.container(horizontal=True, vertical_alignment="center"):
        count = _n("{count} item can be learned from.", "{count} items can be learned from.", with_modality[modality])
        muted(count + " " + _("A fifth of them is kept aside to score it."), width="stretch")
        st.button(
            _("Train it"),
            icon=":material/play_arrow:",
            key="train:start",
            disabled=encoder_jobs.busy(),
            on_click=_start,
            args=(family, labels or "tags"),
        )


def _network(family: str) -> str:
    return {
        "cnn": _("a small residual network"),
        "lstm-audio": _("a recurrent network that hears a sound from start to end and back"),
        "attention-audio": _("a small Transformer that weighs all moments of a sound"),
    }.get(family, markdown_literal(ENCODERS[family].summary))


def _start(family: str, labels: Kind) -> None:
    path = resources.workspace_path()

    def work(progress: Progress) -> object:
        from mmdemo.engine.tuning import tune_encoder

        return tune_encoder(path, family, labels=labels, progress=progress)

    encoder_jobs.start(encoder_jobs.Kind.TRAIN, _("Training {family}").format(family=family), work)
