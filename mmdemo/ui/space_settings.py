"""Settings of the map: closed at first, good without a touch, each explained in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.projection import MAP_MODALITIES, MapSettings
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.ui import resources
from mmdemo.ui.modality import look, word
from mmdemo.ui.space_neighbours import workspace_beside, workspaces_beside
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.space_view import Density, SpaceView, Where
from mmdemo.ui.text import _, when

_NEIGHBORS = (5, 10, 15, 30, 50, 100, 200)
_APART = (0.0, 0.05, 0.1, 0.25, 0.5, 0.8)


def draw(session: SpaceSession, summary: Summary) -> None:
    """Draw the controls and put what they say into the view."""
    view = session.view
    label = _("Settings") + (f" · {_('changed')}" if _is_changed(view) else "")
    with st.expander(label, icon=":material/tune:", key="space-settings"):
        making, showing, drawing = st.columns(3, gap="medium")
        with making:
            settings = _settings(view.settings, session.generation)
        with showing:
            settings = _meaning(settings, session.generation)
            where = _where(view.where, summary, session.generation)
        with drawing:
            view = _drawing(view, session.generation)
    session.view = replace(view, settings=settings, where=where)


def _is_changed(view: SpaceView) -> bool:
    default = SpaceView()
    names = ("settings", "where", "shown", "links", "labels", "density")
    return any(getattr(view, name) != getattr(default, name) for name in names)


def _settings(given: MapSettings, generation: int) -> MapSettings:
    method = st.segmented_control(
        _("Method"),
        ["umap", "pca"],
        default=given.method,
        required=True,
        format_func=str.upper,
        key=f"space:method:{generation}",
        help=_("UMAP keeps neighbours together. PCA shows the directions in which the vectors differ most."),
    )
    dimensions = st.segmented_control(
        _("Dimensions"),
        [2, 3],
        default=given.dimensions,
        required=True,
        format_func=lambda number: f"{number}-D",
        key=f"space:dim:{generation}",
        help=_("A 3-D map can be turned, but nothing can be selected on it."),
    )
    chosen = replace(given, method=method or given.method, dimensions=dimensions or given.dimensions)
    if chosen.method == "umap":
        chosen = replace(
            chosen,
            n_neighbors=st.select_slider(
                _("Neighbours"),
                _with(_NEIGHBORS, given.n_neighbors),
                given.n_neighbors,
                key=f"space:neighbors:{generation}",
                help=_("How many neighbours each point is tied to. Few show small groups, many the whole."),
            ),
            min_dist=st.select_slider(
                _("Least distance"),
                _with(_APART, given.min_dist),
                given.min_dist,
                key=f"space:apart:{generation}",
                help=_("How close points may come on the map. 0 packs groups tightly."),
            ),
        )
    return chosen


def _meaning(given: MapSettings, generation: int) -> MapSettings:
    space = st.segmented_control(
        _("Vectors"),
        ["shared", "unaligned"],
        default=given.space,
        required=True,
        format_func=lambda space: _("Aligned") if space == "shared" else _("Before alignment"),
        key=f"space:space:{generation}",
        help=_(
            "Aligned: the one space in which a sound can be compared with a word. Before alignment: what the encoders "
            "give, each kind by itself."
        ),
    )
    metric = st.segmented_control(
        _("Near means"),
        ["cosine", "euclidean"],
        default=given.metric,
        required=True,
        format_func=lambda name: _("same direction") if name == "cosine" else _("small distance"),
        key=f"space:metric:{generation}",
        help=_("Cosine compares the directions of two vectors, Euclidean distance their end points."),
    )
    return replace(given, space=space or given.space, metric=metric or given.metric)


def _where(given: Where, summary: Summary, generation: int) -> Where:
    beside = workspaces_beside(resources.workspace_path())
    workspace = given.workspace
    if beside:
        workspace = st.selectbox(
            _("Workspace"),
            _with_unknown(("", *beside), given.workspace),
            index=_with_unknown(("", *beside), given.workspace).index(given.workspace),
            format_func=lambda name: name or _("{name} (in use)").format(name=summary.name),
            key=f"space:workspace:{generation}",
            help=_("Other workspaces in the same folder can be looked at; nothing in them is changed."),
        )
    version = given.version if workspace == given.workspace else ""
    path = workspace_beside(resources.workspace_path(), workspace) if workspace else resources.workspace_path()
    versions = Workspace(path).versions() if path is not None else []
    if len(versions) > 1 or version:
        options = _with_unknown(("", *reversed(versions)), version)
        version = st.selectbox(
            _("Version"),
            options,
            index=options.index(version),
            format_func=lambda name: version_name(name, path and Workspace(path)),
            key=f"space:version:{generation}:{workspace}",
            help=_("Each time a catalogue is indexed or an alignment is trained, a version is added."),
        )
    return Where(workspace, version)


def version_name(version: str, workspace: Workspace | None) -> str:
    """A version as people know it: when it was made and its id."""
    if not version:
        return _("The one in use")
    if workspace is None or version not in workspace.versions():
        return version
    return f"{when(workspace.manifest(version).created)} ({version})"


def _drawing(view: SpaceView, generation: int) -> SpaceView:
    shown = st.pills(
        _("Show"),
        MAP_MODALITIES,
        selection_mode="multi",
        default=[modality for modality in MAP_MODALITIES if modality in view.shown],
        format_func=lambda modality: f"{look(modality).material} {word(modality)}",
        key=f"space:shown:{generation}",
        help=_("The kinds of points to draw."),
    )
    return replace(
        view,
        shown=frozenset[Modality](shown) or frozenset[Modality](MAP_MODALITIES),
        labels=st.toggle(
            _("Names of clusters"),
            view.labels,
            key=f"space:labels:{generation}",
            help=_("Names that groups of points get from their items' own words."),
        ),
        links=st.toggle(
            _("Lines within items"),
            view.links,
            key=f"space:links:{generation}",
            help=_("Join the text, picture and sound of one item. Short lines: the kinds are well aligned."),
        ),
        density=_density(view.density, generation),
    )


def _density(given: Density, generation: int) -> Density:
    names = {Density.OFF: _("off"), Density.LINES: _("lines"), Density.ONLY: _("instead of points")}
    chosen = st.segmented_control(
        _("Density"),
        list(Density),
        default=given,
        required=True,
        format_func=lambda density: names[density],
        key=f"space:density:{generation}",
        help=_("Where points of a kind lie densely: as lines of equal density, or without the points."),
    )
    return chosen or given


def _with(options: Sequence[float], given: float) -> list[float]:
    """The options of a slider, with the value that an address gave among them."""
    return sorted({*options, given})


def _with_unknown(options: tuple[str, ...], given: str) -> list[str]:
    """The options of a list; what an address names stays in it, so that the page can say that it is not there."""
    return [*options, *([given] if given not in options else [])]
