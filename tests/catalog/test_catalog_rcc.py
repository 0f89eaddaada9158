import struct

import pytest
from rcc_writer import PLAIN, ZLIB, ZSTD, write_rcc

from mmdemo.catalog.rcc import read_rcc
from mmdemo.errors import CatalogError

CONTENTS = {
    "gcompris/a/piano.ogg": (b"plink " * 50, ZSTD),
    "gcompris/a/board.qml": (b"{}" * 99, ZLIB),
    "gcompris/ä.txt": (b"", PLAIN),
    "top": (b"x", PLAIN),
}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_file_comes_back_as_it_was_written(version):
    assert read_rcc(write_rcc(CONTENTS, version=version)) == {path: content for path, (content, _) in CONTENTS.items()}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"qres",
        b"PK\x03\x04" + bytes(40),
        b"qres" + struct.pack(">4I", 9, 20, 20, 20),
        b"qres" + struct.pack(">4I", 3, 10**9, 24, 24),
    ],
    ids=["empty", "only magic", "zip", "version 9", "tree beyond the end"],
)
def test_what_is_no_resource_file_is_refused(data):
    with pytest.raises(CatalogError, match=r"resource file"):
        read_rcc(data)


def test_a_folder_that_contains_itself_is_refused():
    data = bytearray(write_rcc({"folder/file": (b"x", PLAIN)}))
    # The second node is `folder`; let its first child be the root.
    struct.pack_into(">I", data, 24 + 22 + 10, 0)
    with pytest.raises(CatalogError, match="not a tree"):
        read_rcc(bytes(data))


@pytest.mark.parametrize("flag", [PLAIN, ZLIB, ZSTD])
def test_a_member_that_is_cut_short_is_refused(flag):
    whole = write_rcc({"a": (bytes(range(256)) * 9, flag)})
    # Names lie at the end: point them to the start, then cut the data.
    data = bytearray(whole[: len(whole) // 2])
    struct.pack_into(">I", data, 16, 24)
    with pytest.raises(CatalogError):
        read_rcc(bytes(data))


def test_a_member_that_unpacks_to_gigabytes_is_refused_without_unpacking_it():
    bomb = write_rcc({"a": (bytes(80 * 2**20), ZLIB)})
    assert len(bomb) < 2**20
    with pytest.raises(CatalogError, match="larger than"):
        read_rcc(bomb)
