"""Figures on a page: one way to draw them, to say what they show, and to save them.

What Streamlit 1.67 does with a Plotly figure, found by running it: the identity of a chart is a hash of its figure, its
settings and its alternative text even where it has a key. A changed figure is therefore a new chart: its selection and
its zoom start afresh, and `st.session_state[key]` is empty again. Keep a selection that must outlive a change of its
figure in the session under a name of its own, in the `on_select` callback; and show it on the other map of a pair, not
on the one it was made on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mmdemo.figures import Chart
from mmdemo.figures.template import resize
from mmdemo.ui.text import _

OnSelect = Literal["rerun"] | Callable[[], None]
_SAVED_SCALE = 2


def draw(
    chart: Chart,
    *,
    key: str,
    file_name: str,
    on_select: OnSelect | None = None,
    height: int | None = None,
) -> NDArray[np.int32]:
    """Draw a chart, and beside it the quiet button that saves it.

    Args:
        chart: What to draw.
        key: The chart's key; the selection is in `st.session_state[key]` too.
        file_name: What a saved file is called, without its ending.
        on_select: "rerun", or a callback for selected points; None: nothing can be selected.
        height: Pixels; None: the figure's own height.

    Returns:
        The selected point indices, ascending; empty where nothing is selected.
    """
    slot = st.container()
    picture = _save(chart, key, file_name)
    config = {
        "displaylogo": False,
        "displayModeBar": True,
        "scrollZoom": chart.scroll_zoom,
        "toImageButtonOptions": {"format": picture, "filename": file_name, "scale": _SAVED_SCALE},
    }
    if height is not None:
        resize(chart.figure, height)
    event = slot.plotly_chart(
        chart.figure,
        key=key,
        on_select="ignore" if on_select is None else on_select,
        theme=None,
        width="stretch",
        config=config,
        alt=chart.alt,
    )
    return np.zeros(0, np.int32) if on_select is None else selected_points(event)


def selected_points(event: Any) -> NDArray[np.int32]:
    """The point indices of a selection: what `customdata` holds, ascending, each once.

    Args:
        event: What `st.plotly_chart` returned or `st.session_state[key]` holds: a mapping
            `{"selection": {"points": [{"customdata": 17, "curve_number": 0, "point_index": 3, "x": ..., ...}, ...],
            "point_indices": [...], "box": [...], "lasso": [...]}}`. Streamlit's own `point_indices` count within each
            trace and mix up the traces, so they are not looked at. Points without `customdata` (stars, rings, lines)
            are left out.
    """
    selection = event.get("selection") if isinstance(event, Mapping) else None
    points = selection.get("points", ()) if isinstance(selection, Mapping) else ()
    found: set[int] = set()
    for point in points:
        value = point.get("customdata")
        value = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.add(int(value))
    return np.array(sorted(found), dtype=np.int32)


def _save(chart: Chart, key: str, file_name: str) -> str:
    """Draw the popover; returns the format of the camera button."""
    with st.popover(_("Save"), type="tertiary", icon=":material/download:", key=f"{key}:save"):
        picture = st.segmented_control(
            _("Picture format"),
            ["png", "svg"],
            default="png",
            format_func=str.upper,
            key=f"{key}:format",
            required=True,
        )
        st.caption(_("The camera at the top right of the figure saves it as it looks now, in this format."))
        st.download_button(
            _("Web page (HTML)"),
            data=chart.html,
            file_name=f"{file_name}.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/html:",
            key=f"{key}:html",
            help=_("Interactive, complete in one file of about 5 MB, works without a network."),
        )
    return picture or "png"
