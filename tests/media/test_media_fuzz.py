"""Thousands of broken files: every one ends in valid media or a `MediaError`, within bounded memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_MAX_GROWTH_MIB = 512
_MAX_WORKER_MIB = 2048


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_broken_files_are_refused_and_nothing_else(count: int, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("media_fuzzer.py")), str(count), "20", str(tmp_path)],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode == 0, f"{tmp_path / 'current.bin'} ended the process: {done.stderr[-2000:]}"
    report = json.loads(done.stdout.splitlines()[-1])
    print(report)
    assert report["files"] == sum(report["outcomes"].values()) == count
    assert report["unexpected"] == [], f"kept in {tmp_path}"
    assert report["crashes"] == [], f"kept in {tmp_path}"
    # Mutations that leave files usable are there too, or the decoders themselves would go untested.
    assert min(report["outcomes"].get(kind, 0) for kind in ("image", "audio", "text", "refused")) > 0
    assert report["peak_mib"] - report["peak_before_mib"] < _MAX_GROWTH_MIB
    assert report["worker_peak_mib"] < _MAX_WORKER_MIB
