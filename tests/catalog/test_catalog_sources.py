import subprocess
import sys

import pytest
from catalog_samples import write_files

from mmdemo.catalog import SOURCES, default_source, open_source
from mmdemo.errors import CatalogError


@pytest.mark.parametrize("name", SOURCES)
def test_every_built_in_source_says_what_it_is_without_fetching_anything(name, monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    info = open_source(name).info
    assert all((info.title, info.licence, info.attribution))
    assert info.synthetic == (name == "world")
    assert list(tmp_path.iterdir()) == []


def test_the_issues_sources_are_there():
    assert set(SOURCES) == {"things", "wesnoth", "openmoji", "world"}


@pytest.mark.parametrize("spec", ["no such", "absent.csv", "", "a\0b", "x" * 5000, "~nobody-of-this-name/x"])
def test_an_unknown_source_is_refused_with_the_choices(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(write_files(tmp_path, {"other/file.txt": b""}))
    with pytest.raises(CatalogError, match=r"things, .*openmoji.* a folder"):
        open_source(spec)


def test_a_file_of_an_unknown_kind_is_refused(tmp_path):
    path = write_files(tmp_path, {"a.xlsx": b"PK"}) / "a.xlsx"
    with pytest.raises(CatalogError, match=r"no file that is read here.*\.parquet"):
        open_source(str(path))


@pytest.mark.parametrize("name", ["data.csv", "DATA.TSV", "a.jsonl", "a.ndjson", "a.parquet", "a.ZIP"])
def test_the_users_own_files_are_told_by_their_suffix(name, tmp_path):
    info = open_source(str(write_files(tmp_path, {name: b""}) / name)).info
    assert (info.title, info.licence, info.synthetic) == (name, "not stated", False)


@pytest.mark.parametrize("spec", ["things", "world"])
def test_an_option_that_a_source_does_not_have_is_refused(spec):
    with pytest.raises(CatalogError, match="options size do not fit"):
        open_source(spec, size=3)


def test_the_default_is_what_can_be_had(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert default_source() == "openmoji"
    for name in ("tuxpaint-stamps-default", "gcompris-qt-data"):
        write_files(tmp_path, {f"packages/{name}.deb": b"", f"packages/{name}.sha256": b""})
    assert default_source() == "things"


def test_importing_the_package_loads_no_heavy_library():
    heavy = (
        "torch",
        "timm",
        "transformers",
        "lancedb",
        "pyarrow",
        "sklearn",
        "av",
        "soundfile",
        "scipy",
        "emoji",
        "resvg_py",
    )
    code = (
        "import sys, mmdemo.catalog as c; [c.open_source(name).info for name in c.SOURCES];"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
