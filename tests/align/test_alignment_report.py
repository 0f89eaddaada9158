import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdemo.align.report import AlignmentReport, Failure, PairScores, pair_name
from mmdemo.errors import WorkspaceError
from mmdemo.types import Modality

_shares = st.floats(0, 1)
_numbers = st.floats(-1e6, 1e6)
_pairs = st.tuples(st.sampled_from(Modality), st.sampled_from(Modality)).filter(lambda pair: pair[0] != pair[1])


@st.composite
def _scores(draw: st.DrawFn) -> PairScores:
    recall = sorted(draw(st.lists(_shares, min_size=3, max_size=3)))
    return PairScores(
        pairs=draw(st.integers(1, 1000)),
        candidates=draw(st.integers(1, 1000)),
        recall=dict(zip((1, 5, 10), recall, strict=True)),
        intervals={k: draw(st.tuples(_shares, _shares)) for k in (1, 5, 10)},
        chance={k: draw(_shares) for k in (1, 5, 10)},
        median_rank=draw(_numbers),
        median_interval=draw(st.tuples(_numbers, _numbers)),
    )


_failures = st.builds(
    Failure, st.text(), st.sampled_from(Modality), st.sampled_from(Modality), _numbers, st.integers(1, 1000)
)
_reports = st.builds(
    AlignmentReport,
    method=st.text(),
    centred=st.booleans(),
    folds=st.integers(2, 20),
    seed=st.integers(0, 2**31),
    items=st.integers(0, 10**6),
    pairs=st.dictionaries(_pairs, _scores(), max_size=3),
    gap_before=st.dictionaries(_pairs, _numbers, max_size=3),
    gap_after=st.dictionaries(_pairs, _numbers, max_size=3),
    alignment=st.dictionaries(_pairs, _numbers, max_size=3),
    uniformity=st.dictionaries(st.sampled_from(Modality), _numbers, max_size=3),
    hubness=st.dictionaries(_pairs, _numbers, max_size=3),
    failures=st.lists(_failures, max_size=3).map(tuple),
    notices=st.lists(st.text(), max_size=2).map(tuple),
    seconds=st.floats(0, 1e6),
)


@pytest.fixture
def content() -> dict:
    scores = PairScores(3, 9, {1: 0.1, 5: 0.2}, {1: (0.0, 0.2), 5: (0.1, 0.3)}, {1: 0.1, 5: 0.2}, 3.0, (1.0, 4.0))
    pair = (Modality.TEXT, Modality.IMAGE)
    failure = Failure("a", *pair, 8.0, 9)
    report = AlignmentReport(
        "ridge", True, 5, 0, 10, {pair: scores}, {}, {pair: 0.2}, {}, {Modality.TEXT: -2.0}, {}, (failure,), (), 1.5
    )
    return report.as_json()


@settings(max_examples=40)
@given(_reports)
def test_what_is_written_is_read_back_the_same(report: AlignmentReport) -> None:
    text = json.dumps(report.as_json(), allow_nan=False, sort_keys=True)  # as a manifest is written
    assert AlignmentReport.from_json(json.loads(text)) == report


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("method"),
        lambda content: content.update(surprise=1),
        lambda content: content.update(method=3),
        lambda content: content.update(centred=1),
        lambda content: content.update(folds=True),
        lambda content: content.update(seconds=float("nan")),
        lambda content: content.update(seconds="1.5"),
        lambda content: content.update(pairs=[]),
        lambda content: content.update(failures={}),
        lambda content: content["gap_after"].update(text_to_smell=0.1),
        lambda content: content["uniformity"].update(smell=0.1),
        lambda content: content["pairs"]["text_to_image"].pop("chance"),
        lambda content: content["pairs"]["text_to_image"]["recall"].update({"1": 1.5}),
        lambda content: content["pairs"]["text_to_image"]["recall"].update({"5": 0.05}),
        lambda content: content["pairs"]["text_to_image"]["intervals"].update({"1": [0.1]}),
        lambda content: content["failures"][0].update(query="smell"),
        lambda content: content["failures"][0].pop("rank"),
    ],
)
def test_anything_else_is_refused(content: dict, damage) -> None:
    AlignmentReport.from_json(content)
    damage(content)
    with pytest.raises(WorkspaceError, match="measure the alignment again"):
        AlignmentReport.from_json(content)


def test_modalities_come_in_one_order_whatever_the_pairs(content: dict) -> None:
    content["pairs"] = {"audio_to_text": content["pairs"]["text_to_image"]}
    assert AlignmentReport.from_json(content).modalities == (Modality.TEXT, Modality.AUDIO)
    content["gap_after"] = {"image_to_audio": 0.1, "audio_to_text": 0.2, "text_to_image": 0.3, "text_to_audio": 0.4}
    sorted_text = json.dumps(content, sort_keys=True)
    assert list(AlignmentReport.from_json(json.loads(sorted_text)).gap_after.values()) == [0.3, 0.4, 0.1, 0.2]
    assert pair_name((Modality.AUDIO, Modality.TEXT)) == "audio_to_text"
