import gzip
import io

import pytest
import zstandard
from catalog_samples import write_ar, write_deb, write_tar

from mmdemo.catalog.deb import ar_members, deb_files
from mmdemo.errors import CatalogError

FILES = {"usr/share/a.txt": b"A cat.", "usr/share/b.bin": bytes(1001), "usr/other": b"no"}


def read(path, data, wanted=lambda name: True):
    path.write_bytes(data)
    return dict(deb_files(path, wanted))


def test_ar_members_come_in_order_with_their_sizes():
    data = write_ar([("one", b"123"), ("two", b""), ("three", b"1234")])
    assert list(ar_members(io.BytesIO(data))) == [("one", 3), ("two", 0), ("three", 4)]


def test_a_package_gives_wanted_regular_files_and_nothing_else(tmp_path):
    found = read(tmp_path / "a.deb", write_deb(FILES), lambda name: name.startswith("usr/share/"))
    assert found == {name: FILES[name] for name in ("usr/share/a.txt", "usr/share/b.bin")}


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_all_ways_of_packing_are_known(tmp_path, suffix):
    pack = gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor().compress
    data = write_ar([("debian-binary", b"2.0\n"), (f"data.tar{suffix}/", pack(write_tar(FILES)))])
    assert read(tmp_path / "a.deb", data) == FILES


def test_links_are_left_out(tmp_path):
    assert "usr/link.txt" not in read(tmp_path / "a.deb", write_deb(FILES))


@pytest.mark.parametrize("cut", [3, 8, 40, 200, -40], ids=str)
def test_a_package_that_is_cut_short_is_refused(tmp_path, cut):
    with pytest.raises(CatalogError, match="Debian package"):
        read(tmp_path / "a.deb", write_deb(FILES)[:cut])


def test_a_package_with_a_damaged_header_is_refused(tmp_path):
    data = write_deb(FILES).replace(b"`\n", b"??", 1)
    with pytest.raises(CatalogError, match="header"):
        read(tmp_path / "a.deb", data)


def test_an_unknown_way_of_packing_is_refused(tmp_path):
    with pytest.raises(CatalogError, match="not known"):
        read(tmp_path / "a.deb", write_ar([("data.tar.lz4", b"x")]))
