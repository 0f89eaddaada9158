"""The address of a view of the space: what is written is what is read, and anything may be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.projection import MAP_MODALITIES, MapSettings
from mmdemo.ui.space_address import MAX_ITEMS, decode, encode
from mmdemo.ui.space_view import MAX_WORDS, Beside, Density, Second, SpaceView, Where, maps_of

names = st.text(min_size=1, max_size=30).filter(str.strip)
words = st.text(max_size=60).filter(lambda text: not text or bool(text.strip()))
settings = st.builds(
    MapSettings,
    method=st.sampled_from(["umap", "pca"]),
    dimensions=st.sampled_from([2, 3]),
    n_neighbors=st.integers(2, 200),
    min_dist=st.integers(0, 99).map(lambda hundredths: hundredths / 100),
    metric=st.sampled_from(["cosine", "euclidean"]),
    space=st.sampled_from(["shared", "unaligned"]),
    seed=st.integers(0, 2**32 - 1),
)
seconds = st.one_of(
    st.none(),
    st.just(Second(Beside.SPACE)),
    st.builds(Second, st.sampled_from([Beside.VERSION, Beside.WORKSPACE]), names),
)
views = st.builds(
    SpaceView,
    settings=settings,
    where=st.builds(Where, st.one_of(st.just(""), names), st.one_of(st.just(""), names)),
    second=seconds,
    colour=names,
    shown=st.frozensets(st.sampled_from(MAP_MODALITIES), min_size=1),
    links=st.booleans(),
    labels=st.booleans(),
    density=st.sampled_from(Density),
    find=words,
    words=words,
    draft=st.booleans(),
    items=st.lists(names, max_size=MAX_ITEMS, unique=True).map(tuple),
)
known = (
    "method dim neighbors apart metric space seed links labels draft density workspace version beside colour find words"
)
params = st.dictionaries(
    st.sampled_from([*known.split(), "hide", "item", "x"]), st.lists(st.text(max_size=400), max_size=20)
)


@given(views)
def test_every_view_survives_the_round_trip(view):
    assert decode(encode(view)) == view


@given(params)
def test_whatever_stands_in_an_address_gives_a_usable_view(given_params):
    view = decode(given_params)
    assert view.shown
    assert len(view.items) <= MAX_ITEMS
    assert len(view.find) <= MAX_WORDS
    assert maps_of(view)[0].settings == view.settings
    assert decode(encode(view)) == view


def test_a_view_as_it_comes_has_an_empty_address():
    assert encode(SpaceView()) == {}
    assert decode({}) == SpaceView()


def test_an_address_can_be_read_by_people():
    view = SpaceView(
        settings=MapSettings(method="pca", dimensions=3),
        second=Second(Beside.VERSION, "000002-bb"),
        colour="cluster",
        shown=frozenset(MAP_MODALITIES[:2]),
        links=True,
        words="a drum; snow",
    )
    assert encode(view) == {
        "method": ["pca"],
        "dim": ["3"],
        "links": ["1"],
        "beside": ["version:000002-bb"],
        "colour": ["cluster"],
        "words": ["a drum; snow"],
        "hide": ["audio"],
    }


@pytest.mark.parametrize(
    "params",
    [
        {"method": ["tsne"]},
        {"dim": ["4"]},
        {"dim": ["two"]},
        {"neighbors": ["1"]},
        {"apart": ["nan"]},
        {"apart": ["1.5"]},
        {"links": ["yes"]},
        {"beside": ["space:x"]},
        {"beside": ["version"]},
        {"beside": ["elsewhere:x"]},
        {"hide": ["text", "image", "audio"]},
        {"find": ["x" * (MAX_WORDS + 1)]},
        {"item": ["", "x" * 500]},
        {"method": []},
    ],
)
def test_what_cannot_be_read_is_left_out(params):
    assert decode(params) == SpaceView()


def test_one_bad_setting_leaves_the_others():
    assert decode({"method": ["pca"], "dim": ["9"], "neighbors": ["30"]}).settings == MapSettings("pca", 2, 30)
