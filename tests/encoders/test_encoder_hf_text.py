"""What the contract does not ask of Hugging Face text encoders."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from tiny_transformers import byte_pairs, declare, excited, tiny_bert, tiny_hf_text, word_pieces

from mmdemo.encoders import find, load
from mmdemo.errors import EncoderError, WeightError

TEXTS = ["a red fox in the snow", "rain", "the sound of a dog"]
LONG = "the tide comes and " * 30


def load_from(folder):
    return load(f"hf-text:{folder}", device="cpu")


@pytest.fixture
def bert(tmp_path):
    tiny_bert(tmp_path)
    return tmp_path


def library(folder, text, **options):
    """States of the library's own forward, with its own tokenizer, for one text."""
    from transformers import AutoModel, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    network = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        return network(**inputs, **options)


def by_hand(states, pooling):
    """The pooling as its definition says, token by token; states (T, H)."""
    length = len(states)
    match pooling:
        case "pooling_mode_cls_token":
            return states[0]
        case "pooling_mode_max_tokens":
            return states.max(0)
        case "pooling_mode_mean_tokens":
            return sum(states) / length
        case "pooling_mode_mean_sqrt_len_tokens":
            return sum(states) / length**0.5
        case "pooling_mode_weightedmean_tokens":
            places = range(1, length + 1)
            return sum(place * state for place, state in zip(places, states, strict=True)) / sum(places)
        case _:
            return states[-1]


POOLINGS = [
    "pooling_mode_cls_token",
    "pooling_mode_max_tokens",
    "pooling_mode_mean_tokens",
    "pooling_mode_mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens",
    "pooling_mode_lasttoken",
]


class TestPooling:
    def test_without_a_declaration_it_is_the_mean_of_the_librarys_states(self, bert):
        found = load_from(bert).encode(TEXTS)
        expected = [library(bert, text).last_hidden_state[0].mean(0) for text in TEXTS]
        np.testing.assert_allclose(found, np.stack(expected), rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("pooling", POOLINGS)
    def test_each_pooling_is_what_its_name_says_in_a_padded_batch_too(self, bert, pooling):
        declare(bert, ["Pooling"], **{pooling: True})
        found = load_from(bert).encode(TEXTS)
        expected = [by_hand(library(bert, text).last_hidden_state[0].numpy(), pooling) for text in TEXTS]
        np.testing.assert_allclose(found, np.stack(expected), rtol=1e-5, atol=1e-5)

    def test_newer_files_name_the_pooling(self, bert):
        declare(bert, ["Pooling"], pooling_mode="cls")
        np.testing.assert_allclose(
            load_from(bert).encode(TEXTS[:1])[0],
            library(bert, TEXTS[0]).last_hidden_state[0, 0],
            rtol=1e-5,
            atol=1e-5,
        )

    def test_dense_layer_and_scaling_follow_where_declared(self, tmp_path):
        from safetensors.numpy import load_file

        tiny_hf_text(tmp_path)
        states = library(tmp_path, TEXTS[0]).last_hidden_state[0].numpy()
        dense = load_file(tmp_path / "2_Dense" / "model.safetensors")
        pooled = np.concatenate([states[0], states.mean(0)])
        expected = np.tanh(dense["linear.weight"] @ pooled + dense["linear.bias"])
        found = load_from(tmp_path).encode(TEXTS[:1])[0]
        np.testing.assert_allclose(found, expected / np.linalg.norm(expected), rtol=1e-5, atol=1e-5)

    def test_a_causal_networks_last_token_is_not_moved_by_filling(self, tmp_path):
        from transformers import GPT2Config, GPT2Model

        size = byte_pairs(tmp_path)
        config = GPT2Config(vocab_size=size, n_positions=32, n_embd=16, n_layer=2, n_head=2)
        excited(GPT2Model(config), seed=4).save_pretrained(tmp_path)
        declare(tmp_path, ["Pooling"], pooling_mode_lasttoken=True)
        encoder = load_from(tmp_path)
        together = encoder.encode([TEXTS[1], TEXTS[0]])
        np.testing.assert_allclose(together[0], encoder.encode(TEXTS[1:2])[0], rtol=1e-5, atol=1e-5)
        expected = library(tmp_path, TEXTS[1]).last_hidden_state[0, -1]
        np.testing.assert_allclose(together[0], expected, rtol=1e-5, atol=1e-5)

    def test_of_an_encoder_decoder_the_encoder_is_taken(self, tmp_path):
        from transformers import T5Config, T5EncoderModel, T5ForConditionalGeneration

        word_pieces(tmp_path)
        config = T5Config(vocab_size=80, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
        excited(T5ForConditionalGeneration(config), seed=5).save_pretrained(tmp_path)
        encoder = load_from(tmp_path)
        (inside,) = encoder.inspect(TEXTS[0], attention=True)
        assert isinstance(encoder.network.backbone, T5EncoderModel)
        assert [layer.shape for layer in inside.attention] == [(2, 8, 8)] * 2
        np.testing.assert_allclose(inside.features.mean(0), encoder.encode(TEXTS[:1])[0], rtol=1e-5, atol=1e-5)


class TestLength:
    @pytest.mark.parametrize(("stated", "longest"), [(24, 24), (100, 32)])
    def test_windows_keep_to_the_declared_length_and_to_the_networks(self, bert, stated, longest):
        declare(bert, ["Pooling"], longest=stated, pooling_mode_mean_tokens=True)
        encoder = load_from(bert)
        windows = encoder.prepare(LONG).windows
        assert max(map(len, windows)) <= longest
        assert len(windows) == -(-len(LONG.split()) // (longest - 2))
        assert {(window[0], window[-1]) for window in windows} == {(2, 3)}

    def test_a_long_text_is_the_mean_of_its_windows(self, bert):
        encoder = load_from(bert)
        insides = encoder.inspect(LONG)
        assert len(insides) == 4
        means = [inside.features.mean(0) for inside in insides]
        lengths = [len(inside.labels) for inside in insides]
        expected = np.average(means, axis=0, weights=lengths)
        np.testing.assert_allclose(encoder.encode([LONG])[0], expected, rtol=1e-5, atol=1e-5)

    def test_roberta_numbers_from_behind_its_filling_mark(self, tmp_path):
        from transformers import RobertaConfig, RobertaModel

        config = RobertaConfig(
            vocab_size=byte_pairs(tmp_path),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=34,
        )
        excited(RobertaModel(config), seed=6).save_pretrained(tmp_path)
        encoder = load_from(tmp_path)
        assert max(len(window) for window in encoder.prepare(LONG).windows) <= 32
        found = encoder.encode([LONG, *TEXTS])
        assert np.isfinite(found).all()
        expected = [library(tmp_path, text).last_hidden_state[0].mean(0) for text in TEXTS]
        np.testing.assert_allclose(found[1:], np.stack(expected), rtol=1e-5, atol=1e-5)


class TestInside:
    def test_attention_is_the_librarys_own_and_tokens_say_where_they_stand(self, bert):
        encoder = load_from(bert)
        text = TEXTS[0]
        (inside,) = encoder.inspect(text, attention=True)
        expected = library(bert, text, output_attentions=True)
        assert inside.labels == ("[CLS]", *text.split(), "[SEP]")
        assert [text[int(start) : int(end)] for start, end in inside.places[1:-1, :2]] == text.split()
        np.testing.assert_allclose(inside.features, expected.last_hidden_state[0], rtol=1e-5, atol=1e-5)
        for found, layer in zip(inside.attention, expected.attentions, strict=True):
            np.testing.assert_allclose(found, layer[0], rtol=1e-5, atol=1e-5)

    def test_the_faster_attention_is_back_afterwards(self, bert):
        encoder = load_from(bert)
        before = encoder.network.backbone.config._attn_implementation
        encoder.inspect(TEXTS[0], attention=True)
        assert encoder.network.backbone.config._attn_implementation == before == "sdpa"


class TestFiles:
    def test_it_needs_a_source(self):
        with pytest.raises(EncoderError, match="hf-text:SOURCE"):
            find("hf-text")

    def test_weights_in_pieces_give_the_same_vectors(self, bert, tmp_path_factory):
        from transformers import BertModel

        pieces = tmp_path_factory.mktemp("pieces")
        tiny_bert(pieces)
        (pieces / "model.safetensors").unlink()
        BertModel.from_pretrained(bert).save_pretrained(pieces, max_shard_size="10KB")
        assert len(list(pieces.glob("*.safetensors"))) > 1
        np.testing.assert_array_equal(load_from(pieces).encode(TEXTS), load_from(bert).encode(TEXTS))

    def test_pytorch_weights_are_read_as_numbers_only(self, bert, tmp_path_factory):
        from safetensors.torch import load_file

        plain = tmp_path_factory.mktemp("plain")
        shutil.copytree(bert, plain, dirs_exist_ok=True)
        (plain / "model.safetensors").unlink()
        torch.save(load_file(bert / "model.safetensors"), plain / "pytorch_model.bin")
        np.testing.assert_array_equal(load_from(plain).encode(TEXTS), load_from(bert).encode(TEXTS))
        torch.save({"embeddings.word_embeddings.weight": print}, plain / "pytorch_model.bin")
        with pytest.raises(EncoderError, match="cannot be read"):
            load(f"hf-text:{plain}/.", device="cpu")

    def test_the_key_follows_weights_pooling_and_tokenizer(self, bert, tmp_path_factory):
        keys = {load_from(bert).key}
        changed = tmp_path_factory.mktemp("changed")
        for name in ("pooling", "tokenizer"):
            shutil.copytree(bert, changed / name)
        declare(changed / "pooling", ["Pooling"], pooling_mode_cls_token=True)
        word_pieces(changed / "tokenizer", longest=10)
        keys |= {load_from(changed / name).key for name in ("pooling", "tokenizer")}
        assert len(keys) == 3


class TestRefusals:
    def test_offline_and_not_here_is_told_before_anything_heavy_is_loaded(self):
        code = (
            "import sys\n"
            "from mmdemo.encoders import load\n"
            "from mmdemo.errors import WeightError\n"
            "try:\n"
            "    load('hf-text:nobody/nothing')\n"
            "except WeightError as error:\n"
            "    print(error, 'torch' in sys.modules, 'transformers' in sys.modules)\n"
        )
        nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "MMDEMO_CACHE": "nowhere"}
        answer = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | nowhere, capture_output=True, text=True, check=True
        )
        assert "nobody/nothing is not on this machine" in answer.stdout
        assert answer.stdout.endswith("False False\n")

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_a_missing_file_is_named(self, bert, name):
        (bert / name).unlink()
        with pytest.raises(WeightError, match=name.replace(".", r"\.")):
            load_from(bert)

    def test_a_missing_tokenizer_is_named(self, bert):
        (bert / "tokenizer.json").unlink()
        with pytest.raises(EncoderError, match=r"no tokenizer.*tokenizer\.json"):
            load_from(bert)

    def test_cut_off_weights_are_refused(self, bert):
        whole = (bert / "model.safetensors").read_bytes()
        (bert / "model.safetensors").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(EncoderError, match="cannot be read as a text encoder"):
            load_from(bert)

    def test_weights_of_another_network_are_refused_instead_of_drawn_at_random(self, bert):
        from safetensors.torch import save_file

        save_file({"something.else": torch.ones(2)}, bert / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(EncoderError, match=r"lack .* tensors of a text encoder"):
            load_from(bert)

    def test_a_network_that_takes_pictures_is_refused(self, bert):
        from transformers import ViTConfig

        ViTConfig(hidden_size=16).save_pretrained(bert)
        with pytest.raises(EncoderError, match="'vit', which takes pixel_values"):
            load_from(bert)

    def test_a_network_of_several_modalities_is_refused(self, bert):
        from transformers import CLIPConfig

        CLIPConfig().save_pretrained(bert)
        with pytest.raises(EncoderError, match="'clip', which takes several modalities"):
            load_from(bert)

    def test_code_that_comes_with_a_model_is_not_run(self, bert):
        config = json.loads((bert / "config.json").read_text())
        config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine", "AutoModel": "mine.Mine"}}
        (bert / "config.json").write_text(json.dumps(config))
        (bert / "mine.py").write_text("raise SystemExit('it was run')")
        with pytest.raises(EncoderError, match="cannot be read"):
            load_from(bert)

    @pytest.mark.parametrize(
        ("modules", "pooling", "said"),
        [
            (["Pooling"], {}, "pooling .* is none"),
            (["Pooling"], {"pooling_mode": "median"}, "pooling .* is median"),
            (["Pooling", "LSTM"], {"pooling_mode": "mean"}, "LSTM in '2_LSTM' as module 3"),
        ],
    )
    def test_modules_that_cannot_be_run_are_refused(self, bert, modules, pooling, said):
        declare(bert, modules, **pooling)
        with pytest.raises(EncoderError, match=said):
            load_from(bert)

    def test_a_module_outside_the_folder_is_refused(self, bert):
        declare(bert, ["Pooling"], pooling_mode="mean")
        entries = json.loads((bert / "modules.json").read_text())
        entries[1]["path"] = "../elsewhere"
        (bert / "modules.json").write_text(json.dumps(entries))
        with pytest.raises(EncoderError, match="elsewhere"):
            load_from(bert)

    def test_a_damaged_declaration_is_refused(self, bert):
        (bert / "modules.json").write_text("[{")
        with pytest.raises(EncoderError, match=r"modules\.json cannot be read"):
            load_from(bert)
