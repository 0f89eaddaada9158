import numpy as np
import pytest
import torch
from encoder_samples import SAMPLES, FirstNumbers
from torch import nn

from mmdemo.encoders import find, load
from mmdemo.encoders.compression import compress
from mmdemo.encoders.compression_int8 import Int8Linear, PlainProduct, to_int8
from mmdemo.encoders.compression_pruning import inner_networks, prune
from mmdemo.encoders.compression_samples import sample_media
from mmdemo.errors import EncoderError
from mmdemo.types import Modality


def rows(count: int, width: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def linear(inputs: int, outputs: int, *, seed: int = 0, bias: bool = True) -> nn.Linear:
    torch.manual_seed(seed)
    return nn.Linear(inputs, outputs, bias=bias).eval()


class TestInt8:
    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize("shape", [(5, 48), (2, 3, 48), (48,)])
    def test_rounding_moves_the_outputs_little(self, shape, bias):
        plain = linear(48, 40, bias=bias)
        states = rows(30, 48).flatten()[: int(np.prod(shape))].view(shape)
        with torch.inference_mode():
            exact, rounded = plain(states), Int8Linear(plain)(states)
        assert rounded.shape == exact.shape
        assert 0 < (rounded - exact).norm() < 0.015 * exact.norm()

    def test_numbers_that_need_no_rounding_come_out_exact(self):
        plain = linear(4, 2, bias=False)
        plain.weight.data = torch.tensor([[127.0, 1.0, -2.0, 0.0], [-127.0, 0.0, 64.0, 5.0]])
        states = torch.tensor([[127.0, -127.0, 3.0, 0.0]])
        with torch.inference_mode():
            torch.testing.assert_close(Int8Linear(plain)(states), plain(states), rtol=1e-6, atol=1e-3)

    def test_a_row_does_not_depend_on_the_others(self):
        layer = Int8Linear(linear(64, 32))
        states = rows(20, 64) * torch.logspace(-3, 3, 20)[:, None]
        with torch.inference_mode():
            alone = torch.cat([layer(row[None]) for row in states])
            torch.testing.assert_close(layer(states), alone, rtol=0, atol=0)

    def test_zeros_and_the_largest_numbers_are_no_trouble(self):
        layer = Int8Linear(linear(8, 4))
        with torch.inference_mode():
            torch.testing.assert_close(layer(torch.zeros(1, 8))[0], layer.bias)
            assert layer(torch.full((1, 8), 1e30)).isfinite().all()
            dead = linear(8, 4)
            dead.weight.data.zero_()
            torch.testing.assert_close(Int8Linear(dead)(rows(2, 8)), dead.bias.detach().expand(2, 4))

    def test_without_onednn_the_numbers_are_the_same(self):
        plain = linear(64, 32)
        layer, states = Int8Linear(plain), rows(20, 64)
        with torch.inference_mode():
            expected = layer(states)
            weight = plain.weight.detach()
            scales = weight.abs().amax(1) / 127
            layer.product = PlainProduct((weight / scales[:, None]).round().to(torch.int8), scales / 127)
            torch.testing.assert_close(layer(states), expected, rtol=1e-6, atol=1e-6)

    def test_layers_inside_multihead_attention_stay(self):
        network = nn.ModuleDict({"attention": nn.MultiheadAttention(8, 2), "mlp": nn.Sequential(linear(8, 8))})
        assert to_int8(network) == 1
        query = rows(3, 8)
        with torch.inference_mode():
            assert network["attention"](query, query, query)[0].shape == (3, 8)


class Layer(nn.Module):
    """inner(x) -> ReLU -> outer: the inner network of a Transformer layer, under the names of one library."""

    def __init__(self, inner: str, outer: str) -> None:
        super().__init__()
        self.names = inner, outer
        for path, made in ((inner, linear(6, 10, seed=1)), (outer, linear(10, 6, seed=2))):
            *folders, name = path.split(".")
            parent: nn.Module = self
            for folder in folders:
                if not hasattr(parent, folder):
                    parent.add_module(folder, nn.Module())
                parent = getattr(parent, folder)
            parent.add_module(name, made)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        inner, outer = (self.get_submodule(name) for name in self.names)
        return outer(inner(states).relu())


LIBRARIES = [
    ("inner", "outer"),
    ("mlp.c_fc", "mlp.c_proj"),
    ("mlp.fc1", "mlp.fc2"),
    ("intermediate.dense", "output.dense"),
    ("ffn.lin1", "ffn.lin2"),
]


class TestPruning:
    @pytest.mark.parametrize("names", LIBRARIES)
    def test_inner_networks_are_found_in_every_library_and_shrink(self, names):
        network = nn.Sequential(Layer(*names), Layer(*names)).eval()
        pairs = inner_networks(network)
        assert len(pairs) == 2
        with torch.inference_mode():
            prune(pairs, 0.3, run=lambda: network(rows(50, 6)))
            assert [(pair.inner.weight.shape, pair.outer.weight.shape) for pair in pairs] == [((7, 6), (6, 7))] * 2
            assert network(rows(4, 6)).shape == (4, 6)

    def test_neurons_that_give_nothing_or_always_the_same_go_first_and_are_not_missed(self):
        layer = Layer("inner", "outer").eval()
        inner, outer = layer.get_submodule("inner"), layer.get_submodule("outer")
        outer.weight.data[:, 3] = 0  # nobody listens
        inner.weight.data[5], inner.bias.data[5] = 0, 1e-3  # always the same, and little
        inner.bias.data[8] = -100  # never speaks
        states = rows(50, 6)
        with torch.inference_mode():
            expected = layer(states)
            prune(inner_networks(layer), 0.3, run=lambda: layer(states))
            torch.testing.assert_close(layer(states), expected, rtol=1e-5, atol=1e-5)

    def test_other_networks_have_none(self):
        assert inner_networks(nn.Sequential(linear(4, 8), nn.ReLU(), linear(8, 4))) == []


def test_samples_are_always_the_same_and_of_the_modality():
    for modality in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO):
        first, again = (sample_media(modality) for _ in range(2))
        assert len(first) > 8
        for one, other in zip(first, again, strict=True):
            np.testing.assert_array_equal(getattr(one, "samples", one), getattr(other, "samples", other))
    assert len(set(sample_media(Modality.TEXT))) > 200


def test_an_encoder_without_a_network_is_refused():
    encoder = FirstNumbers("first@int8", 2)
    with pytest.raises(EncoderError, match=r"choose first$"):
        compress(encoder, ("int8",))
    compress(encoder, ())
    assert encoder.key == "first@int8/2"


@pytest.mark.weights
class TestRealEncoders:
    @pytest.mark.parametrize(("option", "closest"), [("int8", 0.97), ("pruned30", 0.7), ("pruned30@int8", 0.7)])
    def test_minilm_stays_close_to_itself_under_a_key_of_its_own(self, real_encoder, option, closest):
        plain, faster = real_encoder("minilm"), real_encoder(f"minilm@{option}")
        texts = SAMPLES[Modality.TEXT]
        unit = [e.encode(texts) / np.linalg.norm(e.encode(texts), axis=1, keepdims=True) for e in (plain, faster)]
        cosines = (unit[0] * unit[1]).sum(axis=1)
        assert closest < cosines.min() < cosines.mean() < 0.99999
        assert faster.name == f"minilm@{option}" == find(faster.name).name
        assert faster.key.startswith(f"{plain.key}@")
        assert plain.key == load("minilm", device="cpu").key

    def test_a_batch_still_equals_one_by_one(self, real_encoder):
        encoder = real_encoder("minilm@int8")
        texts = SAMPLES[Modality.TEXT]
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        np.testing.assert_allclose(encoder.encode(texts), alone, rtol=1e-5, atol=1e-5)

    def test_what_is_kept_of_pruned_matrices_is_smaller(self, real_encoder):
        sizes = [
            sum(parameter.numel() for parameter in real_encoder(name).network.parameters())
            for name in ("minilm", "minilm@pruned30")
        ]
        assert sizes[0] - sizes[1] == 6 * 461 * (2 * 384 + 1)

    @pytest.mark.parametrize("name", ["efficientnet-lite0@int8", "efficientnet-lite0@pruned30", "musicnn@pruned20"])
    def test_networks_of_convolutions_are_refused(self, real_encoder, name):
        with pytest.raises(EncoderError, match=f"choose {name.split('@')[0]}"):
            real_encoder(name)

    def test_pruning_after_rounding_is_refused_with_the_right_order(self, real_encoder):
        with pytest.raises(EncoderError, match="@pruned before @int8"):
            real_encoder("minilm@int8@pruned30")
