"""Model files from a hub that runs on this machine, and from folders."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import psutil
import pytest
from hub_server import running_hub
from weight_samples import CONTENT, files_below, sha256

from mmdemo.errors import CancelledError, WeightError
from mmdemo.weights.hub import download_bytes, hub_answers, is_here, locate

FIRST, SECOND = "a" * 40, "b" * 40
CONFIG = b'{"width": 3}'
FILES, WEIGHTS = ("config.json",), ("model.safetensors", "model.bin")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def hub(monkeypatch):
    with running_hub(monkeypatch) as hub:
        hub.files["someone/tiny"] = {FIRST: {"config.json": CONFIG, "model.bin": CONTENT}}
        yield hub


@pytest.fixture
def offline(monkeypatch, hub):
    """Nothing listens where the hub was."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        yield


class TestFetching:
    def test_needed_and_first_existing_files_are_fetched(self, cache, hub):
        located = locate("someone/tiny", FILES, optional=("vocab.txt",), weights=WEIGHTS)
        assert located.folder.is_relative_to(cache / "hub")
        assert (located.weights, located.sha256) == ("model.bin", sha256(CONTENT))
        assert (located.folder / "model.bin").read_bytes() == CONTENT
        assert files_below(located.folder) == [".pins.json", "config.json", "model.bin"]
        assert files_below(cache / "staging") == []

    def test_the_first_of_the_weights_wins(self, cache, hub):
        hub.files["someone/tiny"][FIRST]["model.safetensors"] = b"safe"
        assert locate("someone/tiny", FILES, weights=WEIGHTS).weights == "model.safetensors"
        assert not [request for request in hub.requests if "model.bin" in request]

    def test_what_is_here_needs_no_call(self, cache, hub):
        first = locate("someone/tiny", FILES, optional=("vocab.txt",), weights=WEIGHTS)
        hub.requests.clear()
        assert locate("someone/tiny", FILES, optional=("vocab.txt",), weights=WEIGHTS) == first
        assert is_here("someone/tiny", FILES, weights=WEIGHTS)
        assert hub.requests == []

    def test_more_files_come_from_the_commit_of_first_use(self, cache, hub):
        first = locate("someone/tiny", FILES)
        hub.files["someone/tiny"][FIRST]["vocab.txt"] = b"old"
        hub.files["someone/tiny"][SECOND] = {"config.json": b"{}", "vocab.txt": b"new", "model.bin": b"new"}
        more = locate("someone/tiny", ("vocab.txt",), weights=WEIGHTS)
        assert (more.folder / "vocab.txt").read_bytes() == b"old"
        assert (first.sha256, more.sha256) == (sha256(CONFIG), sha256(CONTENT))

    def test_another_revision_is_another_folder(self, cache, hub):
        hub.files["someone/tiny"][SECOND] = {"config.json": b"{}"}
        folders = {locate(f"someone/tiny@{commit}", FILES).folder for commit in (FIRST, SECOND)}
        assert {(folder / "config.json").read_bytes() for folder in folders} == {CONFIG, b"{}"}

    def test_bytes_are_reported(self, cache, hub):
        reports = []
        locate("someone/tiny", FILES, weights=WEIGHTS, progress=lambda *report: reports.append(report))
        size = len(CONFIG) + len(CONTENT)
        assert reports[-1][:2] == (size, size)
        assert all(done <= total for done, total, _ in reports if total)
        assert "someone/tiny" in reports[-1][2]

    def test_the_size_is_told_beforehand(self, cache, hub):
        assert download_bytes("someone/tiny", FILES, weights=WEIGHTS) == len(CONFIG) + len(CONTENT)
        locate("someone/tiny", FILES)
        assert download_bytes("someone/tiny", FILES, weights=WEIGHTS) == len(CONTENT)
        locate("someone/tiny", FILES, weights=WEIGHTS)
        assert download_bytes("someone/tiny", FILES, weights=WEIGHTS) == 0
        assert download_bytes("no/such", FILES) is None

    def test_threads_fetch_it_once(self, cache, hub):
        threads = [threading.Thread(target=locate, args=("someone/tiny", FILES)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([request for request in hub.requests if request.startswith("GET /someone")]) == 1


class TestPins:
    def test_a_damaged_file_is_fetched_again(self, cache, hub):
        path = locate("someone/tiny", FILES, weights=WEIGHTS).folder / "model.bin"
        path.write_bytes(b"damaged")
        assert not is_here("someone/tiny", FILES, weights=WEIGHTS)
        locate("someone/tiny", FILES, weights=WEIGHTS)
        assert path.read_bytes() == CONTENT

    def test_a_touched_file_is_only_looked_at_again(self, cache, hub):
        located = locate("someone/tiny", FILES, weights=WEIGHTS)
        os.utime(located.folder / "model.bin", (1, 1))
        hub.requests.clear()
        assert locate("someone/tiny", FILES, weights=WEIGHTS) == located
        assert hub.requests == []
        assert is_here("someone/tiny", FILES, weights=WEIGHTS)

    def test_other_content_at_the_same_revision_is_refused(self, cache, hub):
        folder = locate("someone/tiny", FILES, weights=WEIGHTS).folder
        (folder / "model.bin").unlink()
        hub.files["someone/tiny"][FIRST]["model.bin"] = b"other"
        with pytest.raises(WeightError, match=f"now has SHA-256 {sha256(b'other')}.*delete the folder"):
            locate("someone/tiny", FILES, weights=WEIGHTS)
        assert files_below(folder) == [".pins.json", "config.json"]
        assert files_below(cache / "staging") == []

    @pytest.mark.parametrize("record", ["", "[]", '{"files": 3}', '{"commit": "", "files": {"a": 1}, "absent": []}'])
    def test_a_spoilt_record_is_made_anew(self, cache, hub, record):
        folder = locate("someone/tiny", FILES).folder
        (folder / ".pins.json").write_text(record, encoding="utf-8")
        assert not is_here("someone/tiny", FILES)
        locate("someone/tiny", FILES)
        assert is_here("someone/tiny", FILES)


class TestStopping:
    def test_cancelling_a_stalled_download_leaves_nothing(self, cache, hub):
        hub.hold.clear()

        def cancel_once_it_flows(done, total, message):
            if done:
                raise CancelledError(message)

        with pytest.raises(CancelledError):
            locate("someone/tiny", FILES, weights=WEIGHTS, progress=cancel_once_it_flows)
        assert files_below(cache) == []
        assert not is_here("someone/tiny", FILES, weights=WEIGHTS)
        hub.hold.set()
        locate("someone/tiny", FILES, weights=WEIGHTS)

    def test_a_killed_process_leaves_nothing_visible_and_its_download_ends(self, cache, hub):
        hub.hold.clear()
        script = (
            "import os, signal\nfrom mmdemo.weights.hub import locate\n"
            "def die(done, total, message):\n    if done: os.kill(os.getpid(), signal.SIGKILL)\n"
            "locate('someone/tiny', ('model.bin',), progress=die)"
        )
        killed = subprocess.run([sys.executable, "-c", script], check=False)
        assert killed.returncode == -signal.SIGKILL
        for process in psutil.process_iter(["cmdline"]):
            if hub.address in (process.info["cmdline"] or []):
                process.wait(30)  # raises where it goes on
        assert files_below(cache / "hub") == []
        assert not is_here("someone/tiny", ("model.bin",))
        hub.hold.set()
        assert locate("someone/tiny", ("model.bin",)).sha256 == sha256(CONTENT)


class TestRefusals:
    def test_no_such_repository(self, cache, hub):
        with pytest.raises(WeightError, match=r"config\.json of no/such does not exist"):
            locate("no/such", FILES)

    def test_no_such_revision(self, cache, hub):
        with pytest.raises(WeightError, match="asked for at 'v9'"):
            locate("someone/tiny@v9", FILES)

    def test_no_such_file(self, cache, hub):
        with pytest.raises(WeightError, match=r"has no tokenizer\.json, a or b"):
            locate("someone/tiny", ("tokenizer.json",), weights=("a", "b"))
        assert files_below(cache) == []

    def test_a_gated_repository_says_to_log_in(self, cache, hub):
        hub.gated.add("someone/tiny")
        with pytest.raises(WeightError, match="HF_TOKEN"):
            locate("someone/tiny", FILES)

    def test_a_name_that_is_neither(self, cache, hub):
        with pytest.raises(WeightError, match="no folder on this machine"):
            locate("/no/such/folder", FILES)
        assert not is_here("/no/such/folder", FILES)
        assert hub.requests == []


class TestOffline:
    def test_it_says_what_is_missing_where_to_put_it_and_what_else_there_is(self, cache, offline):
        with pytest.raises(WeightError) as caught:
            locate("someone/tiny", FILES, weights=WEIGHTS, family="timm", meanwhile="efficientnet-lite0")
        message = str(caught.value)
        assert "someone/tiny is not on this machine (missing: model.safetensors, config.json)" in message
        assert "timm:/path/to/folder; meanwhile efficientnet-lite0 can be used" in message
        assert not hub_answers()
        assert download_bytes("someone/tiny", FILES) is None

    def test_what_was_fetched_before_still_works(self, cache, hub, monkeypatch):
        before = locate("someone/tiny", FILES, weights=WEIGHTS)
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
        assert locate("someone/tiny", FILES, weights=WEIGHTS) == before

    @pytest.mark.parametrize(
        "address",
        ["http://127.0.0.1:1", "http://no-such-host.invalid", "http://", "x:y:z", "http://a:b"],
    )
    def test_every_kind_of_silence_is_answered_soon(self, cache, hub, monkeypatch, address):
        monkeypatch.setenv("HF_ENDPOINT", address)
        start = time.monotonic()
        with pytest.raises(WeightError, match="cannot be reached"):
            locate("someone/tiny", FILES)
        assert not hub_answers()
        assert time.monotonic() - start < 5  # two times 0.8 s, on a machine that does other things too

    def test_a_route_that_swallows_everything_is_answered_soon(self, cache, hub, monkeypatch):
        with socket.socket() as full, ExitStack() as stack:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(4):  # once its queue is full, the system drops whatever else knocks
                knocking = stack.enter_context(socket.socket())
                knocking.setblocking(False)
                knocking.connect_ex(full.getsockname())
            monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{full.getsockname()[1]}")
            start = time.monotonic()
            with pytest.raises(WeightError, match="cannot be reached"):
                locate("someone/tiny", FILES)
            assert time.monotonic() - start < 5

    def test_something_that_listens_and_never_answers_is_no_hub(self, cache, hub, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{mute.getsockname()[1]}")
            assert not hub_answers(0.2)

    def test_the_users_switch_is_obeyed(self, cache, hub, monkeypatch):
        assert hub_answers(5.0)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        hub.requests.clear()
        assert not hub_answers()
        with pytest.raises(WeightError, match="cannot be reached"):
            locate("someone/tiny", FILES)
        assert hub.requests == []

    def test_a_proxy_is_where_the_way_begins(self, cache, hub, monkeypatch):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "")
        assert not hub_answers()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert hub_answers(5.0)

    def test_a_proxy_that_is_no_longer_set_is_forgotten(self, cache, hub, monkeypatch):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert hub_answers(5.0)
        monkeypatch.delenv("http_proxy")
        monkeypatch.delenv("no_proxy")
        assert hub_answers(5.0)


class TestFolders:
    def test_a_folder_is_used_in_place(self, cache, tmp_path, monkeypatch):
        monkeypatch.setattr(socket.socket, "connect", lambda *arguments: pytest.fail("a call to the network"))
        (tmp_path / "config.json").write_bytes(CONFIG)
        (tmp_path / "model.bin").write_bytes(CONTENT)
        located = locate(str(tmp_path), FILES, optional=("vocab.txt",), weights=WEIGHTS)
        assert (located.folder, located.weights, located.sha256) == (tmp_path, "model.bin", sha256(CONTENT))
        assert is_here(str(tmp_path), FILES, weights=WEIGHTS)
        assert download_bytes(str(tmp_path), FILES) == 0
        assert not cache.exists()

    def test_a_folder_in_the_working_folder_goes_before_a_repository(self, cache, tmp_path, monkeypatch):
        (tmp_path / "someone/tiny").mkdir(parents=True)
        (tmp_path / "someone/tiny/config.json").write_bytes(CONFIG)
        monkeypatch.chdir(tmp_path)
        assert locate("someone/tiny", FILES).folder == tmp_path / "someone/tiny"

    def test_a_missing_file_is_named(self, cache, tmp_path):
        (tmp_path / "config.json").write_bytes(CONFIG)
        with pytest.raises(WeightError, match=r"model\.safetensors or model\.bin is missing in .*clap-text:"):
            locate(str(tmp_path), FILES, weights=WEIGHTS, family="clap-text")
        assert not is_here(str(tmp_path), FILES, weights=WEIGHTS)
