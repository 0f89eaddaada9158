"""Ranking by a fusion: contributions against their definition, weights, filters, missing modalities."""

from itertools import permutations

import numpy as np
import pytest
import torch

from mmdemo.errors import FusionError, QueryError
from mmdemo.fusion import FusionBatch, FusionShape, Parts, build
from mmdemo.fusion.base import Fusion
from mmdemo.recommend.fused import MOST_PLAYERS, MOST_TOKENS, FusedPart, FusedRanker, as_one, merged
from mmdemo.types import Modality

_SHAPE = FusionShape(6, {Modality.TEXT: 0, Modality.IMAGE: 3, Modality.AUDIO: 2})
_ITEMS = 20


def _unit(rng: np.random.Generator, rows: int, width: int):
    drawn = rng.standard_normal((rows, width))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def _vectors(modality: Modality, rows: int, seed: int):
    rng = np.random.default_rng((seed, list(Modality).index(modality)))
    own = _SHAPE.native[modality]
    return np.hstack([_unit(rng, rows, 6), *([_unit(rng, rows, own)] if own else [])])


def _items(present=None) -> FusionBatch:
    vectors = {m: torch.from_numpy(_vectors(m, _ITEMS, 0)) for m in _SHAPE.modalities}
    return FusionBatch(vectors, torch.ones(_ITEMS, 3, dtype=torch.bool) if present is None else present)


def _part(seed: int, *modalities: Modality, weight: float = 1.0, rows: int = 1) -> FusedPart:
    return FusedPart({m: _vectors(m, rows, seed) for m in modalities}, weight, f"part {seed}")


@pytest.fixture(scope="module")
def attention() -> Fusion:
    return build("attention", _SHAPE, seed=1).eval()


@pytest.fixture(scope="module")
def ranker(attention: Fusion) -> FusedRanker:
    return FusedRanker(attention, _items())


def _score(ranker: FusedRanker, parts) -> np.ndarray:
    """Score of all items for a query of these parts, each modality's vectors averaged half by half."""
    vectors, present = {}, torch.zeros(1, 3, dtype=torch.bool)
    for column, m in enumerate(_SHAPE.modalities):
        rows = [row for part in parts for row in part.vectors.get(m, ())]
        vectors[m] = torch.zeros(1, _SHAPE.width(m))
        if rows:
            mean = np.mean(rows, axis=0)
            halves = [half / np.linalg.norm(half) for half in (mean[:6], mean[6:]) if len(half)]
            vectors[m] = torch.from_numpy(np.concatenate(halves).astype(np.float32))[None]
            present[0, column] = True
    with torch.no_grad():
        return ranker.fusion.score(FusionBatch(vectors, present), ranker.fusion.index(_items()))[0].numpy()


def test_shares_are_the_mean_over_all_orders_in_which_parts_could_come(ranker):
    parts = [_part(1, Modality.TEXT), _part(2, Modality.IMAGE, Modality.AUDIO), _part(3, Modality.TEXT)]
    expected = np.zeros((_ITEMS, 3))
    orders = list(permutations(range(3)))
    for order in orders:
        before = np.zeros(_ITEMS)
        for place, part in enumerate(order):
            after = _score(ranker, [parts[i] for i in order[: place + 1]])
            expected[:, part] += (after - before) / len(orders)
            before = after
    found = ranker.contributions(parts)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), _score(ranker, parts), atol=1e-5)


def test_a_row_of_contributions_sums_to_the_score_whatever_the_weights(ranker):
    parts = [_part(1, Modality.TEXT, weight=0.7), _part(2, Modality.IMAGE, weight=-0.4), _part(3, Modality.AUDIO)]
    ranking = ranker.rank(parts, None, 7)
    np.testing.assert_allclose(ranking.contributions.sum(axis=1), ranking.scores, atol=1e-5)
    assert (np.diff(ranking.scores) <= 0).all()
    np.testing.assert_allclose(
        ranker.contributions(parts)[:, 1],
        -0.4
        * ranker.contributions([_part(1, Modality.TEXT), _part(2, Modality.IMAGE), _part(3, Modality.AUDIO)])[:, 1],
        atol=1e-6,
    )


class _TextOnly(Fusion):
    """Scores by text alone; a query without text is worth nothing."""

    name = "text-only"

    def _vectors(self, batch: FusionBatch) -> torch.Tensor:
        return batch.vectors[Modality.TEXT][:, :6] * batch.present[:, :1]


def test_a_part_that_never_changes_anything_gets_nothing():
    ranker = FusedRanker(_TextOnly(_SHAPE, {}).eval(), _items())
    found = ranker.contributions([_part(1, Modality.TEXT), _part(2, Modality.IMAGE)])
    np.testing.assert_allclose(found[:, 1], 0.0, atol=1e-6)
    assert np.abs(found[:, 0]).max() > 0.1


def test_an_item_finds_itself_and_with_weight_minus_one_comes_last(ranker):
    own = ranker.vectors(11)
    assert ranker.rank([FusedPart(own, 1.0, "")], None, 1).positions.tolist() == [11]
    away = ranker.rank([FusedPart(own, -1.0, "")], None, _ITEMS)
    assert away.positions[-1] == 11
    assert away.percentiles[0] > away.percentiles[-1]


def test_filters_hold_and_items_without_anything_are_never_shown():
    present = torch.ones(_ITEMS, 3, dtype=torch.bool)
    present[4] = False
    present[5, 1:] = False  # text only
    ranker = FusedRanker(build("mean", _SHAPE), _items(present))
    part = _part(1, Modality.IMAGE)
    allowed = np.ones(_ITEMS, np.bool_)
    allowed[7] = False
    shown = ranker.rank([part], allowed, 100).positions.tolist()
    assert sorted(shown) == [row for row in range(_ITEMS) if row not in (4, 7)]
    assert list(ranker.vectors(5)) == [Modality.TEXT]
    with pytest.raises(FusionError, match="text, image, audio"):
        FusedRanker(build("mean", _SHAPE), _items(torch.zeros(_ITEMS, 3, dtype=torch.bool)))


def test_equal_items_come_in_the_order_of_the_catalogue():
    items = _items()
    items = items.take(torch.tensor([3, 1, 3, 1, 3]))
    ranker = FusedRanker(build("mean", _SHAPE), items)
    shown = ranker.rank([FusedPart({Modality.TEXT: items.vectors[Modality.TEXT][:1].numpy()}, 1.0, "")], None, 5)
    assert shown.positions.tolist() == [0, 2, 4, 1, 3]


def test_percentiles_tell_a_find_from_a_random_item_and_do_not_change(ranker, attention):
    query = [FusedPart({Modality.TEXT: ranker.vectors(3)[Modality.TEXT]}, 0.5, "")]
    first = ranker.rank(query, None, _ITEMS)
    assert first.percentiles[0] > 90
    assert 20 < np.median(first.percentiles) < 80
    again = FusedRanker(attention, _items()).rank(query, None, _ITEMS)
    assert (again.percentiles == first.percentiles).all()


def test_too_many_parts_are_merged_by_what_they_are_and_by_their_sign(ranker):
    parts = [_part(n, Modality.TEXT if n % 2 else Modality.IMAGE, weight=-1.0 if n > 6 else 1.0) for n in range(8)]
    assert merged(parts[:MOST_PLAYERS]) == [[n] for n in range(MOST_PLAYERS)]
    groups = merged(parts)
    assert groups == [[0, 2, 4, 6], [1, 3, 5], [7]]
    one = as_one([parts[number] for number in groups[0]])
    assert (one.vectors[Modality.IMAGE].shape, one.weight) == ((4, 9), 1.0)
    ranking = ranker.rank([as_one([parts[number] for number in group]) for group in groups], None, 3)
    assert ranking.contributions.shape == (3, 3)
    with pytest.raises(QueryError, match="8 parts"):
        ranker.contributions(parts)


@pytest.fixture(scope="module")
def looking() -> FusedRanker:
    """A ranker whose fusion looks at parts of texts and pictures, after every parameter has moved."""
    shape = FusionShape(6, _SHAPE.native, {Modality.TEXT: 4, Modality.IMAGE: 3})
    fusion = build("transformer", shape, {"tokens": "parts", "heads": 2, "head_width": 3, "layers": 1}).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in fusion.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=generator))
    drawn = {m: torch.randn(_ITEMS, 5, wide, generator=generator) for m, wide in shape.parts.items()}
    parts = {m: Parts(found, torch.rand(found.shape[:2], generator=generator) < 0.7) for m, found in drawn.items()}
    return FusedRanker(fusion, FusionBatch(_items().vectors, _items().present, parts))


def test_an_item_asks_with_its_own_parts(looking):
    items, row = looking._items, torch.tensor([4])
    part = FusedPart(looking.vectors(4), 1.0, "item", looking.inside(4))
    with torch.no_grad():
        expected = looking.fusion.score(items.take(row), looking.fusion.index(items))[0].numpy()
    np.testing.assert_allclose(looking.contributions([part])[:, 0], expected, atol=1e-5)
    without = looking.contributions([FusedPart(part.vectors, 1.0, "item")])[:, 0]
    assert np.abs(without - expected).max() > 1e-3


def test_parts_of_several_are_looked_at_together_and_shares_sum_to_the_score(looking):
    parts = [
        FusedPart({m: looking.vectors(row)[m]}, 1.0, "", {k: v for k, v in looking.inside(row).items() if k is m})
        for row, m in ((1, Modality.TEXT), (2, Modality.IMAGE), (3, Modality.IMAGE))
    ]
    together = looking.contributions([as_one(parts)])[:, 0]
    np.testing.assert_allclose(looking.contributions(parts).sum(axis=1), together, atol=1e-5)
    ranking = looking.rank(parts, None, _ITEMS)
    assert np.isfinite(ranking.percentiles).all()


def test_of_many_parts_some_evenly_spread_are_looked_at(looking):
    many = np.random.default_rng(0).standard_normal((4 * MOST_TOKENS, 4)).astype(np.float32)
    text = {Modality.TEXT: looking.vectors(0)[Modality.TEXT]}
    some = [FusedPart(text, 1.0, "", {Modality.TEXT: rows}) for rows in (many, many[::4])]
    np.testing.assert_allclose(*(looking.contributions([part]) for part in some), atol=1e-6)
