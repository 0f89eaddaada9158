"""The parts of the System page: versions to switch between, models, machine, software."""

import streamlit as st

from mmdemo.encoders import DEFAULTS, ENCODERS, EncoderSpec
from mmdemo.engine.health import Check, State, check_health
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.ui import layout, problems, resources, system_info
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import LOOKS, look, word
from mmdemo.ui.text import _, _n, markdown_literal, size, when
from mmdemo.weights import WEIGHTS, cache_dir

_ICONS = {
    State.OK: ":green[:material/check_circle:]",
    State.OPTIONAL: ":gray[:material/info:]",
    State.MISSING: ":orange[:material/error:]",
}


def health() -> None:
    """Draw every check of `mmdemo doctor`, what is missing first, with how to get it."""
    checks = check_health(resources.workspace_path())
    missing = [check for check in checks if check.state is State.MISSING]
    if missing:
        st.warning(
            _n("**{count} thing is missing.**", "**{count} things are missing.**", len(missing))
            + " "
            + _("The first rows say how to get them."),
            icon=":material/download:",
        )
    else:
        st.success(_("Everything needed is here."), icon=":material/check_circle:")
    order = [State.MISSING, State.OPTIONAL, State.OK]
    rows = [_check(check) for check in sorted(checks, key=lambda check: order.index(check.state))]
    with st.expander(_("All {count} checks").format(count=len(rows)), expanded=bool(missing), key="checks"):
        st.table(rows, hide_index=True, border="horizontal", alt=_("What was looked at"))


def _check(check: Check) -> dict[str, str]:
    words = {State.OK: _("here"), State.OPTIONAL: _("optional"), State.MISSING: _("missing")}
    return {
        _("What"): markdown_literal(check.name),
        _("State"): f"{_ICONS[check.state]} {words[check.state]}",
        _("Found"): markdown_literal(check.found),
        _("How to get it"): markdown_literal(check.remedy),
    }


def versions() -> None:
    """Draw the versions of the workspace, newest first; a click switches to one."""
    workspace = Workspace(resources.workspace_path())
    current = workspace.current_version_id()
    known = workspace.versions()
    if not known:
        muted(_("None yet."))
    for version in reversed(known):
        with problems.shown(), st.container(horizontal=True, vertical_alignment="center", border=True):
            manifest = workspace.manifest(version)
            items = _n("{count} item", "{count} items", manifest.counts.get("items", 0))
            source = markdown_literal(manifest.source.title) if manifest.source else _("unknown source")
            st.markdown(
                f"`{version}`  \n{source} · {items} · {markdown_literal(when(manifest.created))}", width="stretch"
            )
            if version == current:
                st.badge(_("in use"), icon=":material/check:", color="green")
            elif st.button(_("Use this version"), key=f"use:{version}"):
                workspace.use_version(version)
                layout.rerun()


def encoders() -> None:
    """Draw every encoder with what it is, its licence and whether its weights are here."""
    rows = [
        {
            _("For"): f":{look(spec.modality).name}[{look(spec.modality).material} {word(spec.modality)}]",
            _("Encoder"): f"`{spec.name}`" + (f" ({_('default')})" if DEFAULTS.get(spec.modality) == spec.name else ""),
            _("What it does"): markdown_literal(spec.summary),
            _("Numbers"): "–" if spec.dim is None else f"{spec.dim:,}",
            _("Licence"): markdown_literal(spec.licence),
            _("Size"): size(sum(WEIGHTS[name].size_bytes for name in spec.weights)) if spec.weights else "–",
        }
        for modality in LOOKS
        for spec in _of(modality)
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("The encoders"))
    muted(markdown_literal("; ".join(f"{weight.credit} ({weight.licence})" for weight in WEIGHTS.values())))


def machine() -> None:
    """Draw the machine's facts."""
    facts = system_info.machine(resources.workspace_path(), cache_dir())
    rows = [{_("What"): name, _("Value"): markdown_literal(value)} for name, value in facts.items()]
    st.table(rows, hide_index=True, border="horizontal")


def software() -> None:
    """Draw versions and licences of the libraries."""
    rows = [
        {_("Library"): name, _("Version"): markdown_literal(version), _("Licence"): markdown_literal(licence)}
        for name, version, licence in system_info.software()
    ]
    st.table(rows, hide_index=True, border="horizontal")


def _of(modality: Modality) -> list[EncoderSpec]:
    return [spec for spec in ENCODERS.values() if spec.modality is modality]
