"""The parts of the System page around the encoders: health, versions to switch between, machine, software."""

import streamlit as st

from mmdemo.align import METHODS
from mmdemo.encoders import DEFAULTS, ENCODERS, EncoderSpec
from mmdemo.engine.alignments import version_alignment
from mmdemo.engine.encoder_files import Files, files_of, size_of
from mmdemo.engine.health import Check, State, check_health
from mmdemo.store import Manifest, Workspace
from mmdemo.types import Modality
from mmdemo.ui import encoder_words, layout, problems, resources, system_info
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import LOOKS, look
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
            with st.container(width="stretch", gap="xxsmall"):
                _about_version(manifest)
            if version == current:
                st.badge(_("in use"), icon=":material/check:", color="green")
            elif st.button(_("Use this version"), key=f"use:{version}"):
                workspace.use_version(version)
                layout.rerun()


def _about_version(manifest: Manifest) -> None:
    items = _n("{count} item", "{count} items", manifest.counts.get("items", 0))
    source = markdown_literal(manifest.source.title) if manifest.source else _("unknown source")
    st.markdown(f"`{manifest.version_id}` · {source} · {items} · {markdown_literal(when(manifest.created))}")
    encoders = {m: manifest.encoders[m].name for m in Modality if m in manifest.encoders}
    method = version_alignment(manifest)
    title = METHODS[method].title if method in METHODS else method
    said = [f":{look(modality).name}[{look(modality).material}] `{name}`" for modality, name in encoders.items()]
    muted(" · ".join([*said, _("alignment {title}").format(title=markdown_literal(title))]))
    gone = [name for modality, name in encoders.items() if files_of(name, modality) is Files.GONE]
    if gone:
        names = ", ".join(f"`{name}`" for name in gone)
        warned = _("The files of {names} are gone: items can be browsed, but not searched with new queries.")
        muted(f":orange[:material/warning: {warned.format(names=names)}]")


def installation() -> None:
    """Draw all encoders, the machine and the software, each in a fold of its own."""
    for title, icon, panel in (
        (_("All encoders and their licences"), ":material/category:", encoders),
        (_("This machine"), ":material/computer:", machine),
        (_("Software"), ":material/package_2:", software),
    ):
        with st.expander(title, icon=icon):
            panel()


def encoders() -> None:
    """Draw every family of encoders with what it is, its licence and where its files are."""
    rows = [
        {
            _("For"): encoder_words.named(modality),
            _("Encoder"): f"`{spec.name}`" + (f" ({_('default')})" if DEFAULTS[modality] == spec.name else ""),
            _("What it does"): markdown_literal(spec.summary),
            _("Numbers"): "–" if spec.dim is None else f"{spec.dim:,}",
            _("Licence"): markdown_literal(spec.licence),
            _("Size"): _size_of(spec),
            _("Files"): encoder_words.where(files_of(spec.name, modality)),
        }
        for modality in LOOKS
        for spec in _of(modality)
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("The encoders"))
    muted(markdown_literal("; ".join(f"{weight.credit} ({weight.licence})" for weight in WEIGHTS.values())))


def _size_of(spec: EncoderSpec) -> str:
    byte_count = size_of(spec.name, spec.modality)
    return "–" if byte_count is None else size(byte_count)


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
