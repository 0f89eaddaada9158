"""What every fusion keeps to; a new entry in the table is tested without a line here."""

import subprocess
import sys

import pytest
import torch
from fusion_samples import batch_of, every_mask, shape_of, small, stirred

from mmdemo.errors import FusionError
from mmdemo.fusion import FUSIONS, FusionBatch, build
from mmdemo.fusion.storage import fusion_from_bytes, fusion_to_bytes

LEARNED = [name for name, spec in FUSIONS.items() if spec.learned]


@pytest.mark.parametrize("modalities", [1, 2, 3, 4])
@pytest.mark.parametrize("name", FUSIONS)
def test_every_mask_gives_a_unit_vector_and_weights_of_what_is_there(name: str, modalities: int) -> None:
    shape = shape_of(modalities)
    batch = batch_of(shape, every_mask(modalities))
    fusion = stirred(name, shape)
    fused = fusion(batch)
    torch.testing.assert_close(fused.vectors.norm(dim=1), torch.ones(len(batch)), atol=1e-5, rtol=0)
    torch.testing.assert_close(fused.vectors, fusion.vectors(batch), atol=1e-6, rtol=0)
    torch.testing.assert_close(fused.weights.sum(dim=1), torch.ones(len(batch)), atol=1e-5, rtol=0)
    assert not fused.weights[~batch.present].any()
    score = fusion.score(batch, fusion.index(batch))
    assert score.shape == (len(batch), len(batch))
    assert torch.isfinite(score).all()


@pytest.mark.parametrize("name", FUSIONS)
def test_a_row_with_nothing_in_it_is_refused_by_number(name: str) -> None:
    fusion = small(name, shape_of(3))
    batch = batch_of(shape_of(3), torch.tensor([[True, False, True], [True, True, True], [False, False, False]]))
    index = fusion.index(batch.take(torch.tensor([0, 1])))
    for use in (fusion, fusion.vectors, fusion.index, fusion.attention, lambda rows: fusion.score(rows, index)):
        with pytest.raises(FusionError, match="row 2 has no modality at all"):
            use(batch)


@pytest.mark.parametrize("name", FUSIONS)
def test_vectors_of_another_width_are_refused(name: str) -> None:
    fusion = small(name, shape_of(3))
    with pytest.raises(FusionError, match="widths"):
        fusion(batch_of(shape_of(2), every_mask(2)))


@pytest.mark.parametrize("name", FUSIONS)
def test_the_order_in_which_modalities_are_given_does_not_matter(name: str) -> None:
    shape = shape_of(4)
    batch = batch_of(shape, every_mask(4))
    turned = FusionBatch(dict(reversed(list(batch.vectors.items()))), batch.present)
    fusion = stirred(name, shape)
    torch.testing.assert_close(fusion(turned).vectors, fusion(batch).vectors, atol=0, rtol=0)
    torch.testing.assert_close(fusion(turned).weights, fusion(batch).weights, atol=0, rtol=0)


@pytest.mark.parametrize("name", FUSIONS)
def test_a_row_fuses_the_same_alone_and_in_a_batch(name: str) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    fusion = stirred(name, shape)
    together, index = fusion(batch), fusion.index(batch)
    scores = fusion.score(batch, index)
    for row in range(len(batch)):
        alone = batch.take(torch.tensor([row]))
        fused = fusion(alone)
        torch.testing.assert_close(fused.vectors[0], together.vectors[row], atol=1e-5, rtol=0)
        torch.testing.assert_close(fused.weights[0], together.weights[row], atol=1e-5, rtol=0)
        torch.testing.assert_close(fusion.index(alone)[0], index[row], atol=1e-5, rtol=0)
        torch.testing.assert_close(fusion.score(alone, index)[0], scores[row], atol=1e-5, rtol=0)


@pytest.mark.parametrize("garbage", [float("nan"), float("inf"), 1e6])
@pytest.mark.parametrize("name", FUSIONS)
def test_what_stands_where_a_modality_is_absent_does_not_matter(name: str, garbage: float) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    vectors = {
        modality: torch.where(batch.present[:, column, None], batch.vectors[modality], garbage)
        for column, modality in enumerate(batch.modalities)
    }
    spoilt = FusionBatch(vectors, batch.present)
    fusion = stirred(name, shape)
    torch.testing.assert_close(fusion(spoilt).vectors, fusion(batch).vectors, atol=0, rtol=0)
    torch.testing.assert_close(fusion(spoilt).weights, fusion(batch).weights, atol=0, rtol=0)
    if FUSIONS[name].learned:
        _loss(fusion, spoilt).backward()
        assert all(torch.isfinite(p.grad).all() for p in fusion.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", FUSIONS)
def test_zero_vectors_and_opposite_ones_give_numbers(name: str) -> None:
    shape = shape_of(2)
    batch = batch_of(shape, torch.tensor([[True, True], [True, False], [True, True]]))
    text, image = batch.vectors.values()
    text[:2], image[:2] = 0.0, 0.0
    image[2, : shape.shared] = -text[2]
    for fusion in (small(name, shape), stirred(name, shape)):
        fused = fusion(batch)
        assert torch.isfinite(fused.vectors).all()
        torch.testing.assert_close(fused.weights.sum(dim=1), torch.ones(3), atol=1e-5, rtol=0)
        if FUSIONS[name].learned:
            _loss(fusion, batch).backward()
            assert all(torch.isfinite(p.grad).all() for p in fusion.parameters() if p.grad is not None)


def _loss(fusion, batch: FusionBatch) -> torch.Tensor:
    """Something of vectors and scores that treats no direction and no pair alike."""
    generator = torch.Generator().manual_seed(1)
    vectors, scores = fusion.vectors(batch), fusion.score(batch, fusion.index(batch))
    drawn = [found * torch.randn(found.shape, generator=generator) for found in (vectors, scores)]
    return drawn[0].sum() + drawn[1].sum()


@pytest.mark.parametrize("name", LEARNED)
def test_gradients_reach_every_parameter(name: str) -> None:
    shape = shape_of(3, parts=True)
    fusion = stirred(name, shape).train()
    _loss(fusion, batch_of(shape, every_mask(3).repeat(3, 1), parts=3)).backward()
    still = [key for key, parameter in fusion.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert still == []


@pytest.mark.parametrize("name", FUSIONS)
def test_half_precision_gives_nearly_the_same_and_trains(name: str) -> None:
    shape = shape_of(3)
    batch = batch_of(shape, every_mask(3))
    fusion = stirred(name, shape)
    with torch.autocast("cpu", torch.bfloat16):
        fused = fusion(batch)
        loss = _loss(fusion, batch)
    assert (fused.vectors.dtype, fused.weights.dtype) == (torch.float32, torch.float32)
    torch.testing.assert_close(fused.vectors, fusion.vectors(batch), atol=0.05, rtol=0)
    if FUSIONS[name].learned:
        loss.backward()
        assert all(torch.isfinite(p.grad).all() for p in fusion.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_starts_at_the_mean(name: str) -> None:
    batch = batch_of(shape_of(3), every_mask(3))
    mean = small("mean", shape_of(3))
    fusion = small(name, shape_of(3))
    torch.testing.assert_close(fusion.vectors(batch), mean.vectors(batch), atol=1e-5, rtol=0)
    order = fusion.score(batch, fusion.index(batch)).argsort(dim=1)
    assert torch.equal(order, mean.score(batch, mean.index(batch)).argsort(dim=1))


@pytest.mark.parametrize("name", FUSIONS)
def test_every_parameter_has_one_rate(name: str) -> None:
    fusion = small(name, shape_of(3, parts=True))
    groups = fusion.rates()
    assert sorted(id(p) for group, _ in groups for p in group) == sorted(id(p) for p in fusion.parameters())
    assert all(0.0 < factor <= 1.0 for _, factor in groups)
    assert fusion.parameters_count == sum(p.numel() for p in fusion.parameters())
    assert (fusion.parameters_count > 0) == FUSIONS[name].learned


@pytest.mark.parametrize("name", FUSIONS)
def test_what_is_saved_and_loaded_fuses_the_same(name: str) -> None:
    shape = shape_of(3, parts=True)
    batch = batch_of(shape, every_mask(3), parts=2)
    fusion = stirred(name, shape)
    again = fusion_from_bytes(fusion_to_bytes(fusion))
    assert (again.name, again.shape, again.options, again.training) == (name, shape, fusion.options, False)
    assert torch.equal(again(batch).vectors, fusion(batch).vectors)
    assert torch.equal(again(batch).weights, fusion(batch).weights)
    assert torch.equal(again.score(batch, again.index(batch)), fusion.score(batch, fusion.index(batch)))


@pytest.mark.parametrize("name", LEARNED)
def test_one_seed_gives_one_fusion_and_leaves_the_generator_alone(name: str) -> None:
    before = torch.random.get_rng_state()
    first, second = (build(name, shape_of(3), seed=5).state_dict() for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(tensor, second[key]) for key, tensor in first.items())


def test_the_table_of_fusions_loads_no_torch() -> None:
    code = (
        "import sys, mmdemo.fusion, mmdemo.fusion.data, mmdemo.fusion.settings; "
        "assert 'torch' not in sys.modules; "
        "mmdemo.fusion.find('mmnn').load(); assert 'torch_geometric' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
