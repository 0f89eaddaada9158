"""The line that is always there: which workspace is in use, what it holds, whether its models are loaded."""

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.ui import layout, problems, resources
from mmdemo.ui.jobs import JobState
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import LOOKS, word
from mmdemo.ui.text import _, _n, markdown_literal, when
from mmdemo.ui.warm import WarmEngine

_POLL_S = 1.0
_DRAWN, _SEEN = "status:drawn", "status:jobs"


def draw() -> None:
    """Draw the line; while models load or a job runs it refreshes itself, and its first refresh starts the loading.

    So the first draw of a page shares the processor with nothing: loading begins once a browser shows the page.
    """
    summary = resources.summary()
    engine = None if summary is None else resources.warm_engine(summary.version)
    busy = _busy(engine)
    with st.container(key="status-line"):
        st.fragment(_line, run_every=_POLL_S if busy else None)(summary, engine, busy)
    if engine is not None and engine.error is not None:
        problems.show(engine.error)
        st.button(_("Try again"), icon=":material/refresh:", key="reload_engine", on_click=resources.forget_engines)


def _busy(engine: WarmEngine | None) -> bool:
    return (engine is not None and not engine.is_warm) or bool(resources.job_queue().active())


def _line(summary: Summary | None, engine: WarmEngine | None, was_busy: bool) -> None:
    if summary is None or engine is None:
        facts = [f":material/folder_open: {_('No catalogue yet')}"]
    else:
        if st.session_state.get(_DRAWN) == summary.version:
            engine.start()
        st.session_state[_DRAWN] = summary.version
        facts = [*_facts(summary), *_notices(summary), _state(engine)]
    muted("  ·  ".join([*facts, *_jobs()]), help=None if summary is None else _details(summary))
    if was_busy and not _busy(engine):
        layout.rerun()


def _jobs() -> list[str]:
    """The jobs that run now, in a few words; a toast for each that has ended since the last look."""
    queue = resources.job_queue()
    active = queue.active()
    seen: set[int] = st.session_state.setdefault(_SEEN, set())
    for job in queue.jobs():
        if job.finished and job.job_id in seen:
            seen.discard(job.job_id)
            ended = _("{job}: done.") if job.state is JobState.DONE else _("{job}: ended without a result.")
            st.toast(ended.format(job=markdown_literal(job.title)), icon=":material/notifications:")
    seen.update(job.job_id for job in active)
    return [f":material/sync: {markdown_literal(job.title)} {job.fraction:.0%}" for job in active]


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


def _notices(summary: Summary) -> list[str]:
    if not summary.notices:
        return []
    return [f":orange[:material/info:] {_n('{count} note', '{count} notes', len(summary.notices))}"]


def _state(engine: WarmEngine) -> str:
    if engine.error is not None:
        return f":material/error: {_('could not load')}"
    if engine.is_warm:
        return f":green[:material/check_circle:] {_('ready')}"
    return f":material/hourglass_top: {_('loading models')} {engine.fraction:.0%}"


def _details(summary: Summary) -> str:
    lines = [f"{_('Version')} `{summary.version}`, {markdown_literal(when(summary.created))}"]
    lines += [f"{word(modality).capitalize()}: `{name}`" for modality, name in summary.encoders.items()]
    lines += [markdown_literal(notice) for notice in summary.notices]
    return "\n\n".join(lines)
