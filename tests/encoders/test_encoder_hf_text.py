"""What the contract does not ask of Hugging Face text encoders."""

import numpy as np
import pytest
import torch
from tiny_transformers import byte_pairs, declare, excited, tiny_bert, tiny_hf_text, word_pieces

from mmdemo.encoders import load

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
        plain = encoder.encode(TEXTS[:1])[0]
        np.testing.assert_allclose(inside.features.mean(0), plain, rtol=1e-5, atol=1e-5)
        rounded = load(f"hf-text:{tmp_path}@int8", device="cpu").encode(TEXTS[:1])[0]
        assert plain @ rounded > 0.98 * np.linalg.norm(plain) * np.linalg.norm(rounded)


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
