import math
from collections import Counter

import numpy as np
import pytest
from map_samples import planted_items, random_vectors, small_map

from mmdemo.errors import MapError
from mmdemo.projection.compare import compare_groups, log_odds
from mmdemo.types import Item, Modality


def test_log_odds_are_what_the_paper_says():
    first, second = Counter(fox=6, den=3, red=1), Counter(boat=5, red=5)
    background = first + second + Counter(sky=20)
    found = {entry.word: entry for entry in log_odds(first, second, background)}
    for word in ("fox", "den", "red", "boat"):
        prior = 20 * background[word] / 40
        y, z = first[word] + prior, second[word] + prior
        delta = math.log(y / (10 + 20 - y)) - math.log(z / (10 + 20 - z))
        assert found[word].log_odds == pytest.approx(delta)
        assert found[word].z == pytest.approx(delta / math.sqrt(1 / y + 1 / z))
    assert found["fox"].z > 1 > found["red"].z > -1.5 > found["boat"].z - 1
    assert "sky" not in found


def test_what_was_planted_in_a_group_sets_it_apart():
    items = planted_items(60)
    points = small_map(
        random_vectors(60, 2),
        clusters=np.array([row % 3 for row in range(60)], np.int16),
        cluster_labels=("dens", "harbours", "orchards"),
        modalities=np.array([row % 2 for row in range(60)], np.uint8),
        trust=np.array([0.9 if row % 3 == 0 else 0.1 for row in range(60)], np.float32),
        measures={
            "hubness": np.array([np.nan if row % 3 else 2.0 for row in range(60)], np.float32),
        },
    )
    foxes, boats = np.arange(0, 60, 3), np.arange(1, 60, 3)
    found = compare_groups(items, points, foxes, boats)
    assert (found.first_points, found.second_points, found.common_items) == (20, 20, 0)
    assert found.words[0].word == "fox"
    assert found.words[0].z > 3
    assert (found.words[0].first, found.words[0].second) == (20, 0)
    assert min(found.words, key=lambda entry: entry.z).word == "boat"
    assert abs(next((entry.z for entry in found.words if entry.word == "number"), 0.0)) < 0.5
    assert {(tag.name, tag.first, tag.second) for tag in found.tags} == {("fox kind", 1, 0), ("boat kind", 0, 1)}
    assert [(c.name, c.difference) for c in found.clusters] == [("dens", 1.0), ("harbours", -1.0)]
    assert [(share.name, share.first, share.second) for share in found.modalities] == [
        ("text", 0.5, 0.5),
        ("image", 0.5, 0.5),
    ]
    trust, hubness = found.measures
    assert (trust.name, hubness.name) == ("trust", "hubness")
    assert trust.first == pytest.approx(0.9)
    assert trust.second == pytest.approx(0.1)
    assert (hubness.first, math.isnan(hubness.second), math.isnan(hubness.standardised)) == (2.0, True, True)


def test_the_other_way_round_gives_the_opposite():
    items, points = planted_items(30), small_map(random_vectors(30, 2))
    one, other = (
        compare_groups(items, points, [0, 3, 6], [1, 4, 8]),
        compare_groups(items, points, [1, 4, 8], [0, 3, 6]),
    )
    assert {e.word: round(e.z, 9) for e in one.words} == {e.word: -round(e.z, 9) for e in other.words}
    assert {e.name: e.difference for e in one.tags} == {e.name: -e.difference for e in other.tags}


def test_equal_groups_and_items_without_words_say_nothing():
    items = [Item(f"i{row}", "", {Modality.IMAGE: f"{row:064x}"}) for row in range(4)]
    found = compare_groups(items, small_map(random_vectors(4, 2)), [0, 1], [0, 1])
    assert found.words == found.tags == found.clusters == ()
    assert found.common_items == 2
    assert found.measures[0].standardised == 0.0


@pytest.mark.parametrize(("first", "second", "says"), [([], [1], "first group of 0"), ([0], [9], "second group of 1")])
def test_a_group_that_is_none_is_a_typed_error(first, second, says):
    with pytest.raises(MapError, match=says):
        compare_groups(planted_items(4), small_map(random_vectors(4, 2)), first, second)
