"""What a view shows: which maps, which phrases."""

import pytest

from mmdemo.projection import MapSettings
from mmdemo.ui.space_view import MAX_PLACED, Beside, MapChoice, Second, SpaceView, Where, maps_of

PCA = MapSettings("pca", 3)
UNALIGNED = MapSettings("pca", 3, space="unaligned")
HERE = Where("", "000001-aa")


@pytest.mark.parametrize(
    ("second", "other"),
    [
        (Second(Beside.SPACE), MapChoice(UNALIGNED, HERE)),
        (Second(Beside.VERSION, "000002-bb"), MapChoice(PCA, Where("", "000002-bb"))),
        (Second(Beside.WORKSPACE, "mine"), MapChoice(PCA, Where("mine", ""))),
    ],
)
def test_the_second_map_differs_in_one_thing(second, other):
    assert maps_of(SpaceView(settings=PCA, where=HERE, second=second)) == (MapChoice(PCA, HERE), other)


def test_beside_a_map_before_alignment_stands_the_one_after_it():
    view = SpaceView(settings=UNALIGNED, second=Second(Beside.SPACE))
    assert [choice.settings.space for choice in maps_of(view)] == ["unaligned", "shared"]


def test_without_a_second_there_is_one_map():
    assert maps_of(SpaceView(settings=PCA)) == (MapChoice(PCA, Where()),)


@pytest.mark.parametrize(
    ("words", "phrases"),
    [
        ("", ()),
        (" ; ;", ()),
        ("a drum", ("a drum",)),
        ("a  drum ;snow;a drum", ("a drum", "snow")),
        (";".join("abcdefghij"), tuple("abcdefghij"[:MAX_PLACED])),
    ],
)
def test_semicolons_part_what_is_placed(words, phrases):
    assert SpaceView(words=words).phrases() == phrases
