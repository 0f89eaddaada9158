"""What the engine adds to the bare encoder and the bare matrix search, and how soon the app shows its first page.

Every query is timed twice in the same process, in alternating order: the whole engine call (encode, place, search,
filter, rank, contributions, percentiles), and the least that any engine must do: the encoder's forward pass on the
same decoded media, the products with the same vectors, and a partial sort. The figure is the median of the paired
ratios, on the workspace and on 100,000 items generated from its vectors. The cold start counts from launching the
server until Chromium, already running, shows the first page; beside it, in turns, the same for a Streamlit app that is
one heading.
"""

import argparse
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.encoders import load
from mmdemo.engine import Engine
from mmdemo.media import decode
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.recommend import table_for
from mmdemo.store import StoredVersion, Workspace
from mmdemo.types import Embeddings, Media, Modality, Query, QueryPart

ROOT = Path(__file__).resolve().parents[1]
LARGE = 100_000
QUERIES = 24
RESULTS = 12
HIGHEST_RATIO = 1.3
LONGEST_COLD_START_S = 4.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", default=os.environ.get("MMDEMO_WORKSPACE", "workspace"), type=Path)
    parser.add_argument("--queries", default=QUERIES, type=int)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = BenchmarkReport("latency")
    measure_cold_start(report, arguments.workspace)
    version = Workspace(arguments.workspace).read_version()
    engine = Engine(Workspace(arguments.workspace), version)
    queries = collect_queries(engine, arguments.queries)
    measure_engine(report, engine, queries, suffix="")
    measure_engine(report, Engine(engine.workspace, enlarge(version, LARGE)), queries, suffix=".100k")
    report.print_out(as_json=arguments.json)
    return 0 if report.holds() else 1


def collect_queries(engine: Engine, count: int) -> dict[Modality, list[Media]]:
    """Media of the catalogue itself, as queries; texts get a word before them so that none is an item's own."""
    found: dict[Modality, list[Media]] = {Modality.TEXT: [], Modality.IMAGE: [], Modality.AUDIO: []}
    for item in engine.items[:: max(1, len(engine.items) // (count * 8))]:
        for modality, media in found.items():
            if modality not in item.media or len(media) >= count + 2:
                continue
            if modality is Modality.TEXT:
                media.append(f"something like {item.media[modality]}")
            else:
                data = engine.media_path(item, modality).read_bytes()
                media.append(decode(data, expect=modality).media)
    return found


def measure_engine(
    report: BenchmarkReport, engine: Engine, queries: dict[Modality, list[Media]], *, suffix: str
) -> None:
    """Paired ratios of the engine over the least possible work, one modality after the other."""
    for modality, media in queries.items():
        bare = bare_call(engine, modality)
        for warming in media[:2]:
            bare(warming)
            engine.recommend(query_of(modality, warming))
        ratios, engine_ms = [], []
        for turn, piece in enumerate(media[2:]):
            query = query_of(modality, piece)
            if turn % 2:
                bare_s, engine_s = _seconds(bare, piece), _seconds(engine.recommend, query)
            else:
                engine_s, bare_s = _seconds(engine.recommend, query), _seconds(bare, piece)
            ratios.append(engine_s / bare_s)
            engine_ms.append(engine_s * 1e3)
        report.add(f"{modality}.engine_over_bare{suffix}", float(np.median(ratios)), at_most=HIGHEST_RATIO)
        report.add(f"{modality}.engine_ms{suffix}", float(np.median(engine_ms)))


def _seconds(call: Callable[[Any], object], argument: object) -> float:
    started = time.perf_counter()
    call(argument)
    return time.perf_counter() - started


def query_of(modality: Modality, media: Media) -> Query:
    """A query of one part; without a content key, so that nothing is remembered from one call to the next."""
    return Query((QueryPart(modality, media),), k=RESULTS)


def bare_call(engine: Engine, modality: Modality) -> Callable[[Media], object]:
    """The encoder's forward pass, one product a table that this modality is compared with, and a partial sort."""
    encoder = load(engine.encoder.names[modality])
    index = engine.ranker.index
    names = [table_for(modality, other) for other in Modality if table_for(modality, other) in index.tables]
    tables = [index.tables[name].vectors for name in names]
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=table.shape[1]).astype(np.float32) for table in tables]

    def call(media: Media) -> object:
        encoder.encode([media])
        products = [table @ vector for table, vector in zip(tables, vectors, strict=True)]
        return np.argpartition(products[0], -RESULTS)[-RESULTS:]

    return call


def enlarge(version: StoredVersion, items: int) -> StoredVersion:
    """The same catalogue repeated, with noise on every vector, until it has `items` items."""
    rng = np.random.default_rng(0)
    copies = -(-items // len(version.items))
    repeated = [replace(item, item_id=f"{item.item_id}#{copy}") for copy in range(copies) for item in version.items]
    kept = {item.item_id for item in repeated[:items]}
    tables = {}
    for name, table in version.tables.items():
        ids = [f"{item_id}#{copy}" for copy in range(copies) for item_id in table.ids]
        chosen = np.array([item_id in kept for item_id in ids])
        vectors = np.tile(table.vectors, (copies, 1))[chosen]
        vectors += 0.02 * rng.standard_normal(vectors.shape, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        tables[name] = Embeddings(np.array(ids)[chosen], vectors, table.modality, table.space)
    return replace(version, items=tuple(repeated[:items]), tables=tables)


def measure_cold_start(report: BenchmarkReport, workspace: Path) -> None:
    """Seconds from launching the server to a drawn page; left out where there is no Chromium."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None or importlib.util.find_spec("playwright") is None:
        print("cold start: not measured, it needs Chromium and playwright", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        rounds = [
            (_cold_start(browser, _our_app(workspace.resolve())), _cold_start(browser, _bare_app())) for _ in range(3)
        ]
        browser.close()
    ours, bare = np.median(np.array(rounds), axis=0)
    report.add("cold_start_s", ours, at_most=LONGEST_COLD_START_S)
    report.add("cold_start_bare_streamlit_s", bare)


def _our_app(workspace: Path) -> list[str]:
    return [sys.executable, "-m", "mmdemo", "run", "--workspace", str(workspace), "--address", "127.0.0.1", "--port"]


def _bare_app() -> list[str]:
    """The least a Streamlit app can be: one heading."""
    script = Path(tempfile.mkdtemp()) / "bare.py"
    script.write_text("import streamlit\nstreamlit.title('bare')\n")
    return [sys.executable, "-m", "streamlit", "run", str(script), "--server.address", "127.0.0.1", "--server.port"]


def _cold_start(browser, command: list[str]) -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [*command, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        _wait_for(port)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("h1").first.wait_for(timeout=60_000)
        seconds = time.perf_counter() - started
        page.close()
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
    return seconds


def _wait_for(port: int) -> None:
    deadline = time.perf_counter() + 60
    while time.perf_counter() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing answered on port {port} within 60 s")


if __name__ == "__main__":
    sys.exit(main())
