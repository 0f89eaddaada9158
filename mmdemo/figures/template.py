"""The one Plotly template, and the head of every figure."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

from mmdemo.figures.palette import ACTION, BORDER, CARD, MUTED, PAGE, TEXT, categorical, diverging, pick, sequential

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, sans-serif'
"""As Streamlit's theme, with what a stand-alone file finds elsewhere."""
GRID_PX = 8
_LINE_PX = 22
"""Plotly spaces all lines of a title by its own font of 17 px."""
_TITLE_CHARACTERS, _SUBTITLE_CHARACTERS = 46, 58
"""A line of either fits a phone of 390 px."""


def template(dark: bool) -> Any:
    """Fonts, colours and spacing of every figure, for the theme."""
    from plotly.graph_objects import layout

    text, muted, border = (pick(pair, dark) for pair in (TEXT, MUTED, BORDER))
    axis: dict[str, Any] = {
        "gridcolor": border,
        "linecolor": border,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": muted, "size": 13},
        "title": {"font": {"color": muted, "size": 13}, "standoff": GRID_PX},
        "automargin": True,
    }
    legend = {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"color": text, "size": 13},
        "title": {"font": {"color": muted, "size": 13}},
        "itemsizing": "constant",
        "tracegroupgap": 0,
    }
    return layout.Template(
        layout={
            "font": {"family": FONT, "size": 14, "color": text},
            "paper_bgcolor": pick(PAGE, dark),
            "plot_bgcolor": pick(PAGE, dark),
            "colorway": list(categorical(dark=dark)),
            "colorscale": {"sequential": sequential(dark=dark), "diverging": diverging(dark=dark)},
            "margin": {"l": GRID_PX, "r": GRID_PX, "t": 6 * GRID_PX, "b": GRID_PX, "pad": 0},
            "xaxis": axis,
            "yaxis": axis,
            "legend": legend,
            "legend2": legend,
            "hoverlabel": {
                "bgcolor": pick(CARD, dark),
                "bordercolor": border,
                "font": {"family": FONT, "size": 14, "color": text},
                "align": "left",
            },
            "modebar": {
                "bgcolor": "rgba(0, 0, 0, 0)",
                "color": muted,
                "activecolor": pick(ACTION, dark),
                "orientation": "v",
            },
            "selectdirection": "any",
            "newselection": {"line": {"color": pick(ACTION, dark), "width": 2, "dash": "solid"}},
            "activeselection": {"fillcolor": pick(ACTION, dark), "opacity": 0.08},
        }
    )


def head(figure: Figure, title: str, *, dark: bool, subtitle: str = "", below_px: int = 0) -> int:
    """Put the template, the title and the line under it on a figure, and make room for them.

    Args:
        figure: Changed in place.
        title: The finding or the question; plain text.
        dark: Whether the page is dark.
        subtitle: What the reader must know to read the figure; plain text.
        below_px: Room between the head and the plot, for a legend.

    Returns:
        Pixels from the top of the figure to the plot.
    """
    titles = textwrap.wrap(title, _TITLE_CHARACTERS) or [""]
    subtitles = textwrap.wrap(subtitle, _SUBTITLE_CHARACTERS)
    lines = [f"<b>{escape(line, quote=False)}</b>" for line in titles]
    size = f'<span style="font-size: 13px; color: {pick(MUTED, dark)}">'
    lines += [f"{size}{escape(line, quote=False)}</span>" for line in subtitles]
    height = 2 * GRID_PX + _LINE_PX * (len(titles) + len(subtitles))
    figure.update_layout(
        template=template(dark),
        title={
            "text": "<br>".join(lines),
            "font": {"size": 17},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": GRID_PX, "t": 20},
        },
        margin_t=height + GRID_PX + below_px,
    )
    return height + GRID_PX + below_px


def hang_legend(figure: Figure, top_px: int) -> None:
    """Hang the legend so that it starts `top_px` below the top of a figure whose height is set."""
    layout: Any = figure.layout
    y = 1 - top_px / layout.height
    figure.update_layout(legend={"yref": "container", "y": y, "yanchor": "top"})


def resize(figure: Figure, height_px: int) -> None:
    """Give a figure another height; a hanging legend keeps its distance from the top."""
    layout: Any = figure.layout
    if layout.legend.yref == "container" and layout.height is not None:
        figure.update_layout(legend_y=1 - (1 - layout.legend.y) * layout.height / height_px)
    figure.update_layout(height=height_px)
