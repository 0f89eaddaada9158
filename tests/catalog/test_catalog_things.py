"""The rules of the built-in packages, on packages the tests make."""

import numpy as np
import pytest
from catalog_samples import SVG, no_progress, opened, picture, sound
from rcc_writer import PLAIN, ZLIB, ZSTD, write_rcc

from mmdemo.catalog import RawItem, Skipped
from mmdemo.catalog.gcompris import activities
from mmdemo.catalog.pictures import MAX_SIDE_PX, square_on_white
from mmdemo.catalog.tuxpaint import stamps
from mmdemo.catalog.wesnoth import units
from mmdemo.types import Modality

IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO
STAMPS = "usr/share/tuxpaint/stamps/"


def split(records):
    """Items by id, and what was left out by place."""
    records = list(records)
    items = {record.item_id: record for record in records if isinstance(record, RawItem)}
    return items, {record.where: record.why for record in records if isinstance(record, Skipped)}


def read_stamps(files):
    return split(stamps([(STAMPS + name, content) for name, content in files.items()], no_progress))


def test_a_stamp_is_its_first_line_its_translations_its_picture_and_its_sound():
    frog = sound(300)
    items, skipped = read_stamps(
        {
            "animals/pond/frog.txt": b"A frog.\nfr.utf8=Une grenouille.\npt_BR.utf8=Um sapo.\nde.utf8= \n",
            "animals/pond/frog.png": picture(),
            "animals/pond/frog.wav": frog,
            "animals/pond/frog_desc_fr.ogg": sound(500),
            "animals/pond/frog_de.ogg": sound(600),
        }
    )
    assert skipped == {}
    (item,) = items.values()
    assert (item.item_id, item.title, item.text) == ("animals/pond/frog", "A frog", "A frog.")
    assert item.tags == ("animals", "pond")
    assert item.files[AUDIO] == frog
    titles = {name: value for name, value in item.extra.items() if name.startswith("title:")}
    assert titles == {"title:fr": "Une grenouille.", "title:pt_BR": "Um sapo."}
    assert item.extra["category"] == "animals"
    assert item.extra["licence"] == "GPL-2.0"


def test_only_described_stamps_with_a_bitmap_are_items():
    items, _ = read_stamps(
        {
            "a/mirror.png": picture(),
            "a/drawn.txt": b"Drawn.",
            "a/drawn.svg": SVG,
            "a/whole.txt": b"Whole.",
            "a/whole.png": picture(),
            "a/noise.ogg": sound(),
        }
    )
    assert list(items) == ["a/whole"]


@pytest.mark.parametrize(
    ("level", "is_kept"), [(0.0, False), (1e-4, False), (3e-4, True)], ids=["silent", "below 1e-4", "above 1e-4"]
)
def test_sounds_below_an_rms_of_1e_4_are_left_out_but_their_stamps_stay(level, is_kept):
    # The RMS of a sine is its level over the square root of 2; FLAC keeps 24 bits, so that 1e-4 is not rounded away.
    items, skipped = read_stamps(
        {"a/x.txt": b"X", "a/x.png": picture(), "a/x.ogg": sound(level=level, format_name="FLAC")}
    )
    assert (AUDIO in items["a/x"].files) is is_kept
    assert ("silent" in skipped.get("a/x.ogg", "")) is not is_kept


def test_a_stamp_with_a_broken_picture_or_sound_keeps_the_rest():
    items, skipped = read_stamps({"a/x.txt": b"X", "a/x.png": b"\x89PNG broken", "a/x.ogg": b"OggS broken"})
    assert dict(items["a/x"].files) == {}
    assert set(skipped) == {"a/x.png", "a/x.ogg"}


def test_pictures_become_squares_on_white_with_a_margin():
    square = opened(square_on_white(picture((0, 0, 255, 255), size=(100, 50))))
    pixels = np.asarray(square)
    assert square.width == square.height == 114
    assert pixels[57, 57].tolist() == [0, 0, 255]
    blue = np.argwhere((pixels == [0, 0, 255]).all(axis=2))
    assert blue.min(axis=0).tolist() == [32, 7]
    assert (blue.max(axis=0) - blue.min(axis=0) + 1).tolist() == [50, 100]
    assert (pixels[:7] == 255).all()


def test_transparent_pixels_become_white_and_large_pictures_are_reduced():
    assert (np.asarray(opened(square_on_white(picture((9, 9, 9, 0))))) == 255).all()
    assert max(opened(square_on_white(picture(size=(1500, 900)))).size) == MAX_SIDE_PX


def package(name, files):
    """One activity of GCompris; packed in all three ways."""
    root = f"gcompris/src/activities/{name}/"
    packing = [PLAIN, ZLIB, ZSTD]
    packed = {root + path: (content, packing[i % 3]) for i, (path, content) in enumerate(files.items())}
    return f"usr/share/gcompris-qt/rcc/{name}.rcc", write_rcc(packed)


def entry(root, name, text):
    return (
        f'{{"image": "qrc:/{root}/{name}.svg", "text": qsTr("{text}"),'
        f' "audio": ApplicationInfo.getAudioFilePath("qrc:/{root}/{name}.$CA") }}'
    )


def test_instruments_are_drawn_and_the_unfree_sound_is_left_out():
    root = "gcompris/src/activities/instruments/resource"
    listed = ",".join(
        entry(root, name, f"Find the {name.replace('_', ' ')}") for name in ("harp", "drum_kit", "harp", "snare_drum")
    )
    files = {"instruments.js": f"var levels = [ {listed} ]".encode()}
    for name in ("harp", "drum_kit", "snare_drum"):
        files |= {f"resource/{name}.svg": SVG, f"resource/{name}.ogg": sound()}
    items, skipped = split(activities([package("instruments", files), ("usr/share/other.rcc", b"")], no_progress))
    assert [item.title for item in items.values()] == ["Harp", "Drum kit", "Snare drum"]
    assert items["gcompris/instruments/harp"].text == "Harp"
    assert items["gcompris/instruments/harp"].tags == ("instruments", "music")
    assert set(items["gcompris/instruments/snare_drum"].files) == {IMAGE, AUDIO}
    assert set(items["gcompris/instruments/drum_kit"].files) == {IMAGE}
    assert list(skipped) == [f"{root}/drum_kit.ogg"]
    drawn = opened(items["gcompris/instruments/harp"].files[IMAGE])
    assert drawn.getpixel((256, 256)) == (0, 0, 255)
    assert drawn.getpixel((2, 2)) == (255, 255, 255)


def test_animals_have_the_photograph_and_title_and_text_of_their_board():
    root = "qrc:/gcompris/src/activities/explore_farm_animals/resource/animals"
    board = f"""tab: [ {{ "image": "{root}/cow.svg", "title": qsTr("Cow"),
        "text": qsTr("The cow goes \\'moo\\'."), "audio": A.getAudioFilePath("{root}/cow.$CA"),
        "image2": "{root}/cow.webp", "x": 0.18 }} ] instructions: [ {{ "text": qsTr("Click!") }} ]"""
    files = {
        "resource/board/board1.qml": board.encode(),
        "resource/animals/cow.svg": SVG,
        "resource/animals/cow.webp": picture("green", format_name="WEBP"),
        "resource/animals/cow.ogg": sound(),
    }
    items, skipped = split(activities([package("explore_farm_animals", files)], no_progress))
    (cow,) = items.values()
    assert (cow.title, cow.text, skipped) == ("Cow", "Cow. The cow goes 'moo'.", {})
    red, green, blue = opened(cow.files[IMAGE]).getpixel((13, 13))
    assert green > red + blue


WESNOTH = {
    "macros/sound-utils.cfg": b"#define SOUND_LIST:CRY\ncry-[1~2].ogg #enddef",
    "sounds/cry-1.ogg": b"one",
    "sounds/cry-2.ogg": b"two",
    "sounds/flap.wav": b"flap",
    "images/portraits/bat.png": picture(),
}
UNIT = """[unit_type]\nid={id}\nname= _ "{id}"\nrace=bats\nlevel=1\nadvances_to=null\nprofile="{profile}"
description= _ "Bats fly."\ndie_sound={sound}\n[attack]\nname=bite\ndescription=_"fangs"\n[/attack]\n[/unit_type]\n"""


def read_units(*described):
    text = "".join(UNIT.format(id=id_, profile=profile, sound=cry) for id_, profile, cry in described)
    return split(units({**WESNOTH, "units/bats/a.cfg": text.encode()}, no_progress))


def test_a_unit_has_its_own_description_portrait_and_sound():
    items, skipped = read_units(("Bat", "portraits/bat.png~CROP(0,0,9,9)", "flap.wav"))
    bat = items["Bat"]
    assert (bat.title, bat.text, skipped) == ("Bat", "Bat. Bats fly.", {})
    assert bat.files[AUDIO] == b"flap"
    assert opened(bat.files[IMAGE]).getpixel((13, 13)) == (255, 0, 0)
    assert bat.tags == ("bats",)
    assert (bat.extra["level"], "advances_to" in bat.extra) == ("1", False)


def test_units_that_share_a_list_of_cries_take_different_ones_of_it():
    listed = [(f"Bat {number}", "portraits/bat.png", "{SOUND_LIST:CRY}") for number in range(20)]
    items, _ = read_units(*listed)
    assert {item.files[AUDIO] for item in items.values()} == {b"one", b"two"}
    assert items == read_units(*listed)[0]


def test_a_unit_without_one_of_the_three_is_left_out_and_says_which():
    items, skipped = read_units(("A", "portraits/none.png", "flap.wav"), ("B", "portraits/bat.png", "{NO:SUCH}"))
    assert items == {}
    assert [why.rsplit("no ", 1)[1].split(" of")[0] for why in skipped.values()] == ["portrait", "sound"]
