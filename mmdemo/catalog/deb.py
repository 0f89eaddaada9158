"""Reading Debian packages (`.deb`) without dpkg: an `ar` archive around a compressed tar archive."""

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from mmdemo.errors import CatalogError

_AR_MAGIC = b"!<arch>\n"
_MAX_FILE_BYTES = 64 * 2**20


def ar_members(file: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Walk an `ar` archive; at each step `file` stands at the start of the member's content.

    Args:
        file: Seekable and opened in binary mode.

    Yields:
        Name and size in bytes of each member.

    Raises:
        CatalogError: It is no `ar` archive, or is cut short.
    """
    if file.read(len(_AR_MAGIC)) != _AR_MAGIC:
        raise _broken("it is no ar archive")
    while header := file.read(60):
        size_field = header[48:58].strip()
        if len(header) != 60 or header[58:] != b"`\n" or not size_field.isdigit():
            raise _broken("a header of its ar archive is damaged")
        start, size = file.tell(), int(size_field)
        yield header[:16].decode("latin-1").strip().rstrip("/"), size
        file.seek(start + size + size % 2)


def deb_files(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Contents of the regular files of a package; nothing is written to disk.

    Args:
        path: The `.deb` file.
        wanted: Tells from a file's path in the package (no leading `./`) whether it is to be read.

    Yields:
        Path and content, in the package's own order.

    Raises:
        CatalogError: The package is damaged, or packed in a way that is not known.
    """
    try:
        with path.open("rb") as file:
            for name, _ in ar_members(file):
                if name.startswith("data.tar"):
                    with _unpacked(file, name) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
                        yield from _regular_files(archive, wanted)
                    return
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        raise _broken(f"{path.name}: {error}") from error
    raise _broken(f"{path.name} holds no data archive")


def _regular_files(archive: tarfile.TarFile, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        name = member.name.removeprefix("./")
        if not member.isreg() or not wanted(name):
            continue
        if member.size > _MAX_FILE_BYTES:
            raise _broken(f"{name} is {member.size} bytes large")
        content = archive.extractfile(member)
        if content is not None:
            yield name, content.read()


def _unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """A stream of the tar archive, whatever it is packed with."""
    import gzip

    match Path(name).suffix:
        case ".xz":
            return lzma.open(file)
        case ".gz":
            return gzip.open(file)  # pyright: ignore[reportReturnType]
        case ".zst":
            return _unzstd(file)
    raise _broken(f"{name} is packed in a way that is not known")


def _unzstd(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    return zstandard.ZstdDecompressor().stream_reader(file, closefd=False)  # pyright: ignore[reportReturnType]


def _broken(why: str) -> CatalogError:
    return CatalogError(
        f"a Debian package that cannot be read: {why}",
        expected="an undamaged .deb with data.tar.xz, .zst or .gz is needed",
        remedy="remove it from the cache and fetch it again",
    )
