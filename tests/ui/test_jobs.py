"""Background jobs: progress, cancel, errors, order."""

import logging
import threading

import pytest

from mmdemo.errors import CatalogError
from mmdemo.ui.jobs import Job, JobQueue, JobState

PATIENCE_S = 20


def finished(job: Job) -> Job:
    assert job.wait(PATIENCE_S)
    return job


def test_a_job_reports_progress_and_keeps_its_result():
    reached, go_on = threading.Event(), threading.Event()

    def work(progress):
        progress(3, 10, "reading")
        reached.set()
        go_on.wait(PATIENCE_S)
        return "report"

    queue = JobQueue()
    job = queue.submit("import", work)
    assert reached.wait(PATIENCE_S)
    assert (job.state, job.done, job.total, job.message) == (JobState.RUNNING, 3, 10, "reading")
    assert queue.active() == (job,)
    go_on.set()
    assert finished(job).state is JobState.DONE
    assert job.result == "report"
    assert queue.active() == ()
    assert queue.jobs() == (job,)


def test_cancel_stops_at_the_next_report():
    reached, go_on = threading.Event(), threading.Event()
    done = []

    def work(progress):
        for step in range(100):
            progress(step, 100, "")
            done.append(step)
            reached.set()
            go_on.wait(PATIENCE_S)

    job = JobQueue().submit("long", work)
    assert reached.wait(PATIENCE_S)
    job.cancel()
    go_on.set()
    assert finished(job).state is JobState.CANCELLED
    assert done == [0]
    assert job.error is None


def test_a_queued_job_that_is_cancelled_never_starts():
    go_on = threading.Event()
    ran = []
    queue = JobQueue()
    first = queue.submit("first", lambda progress: go_on.wait(PATIENCE_S))
    second = queue.submit("second", lambda progress: ran.append("second"))
    assert second.state is JobState.QUEUED
    second.cancel()
    go_on.set()
    assert finished(second).state is JobState.CANCELLED
    assert finished(first).state is JobState.DONE
    assert ran == []


def test_jobs_run_one_after_another_in_order():
    order, running, overlap = [], threading.Lock(), []

    def work(name):
        def run(progress):
            if not running.acquire(blocking=False):
                overlap.append(name)
                return
            order.append(name)
            running.release()

        return run

    queue = JobQueue()
    jobs = [queue.submit(str(number), work(number)) for number in range(20)]
    assert all(finished(job).state is JobState.DONE for job in jobs)
    assert order == list(range(20))
    assert overlap == []


def test_a_typed_error_is_kept_for_the_page():
    def work(progress):
        raise CatalogError("an empty file", expected="rows are needed", remedy="choose another file")

    job = finished(JobQueue().submit("import", work))
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.given == "an empty file"


def test_an_unexpected_error_fails_the_job_and_not_the_queue(caplog):
    queue = JobQueue()
    with caplog.at_level(logging.ERROR):
        job = finished(queue.submit("import", lambda progress: 1 / 0))
    assert job.state is JobState.FAILED
    assert "ZeroDivisionError" in str(job.error)
    assert "division by zero" in caplog.text
    assert finished(queue.submit("next", lambda progress: 7)).result == 7


@pytest.mark.parametrize(("done", "total"), [(0, 10), (3, 0), (12, 10)])
def test_no_time_left_is_promised_without_grounds(done, total, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("mmdemo.ui.jobs.time.monotonic", lambda: clock[0])
    seen = []

    def work(progress):
        clock[0] += 10
        progress(done, total, "")
        clock[0] += 10
        seen.append(job.eta_s)

    job = Job(1, "x", work)
    job.run()
    assert seen == [None]


def test_time_left_follows_the_pace_of_the_phase(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("mmdemo.ui.jobs.time.monotonic", lambda: clock[0])
    seen = []

    def work(progress):
        progress(1, 5, "reading")
        clock[0] += 8
        progress(4, 5, "reading")
        seen.append(job.eta_s)
        progress(0, 100, "encoding")  # a new phase starts its own clock
        clock[0] += 20
        progress(10, 100, "encoding")
        seen.append(job.eta_s)

    job = Job(1, "x", work)
    job.run()
    assert seen == [pytest.approx(2.0), pytest.approx(180.0)]
    assert job.eta_s is None
