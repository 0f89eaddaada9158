import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import fresh

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace

NOT_DIGESTS = ["", "a", "../../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "١" * 64, "/" + "a" * 63]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=2000))
def test_a_blob_comes_back_under_its_sha256(tmp_path, data):
    workspace = fresh(tmp_path)
    digest = workspace.put_blob(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert workspace.read_blob(digest) == data
    assert workspace.blob_path(digest).parent.name == digest[:2]


def test_putting_a_blob_twice_keeps_one_file_and_leaves_nothing_else(tmp_path):
    workspace = fresh(tmp_path)
    first = workspace.put_blob(b"sound")
    written = workspace.blob_path(first).stat().st_mtime_ns
    assert workspace.put_blob(b"sound") == first
    assert workspace.blob_path(first).stat().st_mtime_ns == written
    assert list((workspace.path / "staging").iterdir()) == []


def test_a_truncated_blob_is_refused_and_mended_by_putting_it_again(tmp_path):
    workspace = fresh(tmp_path)
    digest = workspace.put_blob(b"picture")
    workspace.blob_path(digest).write_bytes(b"pict")
    with pytest.raises(WorkspaceError, match="damaged"):
        workspace.read_blob(digest)
    workspace.put_blob(b"picture")
    assert workspace.read_blob(digest) == b"picture"


def test_a_changed_blob_is_refused(tmp_path):
    workspace = fresh(tmp_path)
    digest = workspace.put_blob(b"picture")
    workspace.blob_path(digest).write_bytes(b"pictUre")
    with pytest.raises(WorkspaceError, match="damaged"):
        workspace.read_blob(digest)


def test_a_missing_blob_is_named(tmp_path):
    with pytest.raises(WorkspaceError, match=f"{'0' * 64} is missing"):
        fresh(tmp_path).read_blob("0" * 64)


@pytest.mark.parametrize("name", NOT_DIGESTS)
def test_only_digests_become_paths(tmp_path, name):
    workspace = fresh(tmp_path)
    for use in (
        workspace.blob_path,
        workspace.read_blob,
        workspace.thumbnail_path,
        lambda sha256: workspace.put_thumbnail(sha256, b"x"),
    ):
        with pytest.raises(WorkspaceError, match="blob name"):
            use(name)


def test_a_thumbnail_lies_beside_its_blob(tmp_path):
    workspace = fresh(tmp_path)
    digest = workspace.put_blob(b"picture")
    assert workspace.thumbnail_path(digest) is None
    workspace.put_thumbnail(digest, b"small")
    found = workspace.thumbnail_path(digest)
    assert found is not None
    assert found.read_bytes() == b"small"
    assert found.suffix == ".webp"


def test_nothing_is_put_where_there_is_no_workspace(tmp_path):
    workspace = Workspace(tmp_path / "nowhere")
    with pytest.raises(WorkspaceError, match="mmdemo import"):
        workspace.put_blob(b"x")
    assert not workspace.path.exists()
