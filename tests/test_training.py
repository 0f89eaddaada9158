"""The training loop on problems small enough to know the answer."""

import numpy as np
import pytest
import torch

from mmdemo.errors import CancelledError
from mmdemo.training import Checkpoint, Plan, Player, seeded, train, validation_split


class Line(torch.nn.Module):
    """`y = a x` with dropout, so that training draws random numbers."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.slope = torch.nn.Parameter(torch.tensor([0.0]))
        self.drop = torch.nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(x) * self.slope


X = torch.linspace(-1.0, 1.0, 20)
PLAN = Plan(epochs=12, batch=8, learning_rate=0.2, weight_decay=0.0)


def player(model: Line) -> Player:
    return Player(lambda rows, _: (model(X[rows]) - 3.0 * X[rows]).square().mean(), [([model.slope], 1.0)])


def test_it_finds_the_slope_and_ends_in_evaluation_mode() -> None:
    model = Line()
    history = train(model, [player(model)], torch.arange(20), plan=Plan(60, 8, 0.2, weight_decay=0.0), seed=0)
    assert model.slope.item() == pytest.approx(3.0, abs=0.05)
    assert history.losses[-1] < 0.01 * history.losses[0]
    assert not model.training


def test_an_epoch_takes_every_item_once_in_even_batches() -> None:
    model, seen = Line(), []

    def loss(rows: torch.Tensor, _: float) -> torch.Tensor:
        seen.append(rows.tolist())
        return model(X[rows]).square().sum()

    train(model, [Player(loss, [([model.slope], 1.0)])], torch.arange(20), plan=Plan(2, 8), seed=0)
    assert [len(batch) for batch in seen] == [7, 7, 6] * 2
    first, second = ([row for batch in epoch for row in batch] for epoch in (seen[:3], seen[3:]))
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second


def test_progress_names_the_loss_and_cancels() -> None:
    model, told = Line(), []

    def report(done: int, total: int, message: str) -> None:
        told.append((done, total, message))
        if done == 4:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        train(model, [player(model)], torch.arange(20), plan=PLAN, seed=0, progress=report, name="fitting a line")
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4]
    assert {total for _, total, _ in told} == {36}
    assert told[0][2] == "fitting a line"
    assert told[1][2].startswith("fitting a line: loss ")


def test_same_seed_same_weights_and_the_global_generator_is_left_alone() -> None:
    slopes = []
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    for seed in (1, 1, 2):
        model = Line(dropout=0.5)
        train(model, [player(model)], torch.arange(20), plan=PLAN, seed=seed)
        slopes.append(model.slope.item())
    assert slopes[0] == slopes[1] != slopes[2]
    torch.testing.assert_close(torch.rand(3), expected)


def test_resuming_ends_where_an_undisturbed_run_ends() -> None:
    saved: list[Checkpoint] = []
    whole = Line(dropout=0.5)
    full = train(whole, [player(whole)], torch.arange(20), plan=PLAN, seed=3, save=saved.append)
    again = Line(dropout=0.5)
    resumed = train(again, [player(again)], torch.arange(20), plan=PLAN, seed=3, resume=saved[4])
    assert again.slope.item() == whole.slope.item()
    assert resumed.losses == full.losses
    assert saved[4]["epoch"] == 5


def test_early_stopping_keeps_the_best_epoch() -> None:
    model, slopes = Line(), []

    def validate() -> float:
        assert not model.training
        slopes.append(model.slope.item())
        return abs(len(slopes) - 4)  # lowest in the fourth epoch

    plan = Plan(epochs=50, batch=8, learning_rate=0.1, patience=3)
    history = train(model, [player(model)], torch.arange(20), plan=plan, seed=0, validate=validate)
    assert len(history.losses) == 7
    assert history.best == 3
    assert model.slope.item() == pytest.approx(slopes[3])


def test_gradients_are_cut() -> None:
    steps = []
    for most in (1e-12, 1.0):
        model = Line()
        plan = Plan(1, batch=20, learning_rate=0.1, weight_decay=0.0, most_gradient=most)
        train(model, [player(model)], torch.arange(20), plan=plan, seed=0)
        steps.append(abs(model.slope.item()))
    assert steps[0] < 0.01 * steps[1]  # Adam's step is the gradient's sign until the gradient nears its epsilon, 1e-8


def test_players_take_turns_and_move_only_their_own() -> None:
    model = torch.nn.ParameterDict({"a": torch.ones(1), "b": torch.ones(1)})
    seen = []

    def first(rows: torch.Tensor, _: float) -> torch.Tensor:
        seen.append(("first", model["a"].item(), model["b"].item()))
        return (model["a"] * model["b"]).sum()

    def second(rows: torch.Tensor, _: float) -> torch.Tensor:
        seen.append(("second", model["a"].item(), model["b"].item()))
        return -(model["a"] * model["b"]).sum()

    players = [Player(first, [([model["a"]], 1.0)]), Player(second, [([model["b"]], 0.0)])]
    train(model, players, torch.arange(4), plan=Plan(2, learning_rate=0.1, weight_decay=0.0), seed=0)
    assert [name for name, _, _ in seen] == ["first", "second"] * 2
    assert seen[0][1] == 1.0
    assert seen[1][1] < 1.0
    assert {b for _, _, b in seen} == {1.0}  # its learning rate is zero


def test_nothing_to_train_on_is_not_an_error() -> None:
    model = Line()
    assert train(model, [player(model)], torch.arange(0), plan=PLAN, seed=0).losses == []


def test_validation_keeps_groups_together() -> None:
    groups = np.repeat(np.arange(10), 3)
    learn, check = validation_split(groups, 0.2, seed=0)
    assert sorted([*learn, *check]) == list(range(30))
    assert len(check) == 6
    assert not set(groups[learn]) & set(groups[check])


def test_seeded_draws_the_same_and_restores() -> None:
    before = torch.random.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded(7):
            draws.append(torch.rand(2))
    torch.testing.assert_close(draws[0], draws[1])
    assert torch.equal(before, torch.random.get_rng_state())
