import numpy as np
import pytest
import torch

from mmdemo.encoders.bert import BertShape, bert_from_tensors
from mmdemo.encoders.minilm import split_evenly


@pytest.mark.parametrize(
    ("count", "lengths"), [(0, [0]), (1, [1]), (10, [10]), (11, [5, 6]), (20, [10, 10]), (25, [8, 8, 9])]
)
def test_pieces_are_split_into_the_fewest_windows_of_nearly_one_length(count, lengths):
    windows = split_evenly(list(range(count)), window=10)
    assert [len(window) for window in windows] == lengths
    assert [piece for window in windows for piece in window] == list(range(count))


def test_the_network_gives_the_numbers_of_the_reference_implementation():
    from transformers.models.bert.modeling_bert import BertConfig, BertModel

    torch.manual_seed(0)
    shape = BertShape(width=24, layers=2, heads=3, inner_width=40, vocabulary=50, positions=16)
    reference = BertModel(
        BertConfig(
            hidden_size=24,
            num_hidden_layers=2,
            num_attention_heads=3,
            intermediate_size=40,
            vocab_size=50,
            max_position_embeddings=16,
        )
    ).eval()
    for parameter in reference.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    network = bert_from_tensors(dict(reference.state_dict()), shape)
    tokens = torch.randint(0, 50, (3, 9))
    mask = torch.arange(9) < torch.tensor([[9], [5], [1]])
    with torch.inference_mode():
        expected = reference(tokens, attention_mask=mask.long()).last_hidden_state[mask]
        found = network(tokens, mask)[mask]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    reference.set_attn_implementation("eager")
    with torch.inference_mode():
        expected = reference(tokens[:1], output_attentions=True)
        states = network.embeddings(tokens[:1])
        for layer, weights in zip(network.layers, expected.attentions, strict=True):
            np.testing.assert_allclose(layer.attention(states, mask[:1, None, None, :]), weights, rtol=1e-4, atol=1e-5)
            states = layer(states, mask[:1, None, None, :])


def test_a_checkpoint_of_another_shape_is_refused():
    with pytest.raises(RuntimeError):
        bert_from_tensors({}, BertShape(layers=1))


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.weights
class TestMeaning:
    def test_sentences_of_one_meaning_are_neighbours(self, real_encoder):
        pairs = [
            ("a kitten plays with wool", "a young cat with a ball of yarn"),
            ("the violinist tuned her instrument", "a musician prepares her violin"),
            ("heavy rain flooded the street", "the road was under water after the storm"),
        ]
        encoder = real_encoder("minilm")
        left = unit(encoder.encode([pair[0] for pair in pairs]))
        right = unit(encoder.encode([pair[1] for pair in pairs]))
        assert (left @ right.T).argmax(axis=1).tolist() == [0, 1, 2]

    def test_padding_does_not_change_a_vector(self, real_encoder):
        encoder = real_encoder("minilm")
        alone = encoder.encode(["fox"])
        beside = encoder.encode(["fox", "a far longer sentence that makes the short one be padded a lot " * 3])
        np.testing.assert_allclose(beside[0], alone[0], atol=1e-5)

    def test_the_end_of_a_long_text_counts(self, real_encoder):
        encoder = real_encoder("minilm")
        start = "The harbour lay still in the morning. " * 60
        assert len(encoder._tokenizer.encode(start).ids) > 256
        plain, ended = unit(encoder.encode([start, start + "Cats and kittens play with wool. " * 60]))
        (cats,) = unit(encoder.encode(["Cats and kittens play with wool."]))
        assert ended @ cats > plain @ cats + 0.2

    def test_a_page_is_near_the_same_page_seven_times(self, real_encoder):
        sentence = "The harbour lay still in the morning. "
        short, long = unit(real_encoder("minilm").encode([sentence * 30, sentence * 200]))
        assert short @ long > 0.98

    def test_its_tokens_say_where_they_stand_and_their_mean_is_the_vector(self, real_encoder):
        encoder = real_encoder("minilm")
        text = "a red fox in the snow"
        (inside,) = encoder.inspect(text, attention=True)
        assert inside.labels == ("[CLS]", *text.split(), "[SEP]")
        assert [text[int(start) : int(end)] for start, end in inside.places[1:-1, :2]] == text.split()
        assert np.isnan(inside.places[[0, -1]]).all()
        np.testing.assert_allclose(inside.features.mean(0), encoder.encode([text])[0], atol=1e-5)
        assert [layer.shape for layer in inside.attention] == [(12, 8, 8)] * 6

    def test_windows_of_a_long_text_go_on_where_the_last_one_ended(self, real_encoder):
        text = "The harbour lay still in the morning. " * 60
        windows = real_encoder("minilm").inspect(text)
        starts = np.concatenate([inside.places[1:-1, 0] for inside in windows])
        assert len(windows) > 1
        assert (np.diff(starts) >= 0).all()
        assert starts[-1] > len(text) - 10
