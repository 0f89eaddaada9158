"""Every formula on vectors of two numbers, worked out by hand."""

import math

import pytest
import torch
from fusion_samples import plain, plain_shape, small
from torch import nn

from mmdemo.fusion import build
from mmdemo.fusion.lists import tied_ranks
from mmdemo.fusion.transformer import Transformer

TEXT, IMAGE, AUDIO = (1.0, 0.0), (0.0, 1.0), (0.6, 0.8)
ALL = plain([TEXT, IMAGE, AUDIO])
PAIR = plain([TEXT, IMAGE])


def _set(fusion: nn.Module, **values: object) -> None:
    """Give parameters these values; all others of the same module tree stay. Dots are written as two underscores."""
    parameters = dict(fusion.named_parameters())
    with torch.no_grad():
        for name, value in values.items():
            parameter = parameters[name.replace("__", ".")]
            parameter.copy_(torch.as_tensor(value, dtype=torch.float32).expand_as(parameter))


def _is(found: torch.Tensor, *expected: object) -> None:
    torch.testing.assert_close(found.detach(), torch.tensor(expected), atol=1e-4, rtol=0)


def test_mean() -> None:
    # (1.6, 1.8) / 3, whose direction is (1.6, 1.8) / sqrt(5.8).
    _is(small("mean", plain_shape(3)).vectors(ALL), (0.66436, 0.74741))


def test_sum_keeps_its_length_in_the_index() -> None:
    fusion = small("sum", plain_shape(3))
    _is(fusion.index(ALL), (1.6, 1.8))
    _is(fusion.vectors(ALL), (0.66436, 0.74741))
    items = plain([TEXT, None, None], [TEXT, TEXT, None], [TEXT, TEXT, IMAGE])
    _is(fusion.score(plain([AUDIO, None, None]), fusion.index(items)), (0.6, 1.2, 2.0))


def test_max() -> None:
    _is(small("max", plain_shape(3)).vectors(plain([(0.6, 0.8), (0.8, -0.6), None])), (0.70711, 0.70711))
    _is(small("max", plain_shape(2)).vectors(plain([(-0.6, -0.8), None])), (-0.6, -0.8))


def test_product() -> None:
    # (0.48, -0.48); of a single vector, itself.
    found = small("product", plain_shape(3)).vectors(plain([(0.6, 0.8), (0.8, -0.6), None], [None, None, AUDIO]))
    _is(found, (0.70711, -0.70711), (0.6, 0.8))


def test_chosen_weights() -> None:
    fusion = build("weighted", plain_shape(3), {"learned": False, "image": 0.5, "audio": 0.0})
    fused = fusion(plain([TEXT, IMAGE, AUDIO], [None, IMAGE, AUDIO], [None, None, AUDIO]))
    _is(fused.weights, (0.66667, 0.33333, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    _is(fused.vectors, (0.89443, 0.44721), (0.0, 1.0), (0.6, 0.8))
    assert fusion.parameters_count == 0


def test_learned_weights_start_at_the_chosen_ones() -> None:
    fused = build("weighted", plain_shape(2), {"image": 1 / 3})(PAIR)
    _is(fused.weights, (0.75, 0.25))
    _is(fused.vectors, (0.94868, 0.31623))
    _is(build("weighted", plain_shape(2), {"image": 0.0})(PAIR).weights, (0.990099, 0.009901))


def test_concat() -> None:
    fusion = small("concat", plain_shape(2))
    _is(fusion.get_parameter("mix.weight"), (1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, 1.0))
    _set(fusion, mix__weight=[[3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 4.0]])
    _is(fusion.vectors(plain([TEXT, IMAGE], [TEXT, None])), (0.6, 0.8), (1.0, 0.0))


def test_early() -> None:
    # GELU(1) = 0.84134 where there is a text; V puts it on the second direction: (0.5, 0.5 + 0.84134).
    fusion = small("early", plain_shape(2), hidden=4)
    first = torch.zeros(4, 6)
    first[0, 4] = 1.0  # the column that says whether there is a text
    last = torch.zeros(2, 4)
    last[1, 0] = 1.0
    _set(fusion, network__1__weight=first, network__1__bias=0.0, network__4__weight=last)
    _is(fusion.vectors(plain([TEXT, IMAGE], [None, IMAGE])), (0.34929, 0.93702), (0.0, 1.0))


def test_late_average() -> None:
    # Item: the mean of (1, 0) and (0.6, 0.8), scaled to (0.89443, 0.44721).
    fusion = build("late-average", plain_shape(3), {"image": 0.5})
    index = fusion.index(plain([TEXT, None, AUDIO], [None, IMAGE, None]))
    _is(index, (0.89443, 0.44721), (0.0, 1.0))
    _is(fusion.score(plain([TEXT, IMAGE, None], [None, IMAGE, None]), index), (0.74536, 0.33333), (0.44721, 1.0))


def test_ranks_share_ties() -> None:
    _is(tied_ranks(torch.tensor([[0.9, 0.1, 0.5, 0.5, 0.2]])), (1.0, 5.0, 2.5, 2.5, 4.0))
    _is(tied_ranks(torch.tensor([0.5, 0.5000001, 0.5])), 2.0, 2.0, 2.0)


ITEMS = plain([(1.0, 0.0), None], [(0.8, 0.6), None], [None, (0.0, 1.0)], [None, (0.8, 0.6)])
"""To (1, 0) their ranks are 1, 2.5, 4, 2.5; to (0, 1) they are 4, 2.5, 1, 2.5."""


def test_voting() -> None:
    fusion = small("late-borda", plain_shape(2))
    queries = plain([TEXT, None], [TEXT, IMAGE])
    _is(fusion.score(queries, fusion.index(ITEMS)), (1.0, 0.5, 0.0, 0.5), (0.5, 0.5, 0.5, 0.5))
    _is(fusion.score(queries, fusion.index(ITEMS)[:1]), (0.0,), (0.0,))


def test_reciprocal_ranks() -> None:
    fusion = build("late-rrf", plain_shape(2), {"k": 1})
    queries = plain([TEXT, None], [TEXT, IMAGE])
    one, two = (0.5, 0.28571, 0.2, 0.28571), (0.35, 0.28571, 0.35, 0.28571)
    _is(fusion.score(queries, fusion.index(ITEMS)), one, two)
    _is(small("late-rrf", plain_shape(2)).score(queries, fusion.index(ITEMS))[0, :1], 1 / 61)


def test_hybrid() -> None:
    # Early goes to (0, 1) whatever it is given, late is the average cosine; the gate is sigmoid(ln 3) = 0.75.
    fusion = small("hybrid", plain_shape(2))
    _set(fusion, early__network__4__bias=[0.0, 1e4], gate__bias=math.log(3.0))
    items = plain([TEXT, None], [TEXT, IMAGE])
    late_one, late_two = 0.5, 0.70711
    scores = fusion.score(PAIR, fusion.index(items))
    _is(scores, (0.75 + 0.25 * late_one, 0.75 + 0.25 * late_two))
    # 0.75 (0, 1) + 0.25 (0.70711, 0.70711) = (0.17678, 0.92678).
    _is(fusion.vectors(PAIR), (0.18737, 0.98229))


def test_attention() -> None:
    # q.tanh(z) with q = (1, 0): tanh(1) = 0.76159 and 0; softmax 0.68170, 0.31830.
    fusion = small("attention", plain_shape(2), hidden=4)
    _set(fusion, keys__weight=torch.eye(4, 2), query=torch.eye(1, 4)[0])
    fused = fusion(PAIR)
    _is(fused.weights, (0.6817, 0.3183))
    _is(fused.vectors, (0.9061, 0.42307))
    # ln 3 more for images: 0.68170 and 3 x 0.31830, over their sum.
    _set(fusion, bias=[0.0, math.log(3.0)])
    _is(fusion(PAIR).weights, (0.41653, 0.58347))


def test_multimodal_network() -> None:
    # GELU(1) = 0.84134, GELU(0.84134) = 0.67292, and twice that is added to the mean (0.5, 0.5): (0.5, 1.84585).
    fusion = small("mmnn", plain_shape(2), hidden=4)
    first, second, last = torch.zeros(4, 4), torch.zeros(4, 4), torch.zeros(2, 4)
    first[0, 0], second[1, 0], last[1, 1] = 1.0, 1.0, 2.0
    _set(fusion, network__1__weight=first, network__4__weight=second, network__6__weight=last)
    _set(fusion, network__1__bias=0.0, network__4__bias=0.0)
    _is(fusion.vectors(PAIR), (0.26146, 0.96521))


def _plain_transformer() -> Transformer:
    """One layer and head of width 2, all matrices of the attention the identity, nothing from the feed-forward net."""
    fusion = small("transformer", plain_shape(2), heads=1, head_width=2, layers=1)
    assert isinstance(fusion, Transformer)
    eye = torch.eye(2)
    for attention in ("encoder__layers__0__attention", "decoder__attention"):
        _set(fusion, **{f"{attention}__in_proj_weight": eye.repeat(3, 1), f"{attention}__out_proj__weight": eye})
    layer = "encoder__layers__0__network__2"
    _set(fusion, tokenizer__project__weight=eye, tokenizer__project__bias=0.0, tokenizer__kinds=0.0)
    _set(fusion, **{f"{layer}__weight": 0.0, f"{layer}__bias": 0.0})
    _set(fusion, query=[1.0, 0.0], decoder__candidates__0__weight=eye, decoder__candidates__0__bias=0.0)
    return fusion


def test_transformer_encoder() -> None:
    # Normed tokens (1, -1) and (-1, 1): products over sqrt(2) are 1.41421 and -1.41421, softmax 0.94419, 0.05581. The
    # states (1.88839, -0.88839) and (-0.88839, 1.88839) are normed to (1, -1) and (-1, 1); q.h / sqrt(2) = 0.70711 and
    # -0.70711, softmax 0.80443, 0.19557.
    fusion = _plain_transformer()
    encoder, pooling = fusion.attention(PAIR)
    _is(encoder.weights[0, 0], (0.94419, 0.05581), (0.05581, 0.94419))
    _is(pooling.weights[0, 0], (0.80443, 0.19557))
    fused = fusion(PAIR)
    _is(fused.weights, (0.80443, 0.19557))
    _is(fused.vectors, (0.97169, 0.23623))
    # A residual of tanh(1000) = 1 in the second direction, 0.3 / sqrt(2) long: (0.80443, 0.19557 + 0.21213).
    _set(fusion, residual__out__bias=[0.0, 1000.0])
    _is(fusion.vectors(PAIR), (0.89200, 0.45205))


def test_transformer_decoder() -> None:
    # The candidate (1, -1) hears 0.94419 (1, -1) + 0.05581 (-1, 1); with itself that is normed to (1, -1), whose GELU
    # is (0.84134, -0.15866); tanh(0.84134) = 0.68654, half of which is added to the cosine 0.97169.
    fusion = _plain_transformer()
    _set(fusion, decoder__out__weight=[[1.0, 0.0]], decoder__out__bias=0.0, decoder__scale=0.5)
    index = torch.tensor([TEXT])
    _is(fusion.score(PAIR, index), (0.97169 + 0.34327,))
    _is(fusion.cross_attention(PAIR, index).weights[0, 0], (0.94419, 0.05581))


def _make_plain(graph: nn.Module) -> None:
    """Nothing spreads in the first layer of a GAT of width 2; `W_l = I`, `W_r = 0`, `a = (1, 0)` in the second."""
    eye = torch.eye(2)
    _set(graph, project__weight=eye, project__bias=0.0, kinds=0.0, spread__lin_l__weight=0.0, spread__lin_l__bias=0.0)
    _set(graph, gather__lin_l__weight=eye, gather__lin_r__weight=0.0, gather__att=[[[1.0, 0.0]]])
    _set(graph, gather__lin_l__bias=0.0, gather__lin_r__bias=0.0)


def test_graph_attention() -> None:
    # Normed nodes (1, -1) and (-1, 1): LeakyReLU gives (1, -0.2) and (-0.2, 1), a picks 1 and -0.2, softmax 0.76852.
    fusion = small("gat", plain_shape(2), heads=1, head_width=2)
    _make_plain(fusion)
    fused = fusion(PAIR)
    _is(fused.weights, (0.76852, 0.23148))
    _is(fused.vectors, (0.95752, 0.28840))


def test_hmdf() -> None:
    # Shares of 1/4, 1/4, 1/2: the mean, with weights 1/2 and 1/2; 3/4 and 1/4; and 0.76852 and 0.23148 as above.
    fusion = small("hmdf", plain_shape(2), heads=1, head_width=2)
    _set(fusion, trust=[0.0, 0.0, math.log(2.0)], transformer__bias=[math.log(3.0), 0.0])
    _make_plain(fusion.get_submodule("gat"))
    fused = fusion(PAIR)
    _is(fused.weights, (0.69676, 0.30324))
    # 1/4 (0.70711, 0.70711) + 1/4 (0.94868, 0.31623) + 1/2 (0.95752, 0.28840) = (0.89271, 0.40004).
    _is(fused.vectors, (0.91257, 0.40894))


@pytest.mark.parametrize("name", ["attention", "mmnn", "transformer", "gat", "hmdf"])
def test_a_free_start_keeps_nothing_of_the_shared_space(name: str) -> None:
    shared, free = (small(name, plain_shape(2), start=start) for start in ("shared", "free"))
    assert not torch.allclose(shared.vectors(PAIR), free.vectors(PAIR), atol=1e-2)
    key = next(key for key in dict(free.named_parameters()) if key.endswith("embedding.maps.0.weight"))
    prefix = key.removesuffix("maps.0.weight")
    # W (1, 0) + b = (3, 4), scaled to unit length.
    _set(free, **{f"{prefix}maps.0.weight": [[3.0, 7.0], [2.0, 7.0]], f"{prefix}maps.0.bias": [0.0, 2.0]})
    embedded = free.get_submodule(prefix.removesuffix("."))(PAIR)
    _is(embedded[0, 0], 0.6, 0.8)
