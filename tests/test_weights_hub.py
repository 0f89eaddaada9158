"""Fetching from a hub that runs on this machine."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from weight_samples import CONTENT, files_below, sha256, weight_of

from mmdemo import weights
from mmdemo.errors import WeightError
from mmdemo.weights import HubSource


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class _Hub(BaseHTTPRequestHandler):
    """As much of a hub as a download needs: one repository with one file."""

    protocol_version = "HTTP/1.1"
    path_of_file = "/someone/tiny/resolve/main/model.bin"

    def _answer(self, *, body: bool) -> None:
        known = self.path == self.path_of_file
        content = CONTENT if known else b""
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(content)))
        if known:
            self.send_header("ETag", f'"{sha256(CONTENT)}"')
            self.send_header("X-Repo-Commit", "a" * 40)
        else:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def hub(monkeypatch):
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class TestHub:
    def test_a_file_is_fetched(self, cache, hub):
        table = {"tiny": weight_of(HubSource("someone/tiny", "main", endpoint=hub), member="model.bin")}
        folder = weights.fetch("tiny", table=table)
        assert (folder / "sub/model.bin").read_bytes() == CONTENT
        assert files_below(cache) == [
            str((folder / name).relative_to(cache)) for name in (".verified.json", "sub/model.bin")
        ]

    def test_a_file_of_another_digest_is_refused(self, cache, hub):
        source = HubSource("someone/tiny", "main", endpoint=hub)
        with pytest.raises(WeightError, match="SHA-256"):
            weights.fetch("tiny", table={"tiny": weight_of(source, member="model.bin", digest="0" * 64)})
        assert files_below(cache) == []

    def test_a_missing_file_is_a_typed_error(self, cache, hub):
        source = HubSource("someone/tiny", "main", endpoint=hub)
        with pytest.raises(WeightError, match=r"other\.bin of hub repository someone/tiny"):
            weights.fetch("tiny", table={"tiny": weight_of(source, member="other.bin")})

    def test_offline_it_says_what_is_missing(self, cache, hub):
        source = HubSource("someone/tiny", "main", endpoint="http://127.0.0.1:9")
        with pytest.raises(WeightError, match=r"model\.bin of hub repository someone/tiny.*go online"):
            weights.fetch("tiny", table={"tiny": weight_of(source, member="model.bin")})
        assert files_below(cache) == []
