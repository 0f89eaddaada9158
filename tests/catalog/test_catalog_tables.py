import base64
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catalog_samples import imported, picture, sound, write_files
from PIL import Image

from mmdemo.catalog import open_source
from mmdemo.catalog.cells import tag_cell, text_cell
from mmdemo.catalog.columns import recognise
from mmdemo.errors import CatalogError
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO


def read(tmp_path, name, content, files=None):
    write_files(tmp_path / "data", {name: content, **(files or {})})
    return imported(open_source(str(tmp_path / "data" / name)), tmp_path)


# Columns and cells ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "role", "column"),
    [
        (["Item ID", "x"], "id", "Item ID"),
        (["label", "NAME"], "title", "NAME"),
        (["Caption", "description"], "text", "description"),
        (["keywords"], "tags", "keywords"),
        (["File-Name"], "file", "File-Name"),
        (["texts"], "text", None),
    ],
)
def test_columns_are_recognised_by_name(names, role, column):
    assert getattr(recognise(names), role) == column


def test_media_columns_are_recognised_with_and_without_an_ending():
    found = recognise(["picture_path", "Sound", "audio file", "video_url", "image size"]).media
    assert dict(found) == {IMAGE: "picture_path", AUDIO: "Sound", Modality.VIDEO: "video_url"}


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("a, b;c | d\ne", ("a", "b", "c", "d", "e")),
        (["a, b", None, 3], ("a, b", "3")),
        (None, ()),
        (float("nan"), ()),
        ("two words", ("two words",)),
    ],
)
def test_tags_are_lists_or_separated_texts(value, tags):
    assert tag_cell(value) == tags


@pytest.mark.parametrize(
    ("value", "text"), [(1.5, "1.5"), (None, ""), (b"\x00", ""), ({"a": [1, None]}, '{"a": [1, null]}'), ("x", "x")]
)
def test_cells_become_text(value, text):
    assert text_cell(value) == text


# CSV ------------------------------------------------------------------------------------------------------------------


def test_a_csv_with_paths_becomes_items(tmp_path):
    table = "id,title,text,image,audio,tags,price\n7,Cat,A cat.,pics/cat.png,cat.wav,animal;pet,3.50\n8,Dog,,,,,\n"
    report, items, workspace = read(
        tmp_path, "shop.csv", table.encode(), {"pics/cat.png": picture("blue"), "cat.wav": sound()}
    )
    cat, dog = items["7"], items["8"]
    assert (cat.title, cat.tags, dict(cat.extra)) == ("Cat", ("animal", "pet"), {"price": "3.50"})
    assert cat.media[TEXT] == "A cat."
    assert workspace.read_blob(cat.media[IMAGE]) == picture("blue")
    assert workspace.read_blob(cat.media[AUDIO]) == sound()
    assert workspace.thumbnail_path(cat.media[IMAGE]) is not None
    assert workspace.thumbnail_path(cat.media[AUDIO]) is None
    assert dict(dog.media) == {TEXT: "Dog"}
    assert (report.read, report.kept, report.skipped, report.duplicates) == (2, 2, (), ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    rows = [["id", "text", "size"], ["1", "red, warm; soft", "2,5"], ["2", "blue | cold", "3,5"]]
    quoted = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    _, items, _ = read(tmp_path, "a.csv", quoted.encode())
    assert {item.media[TEXT]: item.extra["size"] for item in items.values()} == {
        "red, warm; soft": "2,5",
        "blue | cold": "3,5",
    }


def test_a_comma_in_unquoted_text_does_not_beat_the_semicolon(tmp_path):
    _, items, _ = read(tmp_path, "a.csv", b"id;text\n1;one, two\n2;three\n3;four, five, six\n")
    assert [item.media[TEXT] for item in items.values()] == ["one, two", "three", "four, five, six"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_encodings_are_read_without_a_note(tmp_path, encoding):
    report, items, _ = read(tmp_path, "a.csv", "id,text\n1,Füße 猫\n".encode(encoding))
    assert items["1"].media[TEXT] == "Füße 猫"
    assert report.notes == ()


def test_latin_1_is_the_fallback_and_is_noted(tmp_path):
    report, items, _ = read(tmp_path, "a.csv", "id,text\n1,Füße\n".encode("latin-1"))
    assert items["1"].media[TEXT] == "Füße"
    assert report.notes == ("a.csv is not valid UTF-8 and was read as Latin-1",)


def test_a_late_foreign_byte_is_noticed_however_long_the_file_is(tmp_path):
    table = b"id,text\n" + b"".join(b"%d,word\n" % number for number in range(200_000)) + b"x,caf\xe9\n"
    records = open_source(str(write_files(tmp_path, {"a.csv": table}) / "a.csv"))
    assert list(records.records(lambda *_: None))[-1].text == "café"
    assert len(records.notes) == 1


def test_rows_without_an_id_get_one_from_file_and_number(tmp_path):
    _, items, _ = read(tmp_path, "list.csv", b"text\none\n\ntwo\n")
    assert list(items) == ["list-1", "list-2"]


def test_a_row_with_too_many_cells_is_left_out_and_named_by_its_line(tmp_path):
    report, items, _ = read(tmp_path, "a.csv", b'id,text\n1,"two\nlines"\n2,b,c\n3\n')
    assert list(items) == ["1"]
    assert [where for where, _ in report.skipped] == ["a.csv, line 4", "a.csv, line 5"]
    assert "3 cells" in report.skipped[0][1]
    assert report.read == 3


def test_an_embedded_picture_is_longer_than_the_usual_limit_of_a_cell(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    data = (tmp_path / "noise.png").read_bytes()
    encoded = base64.b64encode(data).decode()
    table = f'id,image\n1,{encoded}\n2,"data:image/png;base64,{encoded}"\n'
    assert len(data) > 200_000
    report, items, workspace = read(tmp_path, "a.csv", table.encode())
    assert workspace.read_blob(items["1"].media[IMAGE]) == data
    assert report.skipped == ()
    assert report.duplicates == ()


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("/etc/passwd", "outside"),
        ("../secret.png", "outside"),
        ("a/../../secret.png", "outside"),
        ("..\\secret.png", "outside"),
        ("link.png", "outside"),
        ("https://example.org/a.png", "nothing is downloaded"),
        ("file:///etc/passwd", "nothing is downloaded"),
        ("absent.png", "no file"),
        (".", "no file"),
        ("x\0y", "path"),
        ("n" * 400, "path"),
    ],
)
def test_paths_lead_nowhere_but_into_the_tables_own_folder(tmp_path, cell, why):
    write_files(tmp_path, {"secret.png": picture(), "data/x": b""})
    (tmp_path / "data" / "link.png").symlink_to(tmp_path / "secret.png")
    row = json.dumps({"id": "1", "text": "kept", "image": cell})
    report, items, _ = read(tmp_path, "a.jsonl", row.encode())
    assert dict(items["1"].media) == {TEXT: "kept"}
    ((where, reason),) = report.skipped
    assert (where, why in reason) == ("a.jsonl, line 1 (image)", True)


def test_a_text_file_is_no_picture_whatever_the_column_says(tmp_path):
    report, items, _ = read(tmp_path, "a.csv", b"id,text,image\n1,kept,a.csv\n")
    assert dict(items["1"].media) == {TEXT: "kept"}
    assert "picture" in report.skipped[0][1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "columns"),
        (b"\n\n", "columns"),
        (b"a,b\n1,2\n", "at least one of text"),
        (b"id,text\n1,\0\0\n", "no text"),
        (b"id,text\n", "nothing in"),
        (b"SQLite format 3\0" + bytes(100), "no text"),
    ],
)
def test_a_csv_that_no_item_can_come_from_is_refused_and_changes_nothing(tmp_path, content, message):
    _, _, workspace = read(tmp_path, "good.csv", b"id,text\n1,one\n")
    with pytest.raises(CatalogError, match=message):
        read(tmp_path, "bad.csv", content)
    assert [item.item_id for item in workspace.read_catalog().items] == ["1"]


# JSONL ----------------------------------------------------------------------------------------------------------------


def test_jsonl_takes_lists_numbers_bytes_in_base64_and_structs(tmp_path):
    lines = [
        {
            "id": 1,
            "text": "one",
            "tags": ["a", "b"],
            "price": 2.5,
            "image_base64": base64.b64encode(picture()).decode(),
        },
        {"id": 2, "image": {"path": "a.png"}, "audio": {"bytes": None, "path": "a.wav"}},
    ]
    content = "\ufeff" + "\n\n".join(json.dumps(line) for line in lines)
    report, items, workspace = read(
        tmp_path, "a.jsonl", content.encode(), {"a.png": picture("green"), "a.wav": sound()}
    )
    assert (items["1"].tags, items["1"].extra["price"]) == (("a", "b"), "2.5")
    assert workspace.read_blob(items["1"].media[IMAGE]) == picture()
    assert set(items["2"].media) == {IMAGE, AUDIO}
    assert report.skipped == ()


def test_a_bad_line_costs_only_itself(tmp_path):
    content = b'{"text": "one"}\n{"text": \n[1]\n\xff\xfe\n' + b"[" * 100_000 + b'\n{"text": "two"}\n'
    report, items, _ = read(tmp_path, "a.jsonl", content)
    assert [item.media[TEXT] for item in items.values()] == ["one", "two"]
    assert [where for where, _ in report.skipped] == [f"a.jsonl, line {line}" for line in (2, 3, 4, 5)]
    assert report.read == 6


@pytest.mark.parametrize("value", [7, [1], True])
def test_a_media_cell_of_a_strange_type_is_reported(tmp_path, value):
    report, items, _ = read(tmp_path, "a.jsonl", json.dumps({"text": "x", "image": value}).encode())
    assert set(items["a-1"].media) == {TEXT}
    assert "not a path or bytes" in report.skipped[0][1]


def test_damaged_base64_is_reported(tmp_path):
    report, _, _ = read(tmp_path, "a.jsonl", json.dumps({"text": "x", "image_base64": "!!!"}).encode())
    assert "base64 is damaged" in report.skipped[0][1]


# Parquet --------------------------------------------------------------------------------------------------------------


def test_parquet_takes_embedded_bytes_structs_and_paths(tmp_path):
    table = pa.table(
        {
            "id": ["1", "2", "3"],
            "caption": ["one", None, "three"],
            "image": [{"bytes": picture(), "path": None}, {"bytes": picture("blue"), "path": "x.png"}, None],
            "audio": [None, sound(), None],
            "score": [0.5, float("nan"), 2.0],
            "tags": [["a"], [], ["b", "c"]],
        }
    )
    path = tmp_path / "written.parquet"
    pq.write_table(table, path)
    report, items, workspace = read(tmp_path, "a.parquet", path.read_bytes())
    assert [set(item.media) for item in items.values()] == [{TEXT, IMAGE}, {IMAGE, AUDIO}, {TEXT}]
    assert workspace.read_blob(items["2"].media[IMAGE]) == picture("blue")
    assert (dict(items["1"].extra), dict(items["2"].extra)) == ({"score": "0.5"}, {})
    assert items["3"].tags == ("b", "c")
    assert (report.read, report.skipped) == (3, ())


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["one"] * 100}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CatalogError, match="Parquet"):
        list(open_source(str(path)).records(lambda *_: None))
