"""Databases to keep feedback in, of both kinds."""

import os
from collections.abc import Iterator
from pathlib import Path

import postgresql_cluster
import pytest

from mmdemo.feedback import FeedbackStore


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgresql_cluster.Cluster]:
    """A real PostgreSQL server."""
    binaries = postgresql_cluster.programs()
    if binaries is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("needs PostgreSQL's initdb and pg_ctl (Debian: apt-get install postgresql)")
    server = postgresql_cluster.Cluster(binaries)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return tmp_path / "feedback.sqlite"
    return request.getfixturevalue("cluster").new_schema()


@pytest.fixture
def store(database: str | Path) -> Iterator[FeedbackStore]:
    opened = FeedbackStore(database)
    yield opened
    opened.close()
