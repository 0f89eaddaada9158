"""Fitting and judging a model in a process of its own: its memory is its own, and it can be stopped at any moment."""

import json
import signal
import time
from typing import Any

from mmdemo.child_process import ChildFailedError, Message, NoRoomError, ask
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress, silent
from mmdemo.recommend.judging.job import Job, Judged, damaged, pack_job
from mmdemo.recommend.judging.worker import FITTING, out_of_memory


def judge_apart(job: Job, *, time_limit: float | None = None, progress: Progress = silent) -> Judged:
    """Fit and judge a model in a process of its own.

    Args:
        job: What to do.
        time_limit: Seconds one fit may take; it is stopped then, and the answer has a `problem` and no report.
        progress: Called at least four times a second; what it raises ends the process at once and is raised here.

    Raises:
        InteractionsError: The model cannot be fitted or judged, or the process failed.
        CancelledError: From `progress`.
    """
    watch = _Watch(progress, time_limit)
    try:
        found = ask(
            "mmdemo.recommend.judging.worker",
            pack_job(job),
            error=InteractionsError,
            hear=watch.hear,
            tick=watch.tick,
        )
    except NoRoomError as error:
        raise InteractionsError(
            f"the evaluation's choices and features: {error}",
            expected="as much room in the folder for temporary files is needed",
            remedy="free some disk space, or set TMPDIR to another folder",
        ) from error
    except ChildFailedError as error:
        raise _failure(error) from error
    if found is None:
        return Judged(job.model, job.split.name, None, problem=f"stopped after {time_limit:g} s of fitting")
    try:
        return Judged.from_json(json.loads(found))
    except ValueError as error:
        raise damaged() from error


class _Watch:
    """What the process said last, and since when the step it is at goes on."""

    def __init__(self, progress: Progress, time_limit: float | None) -> None:
        self._progress, self._time_limit = progress, time_limit
        self._said: dict[str, Any] = {"step": None, "done": 0, "total": 0, "message": "Starting"}
        self._began = time.monotonic()

    def hear(self, message: Message) -> None:
        """Take what it says."""
        if message["step"] != self._said["step"]:
            self._began = time.monotonic()
        self._said = dict(message)

    def tick(self) -> bool:
        """Pass it on; False where one fit takes too long."""
        said = self._said
        self._progress(said["done"], said["total"], said["message"])
        is_fitting = said["step"] is not None and said["step"][0] == FITTING
        took = time.monotonic() - self._began
        return not (is_fitting and self._time_limit is not None and took > self._time_limit)


def _failure(error: ChildFailedError) -> InteractionsError:
    """The typed error for a process that ended without an answer."""
    if error.status == -signal.SIGKILL:
        return out_of_memory()
    return InteractionsError(
        f"the process that fits the model failed {error}",
        expected="a finished evaluation",
        remedy="try other settings or another model; `mmdemo doctor` checks the installation",
    )
