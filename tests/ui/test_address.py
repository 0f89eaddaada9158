"""The address of a query: what is written is what is read, and anything may be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.types import Modality
from mmdemo.ui.address import MAX_PARTS, MAX_RESULTS, MAX_TEXT, Address, AddressPart, decode, encode

words = st.text(min_size=1, max_size=60).filter(str.strip)
weights = st.integers(-100, 100).map(lambda hundredths: hundredths / 100)
parts = st.lists(st.builds(AddressPart, st.sampled_from(["text", "item"]), words, weights), max_size=MAX_PARTS)
ids = st.lists(words, max_size=4, unique=True).map(tuple)


addresses = st.builds(
    Address,
    parts=parts.map(lambda found: tuple(sorted(found, key=lambda part: part.kind != "text"))),
    likes=ids,
    dislikes=ids,
    tags=ids,
    must_have=st.lists(st.sampled_from(Modality), unique=True).map(tuple),
    k=st.integers(1, MAX_RESULTS),
)
names = st.sampled_from(["text", "item", "like", "dislike", "tag", "must", "k", "x"])


@given(addresses)
def test_every_address_survives_the_round_trip(address):
    assert decode(encode(address)) == address


@given(st.dictionaries(names, st.lists(st.text(max_size=30))))
def test_whatever_stands_in_an_address_gives_a_usable_query(params):
    address = decode(params)
    assert all(-1 <= part.weight <= 1 and part.value.strip() for part in address.parts)
    assert len(address.parts) <= MAX_PARTS
    assert 1 <= address.k <= MAX_RESULTS


def test_a_plain_text_needs_no_weight_in_front():
    assert encode(Address((AddressPart("text", "a dog"),))) == {"text": ["a dog"]}
    assert decode({"text": ["a dog"]}).parts == (AddressPart("text", "a dog", 1.0),)


def test_a_weight_is_written_in_front_of_its_value():
    assert encode(Address((AddressPart("item", "animals/frog", -0.5),))) == {"item": ["-0.5*animals/frog"]}


def test_a_text_that_looks_like_a_weight_is_kept_as_text():
    address = Address((AddressPart("text", "0.5*x"),))
    assert encode(address) == {"text": ["1*0.5*x"]}
    assert decode(encode(address)) == address


@pytest.mark.parametrize(("written", "read"), [("1.5*a", 1.0), ("-1.75*a", -1.0)])
def test_a_weight_out_of_range_is_moved_into_it(written, read):
    assert decode({"text": [written]}).parts[0].weight == read


@pytest.mark.parametrize("k", ["0", "-3", "many", "99999999999", "²", ""])
def test_a_senseless_count_falls_into_range(k):
    assert 1 <= decode({"k": [k]}).k <= MAX_RESULTS


def test_too_long_a_text_is_left_out():
    assert decode({"text": ["x" * (MAX_TEXT + 1), "y"]}).parts == (AddressPart("text", "y"),)
