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
