"""Choosing encoders: what can be chosen, what a change costs, the change, and what a kill or a cancel leaves."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from hub_server import running_hub
from PIL import Image

from mmdemo.encoders import ENCODERS
from mmdemo.engine import Engine, import_into, reindex
from mmdemo.engine.alignments import version_alignment
from mmdemo.engine.encoder_files import Files, files_of
from mmdemo.engine.encoders import change_encoders, check_encoder, encoder_choices, what_it_costs
from mmdemo.errors import CancelledError, EncoderError, SpaceMismatchError
from mmdemo.store import Workspace
from mmdemo.types import Modality, Query, QueryPart
from mmdemo.weights.hub import locate

OTHER = {Modality.AUDIO: "musicnn"}
REINDEX = """
import sys
from mmdemo.engine import reindex
from mmdemo.types import Modality
reindex(sys.argv[1], encoders={Modality.AUDIO: "musicnn"}, progress=lambda *told: print(*told, flush=True))
"""


@pytest.fixture
def workspace(tiny_workspace: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(tiny_workspace, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def names(workspace: Workspace) -> dict[str, str]:
    return {modality: ref.name for modality, ref in workspace.manifest().encoders.items()}


def test_without_a_workspace_every_family_can_be_chosen_and_the_defaults_are_in_use(tmp_path: Path) -> None:
    choices = encoder_choices(tmp_path / "none")
    assert {family.spec.name for found in choices.values() for family in found.families} == set(ENCODERS)
    assert all(family.spec.modality is modality for modality, found in choices.items() for family in found.families)
    assert choices[Modality.AUDIO].in_use == "aisfx+musicnn"
    assert [part.family for part in choices[Modality.AUDIO].parts] == ["aisfx", "musicnn"]
    assert not (tmp_path / "none").exists()


def test_files_that_are_not_here_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    found = {family.spec.name: family.files for family in encoder_choices(tmp_path)[Modality.TEXT].families}
    assert found["minilm"] is Files.REGISTRY


def test_each_kind_of_source_is_looked_for_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "model").mkdir()
    assert files_of(f"clap-audio:{tmp_path / 'model'}", Modality.AUDIO) is Files.HERE
    assert files_of(f"video-3d:r3d_18={tmp_path / 'model'}", Modality.VIDEO) is Files.HERE
    assert files_of(f"clap-audio:{tmp_path / 'moved'}", Modality.AUDIO) is Files.GONE
    assert files_of(f"cnn:{tmp_path / 'moved'}", Modality.IMAGE) is Files.GONE
    assert files_of("no-longer-there", Modality.TEXT) is Files.GONE
    assert files_of("hf-text", Modality.TEXT) is Files.UNNAMED
    for name in ("openclip-text", "openclip-text:laion/CLIP-ViT-B-32-laion2B-s34B-b79K"):
        assert files_of(name, Modality.TEXT) is Files.HUB
    published = tmp_path / "cache" / "published" / "r3d_18-b3b3357e.pth"
    assert files_of("video-3d", Modality.VIDEO) is Files.HUB
    published.parent.mkdir(parents=True)
    published.write_bytes(b"weights")
    assert files_of("video-3d", Modality.VIDEO) is Files.HERE


def test_what_was_fetched_from_a_hub_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    name = "hf-text:somebody/model"
    with running_hub(monkeypatch) as hub:
        hub.files["somebody/model"] = {"a" * 40: {"config.json": b"{}", "model.safetensors": b"weights"}}
        assert files_of(name, Modality.TEXT) is Files.HUB
        found = locate("somebody/model", ["config.json"], weights=["model.safetensors"])
    assert files_of(name, Modality.TEXT) is Files.HERE
    (found.folder / "config.json").unlink()
    assert files_of(name, Modality.TEXT) is Files.HUB


@pytest.mark.parametrize(
    ("name", "modality", "says"),
    [
        ("no-such", Modality.TEXT, "no-such"),
        ("musicnn", Modality.TEXT, "musicnn"),
        ("minilm:elsewhere", Modality.TEXT, "one form only"),
        ("video-frames:/no/such/folder", Modality.VIDEO, "/no/such/folder"),
    ],
)
def test_a_wrong_name_is_refused_at_once(name: str, modality: Modality, says: str) -> None:
    with pytest.raises(EncoderError, match=says):
        check_encoder(name, modality)


@pytest.mark.weights
def test_the_encoders_in_use_cost_nothing(workspace: Workspace) -> None:
    cost = what_it_costs(workspace.path, {})
    items = workspace.read_catalog().items
    assert cost.surely
    assert 0 < cost.pieces <= 3 * len(items)
    assert cost.known == cost.pieces
    assert cost.to_encode == 0
    assert cost.seconds == 0.0


@pytest.mark.weights
def test_a_change_keeps_the_rest_and_then_costs_nothing(workspace: Workspace) -> None:
    before = workspace.manifest()
    sounds = {item.media[Modality.AUDIO] for item in workspace.read_catalog().items if Modality.AUDIO in item.media}
    first = what_it_costs(workspace.path, OTHER)
    assert first.to_encode == len(sounds) > 0
    version = change_encoders(workspace.path, OTHER)
    assert workspace.current_version_id() == version
    assert names(workspace) == {**{m: ref.name for m, ref in before.encoders.items()}, "audio": "musicnn"}
    assert workspace.manifest().encoders["text"] == before.encoders["text"]
    assert what_it_costs(workspace.path, OTHER).to_encode == 0
    assert what_it_costs(workspace.path, {Modality.AUDIO: "aisfx+musicnn"}).to_encode == 0
    workspace.use_version(before.version_id)
    assert names(workspace)["audio"] == "aisfx+musicnn"


@pytest.mark.weights
def test_indexing_again_keeps_encoders_and_alignment(workspace: Workspace) -> None:
    reindex(workspace.path, encoders=OTHER, alignment="zero-shot")
    reindex(workspace.path)
    assert names(workspace)["audio"] == "musicnn"
    assert version_alignment(workspace.manifest()) == "zero-shot"


@pytest.mark.weights
def test_a_wrong_change_makes_nothing(workspace: Workspace) -> None:
    before = workspace.current_version_id()
    with pytest.raises(EncoderError):
        reindex(workspace.path, encoders={Modality.TEXT: "no-such"})
    with pytest.raises(SpaceMismatchError):
        reindex(workspace.path, alignment="no-such")
    assert workspace.versions() == [before]


@pytest.mark.weights
def test_a_cancelled_change_leaves_the_old_version_and_loses_nothing(workspace: Workspace) -> None:
    before = workspace.current_version_id()

    def cancel_when_fitting(done: int, total: int, message: str) -> None:
        if "fitting" in message:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        change_encoders(workspace.path, OTHER, progress=cancel_when_fitting)
    assert workspace.versions() == [before]
    assert workspace.current_version_id() == before
    cost = what_it_costs(workspace.path, OTHER)
    assert cost.surely
    assert cost.to_encode == 0


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("message", ["encoding sounds", "writing"])
def test_a_killed_change_leaves_the_old_version_serving(workspace: Workspace, message: str) -> None:
    before = workspace.manifest()
    process = subprocess.Popen([sys.executable, "-c", REINDEX, str(workspace.path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any(message in line for line in process.stdout)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert workspace.manifest() == before
    workspace.verify()
    assert Engine.open(workspace.path).recommend(Query((QueryPart(Modality.TEXT, "a red circle"),), k=3)).ids
    version = change_encoders(workspace.path, OTHER)
    workspace.verify(version)
    assert names(workspace)["audio"] == "musicnn"
    assert what_it_costs(workspace.path, {Modality.AUDIO: "aisfx+musicnn"}).to_encode == 0


def test_a_video_beside_a_picture_costs_only_where_videos_are_encoded_by_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "things"
    folder.mkdir()
    Image.new("RGB", (64, 64), "red").save(folder / "red.png")
    with av.open(folder / "red.mp4", "w") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 200, np.uint8))))
        container.mux(stream.encode())
    workspace = tmp_path / "workspace"
    import_into(workspace, str(folder))
    frames, apart = what_it_costs(workspace, {}), what_it_costs(workspace, {Modality.VIDEO: "video-3d:r3d_18"})
    assert apart.pieces == frames.pieces + 1
