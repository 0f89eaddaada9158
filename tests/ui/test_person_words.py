"""What the page about a person says: reasons, changes, strips; and that nothing of a catalogue gets in as HTML."""

import pytest

from mmdemo.engine.person_reasons import Reason
from mmdemo.engine.personas import Persona
from mmdemo.types import Modality
from mmdemo.ui import person_html, person_words
from mmdemo.ui.compare_lists_html import Cell
from mmdemo.ui.person_change import Change
from mmdemo.ui.person_choice import labels


def reason(through=None, alike_in=None, alike=0.0, liked=True) -> Reason:
    return Reason("frog", liked, 0.5, through, alike_in, alike)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (reason("image", "text", 99.0), "Because of “A frog”: alike in picture"),
        (reason("behaviour", "image", 50.0), "Because of “A frog”: people chose both"),
        (reason("behaviour", "audio", 99.0), "Because of “A frog”: people chose both, alike in sound"),
        (reason(None, "text", 95.0), "Because of “A frog”: alike in text"),
        (reason(None, "text", 10.0), "Because of “A frog”"),
        (reason("some file", None), "Because of “A frog”"),
        (reason("image", liked=False), "Held back by “A frog”, which was disliked"),
    ],
)
def test_a_reason_says_by_what_and_never_more_than_is_known(given, expected):
    assert person_words.because(given, "A frog") == expected


def test_a_persona_is_called_by_its_taste_else_by_its_name():
    assert person_words.title(Persona("u1", ("birds", "houses"), True, ())) == "Birds and houses"
    assert person_words.title(Persona("u1", ("birds",), True, ())) == "Birds"
    assert person_words.title(Persona("u1", (), False, ())) == "Person u1"


def test_two_personas_are_never_called_the_same():
    likes = {"u1": "birds", "u2": "birds", "u3": "fish"}
    found = tuple(Persona(name, (liked,), True, ()) for name, liked in likes.items())
    assert labels(found) == {"u1": "Birds (u1)", "u2": "Birds (u2)", "u3": "Fish"}


def test_a_change_tells_what_came_went_and_moved():
    change = Change(("a", "b", "c", "d"), ("b", "a", "e", "d"), "After")
    assert (change.came, change.went, change.moved) == (("e",), ("c",), ("b", "a"))
    assert [change.won(item_id) for item_id in change.after] == [1, -1, None, 0]


def test_titles_of_a_catalogue_are_escaped():
    title = '<img src=x onerror="alert(1)">'
    shown = person_html.strip([Cell(title, "", Modality.AUDIO, "")], title) + person_html.reason(title, Modality.TEXT)
    assert "<img" not in shown
    assert "&lt;img" in shown
    assert "float:right" in person_html.standing(99.5, "new")
    assert "ahead of 99.5% of items" in person_html.standing(99.5, "")


@pytest.mark.parametrize("how", ["exact", "shapley", "left out"])
def test_every_way_of_measuring_is_explained(how):
    assert person_words.how_measured(how)
