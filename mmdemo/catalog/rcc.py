"""Reading Qt's binary resource files (`.rcc`): a small tree of named files, each stored, zlib or zstd.

Layout (Qt's resource compiler, format versions 1 to 3), all numbers big-endian:
    header  magic "qres", u32 version, u32 offset of the tree, of the data, of the names; version 3 adds u32 flags
    node    u32 name offset, u16 flags; a folder: u32 child count, u32 first child;
            a file: u16 territory, u16 language, u32 data offset; version 2 on: u64 time of the last change
    name    u16 length, u32 hash, UTF-16
    data    u32 length, then the bytes; under zlib the first four of them are the length unpacked
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mmdemo.errors import CatalogError

_ZLIB, _FOLDER, _ZSTD = 1, 2, 4
_MAX_UNPACKED_BYTES = 64 * 2**20
_MAX_NODES = 100_000


@dataclass(frozen=True, slots=True)
class _Tree:
    """Where things are in one resource file."""

    data: bytes
    nodes: int
    payloads: int
    names: int
    node_bytes: int

    def name(self, offset: int) -> str:
        (length,) = struct.unpack_from(">H", self.data, self.names + offset)
        start = self.names + offset + 6
        return self.data[start : start + 2 * length].decode("utf-16-be")

    def walk(self, index: int, prefix: str, budget: list[int]) -> Iterator[tuple[str, int, int]]:
        """Path, flags and data offset of every file under the folder node `index`."""
        start = self.nodes + index * self.node_bytes
        _, _, count, first = struct.unpack_from(">IHII", self.data, start)
        for child in range(first, first + count):
            budget[0] -= 1
            # Children always follow their folder, so a reference backwards can only be a cycle.
            if child <= index or budget[0] < 0:
                raise _broken("its tree is not a tree")
            name_offset, flags = struct.unpack_from(">IH", self.data, self.nodes + child * self.node_bytes)
            path = f"{prefix}{self.name(name_offset)}"
            if flags & _FOLDER:
                yield from self.walk(child, f"{path}/", budget)
            else:
                (offset,) = struct.unpack_from(">I", self.data, self.nodes + child * self.node_bytes + 10)
                yield path, flags, offset

    def payload(self, offset: int, flags: int) -> bytes:
        (length,) = struct.unpack_from(">I", self.data, self.payloads + offset)
        start = self.payloads + offset + 4
        packed = self.data[start : start + length]
        if len(packed) != length:
            raise _broken(f"a member of {length} bytes is cut short")
        if flags & _ZSTD:
            return _unzstd(packed)
        return _unzlib(packed[4:]) if flags & _ZLIB else packed


def read_rcc(data: bytes) -> dict[str, bytes]:
    """Unpack a whole resource file.

    Args:
        data: The bytes of the `.rcc` file.

    Returns:
        Contents by path, in the file's own order; paths have no leading slash.

    Raises:
        CatalogError: It is no resource file, is of an unknown version, or is damaged.
    """
    if data[:4] != b"qres":
        raise _broken("it does not start with 'qres'")
    try:
        version, nodes, payloads, names = struct.unpack_from(">4I", data, 4)
        if version not in (1, 2, 3):
            raise _broken(f"it is of version {version}")
        tree = _Tree(data, nodes, payloads, names, node_bytes=14 if version == 1 else 22)
        return {path: tree.payload(offset, flags) for path, flags, offset in tree.walk(0, "", [_MAX_NODES])}
    except (struct.error, UnicodeDecodeError, RecursionError, zlib.error) as error:
        raise _broken(str(error) or type(error).__name__) from error


def _unzlib(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    out = unpacker.decompress(packed, _MAX_UNPACKED_BYTES)
    if not unpacker.eof:
        raise _broken(f"a member is cut short or larger than {_MAX_UNPACKED_BYTES} bytes")
    return out


def _unzstd(packed: bytes) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            out = reader.read(_MAX_UNPACKED_BYTES + 1)
    except zstandard.ZstdError as error:
        raise _broken(str(error)) from error
    if len(out) > _MAX_UNPACKED_BYTES:
        raise _broken(f"a member is larger than {_MAX_UNPACKED_BYTES} bytes")
    return out


def _broken(why: str) -> CatalogError:
    return CatalogError(
        f"a Qt resource file that cannot be read: {why}",
        expected="an undamaged .rcc file of version 1 to 3 is needed",
        remedy="fetch the package again",
    )
