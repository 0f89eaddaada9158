"""`fetch_package` against a stand-in for apt: a script first on the PATH that does as the test says."""

import hashlib
import os
import stat

import pytest

from mmdemo.catalog.debian import apt_knows, cached_package, fetch_package
from mmdemo.errors import CancelledError, CatalogError
from mmdemo.progress import silent


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Installs a shell script as apt-get; its calls go to a log, whose lines are returned on call."""
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))

    def install(script: str):
        program = programs / "apt-get"
        program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n{script}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return lambda: log.read_text().splitlines() if log.exists() else []

    return install


def test_a_package_is_downloaded_once(apt):
    calls = apt("printf content > $2_1.0_all.deb")
    first, second = fetch_package("stamps"), fetch_package("stamps")
    assert first == second == cached_package("stamps")
    assert first.read_bytes() == b"content"
    assert calls() == ["download stamps"]


def test_a_damaged_package_in_the_cache_is_fetched_again(apt):
    calls = apt("printf content > $2_1.0_all.deb")
    path = fetch_package("stamps")
    path.write_bytes(b"damaged")
    assert fetch_package("stamps").read_bytes() == b"content"
    assert len(calls()) == 2
    assert path.with_suffix(".sha256").read_text() == hashlib.sha256(b"content").hexdigest()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may refresh the package lists")
def test_as_root_unknown_packages_are_looked_for_in_fresh_lists(apt):
    calls = apt('test "$1" = update && { touch "$0.fresh"; exit 0; }; test -e "$0.fresh" || exit 100; echo x > $2.deb')
    assert fetch_package("stamps").is_file()
    assert calls() == ["download stamps", "update", "download stamps"]


def test_what_apt_says_is_in_the_error_and_nothing_is_left(apt, tmp_path):
    apt('echo "E: Unable to locate package stamps" >&2; exit 100')
    with pytest.raises(CatalogError, match="Unable to locate package stamps"):
        fetch_package("stamps")
    assert cached_package("stamps") is None
    assert list((tmp_path / "cache" / "packages").iterdir()) == []


def test_cancelling_ends_the_download_and_leaves_nothing(apt, tmp_path):
    apt("echo part > part.deb; exec sleep 60")

    def cancel(done, total, message):
        raise CancelledError(message)

    with pytest.raises(CancelledError):
        fetch_package("stamps", progress=cancel)
    assert cached_package("stamps") is None
    assert list((tmp_path / "cache" / "packages").iterdir()) == []


def test_progress_tells_how_much_has_arrived(apt):
    apt("head -c 3000000 /dev/zero > $2.deb; sleep 0.6")
    told = []
    fetch_package("stamps", progress=lambda done, total, message: told.append(message))
    assert "downloading stamps (3 MB)" in told


def test_without_apt_the_error_names_the_source_that_works(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    assert not apt_knows("stamps")
    with pytest.raises(CatalogError, match="openmoji"):
        fetch_package("stamps", progress=silent)
