"""Exact contributions: the axioms that make the Shapley value the only one, and sums by hand."""

from itertools import chain, combinations, permutations

import pytest
import torch
from fusion_samples import batch_of, every_mask, plain, plain_shape, shape_of, small, stirred

from mmdemo.fusion.base import shapley

PLAYERS = 4
Game = dict[tuple[int, ...], torch.Tensor]


def _subsets(players: int) -> list[tuple[int, ...]]:
    return list(chain.from_iterable(combinations(range(players), size) for size in range(players + 1)))


def _game(seed: int) -> Game:
    generator = torch.Generator().manual_seed(seed)
    return {members: torch.randn(3, generator=generator, dtype=torch.float64) for members in _subsets(PLAYERS)}


def test_the_value_is_the_mean_of_what_a_player_adds_over_all_orders() -> None:
    game = _game(0)
    total = torch.zeros(3, PLAYERS, dtype=torch.float64)
    orders = list(permutations(range(PLAYERS)))
    for order in orders:
        for place, player in enumerate(order):
            before, after = tuple(sorted(order[:place])), tuple(sorted(order[: place + 1]))
            total[:, player] += game[after] - game[before]
    torch.testing.assert_close(shapley(game, PLAYERS), total / len(orders))


def test_what_all_are_worth_is_shared_out() -> None:
    game = _game(1)
    torch.testing.assert_close(shapley(game, PLAYERS).sum(dim=1), game[0, 1, 2, 3] - game[()])


def test_players_who_add_the_same_get_the_same() -> None:
    game = {members: torch.tensor(float(len(members)) ** 2 + (3 in members)) for members in _subsets(PLAYERS)}
    values = shapley(game, PLAYERS)
    torch.testing.assert_close(values[:3], torch.full((3,), 4.0))
    assert float(values[3]) == pytest.approx(5.0)


def test_a_player_who_adds_nothing_gets_nothing() -> None:
    drawn = _game(2)
    game = {members: drawn[tuple(player for player in members if player != 1)] for members in drawn}
    assert not shapley(game, PLAYERS)[:, 1].any()


def test_values_of_two_games_add_up() -> None:
    first, second = _game(3), _game(4)
    both = {members: first[members] + second[members] for members in first}
    torch.testing.assert_close(shapley(both, PLAYERS), shapley(first, PLAYERS) + shapley(second, PLAYERS))


def test_one_left_and_two_right_gloves() -> None:
    # A pair is worth 1; the left glove is scarce (Shapley's own example): 2/3, 1/6, 1/6.
    game = {members: torch.tensor(float(0 in members and len(members) > 1)) for members in _subsets(3)}
    torch.testing.assert_close(shapley(game, 3), torch.tensor([2 / 3, 1 / 6, 1 / 6]))


def test_a_modality_that_points_the_other_way_counts_below_nothing() -> None:
    # Mean of (1, 0), (1, 0), (-1, 0): v(t) = v(i) = v(ti) = 1, v(a) = -1, v(ta) = v(ia) = 0, v(tia) = 1.
    batch = plain([(1.0, 0.0), (1.0, 0.0), (-1.0, 0.0)])
    weights = small("mean", plain_shape(3))(batch).weights
    torch.testing.assert_close(weights, torch.tensor([[5 / 6, 5 / 6, -2 / 3]]))


def test_modalities_at_a_right_angle_count_alike_and_an_absent_one_nothing() -> None:
    weights = small("mean", plain_shape(3))(plain([(1.0, 0.0), (0.0, 1.0), None])).weights
    torch.testing.assert_close(weights, torch.tensor([[0.5, 0.5, 0.0]]))


def test_two_opposite_vectors_share_a_whole_of_no_length() -> None:
    weights = small("mean", plain_shape(2))(plain([(1.0, 0.0), (-1.0, 0.0)])).weights
    torch.testing.assert_close(weights, torch.tensor([[0.5, 0.5]]))


@pytest.mark.parametrize("name", ["max", "early", "mmnn"])
def test_contributions_are_those_of_the_cosines_of_all_subsets(name: str) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    fusion = stirred(name, shape)
    for row in range(len(batch)):
        one = batch.take(torch.tensor([row]))
        whole = fusion.vectors(one)[0]
        game = {}
        for members in _subsets(3):
            part = one.only(torch.tensor([column in members for column in range(3)]))
            game[members] = fusion.vectors(part)[0] @ whole if part.present.any() else torch.tensor(0.0)
        torch.testing.assert_close(fusion(batch).weights[row], shapley(game, 3).detach(), atol=1e-5, rtol=0)
