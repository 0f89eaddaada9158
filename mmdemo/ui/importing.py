"""Importing a catalogue as a job: the choice of a source, the upload, the work itself."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath

import streamlit as st

from mmdemo.progress import Progress
from mmdemo.store import SourceInfo
from mmdemo.ui import layout, resources
from mmdemo.ui.jobs import Job, Work
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

UPLOAD_TYPES = ("zip", "csv", "tsv", "jsonl", "ndjson", "parquet")
_LAST = "last_import"


def start(spec: str, title: str, *, add: bool = False, remove_afterwards: Path | None = None) -> None:
    """Queue the import of `spec` and the indexing after it; `remove_afterwards` is a folder made for this job."""
    label = _("Importing {source}").format(source=title)
    work = _work(resources.workspace_path(), spec, add, remove_afterwards)
    st.session_state[_LAST] = resources.job_queue().submit(label, work)


def last() -> Job | None:
    """The import this session started last."""
    return st.session_state.get(_LAST)


@st.cache_resource(show_spinner=False)
def source_infos() -> Mapping[str, SourceInfo]:
    """What the built-in sources are, by name."""
    from mmdemo.catalog import SOURCES, open_source

    return {name: open_source(name).info for name in SOURCES}


@st.cache_resource(show_spinner=False)
def default_name() -> str:
    """The source for a first start; kept, because finding it asks the package manager."""
    from mmdemo.catalog import default_source

    return default_source()


def draw() -> None:
    """Draw the two ways to import: a source that comes with mmdemo, or a file."""
    busy = bool(resources.job_queue().active())
    built_in, upload = st.tabs([_("Built-in catalogue"), _("Your own file")])
    with built_in:
        _built_in(busy)
    with upload:
        _upload(busy)


def _built_in(busy: bool) -> None:
    default = default_name()
    names = sorted(source_infos(), key=lambda name: name != default)
    name = st.radio(
        _("Source"),
        names,
        format_func=lambda name: source_infos()[name].title,
        key="import_source",
    )
    muted(_describe(name))
    st.button(
        _("Import and replace the catalogue"),
        icon=":material/download:",
        disabled=busy,
        on_click=lambda: start(name, source_infos()[name].title),
        key="import_built_in",
    )


def _describe(name: str) -> str:
    info = source_infos()[name]
    generated = f"{_('Generated data')} · " if info.synthetic else ""
    return markdown_literal(f"{generated}{info.attribution} · {_('Licence')}: {info.licence}")


def _upload(busy: bool) -> None:
    upload = st.file_uploader(
        _("ZIP with pictures and sounds, or a CSV, JSONL or Parquet table"),
        type=list(UPLOAD_TYPES),
        key="import_file",
        help=_("Larger catalogues are imported with `mmdemo import PATH`."),
    )
    muted(_("Unlike the files of a query, an imported file becomes part of this workspace, for everyone who uses it."))
    add = st.segmented_control(
        _("What to do with it"),
        (False, True),
        default=False,
        required=True,
        format_func=lambda add: _("Add to the catalogue") if add else _("Replace the catalogue"),
        key="import_add",
    )
    if (
        st.button(_("Import"), icon=":material/upload:", disabled=busy or upload is None, key="import_upload")
        and upload
    ):
        folder = Path(tempfile.mkdtemp(prefix="mmdemo-import-"))
        path = folder / _safe_name(upload.name)
        path.write_bytes(upload.getvalue())
        start(str(path), path.name, add=bool(add), remove_afterwards=folder)
        layout.rerun()


def _safe_name(name: str) -> str:
    """A plain file name with one of the known suffixes; anything else a name may carry is left out."""
    given = PurePath(name)
    stem = "".join(letter for letter in given.stem if letter.isalnum() or letter in " -_")[:60].strip()
    suffix = given.suffix.casefold().lstrip(".")
    return f"{stem or 'upload'}.{suffix if suffix in UPLOAD_TYPES else 'zip'}"


def _work(workspace: Path, spec: str, add: bool, remove_afterwards: Path | None) -> Work:
    def work(progress: Progress) -> object:
        from mmdemo.engine import import_into, reindex

        try:
            report = import_into(workspace, spec, add=add, progress=progress)
            reindex(workspace, progress=progress)
            return report
        finally:
            if remove_afterwards is not None:
                shutil.rmtree(remove_afterwards, ignore_errors=True)

    return work
