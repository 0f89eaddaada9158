"""A video encoder with a space of its own: videos are then indexed, found and explained as a modality of their own."""

import io
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from mmdemo.engine import Engine, import_into, reindex
from mmdemo.indexing import IndexingRun
from mmdemo.indexing.plan import plan, videos_apart
from mmdemo.media import decode
from mmdemo.projection import MapSettings
from mmdemo.store import Workspace
from mmdemo.types import Modality, Query, QueryPart

sys.path.append(str(Path(__file__).parents[1] / "encoders"))
from tiny_video_3d import build_video_3d

CLIPS = 18


def moving_square(number: int, *, shift: int = 0) -> bytes:
    """An MP4 of a square that moves its own way over its own colour; `shift` gives another take of the same."""
    rng = np.random.default_rng(number)
    ground, square = rng.integers(0, 256, (2, 3))
    step = rng.integers(-6, 7, 2)
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for moment in range(12):
            pixels = np.full((64, 96, 3), ground, np.uint8)
            y, x = (np.array([24, 40]) + shift + moment * step) % [48, 80]
            pixels[y : y + 16, x : x + 16] = square
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return target.getvalue()


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("video-3d")
    build_video_3d(folder)
    return f"video-3d:{folder}"


@pytest.fixture(scope="module")
def indexed(tmp_path_factory, network):
    folder = tmp_path_factory.mktemp("clips")
    for number in range(CLIPS):
        (folder / f"clip {number}.mp4").write_bytes(moving_square(number))
        (folder / f"clip {number}.txt").write_text(f"clip {number}")
    path = tmp_path_factory.mktemp("videos") / "workspace"
    import_into(path, str(folder))
    reindex(path, encoders={Modality.VIDEO: network})
    return path


def _query(data: bytes) -> Query:
    return Query((QueryPart(Modality.VIDEO, decode(data, expect=Modality.VIDEO).media),), k=3)


@pytest.mark.weights
class TestVideosApart:
    def test_videos_have_tables_of_their_own(self, indexed):
        version = Workspace(indexed).read_version()
        assert len(version.tables["native.video"].ids) == CLIPS
        assert len(version.tables["shared.video"].ids) == CLIPS
        assert not any(name.endswith(".image") for name in version.tables)

    @pytest.mark.parametrize("number", [0, 3, 11, 17])
    def test_a_clip_finds_itself_and_another_take_of_it(self, indexed, number):
        engine = Engine.open(indexed)
        for shift in (0, 1):
            found = engine.recommend(_query(moving_square(number, shift=shift)))
            assert engine.item(found.ids[0]).title == f"clip {number}"
            assert found.part_modalities == (Modality.VIDEO,)

    def test_words_and_items_can_be_asked_for_too(self, indexed):
        engine = Engine.open(indexed)
        words = engine.recommend(Query((QueryPart(Modality.TEXT, "clip 3"),), k=2))
        assert len(words.ids) == 2
        like = engine.recommend(Query((QueryPart(None, item_id=words.ids[0]),), k=2))
        assert words.ids[0] not in like.ids

    def test_every_comparison_behind_a_score_can_be_shown(self, indexed):
        engine = Engine.open(indexed)
        query = _query(moving_square(0))
        top = engine.recommend(query).ids[0]
        modalities = {detail.item_modality for detail in engine.pair_details(query, top)}
        assert Modality.VIDEO in modalities

    def test_the_map_leaves_videos_off_and_says_so_where_it_matters(self, indexed):
        engine = Engine.open(indexed)
        settings = MapSettings(method="pca")
        fitted = engine.map(settings) or engine.fit_map(settings)
        assert set(fitted.modalities.tolist()) == {0}
        placed = engine.place(_query(moving_square(0)), fitted, k=2)
        assert len(placed.labels) in (0, 1)

    def test_the_summary_and_the_manifest_know_the_encoder(self, indexed, network):
        engine = Engine.open(indexed)
        assert engine.summary.encoders[Modality.VIDEO] == network
        assert engine.summary.with_modality[Modality.VIDEO] == CLIPS


def test_what_counts_as_apart():
    image, video = Modality.IMAGE, Modality.VIDEO
    frames = {image: "efficientnet-lite0", video: "video-frames"}
    assert not videos_apart(frames)
    assert not videos_apart({**frames, video: "video-frames-attention:efficientnet-lite0"})
    assert not videos_apart({image: "timm:resnet18", video: "video-frames:timm:resnet18"})
    assert videos_apart({**frames, video: "video-3d:r3d_18"})
    assert videos_apart({**frames, video: "video-frames:timm:resnet18"})
    assert videos_apart({**frames, video: "video-frames+video-3d:r3d_18"})


def test_a_video_beside_a_picture_is_planned_only_where_it_is_apart(tmp_path):
    from mmdemo.types import Item

    workspace = Workspace(tmp_path / "w").create("w")
    items = [Item("a", "A", {Modality.IMAGE: "0" * 64, Modality.VIDEO: "1" * 64})]
    together, apart = plan(workspace, items), plan(workspace, items, videos_apart=True)
    assert {m: len(p) for m, p in together.items()} == {Modality.IMAGE: 1, Modality.AUDIO: 1}
    assert {m: len(p) for m, p in apart.items()} == {Modality.IMAGE: 1, Modality.AUDIO: 1, Modality.VIDEO: 1}
    run = IndexingRun(workspace, items, {Modality.IMAGE: "efficientnet-lite0", Modality.VIDEO: "video-3d:r3d_18"})
    assert set(run.pieces) == set(apart)
