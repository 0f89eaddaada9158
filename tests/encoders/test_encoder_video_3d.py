import hashlib
import http.server
import json
import shutil
import threading

import numpy as np
import pytest
import torch
from encoder_samples import clip
from torchvision.models import get_model, get_model_weights

from mmdemo.encoders import find, load
from mmdemo.encoders.video_3d import Video3d, clip_spans
from mmdemo.encoders.video_3d_models import MODELS, Clip, Model3d, is_here
from mmdemo.errors import EncoderError, MediaError, WeightError
from mmdemo.progress import silent
from mmdemo.types import Frames, Video
from mmdemo.weights.published import fetch_published, published_path


@pytest.fixture
def tiny(tiny_source):
    return load(f"video-3d:{tiny_source('video-3d')}", device="cpu")


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def published_clip(model: str) -> Clip:
    usual = next(iter(get_model_weights(model))).transforms()
    return Clip(16, tuple(usual.resize_size), tuple(usual.crop_size), tuple(usual.mean), tuple(usual.std))


@pytest.mark.parametrize("model", ["r3d_18", "mvit_v2_s"])
def test_clips_are_prepared_as_torchvision_prepares_them(model):
    """Against the transforms that come with the published weights."""
    nothing = np.zeros((1, 1), np.float32)
    encoder = Video3d(Model3d(torch.nn.Identity(), published_clip(model), (), nothing, nothing[0], ""), device="cpu")
    video = clip(16, 5)
    ours = encoder._forward(encoder.prepare(video).windows)[0]
    transform = next(iter(get_model_weights(model))).transforms()
    theirs = transform(torch.from_numpy(video.frames.pixels).permute(0, 3, 1, 2))
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


def test_features_and_classes_are_the_networks_own(tiny, tiny_source):
    from safetensors.torch import load_file

    network = get_model("mc3_18", num_classes=3)
    network.load_state_dict(load_file(tiny_source("video-3d") / "model.safetensors"))
    video = clip(8, 7)
    pixels = torch.from_numpy(np.stack(tiny.prepare(video).windows)).float() / 255
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (published_clip("mc3_18").mean, published_clip("mc3_18").std))
    with torch.inference_mode():
        expected = network.eval()(((pixels - mean) / std).transpose(1, 2)).softmax(-1)
    found = tiny.class_probabilities(tiny.encode([video]))
    assert tiny.class_names == ("a", "b", "c")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_motion_is_seen(tiny):
    """The same frames in the opposite order are another clip; a mean over frames could not tell."""
    video = clip(8, 3)
    back = Video(Frames(video.frames.pixels[::-1].copy(), video.frames.fps))
    forth, reversed_ = tiny.encode([video, back])
    assert np.abs(forth - reversed_).max() > 1e-3


def test_clips_cover_a_video_from_its_first_frame_to_its_last():
    assert [span.tolist() for span in clip_spans(3, 4)] == [[0, 1, 2, 2]]
    assert [span.tolist() for span in clip_spans(4, 4)] == [[0, 1, 2, 3]]
    assert [span.tolist() for span in clip_spans(9, 4)] == [[0, 1, 2, 3], [2, 3, 4, 5], [5, 6, 7, 8]]


def test_a_video_without_frames_is_refused(tiny):
    with pytest.raises(MediaError, match="no frames"):
        tiny.encode([Video(Frames(np.zeros((0, 40, 40, 3), np.uint8), 1.0))])


def test_the_parts_are_steps_in_time_and_average_to_the_features(tiny):
    video = clip(12, 9)
    first, second = tiny.inspect(video)
    assert first.unit == "frame"
    assert first.places[:, 0].tolist() == list(range(8))
    assert second.places[:, 0].tolist() == list(range(4, 12))
    pooled = (first.features.mean(axis=0) + second.features.mean(axis=0)) / 2
    np.testing.assert_allclose(pooled, tiny.encode([video])[0], atol=1e-5)


def test_the_published_files_are_torchvisions():
    published = {name: next(iter(get_model_weights(name))).url.rsplit("/", 1)[1] for name in MODELS}
    assert published == MODELS


class TestSource:
    def test_a_file_with_the_models_name_is_enough(self, tiny, tiny_source, tmp_path):
        shutil.copy(tiny_source("video-3d") / "model.safetensors", tmp_path / "mine.safetensors")
        found = load(f"video-3d:mc3_18={tmp_path / 'mine.safetensors'}", device="cpu")
        assert (found.dim, found.class_names) == (512, ())
        assert found.key != tiny.key  # other clips
        assert found.class_probabilities(np.zeros((2, 512), np.float32)).shape == (2, 0)

    def test_weights_of_another_model_are_refused(self, tiny_source):
        with pytest.raises(EncoderError, match="not of a r3d_18"):
            load(f"video-3d:r3d_18={tiny_source('video-3d')}", device="cpu")

    def test_a_file_that_does_not_say_its_model_is_refused(self, tmp_path):
        (tmp_path / "mine.pth").write_bytes(b"")
        with pytest.raises(EncoderError, match="r3d_18, mc3_18"):
            load(f"video-3d:{tmp_path / 'mine.pth'}", device="cpu")

    def test_a_published_file_is_known_by_its_name_and_held_to_its_digits(self, tmp_path):
        (tmp_path / "r3d_18-b3b3357e.pth").write_bytes(b"not these")
        with pytest.raises(WeightError, match="begin with b3b3357e"):
            load(f"video-3d:{tmp_path / 'r3d_18-b3b3357e.pth'}", device="cpu")

    def test_a_pickle_that_runs_code_is_refused(self, tmp_path):
        class Evil:
            def __reduce__(self):
                return (print, ("this must not run",))

        torch.save({"fc.weight": Evil()}, tmp_path / "evil.pth")
        with pytest.raises(EncoderError, match="more than tensors"):
            load(f"video-3d:r3d_18={tmp_path / 'evil.pth'}", device="cpu")

    def test_a_folder_without_weights_or_with_a_torn_config_is_a_plain_error(self, tmp_path):
        with pytest.raises(WeightError, match="holds no weights"):
            load(f"video-3d:{tmp_path}", device="cpu")
        (tmp_path / "config.json").write_text("{")
        with pytest.raises(EncoderError, match="cannot be read"):
            load(f"video-3d:{tmp_path}", device="cpu")

    def test_what_is_here_is_known_without_loading_it(self, no_network, tmp_path):
        assert not is_here("r3d_18")
        published_path(MODELS["r3d_18"]).parent.mkdir(parents=True)
        published_path(MODELS["r3d_18"]).write_bytes(b"")
        assert is_here("r3d_18")
        assert is_here(f"r3d_18={tmp_path}")
        assert is_here(str(tmp_path))
        assert not is_here(f"r3d_18={tmp_path / 'nothing'}")

    def test_offline_it_says_which_file_and_where_to_put_it(self, no_network):
        with pytest.raises(WeightError) as raised:
            find("video-3d").load(_settings())
        assert "r3d_18-b3b3357e.pth" in raised.value.given
        assert str(published_path("x/r3d_18-b3b3357e.pth")) in raised.value.expected
        assert "video-frames" in raised.value.remedy


def _settings():
    from mmdemo.encoders import LoadSettings

    return LoadSettings(device="cpu")


class TestPublished:
    @pytest.fixture
    def server(self, tmp_path):
        (tmp_path / "served").mkdir()

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(tmp_path / "served"))

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as serving:
            threading.Thread(target=serving.serve_forever, daemon=True).start()
            yield tmp_path / "served", f"http://127.0.0.1:{serving.server_port}"
            serving.shutdown()

    def test_a_file_is_downloaded_once_and_kept(self, server, monkeypatch, tmp_path):
        folder, address = server
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
        content = b"weights" * 1000
        name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        (folder / name).write_bytes(content)
        told = []
        first = fetch_published(f"{address}/{name}", instead="", progress=lambda *step: told.append(step))
        assert first.read_bytes() == content
        assert told[-1][:2] == (len(content), len(content))
        (folder / name).unlink()
        assert fetch_published(f"{address}/{name}", instead="", progress=silent) == first

    def test_another_content_than_its_name_says_is_refused_and_not_kept(self, server, monkeypatch, tmp_path):
        folder, address = server
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
        (folder / "net-00000000.pth").write_bytes(b"weights")
        with pytest.raises(WeightError, match="begin with 00000000"):
            fetch_published(f"{address}/net-00000000.pth", instead="", progress=silent)
        assert not published_path("net-00000000.pth").exists()

    def test_a_file_that_is_not_served_is_a_plain_error(self, server, monkeypatch, tmp_path):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
        with pytest.raises(WeightError, match=r"out of reach.*404.*do that"):
            fetch_published(f"{server[1]}/net-00000000.pth", instead="do that", progress=silent)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["r2plus1d_18", "swin3d_t", "mvit_v2_s"])  # one of each kind
def test_every_kind_of_model_gives_steps_that_pool_to_its_features(model, tmp_path):
    """MViT's features are its class token, which no mean over places gives."""
    from safetensors.torch import save_file

    network = get_model(model, num_classes=4).eval()
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model": model, "class_names": list("abcd")}))
    encoder = find(f"video-3d:{tmp_path}").load(_settings())
    video = clip(5, 2)
    features = encoder.encode([video])
    (inside,) = encoder.inspect(video)
    assert inside.features.shape[1] == encoder.dim
    if not model.startswith("mvit"):
        np.testing.assert_allclose(inside.features.mean(axis=0), features[0], atol=1e-4)
    transform = next(iter(get_model_weights(model))).transforms()
    frames = torch.from_numpy(video.frames.pixels).permute(0, 3, 1, 2)[torch.arange(16).clamp(max=4)]
    with torch.inference_mode():
        expected = network(transform(frames)[None]).softmax(-1)
    np.testing.assert_allclose(encoder.class_probabilities(features), expected, atol=1e-4)
