"""Where the points of a map are dense: figures of a fixed weight, however many points there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.grids import Grid, enclosed_percent
from mmdemo.figures.map_layout import annotate, layout_map, unit_note
from mmdemo.figures.map_legend import add_legend, colour_bar, legend_room
from mmdemo.figures.map_points import emphasis_traces
from mmdemo.figures.map_queries import query_traces
from mmdemo.figures.map_view import MapView
from mmdemo.figures.map_words import map_alt
from mmdemo.figures.palette import ACTION, MODALITY_DASHES, PAGE, mix, modality_colour, pick
from mmdemo.figures.template import hang_legend, head
from mmdemo.projection import MAP_MODALITIES

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

_QUARTERS = {"start": 25, "end": 75, "size": 25}
_STEPS = 6


def density_lines(view: MapView, *, width: float = 1.5) -> list[BaseTraceType]:
    """Lines around the densest quarter, half and three quarters of each shown modality, in its colour and dash.

    Args:
        view: A map in 2-D.
        width: Line width in pixels.
    """
    from plotly.graph_objects import Contour

    traces = []
    points = view.points()
    if not len(points):
        return []
    grid = Grid.over(view.positions()[points])
    x, y = grid.centres()
    for modality in MAP_MODALITIES:
        members = view.map.of_modality(modality)
        if modality in view.shown and len(members):
            traces.append(
                Contour(
                    x=x,
                    y=y,
                    z=enclosed_percent(grid.density(view.positions()[members])),
                    contours={**_QUARTERS, "coloring": "none"},
                    line={
                        "color": modality_colour(modality, dark=view.dark),
                        "width": width,
                        "dash": MODALITY_DASHES[modality],
                        "smoothing": 1.0,
                    },
                    legendgroup=modality.value,
                    showlegend=False,
                    showscale=False,
                    hoverinfo="skip",
                )
            )
    return traces


def density_map(view: MapView) -> Chart:
    """Draw how densely the points lie: shade for all, lines around the densest parts of each modality.

    Args:
        view: A map in 2-D with at least one shown point.

    Raises:
        QueryError: The map is in 3-D or nothing is shown.
    """
    from plotly.graph_objects import Figure, Heatmap

    points = view.points()
    if view.map.settings.dimensions != 2 or not len(points):
        raise QueryError(
            f"a density of {len(points)} points in {view.map.settings.dimensions}-D",
            expected="a map in 2-D with points is needed",
            remedy="choose the map in 2-D",
        )
    grid = Grid.over(view.positions()[points])
    x, y = grid.centres()
    page, hue = pick(PAGE, view.dark), pick(ACTION, view.dark)
    shares = [step / _STEPS for step in range(_STEPS + 1)]
    shade = Heatmap(
        x=x,
        y=y,
        z=grid.density(view.positions()[points]),
        # Squared stops make the shade grow with the root of the density, so that sparse parts are seen as well.
        colorscale=[(share**2, mix(page, hue, share)) for share in shares],
        zsmooth="best",
        hovertemplate="about %{z:.1f} points in this spot<extra></extra>",
        colorbar=colour_bar("points in a spot"),
    )
    # What WebGL draws would lie under the shade.
    marks = [*emphasis_traces(view, None, webgl=False), *query_traces(view, webgl=False)]
    figure = Figure([shade, *density_lines(view, width=2.0), *marks])
    add_legend(figure, view, linked=False, lines_only=True)
    lines = "Lines hold the densest ¼, ½ and ¾ of each kind."
    room = legend_room(figure)
    top = head(figure, view.title, dark=view.dark, subtitle=f"{lines} {unit_note(view)}", below_px=room)
    layout_map(figure, view)
    hang_legend(figure, top - room)
    figure.update_layout(dragmode="pan")
    annotate(figure, view)
    return Chart(figure, map_alt(view, drawn="densities"), scroll_zoom=True)
