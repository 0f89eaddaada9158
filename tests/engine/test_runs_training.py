"""Training runs on a real workspace: prepared once, killed, cancelled, resumed, used, compared."""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmdemo.catalog.world import World, world_users
from mmdemo.engine import Engine
from mmdemo.engine.comparing import compare, side_by_side
from mmdemo.engine.fusion_data import data_sha256, prepare, split_of
from mmdemo.engine.run_folder import RunFolder
from mmdemo.engine.run_stress import known_stress, measure_stress
from mmdemo.engine.run_training import run_data, train_run, trained_fusion
from mmdemo.engine.runs import create_run, list_runs, read_run, use_run
from mmdemo.errors import CancelledError, FusionError, InteractionsError, QueryError, WorkspaceError
from mmdemo.fusion.settings import TrainSettings
from mmdemo.store import Workspace
from mmdemo.types import Modality, Query, QueryPart

pytestmark = pytest.mark.weights

_TRAIN = "import sys\nfrom mmdemo.engine.run_training import train_run\ntrain_run(sys.argv[1], sys.argv[2])"


@pytest.fixture(scope="module")
def path(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose data are prepared, with one trained run of each of two fusions."""
    path = shutil.copytree(tiny_workspace, tmp_path_factory.mktemp("trained") / "workspace")
    for fusion in ("mean", "attention"):
        train_run(path, create_run(path, TrainSettings(fusion, epochs=3)))
    return path


@pytest.fixture(scope="module")
def trained(path: Path) -> Engine:
    return Engine.open(path)


@pytest.fixture
def own(path: Path, tmp_path: Path) -> Path:
    """A copy for tests that change it."""
    return shutil.copytree(path, tmp_path / "workspace")


def _asked(text: str, **more) -> Query:
    return Query((QueryPart(Modality.TEXT, text, label=text),), k=5, **more)


def test_data_are_read_back_as_they_were_made_without_any_encoder(path):
    code = (
        "import sys\nfrom mmdemo.engine.fusion_data import data_sha256, prepare\n"
        "print(data_sha256(prepare(sys.argv[1])))\nassert 'torch' not in sys.modules"
    )
    asked = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    data = prepare(path)
    assert asked.stdout.strip() == data_sha256(data) == list_runs(path)[0].data_sha256


def test_every_item_takes_one_part_and_the_seed_decides_which(path):
    data = prepare(path)
    parts = [set(rows.tolist()) for rows in (data.train, data.validation, data.test)]
    assert sorted([*parts[0], *parts[1], *parts[2]]) == list(range(24))
    assert min(map(len, parts)) > 0
    assert [split_of(seed) for seed in (0, 4, 5)] == [(0, 0), (0, 4), (1, 0)]
    assert data.about is not None
    assert data.about["fold"] == "1 of 5, divided with seed 0"
    with pytest.raises(FusionError, match="fold 5 of 5"):
        prepare(path, fold=5)


def test_a_generated_world_brings_its_factors_and_its_users(path):
    data = prepare(path)
    assert data.labels is not None
    assert data.interactions is not None
    known = [data.labels.names[question.start].partition(":")[0] for question in data.labels.questions]
    assert set(known) <= {"kind", "colour", "mood", "tempo", "size", "place"}
    assert all((data.labels.values[:, question].sum(axis=1) <= 1).all() for question in data.labels.questions)
    users = world_users(World(24)).interactions
    assert (data.interactions != users).nnz == 0
    assert data.numbers is None


def test_choices_come_from_a_file_where_there_is_one(own, tmp_path):
    file = tmp_path / "clicks.csv"
    file.write_text("item,user\nworld-0-000003,b\nworld-0-000003,b\nworld-0-000001,a\nelsewhere,a\n")
    data = prepare(own, interactions=file)
    assert data.interactions is not None
    assert data.interactions.toarray().nonzero()[1].tolist() == [1, 3]
    assert "1 rows left out: it names an item that is not in the catalogue" in dict(data.about or {})["choices"]
    file.write_text("who,what\na,b\n")
    with pytest.raises(InteractionsError, match="who, what"):
        prepare(own, interactions=file)


def test_a_run_killed_in_training_goes_on_to_the_same_bits(own):
    settings = TrainSettings("attention", epochs=12, patience=12)
    killed, whole = create_run(own, settings), create_run(own, settings)
    folder = RunFolder(own, killed)
    running = subprocess.Popen([sys.executable, "-c", _TRAIN, str(own), killed], stderr=subprocess.DEVNULL)
    while running.poll() is None and not folder.checkpoint.is_file():
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert read_run(own, killed).state == "interrupted"
    first = len(read_run(own, killed).epochs)
    told: list[str] = []
    resumed = train_run(own, killed, progress=lambda *said: told.append(said[2]))
    undisturbed = train_run(own, whole)
    assert 1 <= first < 12
    assert not any(message.startswith("epoch 1 of") for message in told)
    assert folder.model.read_bytes() == RunFolder(own, whole).model.read_bytes()
    assert resumed.report == undisturbed.report
    assert [replace(e, seconds=0) for e in resumed.epochs] == [replace(e, seconds=0) for e in undisturbed.epochs]
    assert (resumed.state, folder.checkpoint.exists()) == ("done", False)


def test_a_cancelled_run_can_be_trained_on_and_a_damaged_state_is_left(own):
    run_id = create_run(own, TrainSettings("attention", epochs=4))

    def stop(done, total, message):
        if message.startswith("epoch 3"):
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        train_run(own, run_id, progress=stop)
    run = read_run(own, run_id)
    assert (run.state, run.resumable, len(run.epochs), run.report) == ("cancelled", True, 2, None)
    with pytest.raises(FusionError, match="no model"):
        trained_fusion(own, run_id)
    state = RunFolder(own, run_id).checkpoint
    state.write_bytes(state.read_bytes()[:500])
    assert train_run(own, run_id).state == "done"


def test_a_cancel_is_heard_while_the_data_are_made(own):
    def stop(done, total, message):
        if message.startswith("preparing data: "):
            raise CancelledError(message)

    run_id = create_run(own, TrainSettings("mean", seed=3))
    with pytest.raises(CancelledError):
        train_run(own, run_id, progress=stop)
    assert read_run(own, run_id).state == "cancelled"


def test_a_run_that_cannot_be_trained_says_why_and_can_be_tried_again(own):
    run_id = create_run(own, TrainSettings("attention", objective="regress"))
    with pytest.raises(FusionError, match="regress"):
        train_run(own, run_id)
    run = read_run(own, run_id)
    assert (run.state, run.resumable) == ("failed", True)
    assert "regress" in run.error


def test_two_cannot_train_one_run(own):
    run_id = create_run(own, TrainSettings("mean"))
    with RunFolder(own, run_id).training(), pytest.raises(WorkspaceError, match="train"):
        train_run(own, run_id)
    assert read_run(own, run_id).state == "queued"


def test_a_run_holds_its_settings_figures_and_environment(path):
    run = list_runs(path)[0]
    assert (run.run_id, run.state, run.usable) == ("000002-attention", "done", True)
    assert run.report is not None
    assert run.parameters > 0
    assert run.bytes == RunFolder(path, run.run_id).model.stat().st_size
    assert len(run.epochs) == 3
    assert "torch" in run.environment
    assert data_sha256(run_data(path, run)) == run.data_sha256
    assert train_run(path, run.run_id) == run


def test_a_run_ranks_and_its_contributions_sum_to_the_score(trained):
    items = trained.items
    query = Query(
        (
            QueryPart(Modality.TEXT, "a blue star", label="words"),
            QueryPart(None, item_id=items[3].item_id, weight=-0.5),
        ),
        likes=(items[4].item_id, items[5].item_id),
        dislikes=(items[6].item_id,),
        k=24,
    )
    found = trained.recommend(query, run_id="000002-attention")
    assert found.part_labels == ("words", items[3].title, "2 liked items", items[6].title)
    assert found.part_modalities == (Modality.TEXT, None, None, None)
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, atol=1e-5)
    assert {items[3].item_id, items[6].item_id}.isdisjoint(found.ids)
    assert len(found.ids) == 22
    assert found.notices == ("Ranked by the trained fusion “Attention, run 2”.",)
    assert found.no_good_match == trained.recommend(query).no_good_match


def test_an_item_asked_for_as_media_comes_first_and_filters_hold(trained):
    item = trained.items[7]
    text = item.media[Modality.TEXT]
    found = trained.recommend(_asked(text), run_id="000001-mean")
    same = {other.item_id for other in trained.items if other.media[Modality.TEXT] == text}
    assert found.ids[0] in same
    assert found.percentiles[0] > 90
    tagged = trained.recommend(_asked(text, tags=frozenset({item.tags[0]})), run_id="000001-mean")
    assert all(item.tags[0] in trained.item(item_id).tags for item_id in tagged.ids)


def test_a_run_that_cannot_rank_is_said_and_evidence_ranks(own):
    run_id = create_run(own, TrainSettings("mean"))
    engine, query = Engine.open(own), _asked("a star")
    by_evidence = engine.recommend(query)
    for name in (run_id, "000099-mean", "nonsense"):
        found = engine.recommend(query, run_id=name)
        assert (found.ids, found.part_labels) == (by_evidence.ids, ("a star",))
        assert "Ranked by evidence" in found.notices[0]
    folder = RunFolder(own, "000001-mean")
    folder.write(replace(folder.read(), content_sha256="0" * 64))
    assert not read_run(own, "000001-mean").usable
    assert "Ranked by evidence" in engine.recommend(query, run_id="000001-mean").notices[0]
    assert engine.recommend(query, run_id="000001-mean").ids == by_evidence.ids
    with pytest.raises(FusionError):
        use_run(own, "000001-mean")
    with pytest.raises(FusionError):
        run_data(own, read_run(own, "000001-mean"))


def test_a_fusion_that_never_saw_a_modality_says_so(trained):
    _, ranker = trained.fusions.ranker("000001-mean")
    assert ranker.modalities == (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
    assert trained.fusions.ranker("000001-mean")[1] is ranker  # kept in memory


def test_runs_are_compared_and_shown_side_by_side(path, trained):
    ids = ["000001-mean", "000002-attention"]
    comparison = compare(path, ids)
    assert [row.run.run_id for row in comparison.rows] == ids
    assert comparison.rows[0].parameters == 0 < comparison.rows[1].parameters
    assert all(row.latency_ms > 0 and row.memory_mb > 0 for row in comparison.rows)
    assert comparison.rows[0].memory_mb < comparison.rows[1].memory_mb
    reports = [row.run.report for row in comparison.rows]
    expected = reports[0].recall[10] - reports[1].recall[10]
    assert comparison.pairs[ids[0], ids[1]].difference == pytest.approx(expected)
    found = side_by_side(trained, _asked("a red box"), ids, k=5)
    assert {run_id: found.lists[run_id] for run_id in ids} == {
        run_id: trained.recommend(_asked("a red box"), run_id=run_id).ids for run_id in ids
    }
    common = len(set(found.lists[ids[0]]) & set(found.lists[ids[1]])) / 5
    assert found.overlap == ((1.0, common), (common, 1.0))
    assert set(found.moves[ids[0]].values()) == {0}
    with pytest.raises(FusionError, match="no run"):
        side_by_side(trained, _asked("a red box"), ["000077-mean"])
    with pytest.raises(QueryError):
        side_by_side(trained, Query(likes=("nobody",)), ids)


def test_stress_is_measured_once(own):
    asked = {"kind": "missing", "modality": Modality.IMAGE}
    assert known_stress(own, ["000001-mean"], **asked) == {}
    found = measure_stress(own, ["000001-mean", "000002-attention"], **asked)
    assert found["000001-mean"][0].recall10 == pytest.approx(read_run(own, "000001-mean").report.recall[10])
    assert known_stress(own, list(found), **asked) == found
    told = []
    assert measure_stress(own, list(found), **asked, progress=lambda *said: told.append(said)) == found
    assert told == []
    assert known_stress(own, ["000001-mean"], kind="noise", modality=Modality.IMAGE) == {}
    with pytest.raises(FusionError, match="video"):
        measure_stress(own, ["000001-mean"], kind="noise", modality=Modality.VIDEO)


def test_a_run_is_stressed_on_what_it_was_trained_for(own):
    run_id = create_run(own, TrainSettings("mean", objective="classify", epochs=2))
    measured = train_run(own, run_id).report.objective
    points = measure_stress(own, [run_id], kind="missing", modality=Modality.IMAGE)[run_id]
    assert points[0].own == pytest.approx(measured)
    assert measured.keys() == {"mean average precision", "F1"}
    kept = RunFolder(own, run_id).objective
    kept.write_bytes(kept.read_bytes()[:-9])
    with pytest.raises(FusionError, match="not of this objective"):
        measure_stress(own, [run_id], kind="noise", modality=Modality.IMAGE)


def test_a_version_in_use_that_is_another_is_not_trained_on_halfway(own):
    run_id = create_run(own, TrainSettings("attention", epochs=3))
    folder = RunFolder(own, run_id)
    folder.write(replace(folder.read(), content_sha256="0" * 64, version_id="000009-00000000"))
    folder.checkpoint.write_bytes(b"begun")
    with pytest.raises(FusionError, match="000009-00000000"):
        train_run(own, run_id)
    folder.checkpoint.unlink()
    assert train_run(own, run_id).version_id == Workspace(own).current_version_id()
