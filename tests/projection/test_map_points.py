import numpy as np
import pytest
from map_samples import planted_items, planted_tables

from mmdemo.errors import MapError, SpaceMismatchError
from mmdemo.projection import MapSettings
from mmdemo.projection.points import select_points
from mmdemo.types import Modality

ITEMS = planted_items(12)
TABLES = planted_tables(ITEMS)


def test_there_is_a_point_for_each_modality_of_each_item_in_order():
    points = select_points(TABLES, 12, MapSettings())
    assert len(points) == points.of_total == 12 + 6 + 4
    assert points.modalities.tolist() == [0] * 12 + [1] * 6 + [2] * 4
    assert points.item_rows.tolist() == [*range(12), *range(0, 12, 2), *range(0, 12, 3)]
    assert (points.vectors()[12:18] == TABLES["shared.image"].vectors).all()


def test_unaligned_vectors_are_the_native_ones_padded_to_one_width():
    points = select_points(TABLES, 12, MapSettings(space="unaligned"))
    vectors = points.vectors()
    assert vectors.shape == (22, 8)
    assert (vectors[:12] == TABLES["shared.text"].vectors).all()
    assert (vectors[12:18, :7] == TABLES["native.image"].vectors).all()
    assert (vectors[12:18, 7:] == 0).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_texts_with_a_table_of_their_own_are_taken_from_it():
    own = {**TABLES, "native.text": TABLES["shared.image"]}
    points = select_points(own, 12, MapSettings(space="unaligned"))
    assert points.item_rows[:6].tolist() == [0, 2, 4, 6, 8, 10]


def test_a_sample_takes_whole_items_and_is_seeded():
    points = select_points(TABLES, 12, MapSettings(), most=10)
    assert points.of_total == 22
    assert 8 <= len(points) <= 10
    for row in np.unique(points.item_rows):
        assert (points.item_rows == row).sum() == len(ITEMS[row].media)
    again = select_points(TABLES, 12, MapSettings(), most=10)
    assert (again.item_rows == points.item_rows).all()
    others = [select_points(TABLES, 12, MapSettings(seed=seed), most=10).item_rows.tolist() for seed in range(1, 6)]
    assert any(rows != points.item_rows.tolist() for rows in others)
    full = select_points(TABLES, 12, MapSettings())
    chosen = np.isin(full.item_rows, points.item_rows)
    assert (points.vectors() == full.vectors()[chosen]).all()


def test_similarities_are_those_of_the_points_only():
    points = select_points(TABLES, 12, MapSettings(), most=10)
    vector = TABLES["shared.text"].vectors[3]
    found = np.concatenate([layer.similarities(vector) for layer in points.layers])
    assert found == pytest.approx(points.vectors() @ vector, abs=1e-6)
    with pytest.raises(SpaceMismatchError, match="shape"):
        points.layers[0].similarities(vector[:3])


def test_a_version_without_vectors_is_a_typed_error():
    with pytest.raises(MapError, match="mmdemo index"):
        select_points({}, 12, MapSettings())
    only_sounds = {"native.audio": TABLES["native.audio"]}
    with pytest.raises(MapError, match="shared space"):
        select_points(only_sounds, 12, MapSettings())
    assert select_points(only_sounds, 12, MapSettings(space="unaligned")).layers[0].modality is Modality.AUDIO
