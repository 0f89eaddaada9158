"""What colours can mean, and that every point gets the colour of its item."""

from dataclasses import replace

import numpy as np
import pytest
from space_maps_made_up import item, items, map_of

from mmdemo.types import Item, Modality
from mmdemo.ui import space_colours
from mmdemo.ui.space_colours import colour_by, columns, options


def test_a_column_is_offered_where_its_values_come_again_or_are_numbers():
    catalogue = [
        item(
            number,
            group="ab"[number % 2],
            name=f"unique {number}",
            size=str(1.5 * number),
            same="x",
            rare="y" * (number == 0),
        )
        for number in range(10)
    ]
    assert columns(catalogue) == ("group", "size")


def test_translations_are_no_columns():
    catalogue = [Item(str(n), str(n), {Modality.TEXT: "t"}, (), {"title:de": "ab"[n % 2]}) for n in range(10)]
    assert columns(catalogue) == ()


def test_options_hold_what_the_map_has():
    catalogue = items()
    keys = [option.key for option in options(catalogue, map_of(catalogue))]
    assert keys == ["modality", "cluster", "tag", "column:maker", "trust", "measure:hubness", "measure:partner_rank"]
    bare = replace(
        map_of(catalogue),
        clusters=np.full(len(map_of(catalogue)), -1, np.int16),
        cluster_labels=(),
        measures={},
        quality={},
    )
    assert [option.key for option in options([replace(one, tags=(), extra={}) for one in catalogue], bare)] == [
        "modality"
    ]


def test_the_first_tag_colours_all_points_of_its_items():
    catalogue = items()
    on = map_of(catalogue)
    colour = colour_by("tag", catalogue, on)
    assert colour.kind == "category"
    assert [colour.names[code] for code in colour.values] == [catalogue[row].tags[0] for row in on.item_rows]


def test_a_column_of_numbers_is_a_scale_with_gaps():
    catalogue = [item(number, size="" if number == 4 else str(number * 10)) for number in range(6)]
    on = map_of(catalogue)
    colour = colour_by("column:size", catalogue, on)
    assert colour.kind == "number"
    expected = np.array([0, 10, 20, 30, np.nan, 50], np.float32)[on.item_rows]
    np.testing.assert_array_equal(colour.values, expected)


def test_items_without_a_value_have_no_category():
    catalogue = [item(number, group="" if number == 0 else "ab"[number % 2]) for number in range(8)]
    on = map_of(catalogue)
    colour = colour_by("column:group", catalogue, on)
    assert set(colour.values[on.item_rows == 0]) == {-1}
    assert set(colour.names) == {"a", "b"}


@pytest.mark.parametrize("key", ["column:nothing", "measure:nothing", "", "column:", "what"])
def test_an_unknown_key_colours_by_kind(key):
    catalogue = items()
    assert colour_by(key, catalogue, map_of(catalogue)).kind == "modality"


@pytest.mark.parametrize("key", ["cluster", "trust", "measure:hubness", "measure:partner_rank"])
def test_what_the_map_measures_colours_it(key):
    catalogue = items()
    on = map_of(catalogue)
    values = {"cluster": on.clusters, "trust": on.trust, **{f"measure:{n}": v for n, v in on.measures.items()}}[key]
    np.testing.assert_array_equal(colour_by(key, catalogue, on).values, values)


def test_every_measure_has_a_name_and_a_meaning():
    assert all(
        space_colours.measure_name(name) and space_colours.measure_help(name) for name in ("hubness", "partner_rank")
    )
