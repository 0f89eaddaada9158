"""A model hub on this machine: as much of the protocol as fetching files needs."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class Hub(ThreadingHTTPServer):
    """Serves `files[repository][commit][name]`; "main" of a repository is its last commit.

    Attributes:
        files: Content by repository, commit (40 hex digits) and name.
        gated: Repositories that nobody may read.
        hold: While it is not set, bodies stop half way.
        requests: "METHOD path" of every request so far.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, dict[str, dict[str, bytes]]] = {}
        self.gated: set[str] = set()
        self.hold = threading.Event()
        self.hold.set()
        self.requests: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """Say nothing of clients that were killed: the tests kill them."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def _find(self) -> tuple[int, str, str, bytes]:
        """Status, error code, commit and content of what is asked for."""
        owner, name, _, revision, *path = self.path.lstrip("/").split("/")
        repository = f"{owner}/{name}"
        if repository in self.server.gated:
            return 401, "GatedRepo", "", b""
        if repository not in self.server.files:
            return 404, "RepoNotFound", "", b""
        commits = self.server.files[repository]
        commit = list(commits)[-1] if revision == "main" else revision
        if commit not in commits:
            return 404, "RevisionNotFound", "", b""
        if "/".join(path) not in commits[commit]:
            return 404, "EntryNotFound", commit, b""
        return 200, "", commit, commits[commit]["/".join(path)]

    def _answer(self, *, body: bool) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        status, error, commit, content = self._find() if "/resolve/" in self.path else (200, "", "", b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if error:
            self.send_header("X-Error-Code", error)
        if commit:
            self.send_header("X-Repo-Commit", commit)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.end_headers()
        if body and content:
            half = len(content) // 2
            self.wfile.write(content[:half])
            self.wfile.flush()
            self.server.hold.wait()
            self.wfile.write(content[half:])

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *arguments) -> None:
        """Be quiet."""


@contextmanager
def running_hub(monkeypatch) -> Iterator[Hub]:
    """A hub that everything in this process, and what it starts, takes for the one in use."""
    for variable in (*PROXY_VARIABLES, "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        hub.hold.set()
        hub.shutdown()
        hub.server_close()
        thread.join()
