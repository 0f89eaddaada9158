"""Small made-up maps, queries and reports, with everything a figure can show."""

import numpy as np

from mmdemo.align.report import AlignmentReport, PairScores
from mmdemo.projection import Map, MapSettings, Placed
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO


def made_up_map(items: int = 40, *, dimensions: int = 2, clusters: int = 4, seed: int = 0) -> Map:
    """Every item has a text, most a picture, some a sound; clusters are blobs far apart."""
    rng = np.random.default_rng(seed)
    groups = np.arange(items) % clusters
    centres = 20.0 * np.stack([np.arange(clusters), np.arange(clusters) % 2, np.zeros(clusters)], axis=1)
    rows = [np.flatnonzero(rng.random(items) < share) for share in (1.0, 0.8, 0.4)]
    item_rows = np.concatenate(rows)
    positions = centres[groups[item_rows], :dimensions] + rng.normal(size=(len(item_rows), dimensions))
    hubness = rng.exponential(3.0, len(item_rows)).astype(np.float32)
    hubness[::7] = np.nan
    return Map(
        MapSettings(method="pca", dimensions=dimensions),
        "v1",
        positions.astype(np.float32),
        item_rows.astype(np.int32),
        np.repeat(np.arange(3), [len(part) for part in rows]).astype(np.uint8),
        groups[item_rows].astype(np.int16),
        tuple(f"group {number}" for number in range(clusters)),
        {},
        rng.random(len(item_rows)).astype(np.float32),
        {"hubness": hubness},
        len(item_rows),
    )


def made_up_queries(of: Map) -> Placed:
    """Two queries: one whose place can be trusted, one whose place cannot."""
    return Placed(
        ("dog <b>", "a red car"),
        (AUDIO, None),
        of.positions[[0, 5]] + np.float32(0.1),
        np.array([[1, 2, 3, 4], [6, 7, 8, 9]], dtype=np.int32),
        np.array([[0.9, 0.8, 0.5, 0.4], [0.7, 0.6, 0.5, 0.2]], dtype=np.float32),
        np.array([0.75, 0.25], dtype=np.float32),
    )


def made_up_report(method: str = "ridge", recall: float = 0.5) -> AlignmentReport:
    """Three modalities; text to image reaches `recall` at 10, every other pair less."""
    pairs = {}
    for step, pair in enumerate([(TEXT, IMAGE), (IMAGE, TEXT), (TEXT, AUDIO), (AUDIO, TEXT)]):
        at_ten = recall * (1 - 0.1 * step)
        shares = {1: at_ten / 4, 5: at_ten / 2, 10: at_ten}
        intervals = {k: (share * 0.9, share * 1.1) for k, share in shares.items()}
        chance = {k: k / 100 for k in shares}
        pairs[pair] = PairScores(80, 100, shares, intervals, chance, 12.0, (9.0, 15.0))
    return AlignmentReport(
        method=method,
        centred=True,
        folds=5,
        seed=0,
        items=100,
        pairs=pairs,
        gap_before={(TEXT, IMAGE): 0.9, (TEXT, AUDIO): 0.7},
        gap_after={(TEXT, IMAGE): 0.2, (TEXT, AUDIO): 0.4},
        alignment={},
        uniformity={},
        hubness={(TEXT, IMAGE): 0.5, (IMAGE, TEXT): 2.5},
        failures=(),
        notices=(),
        seconds=1.0,
    )


def traces(chart, group: str) -> list:
    """The traces of a legend group that carry points, without its legend entry."""
    return [
        trace
        for trace in chart.figure.data
        if trace.legendgroup == group and trace.x is not None and trace.x[0] is not None
    ]


def legend(chart, name: str = "legend") -> list[str]:
    """The words of a legend."""
    return [trace.name for trace in chart.figure.data if trace.showlegend and (trace.legend or "legend") == name]
