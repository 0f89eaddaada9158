"""timm's networks against timm itself, on tiny checkpoints that timm reads too."""

import json
import shutil
import socket
import time
from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest
import timm
import torch
from encoder_samples import picture
from hub_server import running_hub
from PIL import Image
from timm.data import create_transform, resolve_model_data_config
from tiny_timm import VIT, build_timm
from torch import nn

from mmdemo.encoders import LoadSettings, find
from mmdemo.encoders.imagenet import imagenet_class_names
from mmdemo.encoders.timm_image import class_names
from mmdemo.errors import EncoderError, WeightError

SWIN = {"img_size": 32, "patch_size": 4, "window_size": 4, "embed_dim": 8, "depths": (1, 1), "num_heads": (1, 2)}
ARCHITECTURES = {
    "vit": ("vit_tiny_patch16_224", VIT),
    "vit-registers": ("vit_tiny_patch16_224", {**VIT, "reg_tokens": 2, "qkv_bias": False, "qk_norm": True}),
    "vit-mean": ("vit_tiny_patch16_224", {**VIT, "global_pool": "avg", "class_token": False}),
    "resnet": ("test_resnet", {"num_classes": 10}),
    "convnext": ("test_convnext", {"num_classes": 10}),
    "swin": ("swin_tiny_patch4_window7_224", SWIN),
}
PARTS = {"vit": 17, "vit-registers": 19, "vit-mean": 16, "resnet": 1, "convnext": 1, "swin": 16}


def make(source):
    """A new encoder through the real path, not kept for the process."""
    return find(f"timm:{source}").load(LoadSettings(device="cpu"))


def pixels_of(model, pictures):
    transform = create_transform(**resolve_model_data_config(model), is_training=False)
    return torch.stack([transform(image) for image in pictures])


@pytest.fixture(scope="module", params=list(ARCHITECTURES))
def built(request, tmp_path_factory):
    """Architecture, timm's model of a folder, and our encoder of it."""
    folder = tmp_path_factory.mktemp("timm")
    architecture, arguments = ARCHITECTURES[request.param]
    build_timm(folder, architecture=architecture, **arguments)
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    return request.param, model, make(folder)


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vit")
    build_timm(folder)
    return folder


class TestFeatures:
    def test_they_are_timms(self, built):
        _, model, encoder = built
        pictures = [picture(64, 64, 1), picture(90, 64, 2), picture(33, 40, 3)]
        with torch.inference_mode():
            expected = model.forward_head(model.forward_features(pixels_of(model, pictures)), pre_logits=True)
        np.testing.assert_allclose(encoder.encode(pictures), expected, atol=1e-5)
        np.testing.assert_allclose(encoder.encode(pictures[:1]), expected[:1], atol=1e-5)

    def test_a_long_picture_is_the_mean_of_squares_that_leave_no_gap(self, built):
        _, model, encoder = built
        long = picture(200, 40, 4)
        boxes = encoder.framing.windows(*long.size)
        assert (boxes[0][:2], boxes[-1][2:]) == ((0, 0), long.size)
        shown = [encoder.framing.shown(box, long.size) for box in boxes]
        assert all(after[0] <= before[2] + 0.5 / 200 for before, after in pairwise(shown))
        with torch.inference_mode():
            pixels = pixels_of(model, [long.crop(box) for box in boxes])
            expected = model.forward_head(model.forward_features(pixels), pre_logits=True).mean(0)
        np.testing.assert_allclose(encoder.encode([long])[0], expected, atol=1e-5)

    @pytest.mark.parametrize("mode", ["squash", "border"])
    def test_preprocessing_that_shows_all_is_kept_for_every_picture(self, vit, tmp_path, mode):
        folder = shutil.copytree(vit, tmp_path / "vit")
        edit(folder, lambda config: config["pretrained_cfg"].update(crop_mode=mode, crop_pct=1.0))
        model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
        pictures = [picture(160, 32, 6)]
        with torch.inference_mode():
            expected = model.forward_head(model.forward_features(pixels_of(model, pictures)), pre_logits=True)
        encoder = make(folder)
        np.testing.assert_allclose(encoder.encode(pictures), expected, atol=1e-5)
        left, top, right, bottom = encoder.inspect(pictures[0])[0].places[1:].T
        assert (left.min(), right.max()) == pytest.approx((0, 1))
        assert (top.min(), bottom.max()) == pytest.approx((0, 1) if mode == "squash" else (-2, 3))


class TestClasses:
    def test_probabilities_are_timms(self, tmp_path):
        for architecture, arguments in (("vit_tiny_patch16_224", VIT), ("test_resnet", {"num_classes": 1000})):
            model = build_timm(tmp_path / architecture, architecture=architecture, **arguments)
            encoder = make(tmp_path / architecture)
            pictures = [picture(64, 64, 1), picture(50, 64, 2)]
            with torch.inference_mode():
                expected = model(pixels_of(model, pictures)).softmax(-1)
            np.testing.assert_allclose(encoder.class_probabilities(encoder.encode(pictures)), expected, atol=1e-5)
            assert encoder.class_names == imagenet_class_names()

    def test_a_checkpoints_own_names_go_first(self, tmp_path):
        build_timm(tmp_path, **{**VIT, "num_classes": 3})
        labels = {"label_names": ["n1", "n2", "n3"], "label_descriptions": {"n1": "a tabby", "n3": "a tench"}}
        edit(tmp_path, lambda config: config.update(labels))
        encoder = make(tmp_path)
        assert encoder.class_names == ("a tabby", "n2", "a tench")
        assert encoder.class_probabilities(encoder.encode([picture(32, 32, 1)])).shape == (1, 3)

    def test_numbered_names_keep_their_places(self):
        config = {"num_classes": 3, "label_names": {"2": "tench", "0": "tabby"}}
        assert class_names(config) == ("tabby", "class 1", "tench")

    @pytest.mark.parametrize(("classes", "tag"), [(1000, "lvd142m"), (10, "in1k"), (0, "in1k")])
    def test_classes_without_names_are_none(self, tmp_path, classes, tag):
        build_timm(tmp_path, tag=tag, **{**VIT, "num_classes": classes})
        encoder = make(tmp_path)
        assert encoder.class_names == ()
        assert encoder.class_probabilities(encoder.encode([picture(32, 32, 1)])).shape == (1, 0)


class TestInside:
    def test_parts_tile_what_the_network_saw(self, built):
        name, model, encoder = built
        (inside,) = encoder.inspect(picture(64, 64, 5))
        assert len(inside.labels) == PARTS[name]
        prefix = sum(not label.startswith("row") for label in inside.labels)
        assert prefix == getattr(model, "num_prefix_tokens", 0)
        assert np.isnan(inside.places[:prefix]).all()
        size = resolve_model_data_config(model)["input_size"][-1]
        margin = (1 - size / int(size / 0.9)) / 2
        left, top, right, bottom = inside.places[prefix:].T
        assert (left.min(), top.min()) == pytest.approx((margin, margin), abs=1e-6)
        assert (right.max(), bottom.max()) == pytest.approx((1 - margin, 1 - margin), abs=1e-6)

    def test_states_are_timms(self, built):
        _, model, encoder = built
        image = picture(64, 64, 6)
        with torch.inference_mode():
            states = model.forward_features(pixels_of(model, [image]))[0]
        expected = states.numpy()
        if states.ndim == 3:
            expected = (states if model.num_features == states.shape[-1] else states.permute(1, 2, 0)).flatten(0, 1)
        np.testing.assert_allclose(encoder.inspect(image)[0].features, expected, atol=1e-5)

    def test_attention_gives_the_networks_own_output(self, built):
        """What goes into each layer's output projection is the values, weighed by the attention."""
        name, model, encoder = built
        image = picture(64, 64, 7)
        (inside,) = encoder.inspect(image, attention=True)
        if not name.startswith("vit"):
            assert inside.attention == ()  # none, or inside of windows that are only a part of the picture
            return
        seen, watched = {}, deepcopy(model)  # the model is other tests' too, and a hook would stay on it
        for number, block in enumerate(watched.blocks):
            block.attn.qkv.register_forward_hook(lambda _m, _i, out, n=number: seen.setdefault((n, "qkv"), out))
            block.attn.proj.register_forward_pre_hook(lambda _m, inputs, n=number: seen.setdefault((n, "out"), inputs))
        with torch.inference_mode():
            watched(pixels_of(watched, [image]))
        assert len(inside.attention) == len(model.blocks)
        for number, weights in enumerate(inside.attention):
            parts = weights.shape[-1]
            values = seen[number, "qkv"].reshape(parts, 3, 3, 8)[:, 2].transpose(0, 1)
            looked = (torch.from_numpy(weights) @ values).transpose(0, 1).reshape(parts, 24)
            np.testing.assert_allclose(looked, seen[number, "out"][0][0], atol=1e-5)

    def test_no_hook_is_there_unless_asked_for_and_none_stays(self, vit, monkeypatch):
        added = []
        add = nn.Module.register_forward_pre_hook
        monkeypatch.setattr(
            nn.Module, "register_forward_pre_hook", lambda *args, **named: added.append(1) or add(*args, **named)
        )
        encoder, image = make(vit), picture(32, 32, 1)
        fused = [block.attn.fused_attn for block in encoder.network.blocks]
        encoder.encode([image])
        assert encoder.inspect(image)[0].attention == ()
        assert added == []
        encoder.inspect(image, attention=True)
        assert len(added) == 2
        assert not any(module._forward_pre_hooks for module in encoder.network.modules())
        assert [block.attn.fused_attn for block in encoder.network.blocks] == fused


def edit(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(json.dumps(config), encoding="utf-8")


class TestLoading:
    def test_a_folder_needs_no_network(self, vit, monkeypatch):
        for call in ("connect", "connect_ex"):
            monkeypatch.setattr(socket.socket, call, lambda *arguments: pytest.fail("a call to the network"))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **named: pytest.fail("a name was looked up"))
        make(vit).encode([picture(32, 32, 1)])

    @pytest.mark.parametrize(
        ("source", "repository"),
        [("resnet50.a1_in1k", "timm/resnet50.a1_in1k"), ("resnet18", "timm/resnet18.a1_in1k"), ("a/b", "a/b")],
    )
    def test_a_hub_serves_it_once(self, vit, tmp_path, monkeypatch, source, repository):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        with running_hub(monkeypatch) as hub:
            names = ("config.json", "model.safetensors")
            hub.files[repository] = {"a" * 40: {name: (vit / name).read_bytes() for name in names}}
            encoder = make(source)
            assert encoder.name == f"timm:{source}"
            assert encoder.key == make(vit).key
            hub.requests.clear()
            make(source)
            assert hub.requests == []

    def test_a_name_that_timm_does_not_know(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        with running_hub(monkeypatch), pytest.raises(EncoderError, match="no weights for 'resnet51'"):
            make("resnet51")

    @pytest.mark.parametrize("source", ["resnet50.a1_in1k", "resnet18", "a/b"])
    def test_offline_it_says_what_to_do(self, tmp_path, monkeypatch, source):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
        start = time.monotonic()
        with pytest.raises(WeightError) as caught:
            make(source)
        assert time.monotonic() - start < 5
        assert "model.safetensors" in str(caught.value)
        assert "timm:/path/to/folder; meanwhile efficientnet-lite0" in str(caught.value)


class TestSpoiltFolders:
    @pytest.fixture
    def spoilt(self, vit, tmp_path):
        return shutil.copytree(vit, tmp_path / "vit")

    @pytest.mark.parametrize("content", [b"", b"not tensors at all"])
    def test_damaged_weights(self, spoilt, content):
        (spoilt / "model.safetensors").write_bytes(content)
        with pytest.raises(WeightError, match="not a readable file of tensors"):
            make(spoilt)

    def test_a_pickle_with_more_than_tensors_is_refused(self, spoilt):
        (spoilt / "model.safetensors").unlink()
        torch.save(Image.new("RGB", (1, 1)), spoilt / "pytorch_model.bin")
        with pytest.raises(WeightError, match="nothing but tensors"):
            make(spoilt)

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_a_missing_file(self, spoilt, name):
        (spoilt / name).unlink()
        with pytest.raises(WeightError, match=name):
            make(spoilt)

    @pytest.mark.parametrize("config", ["", "[]", "{}", '{"architecture": 3}', '{"model_type": "bert"}'])
    def test_a_configuration_of_something_else(self, spoilt, config):
        (spoilt / "config.json").write_text(config, encoding="utf-8")
        with pytest.raises(EncoderError, match="does not describe a timm model"):
            make(spoilt)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (
                lambda config: config.update(architecture="resnet10t", model_args={}, pretrained_cfg={}),
                "do not fit resnet10t",
            ),
            (lambda config: config.update(architecture="no_such_network"), "cannot build no_such_network"),
            (lambda config: config["model_args"].update(depth=3), "do not fit"),
            (lambda config: config["model_args"].update(no_such=3), "cannot build"),
        ],
    )
    def test_another_architecture(self, spoilt, change, words):
        edit(spoilt, change)
        with pytest.raises(EncoderError, match=words):
            make(spoilt)

    def test_pictures_of_one_channel_are_not_its_kind(self, tmp_path):
        build_timm(tmp_path, **{**VIT, "in_chans": 1})
        edit(tmp_path, lambda config: config["pretrained_cfg"].update(input_size=[1, 32, 32], mean=[0.5], std=[0.5]))
        with pytest.raises(EncoderError, match="1 channels"):
            make(tmp_path)

    def test_features_that_are_no_vector_are_refused(self, tmp_path):
        build_timm(tmp_path, architecture="test_resnet", global_pool="", num_classes=0)
        with pytest.raises(EncoderError, match="one vector a picture"):
            make(tmp_path)
