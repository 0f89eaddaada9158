"""The line that is always there: which workspace is in use, what it holds, whether its models are loaded."""

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.ui import resources
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import LOOKS, word
from mmdemo.ui.text import _, _n, markdown_literal
from mmdemo.ui.warm import WarmEngine

_POLL_S = 1.0


def draw() -> None:
    """Draw the line; while models load it refreshes itself, and its first refresh is what starts them loading.

    So the first draw of a page shares the processor with nothing: loading begins once a browser shows the page.
    """
    summary = resources.summary()
    if summary is None:
        muted(f":material/folder_open: {_('No catalogue yet')}")
        return
    engine = resources.warm_engine(summary.version)
    every = None if engine.is_warm else _POLL_S
    with st.container(key="status-line"):
        st.fragment(_line, run_every=every)(summary, engine, every is not None)


def _line(summary: Summary, engine: WarmEngine, polling: bool) -> None:
    if polling and st.session_state.get("drawn_version") == summary.version:
        engine.start()
    st.session_state["drawn_version"] = summary.version
    muted("  ·  ".join([*_facts(summary), _state(engine)]), help=_details(summary))
    if polling and engine.is_warm:
        st.rerun()


def _facts(summary: Summary) -> list[str]:
    name = f":material/folder_open: **{markdown_literal(summary.name)}**"
    if summary.source is not None and summary.source.synthetic:
        name += f" :gray-badge[{_('generated data')}]"
    counts = [
        f":{look.name}[{look.material}] {summary.with_modality[modality]:,}"
        for modality, look in LOOKS.items()
        if summary.with_modality.get(modality)
    ]
    return [name, _n("{count} item", "{count} items", summary.items), "  ".join(counts)]


def _state(engine: WarmEngine) -> str:
    if engine.error is not None:
        return f":material/error: {_('could not load')}"
    if engine.is_warm:
        return f":green[:material/check_circle:] {_('ready')}"
    return f":material/hourglass_top: {_('loading models')} {engine.fraction:.0%}"


def _details(summary: Summary) -> str:
    lines = [f"{_('Version')} `{summary.version}`, {markdown_literal(summary.created)}"]
    lines += [f"{word(modality).capitalize()}: `{name}`" for modality, name in summary.encoders.items()]
    lines += [markdown_literal(notice) for notice in summary.notices]
    return "\n\n".join(lines)
