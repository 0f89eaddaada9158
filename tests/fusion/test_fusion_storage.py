"""What is refused: damaged files, options that do not fit, fusions that do not exist."""

import json

import pytest
from fusion_samples import plain_shape, shape_of, small

from mmdemo.errors import FusionError
from mmdemo.fusion import FUSIONS, FusionShape, Option, build, find
from mmdemo.fusion.storage import fusion_from_bytes, fusion_to_bytes

LISTED = (
    "concat mean sum max weighted product early late-average late-borda late-rrf hybrid attention mmnn transformer "
    "gat hmdf"
)


def test_the_table_lists_what_the_design_asks_for() -> None:
    assert list(FUSIONS) == LISTED.split()
    assert all(spec.title and spec.summary.endswith(".") for spec in FUSIONS.values())
    assert all(FUSIONS[name].load().name == name for name in FUSIONS)


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-3], lambda data: b"x" * 64, lambda data: data[9:]]
)
def test_damaged_files_are_refused(damage) -> None:
    with pytest.raises(FusionError, match="train it again"):
        fusion_from_bytes(damage(fusion_to_bytes(small("weighted", plain_shape(2)))))


def rewritten(data: bytes, **changes: object) -> bytes:
    """The same file with other entries in its description."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    about = json.loads(header["__metadata__"]["about"])
    assert set(changes) <= set(about)
    header["__metadata__"]["about"] = json.dumps(about | changes)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


@pytest.mark.parametrize("changes", [{"format": "9"}, {"shape": []}, {"shape": {"shared": 2}}])
def test_files_of_another_format_are_refused(changes: dict) -> None:
    data = fusion_to_bytes(small("weighted", plain_shape(2)))
    fusion_from_bytes(rewritten(data))
    with pytest.raises(FusionError, match="what a run of format 1 kept is needed"):
        fusion_from_bytes(rewritten(data, **changes))


def test_weights_of_another_shape_are_refused() -> None:
    data = fusion_to_bytes(small("concat", plain_shape(2)))
    with pytest.raises(FusionError, match="not of its shape"):
        fusion_from_bytes(rewritten(data, shape=plain_shape(2, width=3).as_json()))


def test_a_shape_is_the_same_after_it_was_written_down() -> None:
    shape = shape_of(4, parts=True)
    assert FusionShape.from_json(json.loads(json.dumps(shape.as_json()))) == shape


def test_an_unknown_fusion_and_an_unknown_option_are_refused() -> None:
    with pytest.raises(FusionError, match="concat, mean, sum"):
        find("magic")
    with pytest.raises(FusionError, match="option 'deep'; one of hidden, dropout"):
        build("early", plain_shape(2), {"deep": 3})
    with pytest.raises(FusionError, match="one of none"):
        build("mean", plain_shape(2), {"deep": 3})


@pytest.mark.parametrize(
    ("option", "given", "kept"),
    [
        (Option("n", 2, "", 1, 8), 3.0, 3),
        (Option("x", 0.5, "", 0.0, 1.0), 1, 1.0),
        (Option("b", False, ""), True, True),
        (Option("w", "a", "", choices=("a", "b")), "b", "b"),
    ],
)
def test_options_take_what_fits(option: Option, given: object, kept: object) -> None:
    assert option.checked(given) == kept
    assert type(option.checked(given)) is type(option.default)


@pytest.mark.parametrize(
    ("option", "given", "expected"),
    [
        (Option("n", 2, "", 1, 8), 2.5, "a whole number from 1 to 8"),
        (Option("n", 2, "", 1, 8), 9, "a whole number from 1 to 8"),
        (Option("n", 2, "", 1, 8), True, "a whole number from 1 to 8"),
        (Option("n", 2, ""), "2", "a whole number"),
        (Option("x", 0.5, "", 0.0, 1.0), -0.1, "a number from 0.0 to 1.0"),
        (Option("x", 0.5, "", 0.0, 1.0), float("nan"), "a number from 0.0 to 1.0"),
        (Option("b", False, ""), 1, "true or false"),
        (Option("w", "a", "", choices=("a", "b")), "c", "one of a, b"),
        (Option("w", "a", "", choices=("a", "b")), 1, "one of a, b"),
    ],
)
def test_options_refuse_what_does_not(option: Option, given: object, expected: str) -> None:
    with pytest.raises(FusionError, match=f"{option.name} is .*; {expected}; choose another value"):
        option.checked(given)
