import numpy as np
import pytest
from map_samples import random_vectors, small_map, unit

from mmdemo.projection.placing import Placer
from mmdemo.projection.points import Layer, MapPoints
from mmdemo.types import Modality

ANGLES = np.linspace(0, 1.5, 50)
VECTORS = np.stack([np.cos(ANGLES), np.sin(ANGLES), np.zeros(50)], axis=1).astype(np.float32)


def _points(vectors: np.ndarray, modality: Modality = Modality.TEXT) -> MapPoints:
    return MapPoints((Layer(modality, vectors, None, np.arange(len(vectors), dtype=np.int32)),), len(vectors))


def _line() -> Placer:
    """Points along an arc, drawn along a line."""
    return Placer(small_map(np.stack([ANGLES, np.zeros(50)], axis=1)), _points(VECTORS))


def test_a_vector_between_points_lands_between_them_with_full_trust():
    spot = _line().place(unit(VECTORS[20:22].mean(axis=0, keepdims=True))[0], 8)
    assert ANGLES[17] < spot.position[0] < ANGLES[24]
    assert set(spot.neighbours[:2].tolist()) == {20, 21}
    assert spot.trust >= 7 / 8
    assert (np.diff(spot.similarities) <= 0).all()


def test_neighbours_and_similarities_are_the_true_ones():
    vectors = random_vectors(40, 5)
    placer = Placer(small_map(random_vectors(40, 2, seed=1)), _points(vectors))
    query = random_vectors(1, 5, seed=2)[0]
    spot = placer.place(query, 6)
    order = sorted(range(40), key=lambda j: -float(vectors[j] @ query))
    assert spot.neighbours.tolist() == order[:6]
    assert spot.similarities == pytest.approx(vectors[order[:6]] @ query, abs=1e-6)
    distances = np.linalg.norm(placer.map.positions - spot.position, axis=1)
    assert spot.trust == pytest.approx(len({*order[:6]} & {*np.argsort(distances)[:6].tolist()}) / 6)


def test_it_is_not_put_into_the_gap_between_two_islands():
    rng = np.random.default_rng(0)
    left, right = rng.normal((-10, 0), 0.5, (25, 2)), rng.normal((10, 0), 0.5, (25, 2))
    directions = np.eye(6)[[0] * 25 + [1] * 25] + 0.02 * rng.standard_normal((50, 6))
    placer = Placer(small_map(np.concatenate([left, right])), _points(unit(directions)))
    spot = placer.place(unit(np.array([[1.0, 0.98, 0, 0, 0, 0]]))[0], 15)
    assert np.linalg.norm(placer.map.positions - spot.position, axis=1).min() < 1.0


def test_each_vector_is_placed_as_if_it_were_alone():
    placer, queries = _line(), random_vectors(6, 3)
    together = [placer.place(query, 5).position for query in queries]
    for query, position in zip(queries[::-1], together[::-1], strict=True):
        assert (_line().place(query, 5).position == position).all()


def test_a_point_of_the_map_keeps_its_place_and_is_not_its_own_neighbour():
    placer = _line()
    spot = placer.own(20, 4)
    assert spot.position.tolist() == placer.map.positions[20].tolist()
    assert set(spot.neighbours.tolist()) == {18, 19, 21, 22}
    assert spot.trust == 1.0


def test_among_one_modality_only_its_points_count():
    vectors = random_vectors(20, 4)
    texts, pictures = vectors[:12], vectors[12:, :3]
    layers = (
        Layer(Modality.TEXT, texts, None, np.arange(12, dtype=np.int32)),
        Layer(Modality.IMAGE, unit(pictures), np.array([0, 2, 5, 7]), np.array([0, 2, 5, 7], np.int32)),
    )
    fitted = small_map(
        random_vectors(16, 2),
        item_rows=np.array([*range(12), 0, 2, 5, 7], np.int32),
        modalities=np.array([0] * 12 + [1] * 4, np.uint8),
    )
    placer = Placer(fitted, MapPoints(layers, 20))
    query = random_vectors(1, 3, seed=4)[0]
    spot = placer.place(query, 2, among=Modality.IMAGE)
    order = sorted(range(4), key=lambda j: -float(unit(pictures)[[0, 2, 5, 7][j]] @ query))
    assert spot.neighbours.tolist() == [12 + order[0], 12 + order[1]]
    assert placer.point_of(5, Modality.IMAGE) == 14
    assert placer.point_of(3, Modality.IMAGE) is None
    assert placer.point_of(0, Modality.AUDIO) is None
    assert not placer.holds(Modality.AUDIO)
    own = placer.own(14, 3, among=Modality.IMAGE)
    assert sorted(own.neighbours.tolist()) == [12, 13, 15]
    assert own.trust == 1.0
    assert placer.most_neighbours(Modality.IMAGE, 14) == 3
    assert placer.most_neighbours(None, None) == 16


@pytest.mark.parametrize("count", [1, 2, 5])
def test_on_a_map_of_few_points_it_still_has_a_place(count):
    vectors = random_vectors(count, 4)
    placer = Placer(small_map(random_vectors(count, 3)), _points(vectors))
    spot = placer.place(random_vectors(1, 4, seed=3)[0], count)
    assert spot.position.shape == (3,)
    assert spot.trust == 1.0
    own = placer.own(0, count - 1)
    assert len(own.neighbours) == count - 1
