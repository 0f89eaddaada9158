"""Keeps numeric libraries to two threads, or one where tests run side by side, before any of them is imported."""

import os

_THREADS = "1" if "PYTEST_XDIST_WORKER" in os.environ else "2"
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, _THREADS)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not spin on a machine that others use

from pathlib import Path  # noqa: E402 - the variables above must be set first

import pytest  # noqa: E402


@pytest.fixture(scope="session")
def tiny_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real workspace of 24 generated items, indexed with the offline encoders; for reading only."""
    from mmdemo.engine import import_into, reindex

    path = tmp_path_factory.mktemp("tiny") / "workspace"
    import_into(path, "world", n=24)
    reindex(path)
    return path


@pytest.fixture(scope="session")
def tone() -> bytes:
    """A second of a plain tone as a WAV file."""
    import io

    import numpy as np
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * np.sin(2 * np.pi * 330 * np.arange(22050) / 22050), 22050, format="WAV")
    return buffer.getvalue()
