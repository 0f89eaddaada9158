"""Packages of Debian and its derivatives, fetched with apt but neither installed nor unpacked on disk.

`apt-get download` needs no root, only package lists; it verifies each package by the SHA-256 in the signed lists, which
is why no digest is pinned here. The digest found then is kept beside the package, and checked at every later use.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mmdemo.errors import CatalogError
from mmdemo.progress import Progress, silent
from mmdemo.weights import cache_dir

_POLL_S = 0.25


def apt_works() -> bool:
    """Whether apt is there to fetch packages with."""
    return shutil.which("apt-get") is not None


def apt_knows(name: str) -> bool:
    """Whether `fetch_package` can be expected to fetch a package: it is in the lists, or we may refresh them."""
    if not apt_works():
        return False
    if os.geteuid() == 0:
        return True
    shown = subprocess.run(["apt-cache", "show", name], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return shown.returncode == 0 and bool(shown.stdout)


def cached_package(name: str) -> Path | None:
    """The package in the cache, or None; does not check its digest."""
    path = _package_path(name)
    return path if path.is_file() and _digest_path(path).is_file() else None


def fetch_package(name: str, *, progress: Progress = silent) -> Path:
    """A package's `.deb` file, from the cache or else from apt.

    Args:
        name: Debian package name.
        progress: Told how much has arrived; cancelling stops the download and leaves nothing behind.

    Raises:
        CatalogError: There is no apt, or apt cannot fetch the package.
        CancelledError: `progress` cancelled.
    """
    path = _package_path(name)
    if cached_package(name) is not None:
        progress(0, 0, f"checking {name}")
        if _sha256(path) == _digest_path(path).read_text().strip():
            return path
    if not apt_works():
        raise CatalogError(
            f"'{name}' is a Debian package and this system has no apt-get",
            expected="Debian, Ubuntu or another system with apt is needed",
            remedy="choose the source 'openmoji', which works on any system",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{name}-") as staging:
        arrived = _download(name, Path(staging), progress)
        # The digest goes last: a package without one counts as absent, so a kill in between costs only the download.
        _digest_path(path).unlink(missing_ok=True)
        digest = Path(staging) / "digest"
        digest.write_text(_sha256(arrived))
        os.replace(arrived, path)
        os.replace(digest, _digest_path(path))
    return path


def _download(name: str, folder: Path, progress: Progress) -> Path:
    """Fetch into `folder`; as root, refresh the package lists and try again where apt does not know the package."""
    failure = _run(["apt-get", "download", name], folder, progress, f"downloading {name}")
    if failure is not None and os.geteuid() == 0:
        failure = _run(["apt-get", "update"], folder, progress, "refreshing the package lists")
        if failure is None:
            failure = _run(["apt-get", "download", name], folder, progress, f"downloading {name}")
    packages = list(folder.glob("*.deb"))
    if failure is not None or len(packages) != 1:
        raise CatalogError(
            f"apt could not fetch '{name}': {failure or 'it wrote no package'}",
            expected="package lists and a mirror that answers are needed",
            remedy="run `apt-get update` as root, or choose the source 'openmoji'",
        )
    return packages[0]


def _run(command: list[str], folder: Path, progress: Progress, message: str) -> str | None:
    """Run apt in `folder`; the last thing it complained of, or None where it succeeded."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env={**os.environ, "LC_ALL": "C"},
        )
        try:
            while process.poll() is None:
                arrived = sum(path.stat().st_size for path in folder.glob("*.deb"))
                progress(0, 0, f"{message} ({arrived / 1e6:.0f} MB)" if arrived else message)
                _wait(process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").strip().splitlines()
    return None if process.returncode == 0 else (lines[-1] if lines else f"exit status {process.returncode}")


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=_POLL_S)
    except subprocess.TimeoutExpired:
        return


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_path(name: str) -> Path:
    return cache_dir() / "packages" / f"{name}.deb"


def _digest_path(package: Path) -> Path:
    return package.with_suffix(".sha256")
