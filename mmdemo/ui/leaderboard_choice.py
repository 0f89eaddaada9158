"""What to judge: how choices are divided, which models, and the button that measures what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.progress import Progress
from mmdemo.recommend.behaviour.table import BEHAVIOUR, possible
from mmdemo.ui import compare_jobs
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.leaderboard import SplitName, Subject

_MOST_SEEDS = 9999


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show and measure.

    Args:
        split: How choices are divided.
        seed: Of the division and the models.
        tuned: Whether settings are chosen on a validation part.
        models: Chosen ones, in the order of the table.
    """

    split: SplitName
    seed: int
    tuned: bool
    models: tuple[str, ...]


def draw(subject: Subject) -> Asked:
    """Draw the choice."""
    from mmdemo.engine.leaderboard import SPLITS, impossible_splits

    apart = impossible_splits(subject)
    splits: dict[str, SplitName] = {name: name for name in SPLITS if name not in apart}
    first = next(iter(splits))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = st.segmented_control(
            _("Hold out"),
            list(splits),
            default=first,
            required=True,
            format_func=lambda name: words.split(splits[name]),
            key="split",
            bind="query-params",
            persist_state="session",
            help=" ".join(words.about_split(name) for name in SPLITS),
        )
        models, apart_models = _models(subject)
        seed, tuned = _settings()
    chosen = splits.get(split or first, splits[first])
    muted(words.about_split(chosen))
    if apart:
        said = ", ".join(words.split(name) for name in apart)
        muted(_("Not possible here: {splits}, because nobody recorded when choices were made.").format(splits=said))
    if apart_models:
        muted(_("Not possible here: {models}").format(models="; ".join(apart_models)))
    return Asked(chosen, seed, tuned, models)


def measure(subject: Subject, asked: Asked, missing: Sequence[str]) -> None:
    """Draw the button that measures what is missing, and the job while it runs."""
    topic = (subject.version_id, subject.choices_sha256, asked.split, asked.seed, asked.tuned)

    def work(progress: Progress) -> object:
        from mmdemo.engine.leaderboard import measure_leaderboard

        return measure_leaderboard(
            subject, missing, split=asked.split, seed=asked.seed, tuned=asked.tuned, progress=progress
        )

    if missing and compare_jobs.running("leaderboard") is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                _n("Measure {count} model", "Measure {count} models", len(missing)),
                type="primary",
                icon=":material/straighten:",
                key="leaderboard:measure",
                on_click=compare_jobs.start,
                args=("leaderboard", topic, _("Leaderboard: {split}").format(split=words.split(asked.split)), work),
            )
            muted(
                _(
                    "In the background: seconds for most models, up to minutes for learned ones. What is finished is "
                    "kept."
                ),
                width="stretch",
            )
    compare_jobs.draw("leaderboard", topic)


def _settings() -> tuple[int, bool]:
    """Seed, and whether to choose settings."""
    with st.popover(_("Settings"), icon=":material/tune:", key="leaderboard:settings"):
        tuned = st.toggle(
            _("Choose each model's settings on a validation part"),
            key="tuned",
            bind="query-params",
            persist_state="session",
            help=_(
                "Several settings of each model are tried on choices that are neither learned from nor judged by. "
                "Takes several times as long. Off: the defaults."
            ),
        )
        seed = st.number_input(
            _("Seed"),
            min_value=0,
            max_value=_MOST_SEEDS,
            value=0,
            key="seed",
            bind="query-params",
            persist_state="session",
            help=_("Another number draws another division, and starts learned models elsewhere."),
        )
    return int(seed), bool(tuned)


def _models(subject: Subject) -> tuple[tuple[str, ...], list[str]]:
    """The models chosen, and why others cannot be."""
    used = subject.used
    reasons = {name: possible(name, used.interactions, subject.features) for name in BEHAVIOUR}
    known = [name for name, reason in reasons.items() if not reason]
    before = st.session_state.get("model", known)
    label = _("{count} of {all} models").format(count=sum(name in before for name in known), all=len(known))
    with st.popover(label, icon=":material/checklist:", key="leaderboard:models"):
        chosen = st.multiselect(
            _("Models"),
            known,
            default=None if "model" in st.session_state else known,
            format_func=words.model,
            key="model",
            bind="query-params",
            persist_state="session",
            placeholder=_("Choose at least one"),
        )
        muted("  \n".join(f"**{markdown_literal(words.model(name))}**: {BEHAVIOUR[name].summary}" for name in known))
    apart = [f"{markdown_literal(words.model(name))}: {markdown_literal(why)}" for name, why in reasons.items() if why]
    return tuple(name for name in known if name in chosen), apart
