"""The real server on a free port, and a real Chromium that talks to nothing else."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",  # maps need WebGL; drawn by the processor, so that a machine without graphics has it too
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
]
PATIENCE_S = 60


def absent(reason: str) -> None:
    """Skip where the browser is missing; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    """A running headless Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("playwright is not installed: pip install -e '.[test]'")
        return
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("MMDEMO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        absent("Chromium is not installed: apt-get install chromium, or set MMDEMO_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def serving(workspace: Path, log: Path) -> Iterator[str]:
    """Address of the app on a workspace, started as `mmdemo run` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mmdemo", "run", "--workspace", str(workspace), "--port", str(port)]
    environment = {**os.environ, "MMDEMO_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--address", "127.0.0.1"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@pytest.fixture(scope="session")
def server(tiny_workspace, tmp_path_factory):
    """The server that most tests share."""
    with serving(tiny_workspace, tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture
def fresh_server(tmp_path):
    """A server that nobody has visited yet, without a workspace."""
    with serving(tmp_path / "none", tmp_path / "log") as address:
        yield address


def wait_until_healthy(address: str, process: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@pytest.fixture
def new_page(chromium, request):
    """Opens pages, each in a browser context (cookies, storage, session) of its own."""
    contexts = []

    def open_page(path: str = "/", *, address: str = "", width: int = 1280, dark: bool = False):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", locale="en-GB"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.requested = []
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto((address or request.getfixturevalue("server")) + path)
        page.locator("h1").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
