import numpy as np
import pytest
from map_samples import KINDS, planted_items

from mmdemo.projection.clusters import find_clusters, name_clusters
from mmdemo.projection.words import is_variant, item_words
from mmdemo.types import Item, Modality


def _islands(sizes: list[int], *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [rng.normal((10.0 * number, 5.0 * number), 0.3, (size, 2)) for number, size in enumerate(sizes)]
    ).astype(np.float32)


def test_islands_become_clusters_largest_first():
    found = find_clusters(_islands([40, 60, 50]), seed=0)
    assert found.dtype == np.int16
    for number, members in enumerate([slice(40, 100), slice(100, 150), slice(0, 40)]):
        assert (found[members] == number).mean() > 0.9


def test_on_a_large_map_the_rest_joins_its_nearest_sampled_point():
    positions = _islands([200, 300])
    found = find_clusters(positions, seed=0, most=100)
    whole = find_clusters(positions, seed=0)
    both = (found >= 0) & (whole >= 0)
    assert both.mean() > 0.8
    assert (found[both] == whole[both]).all()
    assert (find_clusters(positions, seed=0, most=100) == found).all()


@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_few_points_make_no_cluster(count):
    assert (find_clusters(_islands([count]), seed=0) == -1).all()


def test_points_at_one_place_make_no_cluster():
    assert (find_clusters(np.zeros((50, 2), np.float32), seed=0) == -1).all()


def test_a_cluster_is_named_by_the_words_that_set_it_apart():
    items = planted_items(30)
    words = [item_words(item) | {"common"} for item in items]
    clusters = np.array([row % 3 for row in range(30)], np.int16)
    names = name_clusters(clusters, np.arange(30, dtype=np.int32), words)
    assert len(names) == 3
    for kind, name in zip(KINDS, names, strict=True):
        assert name.split(", ")[0] == kind
        assert 1 <= len(name.split(", ")) <= 3


def test_no_two_clusters_have_the_same_name():
    words = [{"same", "words", "all", "four"}] * 24 + [set()] * 12
    clusters = np.repeat(np.arange(6), 6).astype(np.int16)
    names = name_clusters(clusters, np.arange(36, dtype=np.int32), words)
    assert len({frozenset(name.split(", ")) for name in names}) == 6
    assert names[4] == "unnamed"


def test_items_count_once_whatever_points_they_have():
    words = [{"rare"}, {"rare"}, {"often"}, {"often"}, {"often"}]
    clusters = np.zeros(9, np.int16)
    rows = np.array([0, 0, 0, 1, 1, 1, 2, 3, 4], np.int32)
    assert name_clusters(clusters, rows, words) == ("often, rare",)


def test_words_are_those_of_title_tags_and_text_without_stop_words():
    item = Item("x", "The Fox's den", {Modality.TEXT: "A fox, in its DEN! 3 of 4 don’t x"}, ("red_foxes", "Ñandú"))
    assert item_words(item) == {"fox", "den", "red", "foxes", "ñandú", "don't"}


def test_plurals_are_variants():
    assert is_variant("hats", ["hat"])
    assert is_variant("berry", ["berries"])
    assert is_variant("boxes", ["box"])
    assert is_variant("horses", ["horse"])
    assert not is_variant("grass", ["gras"])
    assert not is_variant("cat", ["car", "coat"])
