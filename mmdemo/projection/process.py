"""Making a map in a process of its own: UMAP stays out of this one, and can be stopped at any moment."""

import signal

from mmdemo.child_process import ChildFailedError, Message, NoRoomError, ask
from mmdemo.errors import MapError
from mmdemo.progress import Progress, silent
from mmdemo.projection.fit import FitInput
from mmdemo.projection.map import Map
from mmdemo.projection.storage import map_from_content
from mmdemo.projection.worker import pack_input
from mmdemo.store.derived import unpack

STEPS = 1000
"""Total of the progress that is reported."""


def fit_in_process(given: FitInput, *, progress: Progress = silent) -> Map:
    """Make a map.

    Args:
        given: See there.
        progress: Called at least four times a second; what it raises ends the process at once and is raised here.

    Raises:
        MapError: The process failed, ran out of memory or was killed.
        CancelledError: From `progress`.
    """
    said: dict[str, object] = {"share": 0.0, "message": "starting"}

    def hear(message: Message) -> None:
        said.update(message)

    def tick() -> bool:
        progress(round(float(str(said["share"])) * STEPS), STEPS, str(said["message"]))
        return True

    try:
        found = ask("mmdemo.projection.worker", pack_input(given), error=MapError, hear=hear, tick=tick)
    except NoRoomError as error:
        raise MapError(
            f"the map's vectors: {error}",
            expected="as much room in the folder for temporary files is needed",
            remedy="free some disk space, or set TMPDIR to another folder",
        ) from error
    except ChildFailedError as error:
        raise _failure(error.status, error.last) from error
    content = unpack(found or b"")
    if content is None:
        raise _failure(0, "")
    return map_from_content(*content)


def _failure(status: int, last: str) -> MapError:
    """The typed error for a process that ended without a map."""
    if status == -signal.SIGKILL or "MemoryError" in last:
        return MapError(
            "the process that makes the map was killed, most likely because memory ran out",
            expected="about 16 bytes for each number of the vectors are needed",
            remedy="close other programs, or make a map of fewer items",
        )
    return MapError(
        f"the process that makes the map failed (exit status {status}){': ' if last else ''}{last}",
        expected="a finished map",
        remedy="try other settings, or make a PCA map; `mmdemo doctor` checks the installation",
    )
