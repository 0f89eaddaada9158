"""The process that fits and judges one model, a child of `mmdemo.recommend.judging.apart`.

The request is a job as `pack_job` packs it, the answer `Judged.as_json`; it says {"step", "done", "total", "message"}.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from mmdemo.child_process import Message, answer
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress
from mmdemo.recommend.behaviour.base import BehaviourModel
from mmdemo.recommend.behaviour.specs import RATINGS
from mmdemo.recommend.behaviour.table import find, fit
from mmdemo.recommend.judging.evaluate import evaluate
from mmdemo.recommend.judging.job import Job, Judged, unpack_job
from mmdemo.recommend.judging.ratings import has_ratings, rating_measures
from mmdemo.recommend.judging.report import BehaviourReport
from mmdemo.recommend.judging.seeds import averaged

FITTING, RANKING = "fitting", "ranking"


def judge(job: Job, steps: "Steps") -> Judged:
    """Fit a model from each seed of a job, and judge it.

    Raises:
        InteractionsError: It cannot be fitted, or nothing can be judged.
    """
    reports, fitting, ranking = [], [], []
    for number, seed in enumerate(job.seeds):
        started = time.monotonic()
        report = steps.of(FITTING, number)
        report(0, 0, f"Fitting {job.model} ({job.split.name})")
        model = fit(job.model, job.split.train, job.features, job.options, seed=seed, progress=report)
        fitted = time.monotonic()
        reports.append(_report(model, job, steps.of(RANKING, number)))
        fitting.append(fitted - started)
        ranking.append(time.monotonic() - fitted)
    count = len(job.seeds)
    return Judged(
        job.model,
        job.split.name,
        averaged(reports),
        fit_seconds=sum(fitting) / count,
        rank_seconds=sum(ranking) / count,
        memory_mb=_most_memory_mb(),
    )


def _report(model: BehaviourModel, job: Job, progress: Progress) -> BehaviourReport:
    """Ranking judged, and ratings where the model's scores are ratings."""
    report = evaluate(model.scores, job.split, cutoffs=job.cutoffs, features=job.features, progress=progress)
    if RATINGS not in find(job.model).needs or not has_ratings(job.split):
        return report
    ratings, errors = rating_measures(model.scores, job.split)
    return replace(report, ratings=ratings, rating_errors=errors)


class Steps:
    """Tells the asking process how far this one is.

    Args:
        say: Sends one object.
    """

    def __init__(self, say: Callable[[Message], None]) -> None:
        self._say = say

    def of(self, step: str, number: int) -> Progress:
        """The progress of one step of one seed."""

        def report(done: int, total: int, message: str) -> None:
            self._say({"step": [step, number], "done": done, "total": total, "message": message})

        return report


def _judged(request: bytes, say: Callable[[Message], None]) -> bytes:
    """Do the job that is asked for."""
    try:
        return json.dumps(judge(unpack_job(request), Steps(say)).as_json()).encode()
    except MemoryError as error:
        raise out_of_memory() from error


def out_of_memory() -> InteractionsError:
    """What is said where the process asked for more memory than there is, or was killed for it."""
    return InteractionsError(
        "the process that fits the model ran out of memory",
        expected="more free memory is needed",
        remedy="close other programs, choose another model, or leave out users or items with few choices",
    )


def _most_memory_mb() -> float:
    """Most memory this process held, in 10^6 bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as lines:
            return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:")), 0.0)
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6  # macOS counts bytes, others KiB


if __name__ == "__main__":
    answer(_judged)
