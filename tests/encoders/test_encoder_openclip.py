"""OpenCLIP's towers against open_clip itself, on tiny checkpoints that open_clip reads too."""

import json
import shutil
import socket
import time
from itertools import pairwise

import numpy as np
import open_clip
import pytest
import torch
from encoder_samples import picture
from hub_server import running_hub
from PIL import Image
from tiny_openclip import TEXT, VISION, WEIGHTS, build_hub_tokenizer, build_openclip
from torch import nn

from mmdemo.encoders import LoadSettings, find, load
from mmdemo.encoders.openclip_attention import watching
from mmdemo.encoders.openclip_files import find_openclip
from mmdemo.encoders.openclip_tokens import find_places
from mmdemo.errors import EncoderError, WeightError
from mmdemo.progress import silent

TEXTS = ["a red fox in the snow", "", "The TIDE &amp; the moon", "Ein Käfer läuft über 日本 🎈"]
LONG_TEXT = "the tide comes in and goes out again " * 30


def make(family: str, source):
    """A new encoder through the real path, not kept for the process."""
    return find(f"{family}:{source}").load(LoadSettings(device="cpu"))


def library(folder):
    """open_clip's own model, preprocessing and tokenizer of a folder."""
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    return model.eval(), preprocess, open_clip.get_tokenizer(f"local-dir:{folder}")


def library_texts(folder, texts):
    model, _, tokenizer = library(folder)
    with torch.inference_mode():
        return model.encode_text(tokenizer(texts)).numpy()


def library_pictures(folder, pictures):
    model, preprocess, _ = library(folder)
    with torch.inference_mode():
        return model.encode_image(torch.stack([preprocess(image) for image in pictures])).numpy()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openclip")
    build_openclip(folder)
    return folder


@pytest.fixture(scope="module")
def text(folder):
    return make("openclip-text", folder)


@pytest.fixture(scope="module")
def image(folder):
    return make("openclip-image", folder)


class TestText:
    def test_vectors_are_open_clips(self, text, folder):
        np.testing.assert_allclose(text.encode(TEXTS), library_texts(folder, TEXTS), atol=1e-5)

    def test_padding_changes_nothing(self, text):
        alone = text.encode(TEXTS[:1])
        np.testing.assert_allclose(text.encode([*TEXTS, LONG_TEXT])[:1], alone, atol=1e-6)

    def test_a_long_text_is_the_mean_of_its_windows(self, text, folder):
        model, _, tokenizer = library(folder)
        pieces = tokenizer.encode(LONG_TEXT)
        count = -(-len(pieces) // 75)
        edges = [len(pieces) * number // count for number in range(count + 1)]
        rows = torch.zeros((count, 77), dtype=torch.long)
        for row, (start, end) in enumerate(pairwise(edges)):
            marked = [tokenizer.sot_token_id, *pieces[start:end], tokenizer.eot_token_id]
            rows[row, : len(marked)] = torch.tensor(marked)
        with torch.inference_mode():
            vectors = model.encode_text(rows).numpy()
        expected = np.average(vectors, axis=0, weights=np.diff(edges) + 2)
        np.testing.assert_allclose(text.encode([LONG_TEXT])[0], expected, atol=1e-5)
        assert np.abs(text.encode([LONG_TEXT + "zebra"]) - expected).max() > 1e-4

    @pytest.mark.parametrize(
        ("changes", "kwargs"),
        [
            ({"no_causal_mask": True, "pool_type": "last", "proj_bias": True}, {"clean": "canonicalize"}),
            ({"no_causal_mask": True, "pool_type": "last"}, {"strip_sep_token": True}),
            ({"pool_type": "eos", "eos_id": 3}, {}),
        ],
    )
    def test_towers_with_a_hub_tokenizer_are_open_clips(self, tmp_path, changes, kwargs):
        named = {"hf_tokenizer_name": "someone/tokenizer", "tokenizer_kwargs": kwargs}
        tower = {**TEXT, "context_length": 12, "vocab_size": 13, **named, **changes}
        build_openclip(tmp_path, class_name="CustomTextCLIP", text_cfg=tower)
        build_hub_tokenizer(tmp_path)
        encoder = make("openclip-text", tmp_path)
        texts = ["A red fox, in the snow!", "tide", ""]
        np.testing.assert_allclose(encoder.encode(texts), library_texts(tmp_path, texts), atol=1e-5)
        assert len(encoder.prepare("the tide comes in and the fox " * 3).windows) > 1

    def test_a_class_token_at_the_end_is_open_clips(self, tmp_path):
        build_openclip(tmp_path, class_name="CustomTextCLIP", text_cfg={**TEXT, "embed_cls": True})
        encoder = make("openclip-text", tmp_path)
        np.testing.assert_allclose(encoder.encode(TEXTS), library_texts(tmp_path, TEXTS), atol=1e-5)
        assert encoder.inspect(TEXTS[0])[0].labels[-1] == "padding"


class TestImage:
    def test_vectors_are_open_clips(self, image, folder):
        pictures = [picture(64, 64, 1), picture(90, 64, 2), picture(33, 40, 3)]
        np.testing.assert_allclose(image.encode(pictures), library_pictures(folder, pictures), atol=1e-5)

    @pytest.mark.parametrize("size", [(160, 32), (33, 200), (50, 76)])
    def test_a_long_picture_is_the_mean_of_squares_from_end_to_end(self, image, folder, size):
        long = picture(*size, 4)
        boxes = image.framing.windows(*size)
        assert len(boxes) == -(-max(size) // min(size))
        assert boxes[0][:2] == (0, 0)
        assert boxes[-1][2:] == size
        expected = library_pictures(folder, [long.crop(box) for box in boxes]).mean(axis=0)
        np.testing.assert_allclose(image.encode([long])[0], expected, atol=1e-5)

    def test_the_ends_of_a_long_picture_count(self, image):
        long = picture(300, 60, 5)
        other = long.copy()
        other.paste(Image.new("RGB", (40, 60), "red"), (260, 0))
        assert np.abs(image.encode([long]) - image.encode([other])).max() > 1e-3

    @pytest.mark.parametrize("mode", ["squash", "longest"])
    def test_preprocessing_that_shows_all_is_kept_for_every_picture(self, tmp_path, mode):
        build_openclip(tmp_path, preprocessing={"resize_mode": mode, "interpolation": "bilinear"})
        encoder = make("openclip-image", tmp_path)
        pictures = [picture(160, 32, 6), picture(40, 41, 7)]
        np.testing.assert_allclose(encoder.encode(pictures), library_pictures(tmp_path, pictures), atol=1e-5)
        left, top, right, bottom = encoder.inspect(pictures[0])[0].places[1:].T
        assert (left.min(), right.max()) == pytest.approx((0, 1))
        assert (top.min(), bottom.max()) == pytest.approx((0, 1) if mode == "squash" else (-2, 3))

    def test_a_residual_network_is_open_clips(self, tmp_path):
        vision = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 8, "image_size": 64}
        build_openclip(tmp_path, vision_cfg=vision)
        encoder = make("openclip-image", tmp_path)
        pictures = [picture(80, 80, 8)]
        np.testing.assert_allclose(encoder.encode(pictures), library_pictures(tmp_path, pictures), atol=1e-5)
        (inside,) = encoder.inspect(pictures[0], attention=True)
        assert inside.features.shape == (4, 8 * 32)
        assert inside.attention == ()

    def test_one_of_timms_networks_is_open_clips(self, tmp_path):
        vision = {"timm_model_name": "test_vit", "timm_pool": "token", "timm_proj": "linear", "image_size": 160}
        build_openclip(tmp_path, vision_cfg=vision, class_name="CustomTextCLIP")
        encoder = make("openclip-image", tmp_path)
        pictures = [picture(80, 80, 8)]
        np.testing.assert_allclose(encoder.encode(pictures), library_pictures(tmp_path, pictures), atol=1e-5)
        (inside,) = encoder.inspect(pictures[0], attention=True)
        assert inside.features.shape[0] == 1 + 10 * 10
        assert len(inside.attention) > 0


class TestInside:
    @pytest.fixture
    def expected(self, monkeypatch):
        """What torch itself says of every attention that runs meanwhile."""
        weights = []
        forward = nn.MultiheadAttention.forward

        def asked(module, *inputs, **named):
            found = forward(module, *inputs, **{**named, "need_weights": True, "average_attn_weights": False})
            weights.append(found[1][0].numpy())
            return found

        monkeypatch.setattr(nn.MultiheadAttention, "forward", asked)
        return weights

    @pytest.mark.parametrize(("family", "piece"), [("openclip-text", TEXTS[0]), ("openclip-image", picture(64, 64, 9))])
    def test_attention_is_torchs(self, folder, expected, family, piece):
        (inside,) = make(family, folder).inspect(piece, attention=True)
        assert len(inside.attention) == len(expected) == 2
        for ours, torchs in zip(inside.attention, expected, strict=True):
            np.testing.assert_allclose(ours, torchs, atol=1e-5)

    def test_attention_of_a_tower_with_padding_and_class_token_is_torchs(self, tmp_path, expected):
        build_openclip(tmp_path, class_name="CustomTextCLIP", text_cfg={**TEXT, "embed_cls": True})
        (inside,) = make("openclip-text", tmp_path).inspect(TEXTS[0], attention=True)
        for ours, torchs in zip(inside.attention, expected, strict=True):
            np.testing.assert_allclose(ours, torchs, atol=1e-5)

    @pytest.mark.parametrize("variant", [{"qk_norm": True}, {"scale_heads": True}])
    def test_attention_of_open_clips_own_blocks_gives_their_output(self, variant):
        tower = open_clip.transformer.Transformer(24, 1, 3, **variant).eval()
        states = torch.randn((1, 7, 24), generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            with watching(tower, attention=True) as seen:
                tower(states)
            block = tower.resblocks[0]
            normed = block.ln_1(states)
            values = nn.functional.linear(normed, block.attn.in_proj_weight, block.attn.in_proj_bias).chunk(3, -1)[2]
            looked = torch.from_numpy(seen.attention[0]) @ values[0].reshape(7, 3, 8).transpose(0, 1)
            if block.attn.head_scale is not None:
                looked = looked * block.attn.head_scale
            expected = block.attn(normed)[0]
            ours = block.attn.out_proj(looked.transpose(0, 1).reshape(7, 24))
        np.testing.assert_allclose(ours, expected, atol=1e-5)

    def test_no_hook_is_there_unless_asked_for_and_none_stays(self, image, text, monkeypatch):
        added = []
        add = nn.Module.register_forward_pre_hook
        monkeypatch.setattr(
            nn.Module, "register_forward_pre_hook", lambda *args, **named: added.append(1) or add(*args, **named)
        )
        for encoder, piece in ((image, picture(64, 64, 9)), (text, TEXTS[0])):
            encoder.encode([piece])
            assert encoder.inspect(piece)[0].attention == ()
            assert added == []
            encoder.inspect(piece, attention=True)
            assert added
            added.clear()
            modules = list(encoder.network.modules())
            assert not any(module._forward_pre_hooks or module._forward_hooks for module in modules)

    def test_word_pieces_say_where_they_stand(self, text):
        written = "The Käfer, 日本 & a zebra"
        (inside,) = text.inspect(written)
        assert (inside.labels[0], inside.labels[-1]) == ("start", "end")
        placed = [
            (label, written[int(start) : int(end)].lower())
            for label, (start, end) in zip(inside.labels, inside.places[:, :2].tolist(), strict=True)
            if start == start  # noqa: PLR0124 - not NaN
        ]
        assert all(label == found for label, found in placed)
        assert "".join(label for label, _ in placed) == "thekäfer,日本&azebra"

    def test_pieces_of_all_windows_are_placed(self, text):
        insides = text.inspect(LONG_TEXT)
        assert len(insides) > 1
        starts = np.concatenate([inside.places[1:-1, 0] for inside in insides])
        assert (np.diff(starts) > 0).all()
        assert LONG_TEXT[int(starts[-1]) :].startswith("again")

    def test_words_that_cleaning_made_are_not_placed(self):
        places = find_places("a fox", ["a", "wolf", "", "fox"])
        np.testing.assert_array_equal(places, [[0, 1], [np.nan] * 2, [np.nan] * 2, [2, 5]])

    def test_patches_tile_what_the_network_saw(self, image):
        insides = image.inspect(picture(96, 32, 10))
        assert len(insides) == 3
        for number, inside in enumerate(insides):
            assert inside.labels[:2] == ("CLS", "row 1, column 1")
            assert np.isnan(inside.places[0]).all()
            left, top, right, bottom = inside.places[1:].T
            assert (left.min(), right.max()) == pytest.approx((number / 3, (number + 1) / 3), abs=1e-6)
            assert (top.min(), bottom.max()) == (0, 1)

    def test_a_cropped_picture_shows_its_middle(self, image):
        (inside,) = image.inspect(picture(80, 64, 11))
        assert (np.nanmin(inside.places[:, 0]), np.nanmax(inside.places[:, 2])) == pytest.approx((0.1, 0.9))


class TestLoading:
    def test_the_towers_are_twins_and_hold_only_themselves(self, folder, text, image):
        assert find(f"openclip-image:{folder}").twin == text.name == f"openclip-text:{folder}"
        assert text.dim == image.dim == 16
        assert text.key != image.key
        whole = {name for name, _ in library(folder)[0].named_parameters()}
        towers = [{name for name, _ in encoder.network.named_parameters()} for encoder in (text, image)]
        assert {f"visual.{name}" for name in towers[1]} == {name for name in whole if name.startswith("visual.")}
        assert towers[0] == {name for name in whole if not name.startswith(("visual.", "logit"))}

    @pytest.mark.parametrize(("family", "piece"), [("openclip-text", TEXTS[0]), ("openclip-image", picture(64, 64, 9))])
    @pytest.mark.parametrize("option", ["int8", "pruned30"])
    def test_compressed_towers_stay_near(self, folder, family, piece, option):
        names = [f"{family}:{folder}", f"{family}:{folder}@{option}"]
        whole, compressed = (load(name, device="cpu").encode([piece])[0] for name in names)
        cosine = whole @ compressed / np.linalg.norm(whole) / np.linalg.norm(compressed)
        assert 0.9 < cosine < 1 - 1e-6

    def test_other_preprocessing_is_another_key(self, tmp_path, image):
        build_openclip(tmp_path, preprocessing={"resize_mode": "squash"})
        assert make("openclip-image", tmp_path).key != image.key

    def test_weights_in_pytorchs_format_are_the_same(self, folder, tmp_path, text):
        from safetensors.torch import load_file

        shutil.copy(folder / "open_clip_config.json", tmp_path)
        tensors = {f"module.{name}": tensor for name, tensor in load_file(folder / WEIGHTS).items()}
        torch.save({"state_dict": tensors}, tmp_path / "open_clip_pytorch_model.bin")
        encoder = make("openclip-text", tmp_path)
        np.testing.assert_array_equal(encoder.encode(TEXTS), text.encode(TEXTS))
        assert encoder.key != text.key

    def test_a_folder_needs_no_network(self, folder, monkeypatch):
        for call in ("connect", "connect_ex"):
            monkeypatch.setattr(socket.socket, call, lambda *arguments: pytest.fail("a call to the network"))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **named: pytest.fail("a name was looked up"))
        make("openclip-text", folder).encode(TEXTS)
        make("openclip-image", folder).encode([picture(32, 32, 1)])

    def test_a_hub_serves_it_once(self, folder, tmp_path, monkeypatch, text):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        with running_hub(monkeypatch) as hub:
            names = ("open_clip_config.json", WEIGHTS)
            hub.files["someone/clip"] = {"a" * 40: {name: (folder / name).read_bytes() for name in names}}
            encoder = make("openclip-text", "someone/clip")
            np.testing.assert_array_equal(encoder.encode(TEXTS), text.encode(TEXTS))
            assert encoder.key == text.key
            hub.requests.clear()
            make("openclip-image", "someone/clip")
            assert hub.requests == []

    @pytest.mark.parametrize(
        ("source", "repository"),
        [("RN50/openai", "timm/resnet50_clip.openai"), ("ViT-B-32/laion2b_s34b_b79k", "laion/CLIP-ViT-B-32-laion2B")],
    )
    def test_a_tag_stands_for_the_repository_that_open_clip_names(self, tmp_path, monkeypatch, source, repository):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        with running_hub(monkeypatch) as hub, pytest.raises(WeightError, match=repository):
            make("openclip-image", source)
        assert any(repository in request for request in hub.requests)

    def test_a_tag_settles_activation_and_preprocessing(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        with running_hub(monkeypatch) as hub:
            for repository in ("timm/vit_base_patch32_clip_224.openai", "timm/ViT-B-16-SigLIP"):
                hub.files[repository] = {"a" * 40: {WEIGHTS: b"weights", "tokenizer.json": b"{}"}}
            words = {"family": "openclip-text", "meanwhile": "minilm", "progress": silent}
            openai = find_openclip("ViT-B-32/openai", **words)
            siglip = find_openclip("ViT-B-16-SigLIP/webli", **words)
        assert openai.model["quick_gelu"]
        assert not siglip.model.get("quick_gelu")
        assert openai.preprocessing["resize_mode"] == "shortest"
        assert (siglip.preprocessing["resize_mode"], siglip.preprocessing["mean"]) == ("squash", (0.5, 0.5, 0.5))
        assert not (openai.weights.parent / "tokenizer.json").exists()  # its own tokenizer comes with the library
        assert (siglip.weights.parent / "tokenizer.json").exists()

    @pytest.mark.parametrize("source", ["ViT-B-32/laion2b_s34b_b79k", "ViT-L-14/openai", "someone/clip"])
    def test_offline_it_says_what_to_do(self, tmp_path, monkeypatch, source):
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
        start = time.monotonic()
        with pytest.raises(WeightError) as caught:
            make("openclip-image", source)
        assert time.monotonic() - start < 5
        message = str(caught.value)
        assert WEIGHTS in message
        assert "openclip-image:/path/to/folder; meanwhile efficientnet-lite0" in message


class TestSpoiltFolders:
    @pytest.fixture
    def spoilt(self, folder, tmp_path):
        shutil.copytree(folder, tmp_path / "clip")
        return tmp_path / "clip"

    @pytest.mark.parametrize("family", ["openclip-text", "openclip-image"])
    @pytest.mark.parametrize("content", [b"", b"not tensors at all", b"\x08\0\0\0\0\0\0\0{}      "])
    def test_damaged_weights(self, spoilt, family, content):
        (spoilt / WEIGHTS).write_bytes(content)
        with pytest.raises((WeightError, EncoderError), match="open_clip_model"):
            make(family, spoilt)

    def test_half_a_weights_file(self, spoilt):
        content = (spoilt / WEIGHTS).read_bytes()
        (spoilt / WEIGHTS).write_bytes(content[: len(content) // 2])
        with pytest.raises(WeightError, match="not a readable file of tensors"):
            make("openclip-text", spoilt)

    def test_a_pickle_with_more_than_tensors_is_refused(self, spoilt):
        (spoilt / WEIGHTS).unlink()
        torch.save({"state_dict": Image.new("RGB", (1, 1))}, spoilt / "open_clip_pytorch_model.bin")
        with pytest.raises(WeightError, match="nothing but tensors"):
            make("openclip-text", spoilt)

    @pytest.mark.parametrize("name", ["open_clip_config.json", WEIGHTS])
    def test_a_missing_file(self, spoilt, name):
        (spoilt / name).unlink()
        with pytest.raises(WeightError, match=name):
            make("openclip-text", spoilt)

    @pytest.mark.parametrize("config", ["", "[]", '{"model_cfg": 3}', '{"model_cfg": {"vision_cfg": {}}}'])
    def test_a_configuration_of_something_else(self, spoilt, config):
        (spoilt / "open_clip_config.json").write_text(config, encoding="utf-8")
        with pytest.raises(EncoderError, match="does not describe an OpenCLIP model"):
            make("openclip-image", spoilt)

    @pytest.mark.parametrize(
        ("family", "changes", "words"),
        [
            ("openclip-image", {"vision_cfg": {**VISION, "width": 64}}, "do not fit the architecture"),
            ("openclip-text", {"text_cfg": {**TEXT, "layers": 3}}, "do not fit the architecture"),
            ("openclip-image", {"vision_cfg": {**VISION, "no_such": 1}}, "cannot build"),
            ("openclip-text", {"text_cfg": {**TEXT, "heads": 5}}, "cannot build"),
            ("openclip-text", {"text_cfg": {**TEXT, "hf_model_name": "roberta-base"}}, "its image tower can be used"),
            ("openclip-text", {"text_cfg": {**TEXT, "hf_tokenizer_name": "a/b"}}, "tokenizer"),
            ("openclip-text", {"text_cfg": {**TEXT, "tokenizer_mode": "clips"}}, "tokenizer mode"),
            ("openclip-text", {"text_cfg": {**TEXT, "context_length": 2}}, "cannot build|do not fit|must fit"),
        ],
    )
    def test_another_architecture(self, spoilt, family, changes, words):
        path = spoilt / "open_clip_config.json"
        described = json.loads(path.read_text(encoding="utf-8"))
        described["model_cfg"].update(changes)
        path.write_text(json.dumps(described), encoding="utf-8")
        with pytest.raises(EncoderError, match=words):
            make(family, spoilt)

    def test_pictures_need_nothing_of_a_text_tower_that_is_not_supported(self, spoilt, image):
        path = spoilt / "open_clip_config.json"
        described = json.loads(path.read_text(encoding="utf-8"))
        described["model_cfg"]["text_cfg"] = {"hf_model_name": "roberta-base", "hf_tokenizer_name": ""}
        path.write_text(json.dumps(described), encoding="utf-8")
        pictures = [picture(64, 64, 1)]
        np.testing.assert_array_equal(make("openclip-image", spoilt).encode(pictures), image.encode(pictures))
