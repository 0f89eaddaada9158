"""Training on planted data: it learns what is there, stops when it should, and resumes as if nothing had happened."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from planted_training import planted

from mmdemo.errors import CancelledError, FusionError
from mmdemo.fusion.evaluation import evaluate
from mmdemo.fusion.fit import Trained, fit
from mmdemo.fusion.report import Epoch
from mmdemo.fusion.settings import TrainSettings
from mmdemo.training import Checkpoint

SHORT = TrainSettings("attention", epochs=4, batch=48, fusion_options={"hidden": 8})


@cache
def data():
    return planted(signal=(0.8, 0.35, 0.35), missing=0.1)


def state(trained: Trained) -> dict[str, torch.Tensor]:
    return trained.fusion.state_dict() | {f"objective.{k}": v for k, v in trained.objective.state_dict().items()}


def told(epochs: tuple[Epoch, ...]) -> list[Epoch]:
    """All that is told of the epochs but how long they took."""
    return [replace(epoch, seconds=0.0) for epoch in epochs]


@pytest.mark.parametrize("fusion", ["weighted", "attention"])
def test_the_modality_that_carries_the_signal_counts_most_and_the_mean_is_beaten(fusion: str) -> None:
    planned = planted(items=240, signal=(0.75, 0.75, 0.1))
    settings = TrainSettings(fusion, epochs=30, batch=72, learning_rate=0.05)
    trained = fit(planned, settings)
    report = evaluate(trained.fusion, planned)
    mean = evaluate(fit(planned, replace(settings, fusion="mean")).fusion, planned)
    text, image, audio = report.weights.values()
    assert min(text, image) > 2 * audio
    assert report.mrr > mean.mrr + 0.02
    assert trained.epochs[-1].weights[2] < 0.5 * trained.epochs[0].weights[2]
    assert trained.parameters == trained.fusion.parameters_count > 0


@pytest.mark.parametrize("fusion", ["attention", "mmnn"])
@pytest.mark.parametrize("objective", ["self-supervised", "bpr"])
def test_a_resumed_run_ends_bit_for_bit_where_an_undisturbed_one_ends(fusion: str, objective: str) -> None:
    settings = TrainSettings(fusion, objective, epochs=4, batch=200, fusion_options={"hidden": 8}, seed=5)
    saved: list[Checkpoint] = []
    seen: list[Epoch] = []
    whole = fit(data(), settings, save=saved.append)
    again = fit(data(), settings, watch=seen.append, resume=saved[1])
    assert told(again.epochs) == told(whole.epochs) == told(tuple(seen))
    assert len(whole.epochs) == 4
    assert again.best == whole.best
    for name, values in state(whole).items():
        assert torch.equal(values, state(again)[name]), name


def test_a_checkpoint_survives_the_disk(tmp_path) -> None:
    saved: list[Checkpoint] = []
    whole = fit(data(), SHORT, save=saved.append)
    torch.save(saved[2], tmp_path / "checkpoint")
    again = fit(data(), SHORT, resume=torch.load(tmp_path / "checkpoint", weights_only=True))
    assert told(again.epochs) == told(whole.epochs)
    assert all(torch.equal(values, state(again)[name]) for name, values in state(whole).items())


def test_cancel_is_heard_within_a_step() -> None:
    calls = []

    def progress(done: int, total: int, message: str) -> None:
        calls.append((done, total, message))
        if done == 3:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        fit(data(), SHORT, progress=progress)
    assert [done for done, _, _ in calls] == [0, 1, 2, 3]
    assert calls[0][1] == 8  # four epochs of two batches
    assert calls[0][2].startswith("training attention")


def test_the_seed_decides_and_the_global_generators_are_left_alone() -> None:
    torch.manual_seed(7)
    np.random.seed(7)
    first, same = fit(data(), SHORT), fit(data(), SHORT)
    torch_next, numpy_next = torch.rand(1), np.random.rand()
    other = fit(data(), replace(SHORT, seed=1))
    torch.manual_seed(7)
    np.random.seed(7)
    assert torch.rand(1) == torch_next
    assert np.random.rand() == numpy_next
    assert told(first.epochs) == told(same.epochs) != told(other.epochs)


def test_training_stops_when_validation_no_longer_improves_and_keeps_the_best() -> None:
    settings = TrainSettings("mmnn", epochs=60, batch=48, learning_rate=0.2, patience=3, fusion_options={"hidden": 16})
    trained = fit(data(), settings)
    losses = [epoch.validation for epoch in trained.epochs]
    assert len(losses) < 60
    assert len(losses) == trained.best + 3
    assert losses[trained.best - 1] == min(loss for loss in losses if loss is not None)
    with torch.no_grad():
        assert trained.objective.validation(trained.fusion) == losses[trained.best - 1]


@pytest.mark.parametrize(("optimizer", "learning_rate"), [("adamw", 0.03), ("sgd", 0.1)])
@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_every_optimizer_and_schedule_lowers_the_loss(optimizer, learning_rate: float, schedule) -> None:
    settings = replace(
        SHORT, objective="cross-entropy", epochs=8, optimizer=optimizer, schedule=schedule, learning_rate=learning_rate
    )
    losses = [epoch.validation for epoch in fit(data(), settings).epochs]
    assert losses[-1] < 0.9 * losses[0]


def test_optimizers_and_schedules_differ() -> None:
    ends = {
        (optimizer, schedule): fit(
            data(), replace(SHORT, optimizer=optimizer, schedule=schedule, fusion="weighted", fusion_options={})
        ).epochs[-1]
        for optimizer, schedule in [("adamw", "cosine"), ("adamw", "linear"), ("adamw", "constant"), ("sgd", "cosine")]
    }
    assert len({epoch.weights for epoch in ends.values()}) == 4


def test_a_fixed_fusion_has_nothing_to_train_but_a_head() -> None:
    trained = fit(data(), replace(SHORT, fusion="mean", fusion_options={}))
    assert (trained.epochs, trained.best, trained.parameters) == ((), 0, 0)
    assert not trained.fusion.training
    headed = fit(data(), replace(SHORT, fusion="mean", fusion_options={}, objective="classify"))
    assert len(headed.epochs) == 4
    assert headed.epochs[-1].loss < headed.epochs[0].loss
    assert headed.parameters == 0


def test_test_items_are_not_looked_at() -> None:
    spoiled = {modality: rows.copy() for modality, rows in data().vectors.items()}
    for rows in spoiled.values():
        rows[data().test] = 0.5
    assert data().interactions is not None
    for objective in ("self-supervised", "cross-entropy", "sampled-softmax"):
        settings = replace(SHORT, objective=objective)
        blind = fit(replace(data(), vectors=spoiled, held_out=spoiled), settings)
        assert told(blind.epochs) == told(fit(data(), settings).epochs)


def test_modality_dropout_trains_differently_and_never_hides_all() -> None:
    assert told(fit(data(), SHORT).epochs) != told(fit(data(), replace(SHORT, modality_dropout=0.0)).epochs)
    fit(data(), replace(SHORT, modality_dropout=0.95))  # a row with nothing left would raise


def test_an_item_set_without_validation_trains_to_the_end() -> None:
    alone = replace(data(), validation=np.array([], np.intp))
    trained = fit(alone, SHORT)
    assert [epoch.validation for epoch in trained.epochs] == [None] * 4
    assert [epoch.weights for epoch in trained.epochs] == [()] * 4
    assert trained.best == 4


def test_a_loss_that_runs_away_is_told() -> None:
    broken = {modality: rows.copy() for modality, rows in data().vectors.items()}
    broken[next(iter(broken))][data().train] = np.nan
    with pytest.raises(FusionError, match=r"the loss of epoch 1 is .*lower learning rate"):
        fit(replace(data(), held_out=broken), SHORT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fusion": "glue"}, "fusion 'glue'"),
        ({"objective": "win"}, "objective 'win'"),
        ({"objective_options": {"target": "half"}}, "target is 'half'"),
        ({"objective_options": {"tempo": 1}}, "option 'tempo'"),
        ({"objective": "regress"}, "the items have no number to predict"),
    ],
)
def test_what_cannot_be_trained_is_told_before_anything_happens(change: dict, message: str) -> None:
    with pytest.raises(FusionError, match=message):
        fit(replace(data(), numbers=None), replace(SHORT, fusion_options={}, **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs 0; from 1 to"),
        ({"learning_rate": float("nan")}, "learning rate nan"),
        ({"modality_dropout": 1.0}, "modality dropout 1.0"),
        ({"optimizer": "adam"}, "optimizer 'adam'; one of adamw, sgd"),
        ({"schedule": "steps"}, "schedule 'steps'"),
    ],
)
def test_settings_out_of_range_are_told(change: dict, message: str) -> None:
    with pytest.raises(FusionError, match=message):
        replace(SHORT, **change)


def test_settings_as_json_are_the_same_settings() -> None:
    settings = replace(SHORT, optimizer="sgd", schedule="linear", objective_options={"target": "whole"})
    assert TrainSettings.from_json(settings.as_json()) == settings
