"""What is exported is what was selected: read back from both formats."""

import io
import math

import numpy as np
from pyarrow import csv, parquet
from space_maps_made_up import AUDIO, items, map_of

from mmdemo.projection import MAP_MODALITIES, MapSettings
from mmdemo.ui.space_table import as_csv, as_parquet, table


def exported(points, settings=None):
    catalogue = items()
    on = map_of(catalogue, settings=settings)
    return on, table(catalogue, on, np.asarray(points))


def test_parquet_holds_one_row_a_point_with_place_measures_and_columns():
    on, rows = exported([0, 7])
    read = parquet.read_table(io.BytesIO(as_parquet(rows))).to_pylist()
    assert [row["item_id"] for row in read] == ["item-0", "item-1"]
    assert [row["modality"] for row in read] == ["text", "image"]
    assert [(row["x"], row["y"]) for row in read] == [(0, 0), (1, 1)]
    assert read[0]["tags"] == ["even", "all"]
    assert read[0]["cluster"] == "first two"
    assert read[1]["maker"] == "Ann"
    assert math.isclose(read[1]["trust"], float(on.trust[7]), rel_tol=1e-6)
    assert read[1]["hubness"] == 7


def test_csv_says_the_same_with_tags_in_one_field():
    _, rows = exported([0, 7])
    read = csv.read_csv(io.BytesIO(as_csv(rows))).to_pylist()
    assert [row["item_id"] for row in read] == ["item-0", "item-1"]
    assert read[0]["tags"] == "even; all"
    assert read[1]["title"] == "Item 1"


def test_what_is_missing_is_null_and_not_a_number():
    on, rows = exported([3, 12])
    assert on.modalities[12] == MAP_MODALITIES.index(AUDIO)
    assert rows["partner_rank"].to_pylist() == [3, None]
    assert rows["cluster"].to_pylist()[0] is None


def test_a_3d_map_has_a_third_coordinate():
    _, rows = exported([0], MapSettings("pca", 3))
    assert {"x", "y", "z"} <= set(rows.column_names)


def test_a_column_of_the_catalogue_never_hides_one_of_the_map():
    from mmdemo.types import Item, Modality

    catalogue = [Item("a", "A", {Modality.TEXT: "a"}, (), {"title": "other", "x": "9"})]
    rows = table(catalogue, map_of(catalogue), np.array([0]))
    assert rows.to_pylist()[0] | {"trust": 0, "hubness": 0, "partner_rank": 0} == {
        "item_id": "a",
        "title": "A",
        "modality": "text",
        "tags": [],
        "cluster": "first two",
        "x": 0,
        "y": 0,
        "trust": 0,
        "hubness": 0,
        "partner_rank": 0,
        "catalogue:title": "other",
        "catalogue:x": "9",
    }


def test_words_with_quotes_line_ends_and_commas_come_back_as_they_are():
    from mmdemo.types import Item, Modality

    title = 'a "b", c\nd; ü'
    catalogue = [Item("a", title, {Modality.TEXT: title}, ("x",))]
    rows = table(catalogue, map_of(catalogue), np.array([0]))
    options = csv.ParseOptions(newlines_in_values=True)
    assert csv.read_csv(io.BytesIO(as_csv(rows)), parse_options=options)["title"].to_pylist() == [title]
    assert parquet.read_table(io.BytesIO(as_parquet(rows)))["title"].to_pylist() == [title]
