"""A figure together with the words that stand for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One finished figure.

    Args:
        figure: The Plotly figure, its title and legend inside.
        alt: The finding in one or two sentences, for those who cannot see it.
        scroll_zoom: Whether the mouse wheel zooms.
    """

    figure: Figure
    alt: str
    scroll_zoom: bool = False

    @property
    def title(self) -> str:
        """The title of the figure as plain text, on one line."""
        lines = str(self.figure["layout"]["title"]["text"] or "").split("<br>")
        return " ".join(unescape(_TAG.sub("", line)) for line in lines if line.startswith("<b>"))

    def html(self) -> str:
        """A stand-alone page of about 5 MB: the figure, Plotly itself, title and alternative text; works offline."""
        from plotly.io import to_html

        config = {"displaylogo": False, "responsive": True, "scrollZoom": self.scroll_zoom}
        body = to_html(self.figure, config=config, include_plotlyjs=True, full_html=False, default_width="100%")
        background = self.figure["layout"]["template"]["layout"]["paper_bgcolor"]
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title>"
            f"<style>body {{ margin: 0 auto; max-width: 1280px; background: {background}; }}</style></head>"
            f'<body><main role="figure" aria-label="{escape(self.alt)}">{body}</main></body></html>\n'
        )
