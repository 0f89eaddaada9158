"""The process that fits and judges one model: `mmdemo.recommend.judging.apart` starts it as a module.

Arguments: the numbers of two open files, a job as `pack_job` packs it and the answer as `Judged.as_json`. Standard
output takes one JSON object a line: {"step", "done", "total", "message"} or {"error": [given, expected, remedy]}. When
standard input, which holds nothing, ends, so has whoever asked, and this process ends too.
"""

import json
import os
import sys
import threading
import time
from dataclasses import replace
from typing import TextIO

from mmdemo.errors import InteractionsError, MmdemoError
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
        messages: Where to.
    """

    def __init__(self, messages: TextIO) -> None:
        self._messages = messages

    def say(self, message: dict) -> None:
        """Send one object."""
        self._messages.write(json.dumps(message) + "\n")
        self._messages.flush()

    def of(self, step: str, number: int) -> Progress:
        """The progress of one step of one seed."""

        def report(done: int, total: int, message: str) -> None:
            self.say({"step": [step, number], "done": done, "total": total, "message": message})

        return report


def main() -> None:
    """Do the job that is asked for."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries that print would otherwise print between the messages
    steps = Steps(messages)
    request, answer = map(int, sys.argv[1:3])
    try:
        with open(request, "rb") as stream:
            job = unpack_job(stream.read())
        found = json.dumps(judge(job, steps).as_json())
        with open(answer, "w", encoding="utf-8") as stream:
            stream.write(found)
    except MemoryError:
        steps.say({"error": _plain(out_of_memory())})
    except MmdemoError as error:
        steps.say({"error": _plain(error)})


def out_of_memory() -> InteractionsError:
    """What is said where the process asked for more memory than there is, or was killed for it."""
    return InteractionsError(
        "the process that fits the model ran out of memory",
        expected="more free memory is needed",
        remedy="close other programs, choose another model, or leave out users or items with few choices",
    )


def _plain(error: MmdemoError) -> list[str]:
    return [error.given, error.expected, error.remedy]


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


def _end_with_parent() -> None:
    """End at once, in the middle of whatever is going on, when standard input ends."""
    while os.read(0, 1):
        continue
    os._exit(1)


if __name__ == "__main__":
    main()
