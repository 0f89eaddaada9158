"""The whole way from decoded media to recommendations, on a real workspace with the real offline encoders."""

from pathlib import Path

import numpy as np
import pytest

from mmdemo.engine import Engine, read_summary
from mmdemo.errors import QueryError, WorkspaceError
from mmdemo.media import decode
from mmdemo.types import Frames, Modality, Query, QueryPart, Video

pytestmark = pytest.mark.weights


def _text(text: str, weight: float = 1.0) -> QueryPart:
    return QueryPart(Modality.TEXT, text, weight)


def _media(engine: Engine, modality: Modality, row: int = 0) -> QueryPart:
    item = [item for item in engine.items if modality in item.media][row]
    decoded = decode(engine.media_path(item, modality).read_bytes(), expect=modality)
    return QueryPart(modality, decoded.media, label=item.item_id, content_key=decoded.sha256)


def test_an_items_own_text_finds_it_first(engine: Engine) -> None:
    for item in engine.items[:6]:
        found = engine.recommend(Query((_text(item.media[Modality.TEXT]),), k=3))
        texts = {engine.item(item_id).media[Modality.TEXT] for item_id in found.ids[:1]}
        assert texts == {item.media[Modality.TEXT]}


@pytest.mark.parametrize("modality", [Modality.IMAGE, Modality.AUDIO])
def test_an_items_own_file_finds_it_first(engine: Engine, modality: Modality) -> None:
    part = _media(engine, modality)
    assert engine.recommend(Query((part,), k=1)).ids == (part.label,)


def test_contributions_of_a_mixed_query_add_up(engine: Engine) -> None:
    parts = (_text("a red circle"), _media(engine, Modality.IMAGE), _media(engine, Modality.AUDIO, 1))
    found = engine.recommend(Query(parts, k=10))
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, rtol=1e-4)
    assert found.part_modalities == (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
    assert ((found.percentiles >= 0) & (found.percentiles <= 100)).all()


def test_the_same_query_gives_the_same_answer(engine: Engine) -> None:
    query = Query((_text("something calm and blue"), _media(engine, Modality.AUDIO)), k=10)
    first, second = engine.recommend(query), engine.recommend(query)
    assert first.ids == second.ids
    np.testing.assert_array_equal(first.scores, second.scores)


def test_weights_change_the_order_and_negative_ones_push_away(engine: Engine) -> None:
    wanted, unwanted = engine.items[0], engine.items[1]
    both = Query((_text(wanted.title), QueryPart(None, None, 1.0, item_id=unwanted.item_id)), k=24)
    pushed = Query((_text(wanted.title), QueryPart(None, None, -1.0, item_id=unwanted.item_id)), k=24)
    near = engine.recommend(Query((QueryPart(None, None, item_id=unwanted.item_id),), k=1)).ids[0]
    place = {name: engine.recommend(query).ids.index(near) for name, query in (("with", both), ("without", pushed))}
    assert place["without"] > place["with"]


def test_filters_dislikes_and_query_items_never_show(engine: Engine) -> None:
    tag = engine.tags()[0][0]
    sounding = {item.item_id for item in engine.items if Modality.AUDIO in item.media and tag in item.tags}
    hidden = sorted(sounding)[0]
    query = Query(
        (_text("anything"),),
        dislikes=(hidden,),
        tags=frozenset({tag}),
        must_have=frozenset({Modality.AUDIO}),
        k=24,
    )
    assert set(engine.recommend(query).ids) == sounding - {hidden}
    more_like_this = Query((QueryPart(None, None, item_id=hidden),), k=24)
    assert hidden not in engine.recommend(more_like_this).ids


def test_a_like_moves_its_kin_up(engine: Engine) -> None:
    plain = engine.recommend(Query((_text("a picture"),), k=24)).ids
    liked = plain[-1]
    assert engine.recommend(Query((_text("a picture"),), likes=(liked,), k=24)).ids.index(liked) < len(plain) - 1


def test_a_video_counts_as_its_pictures_and_its_sound(engine: Engine) -> None:
    picture = _media(engine, Modality.IMAGE).media
    sound = _media(engine, Modality.AUDIO).media
    pixels = np.stack([np.asarray(picture)] * 3)
    video = Video(Frames(pixels, 1.0), sound)  # pyright: ignore[reportArgumentType]
    found = engine.recommend(Query((QueryPart(Modality.VIDEO, video, label="clip"),), k=3))
    assert found.part_labels == ("clip: pictures", "clip: sound")
    silent = engine.recommend(Query((QueryPart(Modality.VIDEO, Video(Frames(pixels, 1.0)), label="clip"),), k=3))
    assert silent.part_labels == ("clip: pictures",)
    assert silent.ids[0] == _media(engine, Modality.IMAGE).label


def test_pair_details_explain_the_whole_score(engine: Engine) -> None:
    query = Query((_text("a loud red square"),), k=1)
    found = engine.recommend(query)
    details = engine.pair_details(query, found.ids[0])
    assert sum(detail.evidence for detail in details) == pytest.approx(float(found.scores[0]), rel=1e-3)
    assert {detail.query_modality for detail in details} == {Modality.TEXT}


def test_what_does_not_exist_is_a_typed_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="item 'nothing'"):
        engine.recommend(Query((QueryPart(None, None, item_id="nothing"),)))
    with pytest.raises(WorkspaceError):
        Engine.open(tmp_path)
    assert read_summary(tmp_path) is None


def test_the_summary_says_what_the_version_holds(engine: Engine, tiny_workspace: Path) -> None:
    summary = read_summary(tiny_workspace)
    assert summary is not None
    assert summary == engine.summary
    assert summary.items == len(engine.items) == 24
    assert summary.source is not None
    assert summary.source.synthetic
    assert summary.encoders[Modality.TEXT] == "minilm"


def test_browsing_finds_items_by_every_word(engine: Engine) -> None:
    item = engine.items[3]
    assert item in engine.search(item.title.upper())
    assert engine.search("no such words at all") == []
    assert len(engine.search()) == 24
