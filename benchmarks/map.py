"""How soon the map of a workspace is open, how well and how soon a query is placed on it, and how heavy its page is.

- `open_ms`: from an open engine that has not read the map yet to the figure as it goes to the browser.
- `place_ms`: one text, already encoded, placed on the map with its neighbours and its trust.
- `place_agreement`: a fifth of the items is held out, a UMAP map is fitted to the others, and every vector of the held
  out is placed on it: the share of its 15 true nearest points that are among its 15 nearest on the map. Beside it, on
  the same map, `umap.transform`; the mean of the true neighbours' places weighted by similarity, where UMAP starts; and
  a network of one hidden layer fitted to the map.
- `page_mb_100k`: everything that Chromium, with an empty cache, receives to draw the Space page of 100,000 generated
  points, over HTTP (as compressed) and over the WebSocket (as unpacked). Streamlit's own scripts and fonts, which are
  the same for every page with a chart and which a browser keeps, are told apart.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from mmdemo.engine import Engine
from mmdemo.metrics.map_quality import neighbour_overlap
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.projection import MAP_MODALITIES, Map, MapSettings
from mmdemo.projection.neighbours import largest
from mmdemo.projection.placing import Placer
from mmdemo.projection.points import Layer, MapPoints, select_points
from mmdemo.store import Workspace
from mmdemo.types import FloatArray, Modality, Query, QueryPart

ROUNDS = 15
NEIGHBOURS = 15
HELD_OUT = 0.2
MOST_OPEN_MS = 300.0
MOST_PLACE_MS = 10.0
MOST_PAGE_MB = 6.0
TRANSFORM_MARGIN = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", default=os.environ.get("MMDEMO_WORKSPACE", "workspace"), type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = BenchmarkReport("map")
    engine = Engine.open(arguments.workspace)
    fitted = engine.map(MapSettings())
    if fitted is None:
        fitted = engine.fit_map(MapSettings())
    for name, value in fitted.quality.items():
        report.add(name, value)
    report.add("fit_s", fitted.seconds)
    measure_opening(report, arguments.workspace)
    measure_placing(report, engine, fitted)
    measure_agreement(report, engine)
    measure_page(report, engine)
    report.print_out(as_json=arguments.json)
    return 0 if report.holds() else 1


def measure_opening(report: BenchmarkReport, path: Path) -> None:
    """Read the map and draw it, with words for every point as the page has them; a fresh engine each time."""
    from mmdemo.figures import MapView, space_map

    workspace = Workspace(path)
    version = workspace.read_version()
    read_ms, open_ms = [], []
    for _ in range(ROUNDS):
        engine = Engine(workspace, version)
        started = time.perf_counter()
        fitted = engine.map(MapSettings())
        assert fitted is not None
        read_ms.append(_ms_since(started))
        words = [
            f"{engine.items[row].title}\n{code}" for row, code in zip(fitted.item_rows, fitted.modalities, strict=True)
        ]
        space_map(MapView(map=fitted, hover=words)).figure.to_json()
        open_ms.append(_ms_since(started))
    report.add("open_ms", float(np.median(open_ms)), at_most=MOST_OPEN_MS)
    report.add("open_ms.read", float(np.median(read_ms)))


def measure_placing(report: BenchmarkReport, engine: Engine, fitted: Map) -> None:
    """Each text alone; the encoder remembers it from a first call, as it does after a search."""
    texts = [f"something like {item.title}" for item in engine.items[:: max(1, len(engine.items) // 40)]]
    queries = [Query((QueryPart(Modality.TEXT, text),)) for text in texts]
    place_ms = []
    for query in queries:
        engine.place(query, fitted)
        started = time.perf_counter()
        engine.place(query, fitted)
        place_ms.append(_ms_since(started))
    report.add("place_ms", float(np.median(place_ms)), at_most=MOST_PLACE_MS)
    report.add("place_ms.p95", float(np.quantile(place_ms, 0.95)))


def measure_agreement(report: BenchmarkReport, engine: Engine) -> None:
    """Place held-out items on a map that was fitted without them, in every way there is."""
    from scipy.spatial import KDTree

    points = select_points(engine.ranker.index.tables, len(engine.items), MapSettings())
    vectors, rows = points.vectors(), points.item_rows
    items = np.random.default_rng(0).permutation(len(engine.items))
    held = np.isin(rows, items[: round(HELD_OUT * len(items))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        reducer = UMAP(n_neighbors=15, min_dist=0.1, metric="cosine", random_state=0, n_jobs=1).fit(vectors[~held])
    positions = np.ascontiguousarray(reducer.embedding_, np.float32)
    queries = vectors[held]
    true, cosines = largest(queries @ vectors[~held].T, NEIGHBOURS)
    placer = Placer(*_map_of(positions, vectors[~held], rows[~held], points.modalities[~held]))
    tree = KDTree(positions)

    def agreement(places: np.ndarray) -> float:
        near = np.asarray(tree.query(places, NEIGHBOURS)[1])
        return float(neighbour_overlap(true, near).mean())

    transform = agreement(np.asarray(reducer.transform(queries)))
    placed = agreement(np.stack([placer.place(query, NEIGHBOURS).position for query in queries]))
    report.add("place_agreement", placed, at_least=round(transform - TRANSFORM_MARGIN, 4))
    report.add("place_agreement.umap_transform", transform)
    report.add("place_agreement.weighted_mean", agreement(_weighted_mean(positions[true], cosines)))
    report.add("place_agreement.network", agreement(_network(vectors[~held], positions, queries)))


def _weighted_mean(places: FloatArray, cosines: FloatArray) -> FloatArray:
    """Mean of the true neighbours' places, with weights that fall by e for every 0.05 of cosine: the best tried."""
    weights = np.exp((cosines - cosines[:, :1]) / 0.05)
    return (weights[:, :, None] * places).sum(axis=1) / weights.sum(axis=1, keepdims=True)


def _network(vectors: FloatArray, positions: FloatArray, queries: FloatArray) -> FloatArray:
    """A multilayer perceptron of 256 hidden units, fitted to the map by least squares."""
    from sklearn.neural_network import MLPRegressor

    mean, scale = positions.mean(axis=0), positions.std(axis=0)
    network = MLPRegressor(hidden_layer_sizes=(256,), max_iter=300, random_state=0)
    return network.fit(vectors, (positions - mean) / scale).predict(queries) * scale + mean


def _map_of(
    positions: FloatArray, vectors: FloatArray, item_rows: np.ndarray, modalities: np.ndarray
) -> tuple[Map, MapPoints]:
    """A map of given positions, with nothing known of its quality."""
    count = len(positions)
    layers = [
        Layer(modality, vectors[modalities == code], None, item_rows[modalities == code])
        for code, modality in enumerate(MAP_MODALITIES)
        if (modalities == code).any()
    ]
    fitted = Map(
        settings=MapSettings(),
        version_id="",
        positions=positions,
        item_rows=item_rows,
        modalities=modalities,
        clusters=np.full(count, -1, np.int16),
        cluster_labels=(),
        quality={},
        trust=np.ones(count, np.float32),
        measures={},
        of_total=count,
    )
    return fitted, MapPoints(tuple(layers), count)


def measure_page(report: BenchmarkReport, engine: Engine) -> None:
    """Serve a generated workspace and count what a browser receives; left out where there is no Chromium."""
    from map_page import chromium_path, generate, page_weight

    path = chromium_path()
    if path is None:
        print("page_mb_100k: not measured, it needs Chromium and playwright", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        points = generate(engine, workspace)
        weight = page_weight(workspace, path, Path(folder) / "log")
    report.add("page_points", points)
    report.add("page_mb_100k", weight.total_mb, at_most=MOST_PAGE_MB)
    report.add("page_mb_100k.streamlit", weight.bundle_mb)
    report.add("page_mb_100k.http", weight.http_mb)
    report.add("page_mb_100k.websocket", weight.websocket_mb)
    report.add("page_s_100k", weight.seconds)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    sys.exit(main())
