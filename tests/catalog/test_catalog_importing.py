import threading

import pytest
from catalog_samples import imported, picture, sound

from mmdemo.catalog import RawItem, Skipped, import_source
from mmdemo.errors import CancelledError, CatalogError, WorkspaceError
from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO


class Listed:
    """A source of given records."""

    def __init__(self, *records, title="Listed", synthetic=False):
        self.given = records
        self.info = SourceInfo(title=title, licence=f"L-{title}", attribution=title, url="", synthetic=synthetic)
        self.notes = ("a note",)

    def records(self, progress):
        for number, record in enumerate(self.given):
            progress(number, len(self.given), "listing")
            yield record


def texts(*words):
    return Listed(*(RawItem(item_id=word, title=word, text=f"the {word}") for word in words))


def test_the_report_accounts_for_every_record(tmp_path):
    source = Listed(
        RawItem("a", "A", text="one", where="row 1"),
        RawItem("a", "B", text="two", where="row 2"),
        RawItem("c", "A", text="one", where="row 3"),
        RawItem("d", "D", where="row 4"),
        RawItem("e", "E", text="five", files={IMAGE: b"no picture"}, where="row 5"),
        Skipped("row 6", "torn", is_item=True),
        Skipped("row 5 (sound)", "silent"),
    )
    report, items, workspace = imported(source, tmp_path)
    assert list(items) == ["a", "e"]
    assert (report.read, report.kept, len(report.duplicates)) == (6, 2, 2)
    assert report.duplicates[0] == "row 2: the id 'a' is there already (row 1)"
    assert report.duplicates[1].startswith("row 3: the same as 'a'")
    assert [where for where, _ in report.skipped] == ["row 4", "row 5 (picture)", "row 6", "row 5 (sound)"]
    whole_records_left_out = 2
    assert report.read == report.kept + whole_records_left_out + len(report.duplicates)
    stored = workspace.read_catalog()
    assert stored.report == report.as_json()
    assert stored.source == source.info
    assert report.notes == ("a note",)


def test_the_same_content_keeps_its_tags_on_the_one_item(tmp_path):
    source = Listed(RawItem("a", "A", text="x", tags=("red",)), RawItem("b", "A", text="x", tags=("blue", "red")))
    _, items, _ = imported(source, tmp_path)
    assert items["a"].tags == ("red", "blue")


def test_items_keep_the_order_of_the_source_however_long_each_takes(tmp_path):
    records = [
        RawItem(f"{n:02d}", "", text=str(n), files={AUDIO: sound(200 + n, seconds=3 if n % 5 == 0 else 0.2)})
        for n in range(30)
    ]
    _, items, _ = imported(Listed(*records), tmp_path)
    assert list(items) == [record.item_id for record in records]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (RawItem("i", " A\n title ", text="text"), "A title"),
        (RawItem("i", "", text="first line\nsecond"), "first line second"),
        (RawItem("i", "", files={IMAGE: picture()}), "i"),
        (RawItem("i", "x" * 300, text="text"), "x" * 199 + "…"),
    ],
)
def test_a_title_is_always_there_and_short(tmp_path, given, title):
    assert imported(Listed(given), tmp_path)[1]["i"].title == title


def test_what_cannot_be_stored_is_cleaned(tmp_path):
    given = RawItem(
        "a\0\ud800", "t\x07", text="x\0y", tags=(" a ", "", "a", "b\n c"), extra={"k\0": "v\ud800\0", "e": " "}
    )
    _, items, _ = imported(Listed(given), tmp_path)
    assert (items["a"].title, items["a"].tags) == ("t", ("a", "b c"))
    assert dict(items["a"].extra) == {"k": "v"}
    assert items["a"].media[TEXT] == "xy"


@pytest.mark.parametrize("item_id", ["", " ", "\0", "x" * 501])
def test_an_item_without_a_usable_id_is_left_out(tmp_path, item_id):
    report, items, _ = imported(
        Listed(RawItem(item_id, "", text="x", where="row 1"), RawItem("b", "", text="y")), tmp_path
    )
    assert list(items) == ["b"]
    assert report.skipped[0][0] == "row 1"


def test_one_bad_file_costs_its_item_only_that_modality(tmp_path):
    given = RawItem("a", "A", text="x" * 20_000, files={IMAGE: picture(), AUDIO: sound(level=0.0)})
    report, items, _ = imported(Listed(given), tmp_path)
    assert set(items["a"].media) == {IMAGE}
    assert [where for where, _ in report.skipped] == ["a (text)", "a (sound)"]


def test_a_path_that_cannot_be_read_is_reported(tmp_path):
    given = RawItem("a", "A", text="x", files={IMAGE: tmp_path / "absent.png", AUDIO: tmp_path})
    report, items, _ = imported(Listed(given), tmp_path)
    assert set(items["a"].media) == {TEXT}
    assert [why.split(":")[0] for _, why in report.skipped] == ["it cannot be read"] * 2


def test_adding_keeps_what_is_there_replaces_the_same_id_and_names_both_sources(tmp_path):
    imported(texts("cat", "dog"), tmp_path)
    more = Listed(
        RawItem("dog", "Dog", text="a new dog"), RawItem("owl", "Owl", text="an owl"), title="More", synthetic=True
    )
    for _ in range(2):
        report, items, workspace = imported(more, tmp_path, add=True)
    assert {item_id: item.media[TEXT] for item_id, item in items.items()} == {
        "cat": "the cat",
        "dog": "a new dog",
        "owl": "an owl",
    }
    assert (report.kept, report.replaced) == (2, ("dog", "owl"))
    source = workspace.read_catalog().source
    assert (source.title, source.licence, source.synthetic) == ("Listed + More", "L-Listed + L-More", True)


def test_without_adding_the_catalogue_is_replaced(tmp_path):
    imported(texts("cat"), tmp_path)
    assert list(imported(texts("owl"), tmp_path)[1]) == ["owl"]


def test_a_cancel_or_an_error_in_the_middle_leaves_the_catalogue_as_it_was(tmp_path):
    _, _, workspace = imported(texts("cat"), tmp_path)
    threads = threading.active_count()
    before = workspace.current_catalog_id()

    def cancel(done, total, message):
        if done == 40:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        import_source(texts(*(f"word {n}" for n in range(99))), workspace, progress=cancel)

    class Torn(Listed):
        def records(self, progress):
            yield from super().records(progress)
            raise CatalogError("torn", expected="whole", remedy="mend")

    with pytest.raises(CatalogError, match="torn"):
        import_source(Torn(*texts("owl").given), workspace)
    assert workspace.current_catalog_id() == before
    assert threading.active_count() <= threads


def test_a_cancel_at_the_last_step_leaves_the_catalogue_as_it_was(tmp_path):
    _, _, workspace = imported(texts("cat"), tmp_path)

    def cancel(done, total, message):
        if message == "writing the catalogue":
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        import_source(texts("owl"), workspace, progress=cancel)
    assert [item.item_id for item in workspace.read_catalog().items] == ["cat"]


def test_nothing_usable_is_an_error_with_the_first_reason(tmp_path):
    with pytest.raises(CatalogError, match=r"nothing in 'Listed' can be used \(the first: row 1: torn\)"):
        imported(Listed(Skipped("row 1", "torn", is_item=True)), tmp_path)


def test_the_workspace_must_exist(tmp_path):
    with pytest.raises(WorkspaceError):
        import_source(texts("cat"), Workspace(tmp_path / "none"))


def test_few_records_are_read_ahead_of_the_decoders(tmp_path):
    """Memory stays bounded: a source of large files is not read much faster than it is decoded."""
    workspace = Workspace(tmp_path / "w").create("w")
    decoded, ahead = [], []

    class Counting(Listed):
        def records(self, progress):
            for number in range(60):
                ahead.append(number - len(list((workspace.path / "blobs").rglob("*"))))
                yield RawItem(str(number), "", files={IMAGE: picture((number, 0, 0), size=(400, 400))})

    import_source(Counting(), workspace, progress=lambda done, *_: decoded.append(done))
    assert max(ahead) <= 20
