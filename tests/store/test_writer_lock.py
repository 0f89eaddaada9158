import os
import signal
import threading

import pytest
from store_samples import PROCESSES, fresh, write

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace


def hold(path, line):
    with Workspace(path).writing("a long import"):
        line.send("held")
        line.poll(60)


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock, and a call that makes it let go."""
    workspace = fresh(tmp_path)
    line, other_end = PROCESSES.Pipe()  # unlike an Event, it is still sound when the process is killed
    process = PROCESSES.Process(target=hold, args=(workspace.path, other_end))
    process.start()
    other_end.close()
    assert line.recv() == "held"
    yield workspace, process, line.close
    line.close()
    process.join()


def test_a_second_writer_is_told_who_holds_the_workspace(holder):
    workspace, process, _ = holder
    with pytest.raises(WorkspaceError, match=f"process {process.pid} on .*a long import.*since 20"):
        workspace.writing("index", wait_s=0).__enter__()


def test_a_second_writer_waits_for_the_first(holder):
    workspace, _, let_go = holder
    threading.Timer(0.2, let_go).start()
    assert write(workspace) == workspace.current_version_id()


def test_the_lock_of_a_killed_writer_is_free(holder):
    workspace, process, _ = holder
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with workspace.writing("index", wait_s=0):
        pass


def test_readers_and_blobs_never_wait_for_a_writer(tmp_path):
    workspace = fresh(tmp_path)
    version_id = write(workspace)
    with workspace.writing("index"):
        other = Workspace(workspace.path)
        assert other.read_version().version_id == version_id
        assert other.read_blob(other.put_blob(b"x")) == b"x"


def test_the_holder_may_write_several_times_and_others_not_until_the_end(tmp_path):
    workspace = fresh(tmp_path)
    other = Workspace(workspace.path)
    with workspace.writing("index"):
        write(workspace, seed=1)
        write(workspace, seed=2)
        with pytest.raises(WorkspaceError, match=f"process {os.getpid()} on .*index"):
            other.writing("import", wait_s=0).__enter__()
    with other.writing("import", wait_s=0):
        pass


def test_another_thread_is_another_writer(tmp_path):
    workspace = fresh(tmp_path)
    refused = []

    def try_to_write():
        try:
            workspace.writing("import", wait_s=0).__enter__()
        except WorkspaceError as error:
            refused.append(error)

    with workspace.writing("index"):
        thread = threading.Thread(target=try_to_write)
        thread.start()
        thread.join()
    assert "index" in str(refused[0])


def test_an_error_inside_frees_the_lock(tmp_path):
    workspace = fresh(tmp_path)
    with pytest.raises(ZeroDivisionError), workspace.writing("index"), workspace.writing("nested"):
        raise ZeroDivisionError
    with Workspace(workspace.path).writing("import", wait_s=0):
        pass
