"""Where the parts of a picture or a sound lie, for `Inside`."""

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a picture; beyond 0 to 1 where it was padded."""


def square_box(width: int, height: int) -> Box:
    """The square around a picture that lies in its middle and touches its longer sides."""
    side = max(width, height)
    across, down = (side / width - 1) / 2, (side / height - 1) / 2
    return -across, -down, 1 + across, 1 + down


def grid_places(rows: int, columns: int, *, box: Box = (0.0, 0.0, 1.0, 1.0)) -> FloatArray:
    """Left, top, right, bottom (rows * columns, 4) of the cells of a grid over `box`, row by row."""
    left, top, right, bottom = box
    x = np.linspace(left, right, columns + 1)
    y = np.linspace(top, bottom, rows + 1)
    return np.array([(x[c], y[r], x[c + 1], y[r + 1]) for r in range(rows) for c in range(columns)], np.float32)


def grid_labels(rows: int, columns: int) -> tuple[str, ...]:
    """What to call the cells of a grid, row by row."""
    return tuple(f"row {row + 1}, column {column + 1}" for row in range(rows) for column in range(columns))


def sound_places(edges_s: npt.NDArray[np.floating], edges_hz: FloatArray, *, duration_s: float) -> FloatArray:
    """From second, to second, from Hz, to Hz of the cells of a grid over a spectrogram, time by time.

    Args:
        edges_s: (T + 1,) bounds of the cells in time.
        edges_hz: (F + 1,) bounds of the cells in frequency.
        duration_s: Length of the sound; cells that begin after its end are filling and stand for no place (NaN).
    """
    ends = np.minimum(edges_s, duration_s)
    places = np.array(
        [
            (ends[t], ends[t + 1], edges_hz[f], edges_hz[f + 1])
            for t in range(len(edges_s) - 1)
            for f in range(len(edges_hz) - 1)
        ],
        np.float32,
    )
    places[np.repeat(edges_s[:-1] >= duration_s, len(edges_hz) - 1)] = np.nan
    return places


def sound_labels(places: FloatArray) -> tuple[str, ...]:
    """What to call such cells."""
    return tuple(
        "filling" if np.isnan(start) else f"{start:.2f} to {end:.2f} s, {low:.0f} to {high:.0f} Hz"
        for start, end, low, high in places.tolist()
    )
