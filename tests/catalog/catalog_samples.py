"""Small media and packages that the tests make themselves."""

import io
import lzma
import random
import tarfile
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from mmdemo.catalog import ImportReport, Source, import_source
from mmdemo.store import Workspace
from mmdemo.types import Item

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'><rect width='10' height='10' fill='#00f'/></svg>"


def picture(colour: object = "red", size: tuple[int, int] = (24, 16), format_name: str = "PNG") -> bytes:
    """A picture of one colour; an RGBA colour makes it transparent."""
    mode = "RGBA" if isinstance(colour, tuple) and len(colour) == 4 else "RGB"
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, format_name)
    return out.getvalue()


def sound(hz: float = 440.0, seconds: float = 0.3, level: float = 0.5, format_name: str = "WAV") -> bytes:
    """A tone."""
    samples = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * 16_000)) / 16_000)
    out = io.BytesIO()
    soundfile.write(out, samples, 16_000, format=format_name)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """A decoded picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def no_progress(done: int, total: int, message: str) -> None:
    """Shows nothing."""


def imported(source: Source, folder: Path, *, add: bool = False) -> tuple[ImportReport, dict[str, Item], Workspace]:
    """The report, the items by id and the workspace after importing into a new or existing one."""
    workspace = Workspace(folder / "workspace").create("test")
    report = import_source(source, workspace, add=add)
    return report, {item.item_id: item for item in workspace.read_catalog().items}, workspace


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files by relative path."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_ar(members: list[tuple[str, bytes]]) -> bytes:
    """An `ar` archive."""
    parts = [b"!<arch>\n"]
    for name, content in members:
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content)
        parts.append(b"\n" * (len(content) % 2))
    return b"".join(parts)


def write_tar(files: dict[str, bytes]) -> bytes:
    """A tar archive with `./` before each path, as dpkg writes it, and one link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("./usr/link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, content in files.items():
            about = tarfile.TarInfo(f"./{name}")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return out.getvalue()


def write_deb(files: dict[str, bytes]) -> bytes:
    """A Debian package packed with xz."""
    data = lzma.compress(write_tar(files))
    return write_ar([("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), ("data.tar.xz", data)])


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with one to eight faults of the kinds that transfers, editors and attackers make."""
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(broken) + 1)
        length = rng.choice((1, 1, 2, 4, 16, 200))
        match rng.randrange(7):
            case 0 if broken:
                broken[min(at, len(broken) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                del broken[at:]
            case 2:
                del broken[at : at + length]
            case 3:
                broken[at:at] = rng.randbytes(length)
            case 4:
                broken[at : at + length] = rng.choice((b"\0", b"\xff", b'"', b"\n", b",")) * length
            case 5:
                broken[at:at] = broken[at : at + length] * rng.choice((1, 3, 50))
            case _:
                broken[at : at + 4] = rng.choice((2**31 - 1, 2**32 - 1, 2**31, 0)).to_bytes(
                    4, rng.choice(("little", "big"))
                )
    return bytes(broken)
