"""What the contract does not ask of CLAP's towers."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from encoder_samples import bowed, strokes, tone
from tiny_transformers import tiny_bert, tiny_clap

from mmdemo.encoders import find, load
from mmdemo.encoders.clap_map import between_cells, cells_of_square, edges_hz
from mmdemo.errors import EncoderError, WeightError
from mmdemo.types import Waveform

TEXTS = ["a red fox in the snow", "rain", "the sound of a dog"]
RATE = 48_000
every_tower = pytest.mark.parametrize("family", ["clap-text", "clap-audio"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("clap")
    tiny_clap(path)
    return path


@pytest.fixture(scope="module")
def fused(tmp_path_factory):
    path = tmp_path_factory.mktemp("fused")
    tiny_clap(path, fusion=True)
    return path


@pytest.fixture
def copy(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy"


def load_from(family, folder):
    return load(f"{family}:{folder}", device="cpu")


def features(outputs):
    """Version 5 of the library wraps them, version 4 does not."""
    return getattr(outputs, "pooler_output", outputs).numpy()


def library(folder):
    from transformers import ClapModel

    return ClapModel.from_pretrained(folder).eval()


def mel_of(folder, waveform):
    from transformers import ClapFeatureExtractor

    extractor = ClapFeatureExtractor.from_pretrained(folder)
    return extractor(waveform.samples, sampling_rate=RATE, return_tensors="pt")["input_features"]


def part(waveform, start_s, end_s):
    rate = waveform.sample_rate_hz
    return Waveform(waveform.samples[int(start_s * rate) : int(end_s * rate)], rate)


class TestVectors:
    def test_texts_have_the_librarys_vectors(self, folder):
        from transformers import AutoTokenizer

        inputs = AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
        with torch.inference_mode():
            expected = features(library(folder).get_text_features(**inputs))
        np.testing.assert_allclose(load_from("clap-text", folder).encode(TEXTS), expected, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("seconds", [0.2, 3.3, 10.0])
    def test_sounds_up_to_ten_seconds_have_the_librarys_vectors(self, folder, seconds):
        sound = strokes(seconds, sample_rate_hz=RATE)
        with torch.inference_mode():
            expected = features(library(folder).get_audio_features(input_features=mel_of(folder, sound)))
        np.testing.assert_allclose(load_from("clap-audio", folder).encode([sound]), expected, rtol=1e-5, atol=1e-5)

    def test_a_model_with_feature_fusion_has_the_librarys_vector_of_a_clip_that_is_not_longer(self, fused):
        sound = strokes(4.0, sample_rate_hz=RATE)
        longer = torch.zeros(1, 1, dtype=torch.bool)
        with torch.inference_mode():
            outputs = library(fused).get_audio_features(input_features=mel_of(fused, sound), is_longer=longer)
        found = load_from("clap-audio", fused).encode([sound])
        np.testing.assert_allclose(found, features(outputs), rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("model", ["folder", "fused"])
    def test_a_long_clip_is_the_mean_of_its_fixed_windows_at_every_call(self, request, model):
        encoder = load_from("clap-audio", request.getfixturevalue(model))
        long, other = strokes(25.0, sample_rate_hz=RATE), bowed(220, 12.0, sample_rate_hz=RATE)
        windows = [part(long, start, start + 10) for start in (0, 10, 15)]
        expected = encoder.encode(windows).mean(0)
        first, second = encoder.encode([long, other]), encoder.encode([other, long])[::-1]
        np.testing.assert_allclose(first[0], expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(encoder.encode([long]), encoder.encode([long]))

    def test_the_librarys_own_vector_of_a_long_clip_changes_from_call_to_call(self, folder):
        long = strokes(25.0, sample_rate_hz=RATE)
        np.random.seed(0)  # what the library draws from
        crops = [mel_of(folder, long) for _ in range(2)]
        assert not torch.equal(*crops)

    def test_other_sample_rates_are_converted(self, folder):
        encoder = load_from("clap-audio", folder)
        there, here = encoder.encode([bowed(220, 4.0, sample_rate_hz=rate) for rate in (44_100, RATE)])
        assert there @ here / np.linalg.norm(there) / np.linalg.norm(here) > 0.999

    def test_each_tower_reads_its_own_half(self, folder):
        text, audio = (load_from(family, folder) for family in ("clap-text", "clap-audio"))
        names = [{name.split(".")[0] for name, _ in e.network.named_parameters()} for e in (text, audio)]
        assert names == [{"backbone", "projection"}] * 2
        whole = sum(parameter.numel() for parameter in library(folder).parameters()) - 2  # two temperatures
        assert sum(parameter.numel() for e in (text, audio) for parameter in e.network.parameters()) == whole
        assert text.key.split("/")[:2] == ["clap-text", "1"]
        assert audio.dim == text.dim == 12

    def test_the_text_tower_is_the_twin_of_the_same_source(self, folder):
        assert find("clap-audio").twin == "clap-text"
        assert find(f"clap-audio:{folder}").twin == f"clap-text:{folder}"

    def test_a_long_text_is_read_to_its_end(self, folder):
        encoder = load_from("clap-text", folder)
        windows = encoder.prepare("the tide comes and " * 40).windows
        assert max(map(len, windows)) <= 32
        assert sum(len(window) - 2 for window in windows) == len(encoder._tokens._cut("the tide comes and " * 40)[0])


class TestInsideText:
    def test_attention_is_the_librarys_own(self, folder):
        from transformers import AutoTokenizer

        inputs = AutoTokenizer.from_pretrained(folder)(TEXTS[0], return_tensors="pt")
        model = library(folder)
        model.set_attn_implementation("eager")
        with torch.inference_mode():
            expected = model.text_model(**inputs, output_attentions=True)
        (inside,) = load_from("clap-text", folder).inspect(TEXTS[0], attention=True)
        np.testing.assert_allclose(inside.features, expected.last_hidden_state[0], rtol=1e-5, atol=1e-5)
        assert len(inside.attention) == len(expected.attentions) == 2
        for found, layer in zip(inside.attention, expected.attentions, strict=True):
            np.testing.assert_allclose(found, layer[0], rtol=1e-5, atol=1e-5)

    def test_tokens_say_where_they_stand(self, folder):
        (inside,) = load_from("clap-text", folder).inspect(TEXTS[0])
        spans = inside.places[1:-1, :2].astype(int)
        assert "".join(TEXTS[0][start:end] for start, end in spans) == TEXTS[0].replace(" ", "")
        assert np.isnan(inside.places[[0, -1]]).all()


class TestInsideAudio:
    def test_the_mean_of_the_cells_is_what_is_projected(self, folder):
        encoder = load_from("clap-audio", folder)
        sound = strokes(10.0, sample_rate_hz=RATE)
        (inside,) = encoder.inspect(sound)
        with torch.inference_mode():
            vector = encoder.network.projection(torch.from_numpy(inside.features.mean(0)[None]))
        found = vector / vector.norm()
        np.testing.assert_allclose(found, encoder.encode([sound]), rtol=1e-5, atol=1e-5)

    def test_cells_cover_a_long_sound_and_filling_stands_for_no_place(self, folder):
        encoder = load_from("clap-audio", folder)
        windows = encoder.inspect(strokes(25.0, sample_rate_hz=RATE))
        assert [float(inside.places[0, 0]) for inside in windows] == [0.0, 10.0, 15.0]
        assert [float(inside.places[-1, 1]) for inside in windows] == [10.0, 20.0, 25.0]
        assert windows[0].places[:, 2].min() == 50
        assert windows[0].places[:, 3].max() == 14_000
        (short,) = encoder.inspect(tone(440, 2.6, sample_rate_hz=RATE))
        heard = ~np.isnan(short.places[:, 0])
        assert heard.mean() == pytest.approx(0.28125)  # 9 of 32 times begin before 2.6 s
        assert np.nanmax(short.places[:, 1]) == pytest.approx(2.6)
        assert short.labels[-1] == "filling"

    def test_a_moment_and_a_band_move_their_own_cell(self, folder):
        """The layout of pieces below each other is undone: what happens at 7 s is seen at 7 s."""
        from transformers.models.clap.modeling_clap import ClapAudioEncoder

        encoder = load_from("clap-audio", folder).network.backbone.audio_encoder
        assert isinstance(encoder, ClapAudioEncoder)
        mel = torch.zeros(1, 1, 256, 16)
        mel[0, 0, 180:184, 4:8] = 1.0
        square = encoder.reshape_mel2img(mel)[0, 0].numpy()
        blocks = square.reshape(8, 8, 8, 8).sum((1, 3))  # what falls into each place of the last map
        cells = np.zeros(64)
        cells[cells_of_square(8, 4).ravel()] = blocks.ravel()
        time, band = np.unravel_index(cells.argmax(), (32, 2))
        assert (time, band) == (180 // 8, 0)
        assert cells.sum() == pytest.approx(16.0)

    def test_states_stand_in_the_order_of_the_cells(self, folder):
        encoder = load_from("clap-audio", folder)
        sound = strokes(10.0, sample_rate_hz=RATE)
        seen = []
        norm = encoder.network.backbone.audio_encoder.norm
        hook = norm.register_forward_hook(lambda module, inputs, output: seen.append(output[0].numpy()))
        (inside,) = encoder.inspect(sound)
        hook.remove()
        np.testing.assert_array_equal(inside.features[cells_of_square(8, 4).ravel()], seen[0])

    def test_attention_of_the_last_stage_is_the_librarys_own(self, folder):
        sound = strokes(10.0, sample_rate_hz=RATE)
        (inside,) = load_from("clap-audio", folder).inspect(sound, attention=True)
        model = library(folder).audio_model
        with torch.inference_mode():
            expected = model(input_features=mel_of(folder, sound), output_attentions=True).attentions
        assert [layer.shape for layer in inside.attention] == [(2, 64, 64)] * 2 + [(4, 64, 64)] * 2
        order = cells_of_square(8, 4).ravel()
        found = inside.attention[3][:, order][:, :, order]
        np.testing.assert_allclose(found, expected[-1][0], rtol=1e-5, atol=1e-5)

    def test_attention_of_earlier_stages_is_summed_over_cells(self, folder):
        """Against an obvious loop over the shifted windows of the library's own attention."""
        sound = strokes(10.0, sample_rate_hz=RATE)
        (inside,) = load_from("clap-audio", folder).inspect(sound, attention=True)
        model = library(folder).audio_model
        with torch.inference_mode():
            weights = model(input_features=mel_of(folder, sound), output_attentions=True).attentions[0].numpy()
        cells = cells_of_square(8, 4)
        expected = np.zeros((2, 64, 64))
        for window in range(4):
            top, left = window // 2 * 8, window % 2 * 8
            places = [((top + n // 8 + 4) % 16, (left + n % 8 + 4) % 16) for n in range(64)]
            owners = [cells[row // 2, column // 2] for row, column in places]
            for looking in range(64):
                for seen in range(64):
                    expected[:, owners[looking], owners[seen]] += weights[window, :, looking, seen] / 4
        np.testing.assert_allclose(inside.attention[1], expected, rtol=1e-5, atol=1e-6)

    def test_looking_leaves_no_hook_behind(self, folder):
        encoder = load_from("clap-audio", folder)
        encoder.inspect(tone(440, 1.0), attention=True)
        assert not any(module._forward_hooks for module in encoder.network.modules())

    def test_uniform_attention_within_windows_stays_within_them(self):
        cells = cells_of_square(2, 1)
        weights = np.full((4, 1, 4, 4), 0.25, np.float32)
        np.testing.assert_allclose(between_cells(weights, cells, side=4, window=2, shift=0), np.eye(4)[None])
        moved = between_cells(weights, cells, side=4, window=2, shift=1)
        np.testing.assert_allclose(moved, np.full((1, 4, 4), 0.25))

    @pytest.mark.parametrize("htk", [True, False])
    def test_bounds_in_hz_rise_from_the_lowest_to_the_highest(self, htk):
        edges = edges_hz(64, 2, low_hz=50, high_hz=14_000, htk=htk)
        assert edges[0] == 50
        assert 1_500 < edges[1] < 4_000
        assert edges[2] == 14_000


class TestRefusals:
    @every_tower
    def test_offline_and_not_here_is_told_before_anything_heavy_is_loaded(self, family):
        code = (
            "import sys\n"
            "from mmdemo.encoders import load\n"
            "from mmdemo.errors import WeightError\n"
            "try:\n"
            f"    load('{family}')\n"
            "except WeightError as error:\n"
            "    print(error, 'torch' in sys.modules, 'transformers' in sys.modules)\n"
        )
        nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "MMDEMO_CACHE": "nowhere"}
        answer = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | nowhere, capture_output=True, text=True, check=True
        )
        assert "laion/clap-htsat-unfused is not on this machine" in answer.stdout
        assert "config.json" in answer.stdout
        assert answer.stdout.endswith("False False\n")

    @every_tower
    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_a_missing_file_is_named(self, copy, family, name):
        (copy / name).unlink()
        with pytest.raises(WeightError, match=name.replace(".", r"\.")):
            load_from(family, copy)

    def test_the_files_of_the_other_tower_are_not_asked_for(self, copy, tmp_path):
        shutil.copytree(copy, tmp_path / "other")
        (copy / "preprocessor_config.json").unlink()
        assert load_from("clap-text", copy).encode(TEXTS).shape == (3, 12)
        with pytest.raises(WeightError, match=r"preprocessor_config\.json"):
            load_from("clap-audio", copy)
        (tmp_path / "other" / "tokenizer.json").unlink()
        assert load_from("clap-audio", tmp_path / "other").encode([tone(440, 1.0)]).shape == (1, 12)
        with pytest.raises(WeightError, match=r"tokenizer\.json"):
            load_from("clap-text", tmp_path / "other")

    @every_tower
    def test_cut_off_weights_are_refused(self, copy, family):
        whole = (copy / "model.safetensors").read_bytes()
        (copy / "model.safetensors").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(EncoderError, match="cannot be read as a CLAP model"):
            load_from(family, copy)

    @every_tower
    def test_another_architecture_is_refused(self, tmp_path, family):
        tiny_bert(tmp_path)
        (tmp_path / "preprocessor_config.json").write_text("{}")
        with pytest.raises(EncoderError, match=r"type 'bert'.*a CLAP model"):
            load_from(family, tmp_path)

    @pytest.mark.parametrize(("family", "tower"), [("clap-text", "text_"), ("clap-audio", "audio_")])
    def test_weights_without_the_tower_are_refused_instead_of_drawn_at_random(self, copy, family, tower):
        from safetensors.torch import load_file, save_file

        tensors = load_file(copy / "model.safetensors")
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(tower)}
        save_file(kept, copy / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(EncoderError, match=r"lack .* tensors of a CLAP model"):
            load_from(family, copy)

    def test_a_checkpoint_that_stores_no_counters_gives_the_same_vectors(self, folder, copy):
        from safetensors.torch import load_file, save_file

        tensors = load_file(copy / "model.safetensors")
        counters = ("position_ids", "token_type_ids", "relative_position_index", "num_batches_tracked")
        kept = {name: tensor for name, tensor in tensors.items() if not name.endswith(counters)}
        assert len(kept) < len(tensors)
        save_file(kept, copy / "model.safetensors", metadata={"format": "pt"})
        sound = [strokes(2.0)]
        np.testing.assert_array_equal(
            load_from("clap-text", copy).encode(TEXTS), load_from("clap-text", folder).encode(TEXTS)
        )
        np.testing.assert_array_equal(
            load_from("clap-audio", copy).encode(sound), load_from("clap-audio", folder).encode(sound)
        )

    def test_an_extractor_of_another_model_is_refused(self, copy):
        config = json.loads((copy / "preprocessor_config.json").read_text())
        (copy / "preprocessor_config.json").write_text(json.dumps(config | {"truncation": "fusion"}))
        with pytest.raises(EncoderError, match=r"'fusion'.*'rand_trunc' is needed"):
            load_from("clap-audio", copy)
