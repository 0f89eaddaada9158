"""Long work beside the pages: one worker thread a process, jobs with progress, time left and cancel.

A job goes on when its page is left. No streamlit here: pages poll a `Job` from a fragment.
"""

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from mmdemo.errors import CancelledError, MmdemoError
from mmdemo.progress import Progress, cancellable

Work = Callable[[Progress], Any]
_KEPT = 20
_ETA_AFTER_S = 2.0


class JobState(StrEnum):
    """Where a job is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job:
    """One long action; its attributes are written by the worker and read by any thread.

    Attributes:
        job_id: Unique in this process.
        title: What it does, for people.
        state: Where it is.
        done: Steps finished of the present phase.
        total: Steps of the present phase, 0 where unknown.
        message: What is being done now.
        result: What the work returned, once DONE.
        error: What went wrong, once FAILED.
    """

    def __init__(self, job_id: int, title: str, work: Work) -> None:
        self.job_id = job_id
        self.title = title
        self.state = JobState.QUEUED
        self.done = 0
        self.total = 0
        self.message = ""
        self.result: Any = None
        self.error: MmdemoError | None = None
        self._work = work
        self._cancel = threading.Event()
        self._finished = threading.Event()
        self._phase_start = time.monotonic()

    @property
    def finished(self) -> bool:
        """True once the state is final."""
        return self._finished.is_set()

    @property
    def is_waiting(self) -> bool:
        """True while other jobs come first."""
        return self.state is JobState.QUEUED

    @property
    def cancel_asked(self) -> bool:
        """True once somebody has asked it to stop, whether or not it has."""
        return self._cancel.is_set()

    @property
    def fraction(self) -> float:
        """How far the present phase is, in [0, 1]; 0 where its length is unknown."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def eta_s(self) -> float | None:
        """Seconds left of the present phase at its pace so far; None while that cannot be said."""
        elapsed = time.monotonic() - self._phase_start
        if self.state is not JobState.RUNNING or not 0 < self.done <= self.total or elapsed < _ETA_AFTER_S:
            return None
        return elapsed * (self.total - self.done) / self.done

    def cancel(self) -> None:
        """Ask the work to stop at its next report of progress; a queued job never starts."""
        self._cancel.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until the job is finished; False if `timeout_s` passes first."""
        return self._finished.wait(timeout_s)

    def run(self) -> None:
        """Do the work in the calling thread; only the queue calls it."""
        try:
            if self._cancel.is_set():
                raise CancelledError(self.title)
            self._phase_start = time.monotonic()
            self.state = JobState.RUNNING
            self.result = self._work(cancellable(self._report, self._cancel.is_set))
            self.state = JobState.DONE
        except CancelledError:
            self.state = JobState.CANCELLED
        except MmdemoError as error:
            self.error = error
            self.state = JobState.FAILED
        except Exception as error:  # the worker must outlive any job; the log has the traceback
            logging.getLogger(__name__).exception("job '%s' failed", self.title)
            self.error = MmdemoError(
                f"an unexpected {type(error).__name__}",
                expected="the work should have finished",
                remedy="try again; the server's log has the details",
            )
            self.state = JobState.FAILED
        finally:
            self._finished.set()

    def _report(self, done: int, total: int, message: str) -> None:
        if total != self.total or done < self.done:
            self._phase_start = time.monotonic()
        self.done, self.total, self.message = done, total, message


class JobQueue:
    """Runs jobs one after another, in the order they were submitted, and remembers the last ones."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def submit(self, title: str, work: Work) -> Job:
        """Queue `work`, which is called with a `Progress` and may raise `CancelledError` from it."""
        with self._lock:
            job = Job(next(self._numbers), title, work)
            self._jobs = [*self._jobs, job][-_KEPT:]
            if self._worker is None:
                self._worker = threading.Thread(target=self._run_forever, name="mmdemo-jobs", daemon=True)
                self._worker.start()
        self._waiting.put(job)
        return job

    def jobs(self) -> tuple[Job, ...]:
        """The jobs of this process, newest first."""
        with self._lock:
            return tuple(reversed(self._jobs))

    def active(self) -> tuple[Job, ...]:
        """The jobs that are queued or running, newest first."""
        return tuple(job for job in self.jobs() if not job.finished)

    def _run_forever(self) -> None:
        while True:
            self._waiting.get().run()
