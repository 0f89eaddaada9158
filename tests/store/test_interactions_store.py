"""Interactions of a workspace: whole or as they were before, whoever dies or damages what."""

import errno
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from store_samples import PROCESSES, all_files, fresh

from mmdemo.errors import WorkspaceError
from mmdemo.interactions import Interactions
from mmdemo.store import Workspace


def made(users: int = 3, *, plain: bool = False) -> Interactions:
    chosen = csr_matrix((np.arange(users * 4).reshape(users, 4) % 3 == 0).astype(np.float32))
    numbers = np.arange(chosen.nnz)
    return Interactions(
        tuple(f"Ünser\n{user}" for user in range(users)),
        ("a", "b", "c", "d"),
        chosen,
        None if plain else numbers.astype(np.float32),
        None if plain else numbers / 3,
    )


def same(one: Interactions, other: Interactions) -> bool:
    for name in ("ratings", "times"):
        first, second = getattr(one, name), getattr(other, name)
        if (first is None) != (second is None) or (first is not None and not np.array_equal(first, second)):
            return False
    ids = (one.user_ids, one.item_ids) == (other.user_ids, other.item_ids)
    return ids and np.array_equal(one.chosen.toarray(), other.chosen.toarray())


@pytest.mark.parametrize("plain", [True, False])
def test_what_was_written_is_read(tmp_path: Path, plain: bool) -> None:
    workspace = fresh(tmp_path)
    assert workspace.interactions.read() is None
    digest = workspace.interactions.write(made(plain=plain), {"source": "größe", "read": 3})
    found = workspace.interactions.read()
    assert found is not None
    assert same(found[0], made(plain=plain))
    assert found[1] == {"source": "größe", "read": 3}
    assert workspace.interactions.current() == digest
    assert workspace.interactions.write(made(plain=plain), {"read": 3, "source": "größe"}) == digest


def test_only_the_choices_in_use_are_kept_and_pruning_leaves_them(tmp_path: Path) -> None:
    workspace = fresh(tmp_path)
    digests = {workspace.interactions.write(made(users), {}) for users in (3, 4, 5)}
    assert len(digests) == 3
    workspace.prune(keep=1)
    assert [file.stem for file in all_files(workspace.path / "interactions")] == [workspace.interactions.current()]
    found = workspace.interactions.read()
    assert found is not None
    assert same(found[0], made(5))


def test_damage_anywhere_is_told_with_what_to_do(tmp_path: Path) -> None:
    workspace = fresh(tmp_path)
    workspace.interactions.write(made(), {})
    (path,) = all_files(workspace.path / "interactions")
    whole = path.read_bytes()
    for position in (3, 20, len(whole) // 2, len(whole) - 1):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        path.write_bytes(bytes(damaged))
        with pytest.raises(WorkspaceError, match="mmdemo interactions import"):
            workspace.interactions.read()
    path.unlink()
    with pytest.raises(WorkspaceError, match="missing or damaged"):
        workspace.interactions.read()
    (workspace.path / "INTERACTIONS").write_text("../../elsewhere\n")
    with pytest.raises(WorkspaceError, match="elsewhere"):
        workspace.interactions.read()
    workspace.interactions.write(made(), {})
    assert workspace.interactions.read() is not None


def test_a_full_disk_leaves_the_old_choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = fresh(tmp_path)
    workspace.interactions.write(made(), {})
    before = all_files(workspace.path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="free some disk space"):
        workspace.interactions.write(made(9), {})
    assert all_files(workspace.path) == before
    found = workspace.interactions.read()
    assert found is not None
    assert same(found[0], made())


def write_until(path: Path, step: int, steps) -> None:
    """Die just before the `step`-th time the writing touches the file system; count these times in `steps`."""
    import safetensors.numpy  # noqa: F401 - so that its own files are not among those that are touched

    def count(event: str, args: tuple[object, ...]) -> None:
        if event in {"open", "os.rename", "os.mkdir", "os.remove", "os.listdir", "fcntl.flock"}:
            steps.value += 1
            if steps.value == step:
                os.kill(os.getpid(), signal.SIGKILL)

    workspace = Workspace(path)
    sys.addaudithook(count)
    workspace.interactions.write(made(7), {})


@pytest.mark.slow
def test_killed_at_any_step_the_old_or_the_new_choices_are_there_whole(tmp_path: Path) -> None:
    steps = PROCESSES.Value("i", 0)
    step, ends = 1, set()
    while True:
        workspace = fresh(tmp_path / str(step))
        workspace.interactions.write(made(), {})
        steps.value = 0
        process = PROCESSES.Process(target=write_until, args=(workspace.path, step, steps))
        process.start()
        process.join()
        found = workspace.interactions.read()
        assert found is not None
        assert same(found[0], made()) or same(found[0], made(7))
        ends.add(len(found[0].user_ids))
        workspace.interactions.write(made(5), {})
        assert len(all_files(workspace.path / "interactions")) == 1
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        step += 1
    assert step > 8
    assert ends == {3, 7}
