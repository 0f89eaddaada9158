"""The real packages: how much is in them, and that all of it can be used."""

import os
from collections import Counter

import pytest
from catalog_samples import imported, no_progress, opened

from mmdemo.catalog import RawItem, Skipped, gcompris, open_source, tuxpaint, wesnoth
from mmdemo.catalog.debian import cached_package
from mmdemo.catalog.openmoji import REQUIREMENT, WHEEL_SHA256, OpenMoji
from mmdemo.types import Modality
from mmdemo.weights import cache_dir

IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO


def require(is_cached: bool, name: str) -> None:
    """Skip where a package was not fetched on this machine; in CI it is fetched."""
    if not is_cached and os.environ.get("CI") != "true":
        pytest.skip(f"the packages of '{name}' are not in the cache; run `mmdemo import {name}` first")


@pytest.fixture(scope="module")
def things():
    require(all(cached_package(name) for name in (tuxpaint.PACKAGE, gcompris.PACKAGE)), "things")
    return list(open_source("things").records(no_progress))


def items_of(records):
    return [record for record in records if isinstance(record, RawItem)]


@pytest.mark.things
def test_things_are_785_stamps_and_44_of_gcompris(things):
    stamps = [item for item in items_of(things) if not item.item_id.startswith("gcompris/")]
    others = [item for item in items_of(things) if item.item_id.startswith("gcompris/")]
    assert (len(stamps), len(others)) == (785, 44)
    assert all(IMAGE in item.files and item.text for item in items_of(things))
    assert sum(AUDIO in item.files for item in stamps) == 127
    assert Counter(item.extra["category"] for item in others) == {"instruments": 26, "animals": 9, "world music": 9}
    assert [item.title for item in others if AUDIO not in item.files] == ["Drum kit"]


@pytest.mark.things
def test_what_things_leave_out_are_four_silent_sounds_and_an_unfree_one(things):
    skipped = {record.where.rsplit("/", 1)[-1]: record.why for record in things if isinstance(record, Skipped)}
    assert set(skipped) == {"nandou.ogg", "iguana.ogg", "giraffe.ogg", "wombat.ogg", "drum_kit.ogg"}
    assert sum("silent" in why for why in skipped.values()) == 4


@pytest.mark.things
def test_symbols_can_be_told_from_pictures_of_things(things):
    categories = Counter(item.extra["category"] for item in items_of(things))
    assert categories["symbols"] == 247
    assert all(("symbols" in item.tags) == (item.extra["category"] == "symbols") for item in items_of(things))


@pytest.mark.things
def test_things_have_titles_in_many_languages_and_square_pictures(things):
    by_id = {item.item_id: item for item in items_of(things)}
    assert len(by_id) == 829
    cow = by_id["gcompris/explore_farm_animals/cow"]
    assert cow.text.startswith("Cow. The cow goes 'moo'.")
    assert sum("title:fr" in item.extra for item in by_id.values()) == 785
    for item in list(by_id.values())[::50]:
        width, height = opened(item.files[IMAGE]).size
        assert width == height <= 512


@pytest.mark.things
def test_everything_in_things_is_imported_but_the_one_that_is_there_twice(things, tmp_path):
    class Read:
        info = open_source("things").info
        notes = ()

        def records(self, progress):
            return iter(things)

    report, items, _ = imported(Read(), tmp_path)
    assert (report.read, report.kept, len(report.skipped)) == (829, 828, 5)
    assert [duplicate.split(":")[0] for duplicate in report.duplicates] == ["people/fireman240a.txt"]
    assert sum(AUDIO in item.media for item in items.values()) == 127 + 43


@pytest.mark.things
@pytest.mark.slow
def test_wesnoth_has_units_with_all_three_modalities():
    require(cached_package(wesnoth.PACKAGE) is not None, "wesnoth")
    items = items_of(open_source("wesnoth").records(no_progress))
    assert len(items) >= 227
    assert len({item.item_id for item in items}) == len(items)
    assert all(item.text and set(item.files) == {IMAGE, AUDIO} and item.extra["race"] for item in items)


@pytest.mark.things
@pytest.mark.slow
def test_openmoji_has_every_emoji_once():
    wheel = cache_dir() / "wheels" / f"{REQUIREMENT.replace('==', '-')}-{WHEEL_SHA256[:12]}" / "wheel.whl"
    require(wheel.is_file(), "openmoji")
    items = items_of(OpenMoji().records(no_progress))
    assert len(items) == len({item.item_id for item in items}) > 1900
    assert all(item.text and "title:de" in item.extra and IMAGE in item.files for item in items)
