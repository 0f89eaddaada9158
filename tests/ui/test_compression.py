import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit

from mmdemo.ui.compression import CompressedFiles

STATIC = Path(streamlit.__file__).parent / "static" / "static"


@pytest.fixture(scope="module")
def script() -> Path:
    """The smallest of Streamlit's scripts."""
    return min(STATIC.glob("js/*.js"), key=lambda path: path.stat().st_size)


def ask(folder: Path, path: str, *, encoding: str = "gzip", method: str = "GET") -> tuple[dict[str, str], bytes]:
    """Headers and body of an answer; the application behind the middleware says "passed"."""
    told: list[dict] = []

    async def behind(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"passed"})

    async def receive() -> dict:
        return {"type": "http.request"}

    async def send(message: dict) -> None:
        told.append(message)

    headers = [(b"accept-encoding", encoding.encode())]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    with ThreadPoolExecutor(1) as thread:  # the browser tests keep an event loop running in this one
        thread.submit(asyncio.run, CompressedFiles(behind, folder)(scope, receive, send)).result()
    found = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return found, b"".join(message.get("body", b"") for message in told[1:])


def test_a_script_comes_compressed_and_whole(tmp_path: Path, script: Path) -> None:
    headers, body = ask(tmp_path, f"/static/js/{script.name}")
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"].startswith("text/javascript")
    assert gzip.decompress(body) == script.read_bytes()


def test_it_is_compressed_once(tmp_path: Path, script: Path) -> None:
    first = ask(tmp_path, f"/static/js/{script.name}")[1]
    kept = next(tmp_path.rglob("*.gz"))
    written = kept.stat().st_mtime_ns
    assert ask(tmp_path, f"/static/js/{script.name}")[1] == first
    assert kept.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/static/js/{name}", {"encoding": "identity"}),
        ("/static/js/{name}", {"method": "HEAD"}),
        ("/static/js/none.js", {}),
        ("/static/../../web/cli.py", {}),
        ("/static/../index.html", {}),
        ("/media/{name}", {}),
        ("/", {}),
    ],
)
def test_everything_else_is_streamlits(tmp_path: Path, script: Path, path: str, options: dict[str, str]) -> None:
    headers, body = ask(tmp_path, path.format(name=script.name), **options)
    assert body == b"passed"
    assert "content-encoding" not in headers


def test_what_cannot_be_kept_is_served_as_it_is(tmp_path: Path, script: Path) -> None:
    taken = tmp_path / "file"
    taken.write_bytes(b"")
    assert ask(taken, f"/static/js/{script.name}")[1] == b"passed"
