"""Everything about one run: measures with what they mean, settings, seed, data, environment."""

from __future__ import annotations

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.objectives import OBJECTIVES
from mmdemo.fusion.report import CUTOFFS, FusionReport
from mmdemo.ui import alignment_words, train_live, train_words
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import word
from mmdemo.ui.text import _, _n, duration, markdown_literal, size, when


def draw(run: Run) -> None:
    """Draw the details of a run that is not being trained."""
    train_live.curves(run)
    left, right = st.columns(2, gap="medium")
    with left:
        if run.report is not None:
            _measures(run.report, run.run_id)
        else:
            muted(_("Not measured: that is done once a run has ended by itself."))
    with right:
        _table(_settings(run), _("The settings of this run"))
    _table(_origin(run), _("What this run is made from"))


def _measures(report: FusionReport, run_id: str) -> None:
    queries = _n("{count} query", "{count} queries", report.queries)
    muted(_("Measured by {task}: {queries}.").format(task=train_words.task(report), queries=queries))
    rows = [
        {
            _("Measure"): f"Recall@{k}",
            _("Value"): f"**{alignment_words.share(report.recall[k])}**",
            _("95% interval"): alignment_words.interval(report.intervals[k]) if k in report.intervals else "–",
            _("Chance"): alignment_words.share(report.chance[k]) if k in report.chance else "–",
        }
        for k in CUTOFFS
        if k in report.recall
    ]
    plain = [("MRR", f"**{report.mrr:.3f}**")]
    plain += [
        (_("Recall@10, looking for a {kind}").format(kind=word(modality)), alignment_words.share(value))
        for modality, value in report.by_target.items()
    ]
    plain += [(markdown_literal(name), f"{value:.3f}") for name, value in report.objective.items()]
    rows += [{_("Measure"): name, _("Value"): value, _("95% interval"): "–", _("Chance"): "–"} for name, value in plain]
    st.table(rows, hide_index=True, border="horizontal", alt=_("How good this run is"))
    alignment_words.explain(train_words.meaning(report), key=f"train:about:{run_id}")


def _settings(run: Run) -> dict[str, str]:
    settings = run.settings
    labels = train_words.setting_labels()
    objective = OBJECTIVES.get(settings.objective)
    fusion = FUSIONS.get(settings.fusion)
    rows = {
        _("Fusion"): fusion.title if fusion is not None else settings.fusion,
        _("What it learns from"): objective.title if objective is not None else settings.objective,
    }
    rows |= {label: f"{getattr(settings, name)}" for name, label in labels.items()}
    return rows | {
        name.replace("_", " ").capitalize(): f"{value}"
        for name, value in (*settings.fusion_options.items(), *settings.objective_options.items())
    }


def _origin(run: Run) -> dict[str, str]:
    rows = {
        _("Run"): run.run_id,
        _("Made"): when(run.created),
        _("Version of the workspace"): run.version_id,
        _("SHA-256 of the data"): run.data_sha256 or "–",
        _("Time spent"): duration(run.seconds),
        _("Numbers learned"): f"{run.parameters:,}" if run.report is not None else "–",
        _("Size on disk"): size(run.bytes) if run.bytes else "–",
    }
    return rows | {_environment_label(name): f"{value}" for name, value in run.environment.items()}


def _environment_label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _table(rows: dict[str, str], alt: str) -> None:
    shown = [{_("What"): name, _("Value"): markdown_literal(value)} for name, value in rows.items()]
    st.table(shown, hide_index=True, border="horizontal", alt=alt)
