"""Hub encoders from folders, all the way: index a catalogue with them, and ask it by text, picture and sound."""

import shutil

import numpy as np
import pytest
from encoder_samples import picture, strokes

from mmdemo.align.text_tie import TextTieMap
from mmdemo.align.words import words_from_arrays
from mmdemo.engine import Engine, import_into, reindex
from mmdemo.store import Workspace
from mmdemo.types import Modality, Query, QueryPart


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, tiny_source):
    """24 generated items with OpenCLIP's two towers and CLAP's, with random weights."""
    path = tmp_path_factory.mktemp("hub") / "workspace"
    import_into(path, "world", n=24)
    openclip, clap = tiny_source("openclip-image"), tiny_source("clap-audio")
    reindex(
        path,
        encoders={
            Modality.TEXT: f"openclip:{openclip}",
            Modality.IMAGE: f"openclip:{openclip}",
            Modality.AUDIO: f"clap:{clap}",
        },
    )
    return path


def test_the_version_names_each_tower_and_frames_of_videos_follow_the_pictures(workspace, tiny_source):
    encoders = {name: ref.name for name, ref in Workspace(workspace).manifest().encoders.items()}
    openclip = tiny_source("openclip-image")
    assert encoders == {
        "text": f"openclip-text:{openclip}",
        "image": f"openclip-image:{openclip}",
        "audio": f"clap-audio:{tiny_source('clap-audio')}",
        "video": f"video-frames:openclip-image:{openclip}",
    }


def test_pictures_lie_in_the_texts_own_space_and_sounds_are_tied_to_it(workspace):
    arrays = Workspace(workspace).read_version().arrays
    image, audio = (words_from_arrays(arrays, f"alignment.{modality}.") for modality in ("image", "audio"))
    assert isinstance(image, TextTieMap)
    assert isinstance(audio, TextTieMap)
    assert (image.weights == np.eye(len(image.mean))).all()
    assert audio.weights.shape == (len(audio.mean), len(image.mean))


@pytest.mark.parametrize(
    ("modality", "media"),
    [(Modality.TEXT, "a red drum"), (Modality.IMAGE, picture(64, 64, 3)), (Modality.AUDIO, strokes(1.0))],
)
def test_any_kind_of_query_is_answered(workspace, modality, media):
    found = Engine.open(workspace).recommend(Query((QueryPart(modality, media),), k=5))
    assert len(found.ids) == 5
    assert not [notice for notice in found.notices if "nothing" in notice]


def test_going_to_other_encoders_and_back_gives_the_same_content(workspace, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    before = Workspace(copy).manifest()
    reindex(copy, encoders={Modality.TEXT: "static-words", Modality.IMAGE: "efficientnet-lite0"})
    again = reindex(copy, encoders={m: before.encoders[m].name for m in (Modality.TEXT, Modality.IMAGE)})
    after = Workspace(copy).manifest(again)
    assert after.encoders == before.encoders
    assert after.content_sha256 == before.content_sha256
