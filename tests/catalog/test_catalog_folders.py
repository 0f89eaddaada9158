import io
import os
import stat
import unicodedata
import zipfile

import pytest
from catalog_samples import imported, picture, sound, write_files

from mmdemo.catalog import archive, open_source
from mmdemo.errors import CatalogError
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO


def pack(files, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


@pytest.fixture(params=["folder", "archive"])
def read(request, tmp_path):
    """Imports files as a folder or as an archive: the rules are the same."""

    def read_files(files):
        if request.param == "folder":
            spec = write_files(tmp_path / "data", files)
        else:
            spec = pack(files, tmp_path / "data.zip")
        return imported(open_source(str(spec)), tmp_path)

    return read_files


def test_files_that_share_a_stem_are_one_item_with_the_first_folder_as_tag(read):
    report, items, workspace = read(
        {
            "cats/tom.png": picture("blue"),
            "cats/tom.wav": sound(),
            "cats/tom.txt": b"A lazy tomcat.",
            "cats/wild/lynx.jpg": picture(format_name="JPEG"),
            "rex_the-dog.png": picture("green"),
        }
    )
    assert set(items) == {"cats/tom", "cats/wild/lynx", "rex_the-dog"}
    assert set(items["cats/tom"].media) == {TEXT, IMAGE, AUDIO}
    assert items["cats/tom"].media[TEXT] == "A lazy tomcat."
    assert workspace.read_blob(items["cats/tom"].media[AUDIO]) == sound()
    assert [items[name].tags for name in sorted(items)] == [("cats",), ("cats",), ()]
    assert items["rex_the-dog"].title == "rex the dog"
    assert (report.read, report.kept, report.skipped) == (3, 3, ())


def test_a_file_is_what_it_holds_and_not_what_its_name_says(read):
    _, items, _ = read({"a.wav": picture(), "b.png": sound(), "c": picture("blue")})
    assert [set(items[name].media) for name in "abc"] == [{IMAGE}, {AUDIO}, {IMAGE}]


def test_a_second_file_of_a_modality_a_broken_one_and_a_program_are_reported(read):
    report, items, _ = read(
        {"a.jpg": picture("red"), "a.png": picture("blue"), "b.png": b"\x89PNG no", "run.py": b"1", "ok.txt": b"fine"}
    )
    assert set(items) == {"a", "ok"}
    assert [where for where, _ in report.skipped] == ["run.py", "a.png", "b.png", "b.png"]
    assert report.skipped[1][1] == "the item has a picture already"
    assert (report.read, report.kept) == (3, 2)


def test_what_systems_leave_in_folders_is_passed_over_in_silence(read):
    report, items, _ = read({"a.txt": b"one", ".DS_Store": b"x", "__MACOSX/._a.txt": b"x", "b/Thumbs.db": b"x"})
    assert (set(items), report.skipped, report.read) == ({"a"}, (), 1)


def test_metadata_joins_by_file_name_path_or_id_and_adds_columns(read):
    table = (
        "file_name,title,text,tags,artist\n"
        "tom.png,Tom,A cat.,pet;lazy,Ann\n"
        "dogs/rex,Rex,,,Bob\n"
        "gone.png,Gone,,,\n"
        "gone.png,,,,Eve\n"
    )
    report, items, _ = read(
        {
            "metadata.csv": table.encode(),
            "cats/tom.png": picture("red"),
            "cats/tom.wav": sound(),
            "dogs/rex.png": picture("blue"),
            "dogs/other.png": picture("green"),
        }
    )
    tom, rex, other = items["cats/tom"], items["dogs/rex"], items["dogs/other"]
    assert (tom.title, tom.media[TEXT], tom.tags, dict(tom.extra)) == (
        "Tom",
        "A cat.",
        ("cats", "pet", "lazy"),
        {"artist": "Ann"},
    )
    assert set(tom.media) == {TEXT, IMAGE, AUDIO}
    assert (rex.title, rex.media[TEXT], rex.extra["artist"]) == ("Rex", "Rex", "Bob")
    assert (other.title, other.tags) == ("other", ("dogs",))
    assert dict(items["row 3"].media) == {TEXT: "Gone"}
    assert [where for where, _ in report.skipped] == ["metadata.csv, line 4", *["metadata.csv, line 5"] * 2]


def test_a_row_may_bring_files_of_several_names_together(read):
    _, items, _ = read(
        {
            "list.jsonl": b'{"id": "both", "image": "pics/a.png", "sound": "./sounds/b.wav", "text": "Two files."}',
            "pics/a.png": picture(),
            "sounds/b.wav": sound(),
        }
    )
    assert set(items) == {"both"}
    assert set(items["both"].media) == {TEXT, IMAGE, AUDIO}


def test_a_name_that_several_files_have_needs_its_path(read):
    report, items, _ = read(
        {
            "metadata.csv": b"file_name,text\nx.png,which?\na/x.png,this one\n",
            "a/x.png": picture("red"),
            "b/x.png": picture("blue"),
        }
    )
    assert items["a/x"].media[TEXT] == "this one"
    assert set(items["b/x"].media) == {IMAGE}
    assert "several" in report.skipped[0][1]


def test_composed_and_decomposed_names_are_the_same(read):
    _, items, _ = read(
        {
            unicodedata.normalize("NFD", "Käfer.png"): picture(),
            "metadata.csv": "file_name,text\nKäfer.png,Ein Käfer.\n".encode(),
        }
    )
    assert set(items["Käfer"].media) == {TEXT, IMAGE}


# Folders only ---------------------------------------------------------------------------------------------------------


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    write_files(tmp_path, {"secret.txt": b"secret", "secrets/more.txt": b"secret", "data/a.txt": b"one"})
    (tmp_path / "data/b.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "data/c").symlink_to(tmp_path / "secrets")
    report, items, _ = imported(open_source(str(tmp_path / "data")), tmp_path)
    assert set(items) == {"a"}
    assert [where for where, _ in report.skipped] == ["b.txt", "b.txt"]


def test_a_link_inside_the_folder_is_a_file_like_any_other(tmp_path):
    write_files(tmp_path, {"data/a.png": picture()})
    (tmp_path / "data/b.png").symlink_to("a.png")
    _, items, _ = imported(open_source(str(tmp_path / "data")), tmp_path)
    assert set(items) == {"a", "b"}


def test_a_pipe_in_the_folder_is_not_opened(tmp_path):
    write_files(tmp_path, {"data/a.txt": b"one"})
    os.mkfifo(tmp_path / "data/b.txt")
    report, items, _ = imported(open_source(str(tmp_path / "data")), tmp_path)
    assert set(items) == {"a"}
    assert report.skipped[0][0] == "b.txt"


# Archives only --------------------------------------------------------------------------------------------------------


def test_a_folder_that_only_wraps_the_others_does_not_count(tmp_path):
    path = pack({"mine/cats/a.txt": b"one", "mine/dogs/b.txt": b"two"}, tmp_path / "a.zip")
    _, items, _ = imported(open_source(str(path)), tmp_path)
    assert {item_id: item.tags for item_id, item in items.items()} == {"cats/a": ("cats",), "dogs/b": ("dogs",)}


def test_a_folder_that_holds_only_files_is_a_tag(tmp_path):
    _, items, _ = imported(open_source(str(pack({"cats/a.txt": b"one"}, tmp_path / "a.zip"))), tmp_path)
    assert items["cats/a"].tags == ("cats",)


def entry(name, **about):
    member = zipfile.ZipInfo(name)
    for key, value in about.items():
        setattr(member, key, value)
    return member


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (entry("../../outside.txt"), "out of the archive"),
        (entry("/outside.txt"), "out of the archive"),
        (entry("a\\..\\..\\outside.txt"), "out of the archive"),
        (entry("C:/outside.txt"), "out of the archive"),
        (entry("link.txt", external_attr=(stat.S_IFLNK | 0o777) << 16), "link"),
        (entry("pipe.txt", external_attr=(stat.S_IFIFO | 0o777) << 16), "special"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.filename,
)
def test_members_that_lead_outside_are_left_out_and_the_others_kept(tmp_path, member, why):
    path = tmp_path / "inner" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(member, b"outside")
        packed.writestr("good.txt", b"good")
    report, items, _ = imported(open_source(str(path)), tmp_path)
    assert set(items) == {"good"}
    assert len(report.skipped) == 1
    assert why in report.skipped[0][1]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["inner", "workspace"]


def test_an_encrypted_member_is_left_out(tmp_path):
    data = bytearray(pack({"a.txt": b"secret", "b.txt": b"open"}, tmp_path / "a.zip").read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    data[6] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    report, items, _ = imported(open_source(str(tmp_path / "a.zip")), tmp_path)
    assert set(items) == {"b"}
    assert report.skipped == (("a.txt", "it is encrypted"),)


def test_a_member_that_unpacks_to_far_more_than_its_size_is_left_out(tmp_path):
    path = pack({"bomb.txt": bytes(5 * 2**20), "good.txt": b"good"}, tmp_path / "a.zip")
    report, items, _ = imported(open_source(str(path)), tmp_path)
    assert set(items) == {"good"}
    assert "times its size" in report.skipped[0][1]


def test_a_member_that_lies_about_its_size_is_left_out(tmp_path):
    data = bytearray(pack({"a.txt": b"x" * 5000, "good.txt": b"good"}, tmp_path / "a.zip").read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    report, items, _ = imported(open_source(str(tmp_path / "a.zip")), tmp_path)
    assert set(items) == {"good"}
    assert "cannot be unpacked" in report.skipped[0][1]


def test_an_archive_that_unpacks_to_too_much_is_refused_before_reading(tmp_path, monkeypatch):
    path = pack({f"{number}.txt": b"x" * 100 for number in range(20)}, tmp_path / "a.zip")
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1999)
    with pytest.raises(CatalogError, match="unpacks to 20 files"):
        imported(open_source(str(path)), tmp_path)


def test_a_damaged_member_costs_only_itself(tmp_path):
    data = bytearray(pack({"a.txt": b"first text " * 9, "b.txt": b"second"}, tmp_path / "a.zip").read_bytes())
    data[40] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(data)
    report, items, _ = imported(open_source(str(tmp_path / "a.zip")), tmp_path)
    assert set(items) == {"b"}
    assert "cannot be unpacked" in report.skipped[0][1]


def test_an_archive_without_its_directory_is_refused(tmp_path):
    path = pack({"a.txt": b"one"}, tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CatalogError, match="ZIP"):
        imported(open_source(str(path)), tmp_path)


def test_folders_nested_very_deeply_are_unwrapped(tmp_path):
    inner = io.BytesIO()
    deep = "d/" * 15_000
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr(f"{deep}a.txt", b"one")
        packed.writestr(f"{deep}b/c.txt", b"two")
    (tmp_path / "a.zip").write_bytes(inner.getvalue())
    _, items, _ = imported(open_source(str(tmp_path / "a.zip")), tmp_path)
    assert set(items) == {"a", "b/c"}
