"""Selections hold on the map they were made on, on another of the same vectors, and on another version's."""

import numpy as np
from space_maps_made_up import AUDIO, TEXT, items, map_of

from mmdemo.projection import MapSettings
from mmdemo.ui.space_selection import from_the_middle, item_rows, points_of_items, select, within


def test_a_selection_gives_back_its_points():
    catalogue = items()
    on = map_of(catalogue)
    points = np.array([1, 4, 12])
    assert select(on, points, catalogue).points(on, catalogue).tolist() == [1, 4, 12]
    assert len(select(on, points, catalogue)) == 3


def test_on_another_map_of_the_same_version_the_same_kinds_are_selected():
    catalogue = items()
    chosen = select(map_of(catalogue), np.array([0, 1]), catalogue)
    other = map_of(catalogue, settings=MapSettings("pca", 3))
    assert chosen.points(other, catalogue).tolist() == [0, 1]


def test_on_another_version_the_same_items_are_selected_whatever_their_order():
    catalogue = items()
    chosen = select(map_of(catalogue), np.array([0]), catalogue)
    other = [*catalogue[::-1][:5], catalogue[0]]
    points = chosen.points(map_of(other, version="000002-bb"), other)
    on = map_of(other, version="000002-bb")
    assert {other[row].item_id for row in on.item_rows[points]} == {"item-0"}
    assert len(points) == 3  # text, picture and sound of item 0


def test_a_linked_selection_holds_every_kind_of_its_items():
    catalogue = items()
    on = map_of(catalogue)
    sound = on.of_modality(AUDIO)[:1]
    linked = select(on, sound, catalogue).linked(on, catalogue)
    assert on.item_rows[linked].tolist() == [0, 0, 0]
    assert sorted(on.modalities[linked]) == [0, 1, 2]


def test_items_that_are_gone_have_no_points():
    catalogue = items()
    assert points_of_items(["gone"], catalogue, map_of(catalogue)).tolist() == []
    assert points_of_items([], catalogue, map_of(catalogue)).tolist() == []


def test_items_of_points_come_once_and_in_their_order():
    catalogue = items()
    on = map_of(catalogue)
    texts = on.of_modality(TEXT)
    assert item_rows(on, np.array([texts[3], texts[1], texts[3]])).tolist() == [3, 1]


def test_points_are_ordered_from_the_middle_of_them_all():
    catalogue = items(5)
    on = map_of(catalogue)
    texts = on.of_modality(TEXT)  # at x = 0, 1, 2, 3, 4
    ordered = on.positions[from_the_middle(on, texts), 0]
    assert ordered[0] == 2
    assert set(ordered[-2:]) == {0, 4}
    assert from_the_middle(on, np.zeros(0, np.intp)).tolist() == []


def test_points_of_an_older_map_are_left_out():
    on = map_of(items(3))
    assert within(on, np.array([-1, 0, len(on) - 1, len(on)])).tolist() == [0, len(on) - 1]
