"""How a fusion learned, epoch by epoch: its losses, and what each modality counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import (
    ACTION,
    MODALITY_DASHES,
    MODALITY_GLYPHS,
    MODALITY_MARKERS,
    MODALITY_WORDS,
    MUTED,
    PAGE,
    modality_colour,
    pick,
)
from mmdemo.figures.template import GRID_PX, head
from mmdemo.fusion.report import Epoch
from mmdemo.types import Modality

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_PLOT_PX = 30 * GRID_PX
_MANY = 24
"""More epochs than these are drawn without a marker each."""
_ALIKE = 0.01
"""Weights nearer than this are called alike."""


def loss_curves(epochs: Sequence[Epoch], *, planned: int, dark: bool = False) -> Chart:
    """Draw the loss on what is learned from and on what is kept aside, epoch by epoch.

    Args:
        epochs: Those that are over, in order.
        planned: Where the axis ends, so that it stays as it is while a run trains; epochs.
        dark: Whether the page is dark.

    Raises:
        QueryError: No epoch is over yet.
    """
    from plotly.graph_objects import Figure, Scatter

    _require(epochs)
    numbers = [epoch.number for epoch in epochs]
    seen = np.array([epoch.loss for epoch in epochs], dtype=np.float32)
    kept = np.array([epoch.validation for epoch in epochs], dtype=np.float32)
    figure = Figure()
    for name, losses, pair, dash in (("training", seen, MUTED, "dot"), ("validation", kept, ACTION, "solid")):
        figure.add_trace(
            Scatter(
                x=numbers,
                y=losses,
                name=f"{name} loss",
                mode="lines+markers" if len(numbers) <= _MANY else "lines",
                line={"color": pick(pair, dark), "width": 2, "dash": dash},
                marker={"size": 5},
                hovertemplate="epoch %{x}, " + name + " loss %{y:.3f}<extra></extra>",
            )
        )
    best = int(np.nanargmin(kept)) if np.isfinite(kept).any() else None
    title = f"Epoch {numbers[-1]}: training loss {seen[-1]:.2f}"
    alt = f"Training loss from {seen[0]:.3f} to {seen[-1]:.3f} in {len(epochs)} epochs."
    if best is not None:
        figure.add_trace(_best(numbers[best], float(kept[best]), dark=dark))
        title = f"Validation loss is lowest at epoch {numbers[best]}: {kept[best]:.2f}"
        alt += f" Validation loss from {kept[0]:.3f} to {kept[-1]:.3f}, lowest {kept[best]:.3f} at {numbers[best]}."
    subtitle = "Validation: items kept aside. The ringed epoch's weights are kept."
    top = head(figure, title, dark=dark, subtitle=subtitle, below_px=4 * GRID_PX)
    _layout(figure, planned, top=top, title="loss (lower is better)", dark=dark)
    return Chart(figure, alt)


def weight_curves(
    epochs: Sequence[Epoch], modalities: Sequence[Modality], *, planned: int, dark: bool = False
) -> Chart:
    """Draw what each modality counted, epoch by epoch.

    Args:
        epochs: Those that are over, in order.
        modalities: What the weights of an epoch are of, in their order.
        planned: Where the axis ends; epochs.
        dark: Whether the page is dark.

    Raises:
        QueryError: No epoch is over yet, or the weights are of other modalities.
    """
    from plotly.graph_objects import Figure, Scatter

    _require(epochs)
    if any(len(epoch.weights) != len(modalities) for epoch in epochs):
        raise QueryError(
            f"weights of {len(epochs[0].weights)} modalities for {len(modalities)} names",
            expected="one weight a modality is needed",
            remedy="draw them with the modalities of the run",
        )
    numbers = [epoch.number for epoch in epochs]
    weights = np.array([epoch.weights for epoch in epochs], dtype=np.float32)
    figure = Figure()
    for modality, values in zip(modalities, weights.T, strict=True):
        figure.add_trace(
            Scatter(
                x=numbers,
                y=values,
                name=f"{MODALITY_GLYPHS[modality]} {MODALITY_WORDS[modality]} {values[-1]:.0%}",
                mode="lines+markers" if len(numbers) <= _MANY else "lines",
                line={"color": modality_colour(modality, dark=dark), "width": 2, "dash": MODALITY_DASHES[modality]},
                marker={"size": 7, "symbol": MODALITY_MARKERS[modality]},
                hovertemplate=f"epoch %{{x}}, {MODALITY_WORDS[modality]} %{{y:.1%}}<extra></extra>",
            )
        )
    top = head(
        figure,
        _leader(weights, modalities),
        dark=dark,
        subtitle="Mean over validation items that have all kinds; the shares of an item sum to 100%.",
        below_px=4 * GRID_PX,
    )
    _layout(figure, planned, top=top, title="weight (share of the whole)", dark=dark)
    low, high = float(weights.min()), float(weights.max())
    figure.update_yaxes(tickformat=".0%", range=[low - 0.05 if low < 0.0 else 0.0, high + 0.05 if high > 1.0 else 1.0])
    moved = "; ".join(
        f"{MODALITY_WORDS[modality]} {values[0]:.0%} to {values[-1]:.0%}"
        for modality, values in zip(modalities, weights.T, strict=True)
    )
    return Chart(figure, f"What each kind counted, from the first to the last of {len(epochs)} epochs: {moved}.")


def _leader(weights: np.ndarray, modalities: Sequence[Modality]) -> str:
    """The finding of `weight_curves`."""
    last = weights[-1]
    words = [MODALITY_WORDS[modality] for modality in modalities]
    first, *others = sorted(range(len(words)), key=lambda at: -last[at])
    if others and last[first] - last[others[0]] < _ALIKE:
        return f"{words[first].capitalize()} and {words[others[0]]} count alike: {last[first]:.0%} each"
    return f"{words[first].capitalize()} counts most: {last[first]:.0%} of the whole"


def _best(number: int, loss: float, *, dark: bool) -> object:
    """A ring around the best epoch."""
    from plotly.graph_objects import Scatter

    return Scatter(
        x=[number],
        y=[loss],
        name="best",
        mode="markers",
        marker={"symbol": "circle-open", "size": 14, "color": pick(ACTION, dark), "line": {"width": 2}},
        hovertemplate=f"best: epoch {number}, validation loss {loss:.3f}<extra></extra>",
    )


def _layout(figure: Figure, planned: int, *, top: int, title: str, dark: bool) -> None:
    figure.update_layout(
        height=top + _PLOT_PX + 6 * GRID_PX,
        xaxis={"title": "epochs (passes over the training items)", "range": [0.5, max(planned, 2) + 0.5]},
        yaxis={"title": title},
        legend={"y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False},
        hovermode="closest",
        plot_bgcolor=pick(PAGE, dark),
    )


def _require(epochs: Sequence[Epoch]) -> None:
    if not epochs:
        raise QueryError(
            "curves of a run without a finished epoch",
            expected="at least one epoch is needed",
            remedy="wait until the first one is over",
        )
