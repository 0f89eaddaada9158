import numpy as np
import pytest
from judging_samples import drawn

from mmdemo.errors import CancelledError, InteractionsError
from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour.table import fit
from mmdemo.recommend.judging.apart import judge_apart
from mmdemo.recommend.judging.board import Effort, against_best, judge_all
from mmdemo.recommend.judging.evaluate import evaluate
from mmdemo.recommend.judging.job import Job, Judged, pack_job, unpack_job
from mmdemo.recommend.judging.splits import random_split

SPLIT = random_split(drawn(50, 20, share=0.3, times=True, ratings=True), validation=0, test=0.2, seed=0)
FEATURES = ItemFeatures(
    SPLIT.train.item_ids, {"drawn": np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)}
)


def test_a_process_apart_says_what_is_said_here_and_what_it_cost() -> None:
    said: list[str] = []
    judged = judge_apart(
        Job("popularity", SPLIT, FEATURES, cutoffs=(5,)), progress=lambda done, total, message: said.append(message)
    )
    model = fit("popularity", SPLIT.train, FEATURES)
    here = evaluate(model.scores, SPLIT, cutoffs=(5,), features=FEATURES)
    assert judged.report is not None
    assert judged.report.as_json() == here.as_json()
    assert judged.fit_seconds >= 0 < judged.rank_seconds
    assert judged.memory_mb > 20
    assert any("Fitting popularity" in message for message in said)
    assert Judged.from_json(judged.as_json()).as_json() == judged.as_json()


def test_a_fit_that_takes_too_long_is_stopped_and_a_cancel_is_heard() -> None:
    stopped = judge_apart(Job("ease", SPLIT, seeds=tuple(range(100_000))), time_limit=1e-9)
    assert stopped.report is None
    assert "stopped after 1e-09 s" in stopped.problem

    def cancel(done: int, total: int, message: str) -> None:
        raise CancelledError(message)

    with pytest.raises(CancelledError):
        judge_apart(Job("popularity", SPLIT), progress=cancel)


def test_what_cannot_be_fitted_does_not_end_the_others() -> None:
    found = list(judge_all(["content", "popularity"], SPLIT, None, effort=Effort(options={"popularity": {"no": 1}})))
    assert [one.report for one in found] == [None, None]
    assert "features" in found[0].problem
    assert "option 'no'" in found[1].problem
    with pytest.raises(InteractionsError, match="model 'luck'"):
        list(judge_all(["luck"], SPLIT, None))


def test_the_best_is_named_and_the_others_held_against_it() -> None:
    scores = np.random.default_rng(0).normal(size=20).astype(np.float32)
    truth = SPLIT.held_out.chosen
    users = np.flatnonzero(np.diff(truth.indptr))
    reports = {
        "luck": evaluate(lambda rows: np.tile(scores, (rows.shape[0], 1)), SPLIT),
        "oracle": evaluate(lambda rows: truth[users].toarray() + 0.01 * scores, SPLIT),
    }
    judged = [Judged(name, SPLIT.name, report) for name, report in reports.items()]
    best, others = against_best([*judged, Judged("none", SPLIT.name, None, problem="broken")])
    assert best == "oracle"
    assert others.keys() == {"luck"}
    assert others["luck"].difference < 0
    assert others["luck"].p < 0.01
    assert against_best([]) == ("", {})


def test_a_job_comes_back_from_its_bytes_and_damage_is_found() -> None:
    job = Job("ease", SPLIT, FEATURES, {"ridge": 3.0}, (1, 2), (7,))
    data = pack_job(job)
    back = unpack_job(data)
    assert (back.model, back.options, back.seeds, back.cutoffs) == ("ease", {"ridge": 3.0}, (1, 2), (7,))
    for one, other in ((back.split.train, SPLIT.train), (back.split.held_out, SPLIT.held_out)):
        assert (one.chosen != other.chosen).nnz == 0
        assert (one.user_ids, one.item_ids) == (other.user_ids, other.item_ids)
        np.testing.assert_array_equal(one.times, other.times)
        np.testing.assert_array_equal(one.ratings, other.ratings)
    assert back.features is not None
    np.testing.assert_array_equal(back.features.vectors["drawn"], FEATURES.vectors["drawn"])
    assert unpack_job(pack_job(Job("ease", SPLIT))).features is None
    with pytest.raises(InteractionsError, match="damaged"):
        unpack_job(data[:-1])
    with pytest.raises(InteractionsError, match="damaged"):
        Judged.from_json({})
