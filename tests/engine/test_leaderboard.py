"""Models of behaviour judged alike, kept, gone on with; and which of them recommends."""

from dataclasses import replace

import numpy as np
import pytest
from leaderboard_samples import copied, subject_of, two_tastes

from mmdemo.engine.behaviour_choice import POINTER, model_in_use, use_model
from mmdemo.engine.leaderboard import against, impossible_splits, known_leaderboard, measure_leaderboard
from mmdemo.engine.leaderboard_trial import Trial
from mmdemo.errors import CancelledError, InteractionsError, WorkspaceError
from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour.table import find

pytestmark = pytest.mark.weights
MODELS = ("item-knn", "popularity")


@pytest.fixture(scope="module")
def measured(tiny_workspace, tmp_path_factory):
    """What two models are judged on, and what came of it; for reading only."""
    subject = subject_of(two_tastes(), copied(tiny_workspace, tmp_path_factory.mktemp("judged")))
    return subject, measure_leaderboard(subject, MODELS)


@pytest.fixture
def subject(tiny_workspace, tmp_path):
    return subject_of(two_tastes(), copied(tiny_workspace, tmp_path))


def test_a_model_that_tells_tastes_really_beats_popularity(measured):
    _, board = measured
    assert [row.model for row in board.rows] == ["popularity", "item-knn"], "in the order of the table"
    assert [row.model for row in board.ranked("ndcg@10")] == ["item-knn", "popularity"]
    assert board.simulated
    assert board.about == "Made up for a test."
    found = against(board, "ndcg@10")
    assert found.best == "item-knn"
    pair = found.pairs["popularity"]
    assert pair.interval[1] < 0
    assert found.p["popularity"] < 0.05
    scores = {row.model: row.scores["ndcg@10"] for row in board.rows}
    assert pair.difference == pytest.approx(scores["popularity"].value - scores["item-knn"].value)
    for score in scores.values():
        assert 0 <= score.low < score.value < score.high <= 1
        assert 0 < score.error < 0.1


def test_what_was_measured_is_read_back_as_it_was(measured):
    subject, board = measured
    known = known_leaderboard(subject)
    assert known is not None
    assert known.leaks == board.leaks
    for one, other in zip(known.rows, board.rows, strict=True):
        assert (one.model, one.seconds, one.ms, one.memory_mb) == (
            other.model, other.seconds, other.ms, other.memory_mb
        )  # fmt: skip
        assert one.scores == other.scores
        assert one.report.as_json() == other.report.as_json()
        for name, values in other.report.per_user.items():
            np.testing.assert_array_equal(one.report.per_user[name], values)


def test_nothing_is_measured_twice_and_more_models_join(subject):
    first = measure_leaderboard(subject, ["popularity"])
    told: list[str] = []
    both = measure_leaderboard(subject, MODELS, progress=lambda done, total, message: told.append(message))
    assert both.rows[0].seconds == first.rows[0].seconds, "a second fit would hardly take just as long"
    assert not any(message.startswith(find("popularity").title) for message in told)
    assert [row.model for row in measure_leaderboard(subject, ["item-knn"]).rows] == ["item-knn"]


def test_other_choices_divisions_and_seeds_are_measured_apart(measured):
    subject, _ = measured
    other = two_tastes(seed=1)
    assert known_leaderboard(replace(subject, used=other, choices_sha256=other.sha256())) is None
    assert known_leaderboard(subject, "last") is None
    assert known_leaderboard(subject, seed=1) is None
    assert known_leaderboard(subject, tuned=True) is None


def test_a_cancel_keeps_what_is_finished(subject):
    def stop_at_the_second(done: int, total: int, message: str) -> None:
        if message.startswith(find("popularity").title):
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        measure_leaderboard(subject, MODELS, progress=stop_at_the_second)
    known = known_leaderboard(subject)
    assert known is not None
    assert [row.model for row in known.rows] == ["item-knn"]


def test_a_model_that_cannot_be_fitted_stops_no_other(subject):
    bare = replace(subject, features=ItemFeatures(subject.used.interactions.item_ids, {}))
    with pytest.raises(InteractionsError, match="content"):
        measure_leaderboard(bare, ["content", "popularity"])
    known = known_leaderboard(bare)
    assert known is not None
    assert [row.model for row in known.rows] == ["popularity"]


def test_progress_only_goes_forward(subject):
    told: list[tuple[int, int]] = []
    measure_leaderboard(
        subject, ["popularity", "ease"], tuned=True, progress=lambda done, total, message: told.append((done, total))
    )
    assert told == sorted(told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] == told[-1][1]


def test_settings_are_chosen_on_choices_that_are_neither_learned_from_nor_judged_by(subject):
    trial = Trial.of(subject, "random", seed=0, tuned=True)
    assert trial.divided.validation is not None
    parts = [trial.divided.train.chosen, trial.divided.validation.chosen, trial.divided.held_out.chosen]
    whole = subject.used.interactions.chosen
    assert abs(sum(parts) - whole).nnz == 0, "every choice is in one part, and in one only"
    assert abs(parts[0] + parts[1] - trial.final.train.chosen).nnz == 0
    assert abs(parts[2] - trial.final.held_out.chosen).nnz == 0
    row = trial.judge("ease", lambda done, total, message: None)
    assert row.tried == len(find("ease").grid) > 1
    assert dict(row.options) in [dict(entry) for entry in find("ease").grid]
    plain = Trial.of(subject, "random", seed=0, tuned=False)
    assert abs(plain.final.held_out.chosen - trial.final.held_out.chosen).nnz == 0, "judged by the same"
    assert plain.judge("ease", lambda done, total, message: None).tried == 0


def test_each_division_says_what_it_gives_away(subject):
    shared = [Trial.of(subject, split, seed=0, tuned=False).leaks for split in ("random", "last")]
    assert [[leak.kind for leak in leaks] for leaks in shared] == [["earlier"], []]


def test_without_times_there_is_no_last_choice(tiny_workspace):
    subject = subject_of(two_tastes(times=False), tiny_workspace)
    assert set(impossible_splits(subject)) == {"last", "time"}
    assert impossible_splits(subject_of(two_tastes(), tiny_workspace)) == {}
    with pytest.raises(InteractionsError, match="without times"):
        measure_leaderboard(subject, ["popularity"], split="last")


def test_unknown_models_divisions_and_measures_are_refused(measured):
    subject, board = measured
    with pytest.raises(InteractionsError, match="crystal ball"):
        measure_leaderboard(subject, ["crystal ball"])
    with pytest.raises(InteractionsError, match="by the moon"):
        measure_leaderboard(subject, ["ease"], split="by the moon")
    with pytest.raises(InteractionsError, match="charm"):
        against(board, "charm@10")


@pytest.mark.parametrize("text", ["", "[]", '{"report": {}}', '{"names": [], "report": null}'])
def test_a_measurement_that_cannot_be_read_counts_as_not_made(subject, text):
    measure_leaderboard(subject, ["popularity"])
    kept = subject.workspace.behaviour
    [key] = kept.keys(subject.version_id)
    arrays, _ = kept.read(subject.version_id, key)
    kept.write(subject.version_id, key, arrays, {"measured": text})
    assert known_leaderboard(subject) is None
    assert measure_leaderboard(subject, ["popularity"]).rows


def test_one_model_recommends_until_another_is_chosen(tmp_path):
    assert model_in_use(tmp_path) is None
    use_model(tmp_path, "ease")
    assert model_in_use(tmp_path) == "ease"
    use_model(tmp_path, "popularity")
    assert model_in_use(tmp_path) == "popularity"
    with pytest.raises(InteractionsError, match="crystal ball"):
        use_model(tmp_path, "crystal ball")
    assert model_in_use(tmp_path) == "popularity"
    (tmp_path / POINTER).write_bytes(b"\xffsomething else\n")
    assert model_in_use(tmp_path) is None
    use_model(tmp_path, None)
    assert not (tmp_path / POINTER).exists()


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorkspaceError):
        use_model(tmp_path / "file", "ease")
