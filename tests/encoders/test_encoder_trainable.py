"""What the contract does not ask of the encoders that users train."""

import json
import shutil

import numpy as np
import pytest
import torch
from encoder_samples import SAMPLES, bowed, picture, tone

from mmdemo.encoders import find, load
from mmdemo.encoders.trainable_audio import MelFrames, prepare_sound
from mmdemo.encoders.trainable_families import FRAMES, TRAINABLE, find_trainable, network_of
from mmdemo.encoders.trainable_folder import CONFIG, MODEL
from mmdemo.encoders.trainable_image import prepare_picture
from mmdemo.errors import EncoderError, WeightError
from mmdemo.training import seeded
from mmdemo.types import Modality

every_family = pytest.mark.parametrize("family", TRAINABLE)
audio_families = pytest.mark.parametrize("family", ["lstm-audio", "attention-audio"])


@every_family
def test_a_family_needs_a_folder_and_says_so(family):
    with pytest.raises(EncoderError, match="mmdemo tune"):
        find(family)


@every_family
def test_a_folder_that_is_not_there_is_a_plain_error(family, tmp_path):
    with pytest.raises(WeightError, match=r"config\.json is missing.*mmdemo tune"):
        load(f"{family}:{tmp_path}", device="cpu")


@every_family
class TestFolder:
    def test_another_familys_folder_is_refused(self, family, tiny_source):
        other = next(name for name in TRAINABLE if name != family)
        with pytest.raises(EncoderError, match=f"write {other}:"):
            load(f"{family}:{tiny_source(other)}", device="cpu")

    def test_weights_that_do_not_fit_are_refused(self, family, tiny_source, tmp_path):
        shutil.copytree(tiny_source(family), tmp_path / "mine")
        config = json.loads((tmp_path / "mine" / CONFIG).read_text())
        config["shape"] |= {"widths": [8, 8, 8, 8]} if family == "cnn" else {"width": 32}
        (tmp_path / "mine" / CONFIG).write_text(json.dumps(config))
        with pytest.raises(EncoderError, match=r"do not fit its config\.json"):
            load(f"{family}:{tmp_path / 'mine'}", device="cpu")

    def test_a_damaged_config_or_missing_weights_are_plain_errors(self, family, tiny_source, tmp_path):
        for name in ("torn", "strange", "bare"):
            shutil.copytree(tiny_source(family), tmp_path / name)
        (tmp_path / "torn" / CONFIG).write_text('{"format": 1')
        (tmp_path / "strange" / CONFIG).write_text("{}")
        (tmp_path / "bare" / MODEL).unlink()
        with pytest.raises(EncoderError, match="cannot be read"):
            load(f"{family}:{tmp_path / 'torn'}", device="cpu")
        with pytest.raises(EncoderError, match="no encoder that was trained here"):
            load(f"{family}:{tmp_path / 'strange'}", device="cpu")
        with pytest.raises(WeightError, match=MODEL):
            load(f"{family}:{tmp_path / 'bare'}", device="cpu")

    def test_the_key_follows_the_weights(self, family, tiny_source, tmp_path):
        from safetensors.torch import load_file, save_file

        shutil.copytree(tiny_source(family), tmp_path / "mine")
        tensors = load_file(tmp_path / "mine" / MODEL)
        tensors["head.bias"] += 1.0
        save_file(tensors, tmp_path / "mine" / MODEL)
        mine, tiny = (load(f"{family}:{folder}", device="cpu") for folder in (tmp_path / "mine", tiny_source(family)))
        assert mine.key != tiny.key
        features = tiny.encode(SAMPLES[tiny.modality][:1])
        assert (mine.class_probabilities(features) > tiny.class_probabilities(features)).all()

    def test_the_parts_average_to_what_the_network_pools(self, family, tiny_source):
        """The mean over places for the networks that pool so; the LSTM's own weights for it."""
        encoder = load(f"{family}:{tiny_source(family)}", device="cpu")
        piece = SAMPLES[encoder.modality][0]
        (inside,) = encoder.inspect(piece, attention=True)
        shares = inside.attention[0][0, 0] if family == "lstm-audio" else np.full(len(inside.labels), 1.0)
        pooled = shares @ inside.features / shares.sum()
        np.testing.assert_allclose(pooled, encoder.encode([piece])[0], atol=1e-5)


@audio_families
def test_attention_is_of_the_window_and_its_filling_stands_for_no_place(family, tiny_source):
    encoder = load(f"{family}:{tiny_source(family)}", device="cpu")
    (inside,) = encoder.inspect(tone(440, 1.5), attention=True)
    steps = FRAMES // encoder.network.step
    assert len(inside.labels) == steps
    assert all(layer.shape[1:] == (steps, steps) for layer in inside.attention)
    placed = ~np.isnan(inside.places[:, 0])
    assert placed.sum() == steps // 2 + steps % 2
    assert np.nanmax(inside.places[:, 1]) == pytest.approx(1.5)
    assert len(encoder.inspect(bowed(220, 7.0))) == 3


def test_asking_for_attention_does_not_change_the_states():
    with seeded(0):
        network = network_of("attention-audio", {"width": 16, "layers": 2, "heads": 4}).eval()
        windows = torch.rand(2, FRAMES, 64)
    seen: list[torch.Tensor] = []
    torch.testing.assert_close(network.states(windows, seen=seen), network.states(windows), atol=1e-5, rtol=1e-5)
    assert [tuple(layer.shape) for layer in seen] == [(2, 4, 30, 30)] * 2


def test_the_attention_layer_is_torchs_own_formula():
    """Against torch's TransformerEncoderLayer with the same weights."""
    from mmdemo.encoders.trainable_audio_network import AttentionLayer

    with seeded(0):
        ours = AttentionLayer(16, 4)
        tokens = torch.randn(2, 7, 16)
    theirs = torch.nn.TransformerEncoderLayer(16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=True)
    theirs.load_state_dict(
        {
            "self_attn.in_proj_weight": ours.ask.weight,
            "self_attn.in_proj_bias": ours.ask.bias,
            "self_attn.out_proj.weight": ours.answer.weight,
            "self_attn.out_proj.bias": ours.answer.bias,
            "linear1.weight": ours.think[0].weight,
            "linear1.bias": ours.think[0].bias,
            "linear2.weight": ours.think[2].weight,
            "linear2.bias": ours.think[2].bias,
            "norm1.weight": ours.before_looking.weight,
            "norm1.bias": ours.before_looking.bias,
            "norm2.weight": ours.before_thinking.weight,
            "norm2.bias": ours.before_thinking.bias,
        }
    )
    torch.testing.assert_close(ours(tokens), theirs(tokens), atol=1e-5, rtol=1e-5)


@audio_families
def test_training_hears_what_encoding_hears(family, tiny_source):
    encoder = load(f"{family}:{tiny_source(family)}", device="cpu")
    for sound in SAMPLES[Modality.AUDIO]:
        heard = prepare_sound(sound, MelFrames(), most=64)
        for ours, theirs in zip(heard, encoder.prepare(sound).windows, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_long_sound_gives_training_windows_from_its_beginning_to_its_end():
    windows = prepare_sound(bowed(220, 31.0), MelFrames(), most=64)
    chosen = prepare_sound(bowed(220, 31.0), MelFrames(), most=3)
    assert len(windows) == 11
    for at, window in zip((0, 5, 10), chosen, strict=True):
        np.testing.assert_array_equal(window, windows[at])


def test_training_sees_what_encoding_sees(tiny_source):
    encoder = load(f"cnn:{tiny_source('cnn')}", device="cpu")
    for image in SAMPLES[Modality.IMAGE]:
        np.testing.assert_array_equal(encoder.prepare(image).windows[0], prepare_picture(image, 32))


def test_a_picture_is_whole_on_white():
    pixels = prepare_picture(picture(40, 300, 3), 32)
    assert pixels.shape == (3, 32, 32)
    assert (pixels[:, :, :13] == 1.0).all()
    assert np.abs(pixels[:, :, 14:18]).mean() < 0.95


def test_what_cannot_be_trained_is_named_with_what_can():
    with pytest.raises(EncoderError, match="cnn, lstm-audio, attention-audio"):
        find_trainable("minilm")
