"""How far a map can be believed, in numbers with their meaning."""

from __future__ import annotations

import streamlit as st

from mmdemo.projection import Map
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal


def measures() -> dict[str, tuple[str, str]]:
    """What each quality of `Map.quality` is called, and what it means."""
    return {
        "knn_preservation": (_("Neighbours kept"), _("of the true nearest points of a point are also near it here")),
        "trustworthiness": (_("Trustworthiness"), _("1 means: what lies near on the map is truly near")),
        "continuity": (_("Continuity"), _("1 means: what is truly near lies near on the map")),
    }


def panel(shown: Map) -> None:
    """Draw every measure with its meaning, one under the other."""
    lines = [f"**{_('How far to trust this map')}**"]
    if not shown.quality:
        lines.append(f":gray[:small[{_('Too few points to say.')}]]")
    for name, (title, meaning) in measures().items():
        if name in shown.quality:
            lines.append(f"**{value(name, shown.quality[name])}** {title}  \n:gray[:small[{meaning}]]")
    st.markdown("\n\n".join(lines))
    explain(shown)


def line(shown: Map) -> None:
    """Draw the measures in one line, for the maps of a pair."""
    muted(
        " · ".join(
            f"{title} {value(name, shown.quality[name])}"
            for name, (title, _meaning) in measures().items()
            if name in shown.quality
        )
    )


def value(name: str, number: float) -> str:
    """A measure as people read it: a share in percent, an index with two digits."""
    return f"{number:.0%}" if name == "knn_preservation" else f"{number:.2f}"


def points(shown: Map) -> str:
    """How many points the map has, and of how many."""
    if shown.is_sample:
        return _("A sample of {count} of {total} points").format(count=f"{len(shown):,}", total=f"{shown.of_total:,}")
    return _n("{count} point", "{count} points", len(shown))


def explain(shown: Map) -> None:
    """Draw the popover that says what the measures are."""
    with st.popover(_("What does this mean?"), type="tertiary", icon=":material/help:"):
        st.markdown(
            _(
                "The vectors have hundreds of dimensions; a map has two or three, so it cannot keep all distances. "
                "**Near** on a map means something; **far**, **left** and **up** mean nothing.\n\n"
                "**Neighbours kept**: of the {k} points that are truly nearest to a point, the share that is among "
                "the {k} nearest on the map, averaged over all points.\n\n"
                "**Trustworthiness** falls when points lie side by side that are no neighbours; **continuity** falls "
                "when neighbours are torn apart (Venna and Kaski 2001). Both run from 0 to 1.\n\n"
                "The alignment was fitted on these very items, so a picture lies nearer to its own words here than a "
                "new one would; *How well is it aligned?* below tells how well new ones are found."
            ).format(k=shown.quality_k)
        )
        if shown.quality_points and shown.quality_points < len(shown):
            muted(_n("Measured on {count} point.", "Measured on {count} points.", shown.quality_points))


def caption(shown: Map) -> None:
    """Draw what map this is, and what the reader must know of it."""
    muted(f"{points(shown)} · {markdown_literal(shown.settings.words())}")
    for notice in shown.notices:
        muted(f":material/info: {markdown_literal(notice)}")
