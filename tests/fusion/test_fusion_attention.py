"""Attention maps: what the layers themselves compute, rows that sum to 1, and tokens of parts."""

from collections.abc import Callable

import pytest
import torch
from fusion_samples import batch_of, every_mask, shape_of, small, stirred
from torch import Tensor, nn

from mmdemo.errors import FusionError
from mmdemo.fusion import FusionBatch, Parts, decoder
from mmdemo.fusion.decoder import Decoder
from mmdemo.fusion.encoder import Tokens
from mmdemo.fusion.gat import item_edges
from mmdemo.fusion.transformer import Transformer
from mmdemo.training import seeded
from mmdemo.types import Modality

MAPPED = ["attention", "transformer", "gat", "hmdf"]


@pytest.mark.parametrize("name", MAPPED)
def test_rows_sum_to_1_over_what_is_there(name: str) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    for found in stirred(name, shape).attention(batch):
        assert found.weights.shape[0] == len(batch)
        assert found.weights.shape[2:] == (len(found.queries), len(found.keys))
        there = torch.ones(len(batch), len(found.keys), dtype=torch.bool)
        for place, key in enumerate(found.keys):
            if key != "item":
                there[:, place] = batch.present[:, batch.modalities.index(Modality(key))]
        assert not found.weights.masked_fill(there[:, None, None], 0.0).any()
        sums = found.weights.sum(dim=3)
        asked = torch.ones_like(sums, dtype=torch.bool)
        if "graph" in found.layer and len(found.queries) > 1:  # a node that is absent has no edges
            asked = there[:, None].expand_as(sums)
        torch.testing.assert_close(sums[asked], torch.ones_like(sums[asked]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["attention", "transformer", "gat"])
def test_the_weights_are_the_last_map_averaged_over_its_heads(name: str) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    fusion = stirred(name, shape)
    last = fusion.attention(batch)[-1].weights[:, :, 0].mean(dim=1)
    torch.testing.assert_close(last, fusion(batch).weights, atol=1e-6, rtol=0)
    assert last[-1].max() - last[-1].min() > 0.01


def _heard(module: nn.Module, kind: type[nn.Module], use: Callable[[], object]) -> list[Tensor]:
    """The attention that modules of one kind return while something runs."""
    found: list[Tensor] = []
    hooks = [
        one.register_forward_hook(lambda _module, _given, out: found.append(out[1]))
        for one in module.modules()
        if isinstance(one, kind)
    ]
    use()
    for hook in hooks:
        hook.remove()
    return found


def test_maps_of_the_transformer_are_what_its_attention_layers_return() -> None:
    shape = shape_of(3, parts=True)
    batch = batch_of(shape, every_mask(3), parts=2)
    fusion = stirred("transformer", shape)
    assert isinstance(fusion, Transformer)
    maps: list = []
    returned = _heard(fusion, nn.MultiheadAttention, lambda: maps.extend(fusion.attention(batch)))
    assert [found.layer for found in maps] == ["encoder 1", "encoder 2", "pooling"]
    assert maps[0].keys == ("text", "image", "audio", "image 1", "image 2", "audio 1", "audio 2")
    assert all(torch.equal(weights, found.weights) for weights, found in zip(returned, maps[:2], strict=True))
    index = fusion.index(batch)
    returned = _heard(fusion, nn.MultiheadAttention, lambda: maps.append(fusion.cross_attention(batch, index)))
    assert torch.equal(returned[-1], maps[-1].weights)
    assert maps[-1].weights.shape == (7, 2, 7, 7)
    assert maps[-1].queries[:2] == ("candidate 1", "candidate 2")


def test_the_decoder_scores_as_its_attention_layer_would() -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    with seeded(0):
        one = Decoder(8, width=6, heads=2)
        nn.init.normal_(one.attention.in_proj_bias)
        nn.init.normal_(one.attention.out_proj.bias)
        states, index = torch.randn(7, 3, 6), batch.vectors[Modality.TEXT]
    nn.init.constant_(one.scale, 2.0)
    asking = one.candidates(index).expand(7, -1, -1)
    heard, _ = one.attention(asking, states, states, key_padding_mask=~batch.present)
    expected = 2.0 * one.out(nn.functional.gelu(one.norm(asking + heard)))[..., 0].tanh()
    found = one(Tokens(states, ~batch.present, ("text", "image", "audio")), index)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_maps_of_the_graph_are_what_its_layers_return_along_the_edges() -> None:
    from torch_geometric.nn import GATv2Conv

    shape = shape_of(2)
    batch = batch_of(shape, torch.tensor([[True, True], [False, True]]))
    fusion = stirred("gat", shape)
    maps: list = []
    returned = _heard(fusion, GATv2Conv, lambda: maps.extend(fusion.attention(batch)))
    # Nodes: items 0 and 1, text and image of item 0: 2 and 3, of item 1: 4 and 5, where 4 is absent.
    place = {0: (0, 0), 1: (1, 0), 2: (0, 1), 3: (0, 2), 4: (1, 1), 5: (1, 2)}
    for (edges, weights), found, shift in zip(returned, maps, (0, 1), strict=True):
        expected = torch.zeros_like(found.weights)
        for (source, target), per_head in zip(edges.T.tolist(), weights, strict=True):
            (item, to), (same, start) = place[target], place[source]
            assert item == same
            expected[item, :, to, start - shift] = per_head
        assert torch.equal(found.weights, expected)
    assert maps[0].queries == ("item", "text", "image")
    assert maps[1].keys == ("text", "image")


def test_edges_run_both_ways_and_to_oneself_but_never_to_what_is_absent() -> None:
    edges = {tuple(edge) for edge in item_edges(torch.tensor([[True, True], [False, True]])).T.tolist()}
    both = {(2, 0), (3, 0), (5, 1)} | {(0, 2), (0, 3), (1, 5)}
    assert edges == both | {(node, node) for node in (0, 1, 2, 3, 5)}


def test_gatv2_is_the_formula_of_the_paper() -> None:
    # alpha_ij = softmax_j(a.LeakyReLU(W_r h_i + W_l h_j)), for one item with two modalities, by loops.
    shape = shape_of(2)
    batch = batch_of(shape, torch.tensor([[True, True]]))
    fusion = stirred("gat", shape)
    given: list[Tensor] = []
    layer = fusion.get_submodule("gather")
    hook = layer.register_forward_pre_hook(lambda _module, inputs: given.append(inputs[0]))
    weights = fusion.attention(batch)[1].weights
    hook.remove()
    left, right = layer.get_submodule("lin_l")(given[0]), layer.get_submodule("lin_r")(given[0])
    for head in range(2):
        columns = slice(3 * head, 3 * head + 3)
        logits = [
            (
                nn.functional.leaky_relu(right[0, columns] + left[node, columns], 0.2)
                * layer.get_parameter("att")[0, head]
            )
            for node in (1, 2)
        ]
        expected = torch.stack([logit.sum() for logit in logits]).softmax(dim=0)
        torch.testing.assert_close(weights[0, head, 0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["concat", "mean", "late-rrf", "mmnn"])
def test_fusions_without_attention_have_no_maps(name: str) -> None:
    assert small(name, shape_of(2)).attention(batch_of(shape_of(2), every_mask(2))) == ()


@pytest.mark.parametrize("name", ["transformer", "hmdf"])
def test_parts_are_looked_at_where_they_are_there(name: str) -> None:
    shape = shape_of(3, parts=True)
    fusion = stirred(name, shape)
    with_parts = batch_of(shape, every_mask(3), parts=3)
    without = FusionBatch(with_parts.vectors, with_parts.present)
    seen = torch.zeros(len(with_parts), dtype=torch.bool)
    spoilt, turned = {}, {}
    for modality, given in with_parts.parts.items():
        there = given.present & with_parts.present[:, with_parts.modalities.index(modality), None]
        seen |= there.any(dim=1)
        spoilt[modality] = Parts(torch.where(there[..., None], given.features, torch.nan), given.present)
        turned[modality] = Parts(given.features.flip(1), given.present.flip(1))
    vectors = fusion.vectors(with_parts)
    changed = (vectors - fusion.vectors(without)).abs().amax(dim=1) > 1e-4
    assert torch.equal(changed, seen)
    assert seen.any()
    assert not seen.all()
    again = fusion.vectors(FusionBatch(with_parts.vectors, with_parts.present, spoilt))
    torch.testing.assert_close(again, vectors, atol=0, rtol=0)
    again = fusion.vectors(FusionBatch(with_parts.vectors, with_parts.present, turned))
    torch.testing.assert_close(again, vectors, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["transformer", "hmdf"])
def test_candidates_are_scored_the_same_in_small_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    fusion = stirred(name, shape)
    scale = next(parameter for key, parameter in fusion.named_parameters() if key.endswith("decoder.scale"))
    scale.data.fill_(10.0)
    index = fusion.index(batch)
    whole = fusion.score(batch, index)
    assert (whole - fusion.vectors(batch) @ index.T).abs().max() > 0.01
    monkeypatch.setattr(decoder, "MOST_PAIRS", 4)
    torch.testing.assert_close(fusion.score(batch, index), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["transformer", "hmdf"])
def test_tokens_of_modalities_leave_parts_alone(name: str) -> None:
    shape = shape_of(3, parts=True)
    fusion = stirred(name, shape, tokens="modalities")
    with_parts = batch_of(shape, every_mask(3), parts=3)
    without = FusionBatch(with_parts.vectors, with_parts.present)
    assert torch.equal(fusion.vectors(with_parts), fusion.vectors(without))
    assert not [key for key, _ in fusion.named_parameters() if "tokenizer.parts" in key]


@pytest.mark.parametrize("name", ["transformer", "hmdf"])
def test_parts_that_cannot_be_looked_at_are_refused(name: str) -> None:
    with pytest.raises(FusionError, match="without any parts"):
        small(name, shape_of(3), tokens="parts")
    shape = shape_of(3, parts=True)
    batch = batch_of(shape, every_mask(3), parts=2)
    wide = {modality: Parts(torch.ones(7, 2, 9), parts.present) for modality, parts in batch.parts.items()}
    with pytest.raises(FusionError, match="width 9"):
        small(name, shape).vectors(FusionBatch(batch.vectors, batch.present, wide))
    with pytest.raises(FusionError, match="parts of image"):
        FusionBatch(batch.vectors, batch.present, {Modality.IMAGE: Parts(torch.ones(7, 2, 4), torch.ones(7, 3) > 0)})


@pytest.mark.parametrize("name", ["transformer", "hmdf"])
def test_what_parts_are_given_adds_up_to_their_modality(name: str) -> None:
    shape = shape_of(3, parts=True)
    batch = batch_of(shape, every_mask(3), parts=2)
    fusion = stirred(name, shape)
    first = fusion.attention(batch)[0]
    whole = first.by_modality()
    assert whole.keys == ("text", "image", "audio")
    assert whole.queries == first.queries
    expected = first.weights[..., 1] + first.weights[..., 3] + first.weights[..., 4]
    torch.testing.assert_close(whole.weights[..., 1], expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(whole.weights.sum(dim=3), torch.ones_like(whole.weights[..., 0]), atol=1e-5, rtol=0)
    absent = ~batch.present[:, None, None, :]
    assert not whole.weights.masked_select(absent).any()
    fused = fusion(batch)
    torch.testing.assert_close(fused.weights.sum(dim=1), torch.ones(len(batch)), atol=1e-5, rtol=0)
    assert not fused.weights[~batch.present].any()
