from pathlib import Path

import pytest

from mmdemo.engine import Engine


@pytest.fixture(scope="session")
def engine(tiny_workspace: Path) -> Engine:
    return Engine.open(tiny_workspace)
