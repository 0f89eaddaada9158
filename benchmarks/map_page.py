"""The Space page of 100,000 generated points, served by the real app and weighed in a real browser."""

import base64
import importlib.util
import io
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.engine import Engine
from mmdemo.projection import Map, MapSettings
from mmdemo.projection.layout import pca_layout
from mmdemo.projection.points import select_points
from mmdemo.projection.storage import map_to_content
from mmdemo.store import StoredVersion, Workspace
from mmdemo.types import Embeddings, Modality

ROOT = Path(__file__).resolve().parents[1]
ITEMS = 50_000
CLUSTERS = 40
PATIENCE_S = 180
_BROWSER = ["--no-sandbox", "--disable-background-networking", "--enable-unsafe-swiftshader"]
_DRAWN_COLOURS = 50
"""A map of 100,000 points in two colours, half transparent, has many more shades; an empty one has a few."""


@dataclass(frozen=True, slots=True)
class PageWeight:
    """What a browser received until the map was drawn, in megabytes (10⁶ bytes), and how long that took.

    Args:
        bundle_mb: Streamlit's own scripts, styles and fonts, the same for every page with a chart.
        http_mb: Everything else over HTTP.
        websocket_mb: Everything over the WebSocket: the page itself, and the points.
        seconds: From the address to a drawn map.
    """

    bundle_mb: float
    http_mb: float
    websocket_mb: float
    seconds: float

    @property
    def total_mb(self) -> float:
        """All of it."""
        return self.bundle_mb + self.http_mb + self.websocket_mb


def chromium_path() -> str | None:
    """Where Chromium is, None where it or playwright is missing."""
    if importlib.util.find_spec("playwright") is None:
        return None
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("MMDEMO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def generate(engine: Engine, path: Path, *, items: int = ITEMS) -> int:
    """Make a workspace of items with a text and a picture each, and its default map.

    Vectors are those of the given workspace with noise. Page weight depends on the map's arrays, not on how they were
    found, so the positions are those of PCA, and clusters and measures are drawn at random.

    Returns:
        The number of points, two for each item.
    """
    version = engine.workspace.read_version()
    large = enlarge(version, items)
    workspace = Workspace(path).create("Generated")
    about = {name: getattr(version.manifest, name) for name in ("encoders", "settings", "source")}
    version_id = workspace.write_version(large.items, large.tables, version.arrays, about)
    opened = Engine.open(path)
    points = select_points(opened.ranker.index.tables, items, MapSettings())
    count, rng = len(points), np.random.default_rng(0)
    made = Map(
        settings=MapSettings(),
        version_id=version_id,
        positions=pca_layout(points.vectors(), 2),
        item_rows=points.item_rows,
        modalities=points.modalities,
        clusters=rng.integers(-1, CLUSTERS, count).astype(np.int16),
        cluster_labels=tuple(f"words, of, cluster {number}" for number in range(CLUSTERS)),
        quality={"trustworthiness": 0.9, "continuity": 0.9, "knn_preservation": 0.4},
        trust=rng.random(count, np.float32),
        measures={name: rng.random(count, np.float32) for name in ("hubness", "partner_rank")},
        of_total=count,
        quality_points=5000,
    )
    workspace.maps.write(version_id, MapSettings().key(), *map_to_content(made))
    return count


def enlarge(version: StoredVersion, items: int) -> StoredVersion:
    """The texts and pictures of a version over and over, with noise on every vector, until there are `items` items."""
    rng = np.random.default_rng(0)
    whole = [item for item in version.items if {Modality.TEXT, Modality.IMAGE} <= item.media.keys()]
    made = [
        replace(
            whole[number % len(whole)],
            item_id=f"{number}",
            media={m: whole[number % len(whole)].media[m] for m in (Modality.TEXT, Modality.IMAGE)},
        )
        for number in range(items)
    ]
    ids = np.array([item.item_id for item in made])
    tables = {}
    for name in ("shared.text", "shared.image", "native.image"):
        table = version.tables[name]
        row_of = {item_id: row for row, item_id in enumerate(table.ids.tolist())}
        rows = np.array([row_of[item.item_id] for item in whole])
        vectors = table.vectors[rows[np.arange(items) % len(rows)]]
        vectors += 0.02 * rng.standard_normal(vectors.shape, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        tables[name] = Embeddings(ids, vectors, table.modality, table.space)
    return replace(version, items=tuple(made), tables=tables)


def page_weight(workspace: Path, chromium: str, log: Path) -> PageWeight:
    """Open the Space page of a workspace in a browser with an empty cache, until its map is drawn.

    Raises:
        TimeoutError: The server or the map did not come.
    """
    from playwright.sync_api import sync_playwright

    with serving(workspace, log) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_BROWSER)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        received = _count_bytes(page)
        started = time.perf_counter()
        page.goto(f"{address}/space")
        _wait_until_drawn(page)
        seconds = time.perf_counter() - started
        browser.close()
    return PageWeight(received["bundle"] / 1e6, received["http"] / 1e6, received["websocket"] / 1e6, seconds)


@contextmanager
def serving(workspace: Path, log: Path) -> Iterator[str]:
    """Address of the app on a workspace, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mmdemo", "run", "--workspace", str(workspace), "--port", str(port)]
    environment = {**os.environ, "MMDEMO_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--address", "127.0.0.1"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
        try:
            _wait_for(port, server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def _count_bytes(page: Any) -> dict[str, float]:
    """Counts, from now on, bytes over HTTP as they are compressed, and over WebSockets as they are unpacked."""
    received = {"bundle": 0.0, "http": 0.0, "websocket": 0.0}
    bundle: set[str] = set()
    protocol = page.context.new_cdp_session(page)

    def answered(event: dict[str, Any]) -> None:
        if "/static/" in event["response"]["url"]:
            bundle.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        received["bundle" if event["requestId"] in bundle else "http"] += event["encodedDataLength"]

    def frame(event: dict[str, Any]) -> None:
        answer = event["response"]
        is_binary = answer["opcode"] == 2
        received["websocket"] += (
            len(base64.b64decode(answer["payloadData"])) if is_binary else len(answer["payloadData"])
        )

    protocol.on("Network.responseReceived", answered)
    protocol.on("Network.loadingFinished", finished)
    protocol.on("Network.webSocketFrameReceived", frame)
    protocol.send("Network.enable", {"maxTotalBufferSize": 0})
    return received


def _wait_until_drawn(page: Any) -> None:
    """Wait for the chart, and then until a picture of it has the colours of points."""
    from PIL import Image

    chart = page.locator(".js-plotly-plot").first
    chart.wait_for(timeout=PATIENCE_S * 1000)
    deadline = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < deadline:
        with Image.open(io.BytesIO(chart.screenshot())) as picture:
            colours = picture.convert("RGB").getcolors(picture.width * picture.height) or []
        if sum(count >= 5 for count, _ in colours) >= _DRAWN_COLOURS:
            return
        page.wait_for_timeout(500)
    raise TimeoutError(f"the map was not drawn within {PATIENCE_S} s")


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"the server did not start:\n{log.read_text()}")
