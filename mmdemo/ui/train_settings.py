"""The settings of a run: closed at first, good without a touch, a sentence on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from mmdemo.fusion import FusionSpec, Option
from mmdemo.fusion.objectives import ObjectiveSpec
from mmdemo.fusion.settings import TrainSettings
from mmdemo.ui import train_words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

_CHOICES = {"optimizer": ("adamw", "sgd"), "schedule": ("cosine", "linear", "constant")}
_RANGES: dict[str, tuple[float, float, float]] = {
    "epochs": (1, 1000, 5),
    "patience": (1, 1000, 1),
    "seed": (0, 2**31 - 1, 1),
    "learning_rate": (1e-6, 1.0, 1e-3),
    "batch": (2, 4096, 32),
    "weight_decay": (0.0, 1.0, 0.01),
    "modality_dropout": (0.0, 0.9, 0.05),
    "most_gradient": (0.01, 100.0, 0.1),
}
"""Least, greatest and step of each number."""
_COLUMNS, _CONTROL_PX = 3, 240


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was set.

    Args:
        common: Settings that hold for every run.
        fusion_options: Options by fusion.
        objective_options: Options of the objective.
    """

    common: dict[str, Any] = field(default_factory=dict)
    fusion_options: dict[str, dict[str, Any]] = field(default_factory=dict)
    objective_options: dict[str, Any] = field(default_factory=dict)

    def settings(self, fusion: str, objective: str) -> TrainSettings:
        """The settings of the run that trains `fusion`."""
        return replace(
            TrainSettings(fusion, objective, **self.common),
            fusion_options=self.fusion_options.get(fusion, {}),
            objective_options=self.objective_options,
        )


def draw(fusions: Sequence[FusionSpec], objective: ObjectiveSpec) -> Chosen:
    """Draw the controls; options of a fusion only where it is the only one chosen."""
    with st.expander(_("Settings"), icon=":material/tune:", key="train-settings"):
        common = _common()
        found = Chosen(common)
        if objective.options:
            st.markdown(f"**{markdown_literal(objective.title)}**")
            found.objective_options.update(_options(objective.options, f"objective:{objective.name}"))
        if len(fusions) == 1 and fusions[0].options:
            st.markdown(f"**{markdown_literal(fusions[0].title)}**")
            found.fusion_options[fusions[0].name] = _options(fusions[0].options, f"of:{fusions[0].name}")
        elif len(fusions) > 1:
            muted(_("Each fusion keeps its own defaults; choose a single one to set its options."))
    return found


def _common() -> dict[str, Any]:
    labels, helps, defaults = train_words.setting_labels(), train_words.setting_helps(), TrainSettings("")
    grid = st.grid(_COLUMNS, min_column_width=_CONTROL_PX, gap="medium")
    found: dict[str, Any] = {}
    for name, label in labels.items():
        choices = _CHOICES.get(name, ())
        low, high, step = _RANGES.get(name, (None, None, None))
        option = Option(name, getattr(defaults, name), helps[name], low, high, choices)
        with grid.cell():
            found[name] = _control(option, label, f"train:setting:{name}", step=step)
    return found


def _options(options: Sequence[Option], key: str) -> dict[str, Any]:
    grid = st.grid(_COLUMNS, min_column_width=_CONTROL_PX, gap="medium")
    found = {}
    for option in options:
        with grid.cell():
            label = option.name.replace("_", " ").replace("-", " ").capitalize()
            found[option.name] = _control(option, label, f"train:{key}:{option.name}")
    return found


def _control(option: Option, label: str, key: str, *, step: float | None = None) -> bool | int | float | str:
    """The control that fits the type of an option."""
    about = markdown_literal(option.help)
    default = option.default
    if isinstance(default, bool):
        return st.toggle(label, value=default, key=key, help=about)
    if isinstance(default, str):
        if not option.choices:
            return st.text_input(label, value=default, key=key, help=about)
        chosen = st.segmented_control(label, option.choices, default=default, required=True, key=key, help=about)
        return chosen or default
    kind = type(default)
    given = st.number_input(
        label,
        min_value=None if option.low is None else kind(option.low),
        max_value=None if option.high is None else kind(option.high),
        value=default,
        step=kind(step) if step is not None else (1 if kind is int else None),
        format=None if kind is int else "%.4g",
        key=key,
        help=about,
    )
    return default if given is None else kind(given)
