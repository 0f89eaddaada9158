"""What a session of the page remembers: selections that outlive figures, figures that outlive runs."""

import numpy as np
from space_maps_made_up import items, map_of

from mmdemo.figures import Chart
from mmdemo.ui.space_session import DrawnChart, SpaceSession
from mmdemo.ui.space_view import SpaceView

CATALOGUE = items()
ON = map_of(CATALOGUE)
NOTHING = np.zeros(0, np.intp)


def drawn(session: SpaceSession, slot: int = 0, key: tuple = ("a",)) -> DrawnChart:
    marked = session.to_mark(slot, key)
    known = session.charts.get(slot)
    if known is None or known.key != key or known.marked is not marked:
        session.charts[slot] = DrawnChart(key, Chart.__new__(Chart), marked, NOTHING)
    return session.charts[slot]


def test_a_selection_made_on_a_figure_leaves_that_figure_as_it_is():
    session = SpaceSession()
    before = drawn(session)
    assert session.take(0, np.array([1, 2]), ON, CATALOGUE)
    assert session.selection is not None
    assert session.to_mark(0, ("a",)) is None
    assert drawn(session) is before


def test_the_other_map_shows_it():
    session = SpaceSession()
    drawn(session, 0), drawn(session, 1, ("b",))
    session.take(0, np.array([1]), ON, CATALOGUE)
    assert session.to_mark(1, ("b",)) is session.selection
    assert drawn(session, 1, ("b",)).marked is session.selection


def test_a_changed_figure_gets_the_selection_drawn_in():
    session = SpaceSession()
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    assert drawn(session, key=("other colour",)).marked is session.selection
    assert session.selection is not None


def test_a_new_figure_with_nothing_selected_on_it_does_not_end_the_selection():
    session = SpaceSession()
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    drawn(session, key=("other colour",))
    assert not session.take(0, NOTHING, ON, CATALOGUE)
    assert session.selection is not None


def test_a_second_selection_on_a_marked_figure_replaces_the_marks():
    session = SpaceSession()
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    drawn(session, key=("other colour",))
    session.take(0, np.array([2, 3]), ON, CATALOGUE)
    assert session.to_mark(0, ("other colour",)) is session.selection
    assert session.selection.points(ON, CATALOGUE).tolist() == [2, 3]


def test_selecting_nothing_ends_the_selection():
    session = SpaceSession()
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    assert session.take(0, NOTHING, ON, CATALOGUE)
    assert session.selection is None


def test_what_the_browser_still_says_of_an_older_selection_changes_nothing():
    session = SpaceSession()
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    assert not session.take(0, np.array([1]), ON, CATALOGUE)


def test_points_that_the_map_does_not_have_are_no_selection():
    session = SpaceSession()
    drawn(session)
    assert not session.take(0, np.array([len(ON) + 5]), ON, CATALOGUE)
    assert session.selection is None


def test_clearing_forgets_the_selection_and_has_figures_drawn_afresh():
    session = SpaceSession(view=SpaceView(items=("item-1",)))
    session.select_items(("item-1",), ON, CATALOGUE)
    assert session.selection is not None
    epoch = session.epoch
    session.clear()
    assert session.selection is None
    assert session.view.items == ()
    assert session.epoch > epoch


def test_a_new_address_starts_afresh():
    session = SpaceSession()
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    generation = session.generation
    session.load(SpaceView(find="dog"))
    assert session.selection is None
    assert session.view.find == "dog"
    assert session.generation == generation + 1


def test_a_selection_by_hand_takes_the_items_out_of_the_address():
    session = SpaceSession(view=SpaceView(items=("item-1",)))
    drawn(session)
    session.take(0, np.array([1]), ON, CATALOGUE)
    assert session.view.items == ()
