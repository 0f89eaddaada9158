"""Writes Qt resource files, independently of the reader."""

import struct
import zlib

import zstandard

PLAIN, ZLIB, ZSTD = 0, 1, 4


def write_rcc(files: dict[str, tuple[bytes, int]], *, version: int = 3) -> bytes:
    """A resource file with the given contents, each packed as its flag says; breadth first, as Qt does it."""
    tree: dict = {}
    for path, entry in files.items():
        *folders, name = path.split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name] = entry
    names, payloads, offsets = b"", b"", {}

    def name_offset(name: str) -> int:
        nonlocal names
        if name not in offsets:
            offsets[name] = len(names)
            names += struct.pack(">HI", len(name.encode("utf-16-be")) // 2, 0) + name.encode("utf-16-be")
        return offsets[name]

    def payload(content: bytes, flag: int) -> int:
        nonlocal payloads
        start = len(payloads)
        if flag == ZLIB:
            content = struct.pack(">I", len(content)) + zlib.compress(content)
        elif flag == ZSTD:
            content = zstandard.ZstdCompressor().compress(content)
        payloads += struct.pack(">I", len(content)) + content
        return start

    rows: list[list] = [["", tree]]
    nodes = b""
    position = 0
    while position < len(rows):
        name, node = rows[position]
        if isinstance(node, dict):
            nodes += struct.pack(">IHII", name_offset(name), 2, len(node), len(rows))
            rows += [[child, node[child]] for child in sorted(node)]
        else:
            content, flag = node
            nodes += struct.pack(">IHHHI", name_offset(name), flag, 0, 1, payload(content, flag))
        if version > 1:
            nodes += struct.pack(">Q", 0)
        position += 1
    start = 24 if version > 2 else 20
    header = b"qres" + struct.pack(">4I", version, start, start + len(nodes), start + len(nodes) + len(payloads))
    return header + (struct.pack(">I", 0) if version > 2 else b"") + nodes + payloads + names
