"""The draft of a query: what becomes a part, what is refused, what an address can hold."""

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmdemo.types import Modality
from mmdemo.ui.address import MAX_PARTS, MAX_TEXT, decode, encode
from mmdemo.ui.draft import Draft


def picture(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, format="PNG")
    return buffer.getvalue()


def sound(file_format: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    tone = 0.5 * np.sin(np.arange(22050) * 0.1)
    soundfile.write(buffer, tone, 22050, format=file_format)
    return buffer.getvalue()


def kinds(draft: Draft) -> list[Modality | None]:
    return [chip.part.modality for chip in draft.chips]


def test_an_empty_draft_asks_nothing():
    assert Draft().query() is None


def test_texts_pictures_sounds_and_items_become_parts():
    draft = Draft()
    draft.add_text("a dog")
    draft.add_upload(picture(), "holiday.png")
    draft.add_upload(sound(), "bark.wav")
    draft.add_item("animals/frog", "Frog", weight=-0.5)
    query = draft.query()
    assert query is not None
    assert kinds(draft) == [Modality.TEXT, Modality.IMAGE, Modality.AUDIO, None]
    assert [part.label for part in query.parts] == ["a dog", "holiday", "bark", "Frog"]
    assert [part.weight for part in query.parts] == [1.0, 1.0, 1.0, -0.5]
    assert draft.problems == []
    assert Image.open(io.BytesIO(draft.chips[1].preview or b"")).format == "WEBP"
    assert draft.chips[2].preview == sound()


def test_a_file_is_what_its_bytes_are_whatever_its_name():
    draft = Draft()
    draft.add_upload(picture(), "song.mp3")
    assert kinds(draft) == [Modality.IMAGE]


def test_a_bad_upload_is_told_and_leaves_the_good_parts():
    draft = Draft()
    draft.add_text("a dog")
    draft.add_upload(picture()[:60], "broken.png")
    draft.add_upload(picture(), "whole.png")
    assert kinds(draft) == [Modality.TEXT, Modality.IMAGE]
    [problem] = draft.problems
    assert problem.given.startswith("“broken.png”: ")
    assert problem.remedy


@pytest.mark.parametrize("words", ["", "  \n"])
def test_an_empty_text_is_told(words):
    draft = Draft()
    draft.add_text(words)
    assert (len(draft.chips), len(draft.problems)) == (0, 1)


def test_there_are_only_so_many_parts():
    draft = Draft()
    for number in range(MAX_PARTS + 1):
        draft.add_text(f"part {number}")
    assert (len(draft.chips), len(draft.problems)) == (MAX_PARTS, 1)


def test_likes_and_dislikes_exclude_each_other_and_can_be_taken_back():
    draft = Draft()
    draft.rate("a", True)
    draft.rate("b", False)
    draft.rate("a", False)
    assert (draft.likes, draft.dislikes) == ((), ("b", "a"))
    draft.rate("b", None)
    draft.rate("c", True)
    query = draft.query()
    assert query is not None
    assert (query.likes, query.dislikes) == (("c",), ("a",))


def test_the_fingerprint_changes_with_what_is_asked_and_not_with_what_is_shown():
    draft = Draft()
    draft.add_text("a dog")
    before = draft.fingerprint()
    draft.selected = "animals/frog"
    assert draft.fingerprint() == before
    draft.set_weight(draft.chips[0].chip_id, 0.5)
    assert draft.fingerprint() != before


def test_uploads_and_long_texts_stay_out_of_the_address():
    draft = Draft()
    draft.add_text("a dog")
    draft.add_text("x" * (MAX_TEXT + 1))
    draft.add_upload(picture(), "holiday.png")
    assert draft.left_out_of_address == 2
    assert encode(draft.address()) == {"text": ["a dog"]}


def test_a_draft_comes_back_from_its_address():
    draft = Draft()
    draft.add_text("a dog", weight=0.35)
    draft.add_item("animals/frog", "Frog", weight=-1.0)
    draft.rate("x", True)
    draft.tags, draft.must_have, draft.k = ("animals",), (Modality.AUDIO,), 24
    again = Draft()
    again.load(decode(encode(draft.address())))
    assert encode(again.address()) == encode(draft.address())
    assert again.query() is not None
    assert again.generation > 0


def test_clearing_forgets_everything():
    draft = Draft()
    draft.add_upload(picture(), "holiday.png")
    draft.rate("x", True)
    draft.clear()
    assert draft.query() is None
    assert encode(draft.address()) == {}


def test_a_sound_no_browser_plays_is_played_from_what_was_decoded():
    draft = Draft()
    draft.add_upload(sound("AIFF"), "old.aiff")
    assert kinds(draft) == [Modality.AUDIO]
    assert draft.chips[0].preview_mime == "audio/wav"
    assert (draft.chips[0].preview or b"").startswith(b"RIFF")
