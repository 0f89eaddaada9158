"""The trained alignments: planted structure, losses against slow loops, and the contract of towers."""

import math
from functools import cache

import numpy as np
import pytest
import torch

from mmdemo.align.batches import Batch, ItemTensors
from mmdemo.align.data import unit_rows
from mmdemo.align.experts import VariationalTowers
from mmdemo.align.methods import METHODS, adversarial, attention, contrastive, variational
from mmdemo.align.towers import Towers, TrainingRows
from mmdemo.errors import CancelledError
from mmdemo.progress import silent
from mmdemo.training import seeded
from mmdemo.types import FloatArray, Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
NAMES = ("contrastive", "adversarial", "variational", "attention")
WIDTHS = {TEXT: 24, IMAGE: 40, AUDIO: 16}


def planted(items: int, *, noise: float = 0.2, seed: int = 0) -> dict[Modality, FloatArray]:
    """Noisy rotations of the same 8 factors, one a modality, for every item."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(items, 8))
    views = {}
    for modality, width in WIDTHS.items():
        rotation = np.linalg.qr(rng.normal(size=(width, 8)))[0]
        views[modality] = unit_rows(factors @ rotation.T + noise * rng.normal(size=(items, width)) / math.sqrt(width))
    return views


def training_rows(views: dict[Modality, FloatArray], *, items: int, audio_every: int = 3) -> TrainingRows:
    """The first `items` items; audio on every third."""
    everyone, some = np.arange(items), np.arange(0, items, audio_every)
    inputs = {TEXT: views[TEXT][everyone], IMAGE: views[IMAGE][everyone], AUDIO: views[AUDIO][some]}
    return TrainingRows(inputs, {TEXT: everyone, IMAGE: everyone, AUDIO: some}, np.arange(len(views[TEXT])))


def fit(name: str, rows: TrainingRows, *, seed: int = 0, progress=silent) -> Towers:
    return METHODS[name].load().fit(rows, {}, seed=seed, progress=progress)


VIEWS = planted(240)
ROWS = training_rows(VIEWS, items=180)


@cache
def fitted(name: str) -> Towers:
    return fit(name, ROWS)


def recall(towers: Towers, first: Modality, second: Modality, *, unseen: slice = slice(180, 240)) -> float:
    """Share of unseen items whose other modality is nearest."""
    a, b = (unit_rows(towers.embed(modality, VIEWS[modality][unseen])) for modality in (first, second))
    return float(np.mean((a @ b.T).argmax(axis=1) == np.arange(len(a))))


@pytest.mark.parametrize("name", NAMES)
def test_rotated_factors_are_recovered_for_items_never_seen(name: str) -> None:
    assert recall(fitted(name), TEXT, IMAGE) > 0.75
    assert recall(fitted(name), IMAGE, TEXT) > 0.75
    assert recall(fitted(name), TEXT, AUDIO) > 0.45  # fitted on 60 of the 180 items; chance is 0.017
    assert recall(fitted(name), IMAGE, AUDIO) > 0.4


@pytest.mark.parametrize("name", NAMES)
def test_one_by_one_equals_a_batch_and_arrays_come_back(name: str) -> None:
    towers = fitted(name)
    back = METHODS[name].load().from_arrays(towers.to_arrays())
    assert back.modalities == towers.modalities == {TEXT, IMAGE, AUDIO}
    for modality, view in VIEWS.items():
        batch = towers.embed(modality, view[:5])
        assert batch.dtype == np.float32
        single = np.concatenate([towers.embed(modality, view[i : i + 1]) for i in range(5)])
        np.testing.assert_allclose(single, batch, atol=2e-5)
        np.testing.assert_array_equal(back.embed(modality, view[:5]), batch)
        assert towers.embed(modality, view[:0]).shape == (0, batch.shape[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_and_the_global_generator_is_left_alone(name: str) -> None:
    rows = training_rows(VIEWS, items=24)
    state, global_numpy = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    first, second, other = (fit(name, rows, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(global_numpy, np.random.get_state()[1])
    places = [towers.embed(IMAGE, VIEWS[IMAGE][:9]) for towers in (first, second, other)]
    np.testing.assert_array_equal(places[0], places[1])
    assert np.abs(places[0] - places[2]).max() > 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_few_pairs_repeated_rows_and_text_with_one_other(name: str) -> None:
    views = {modality: np.repeat(view[:10], 2, axis=0) for modality, view in VIEWS.items()}
    everyone = np.arange(20)
    for other in (IMAGE, AUDIO):
        rows = TrainingRows({TEXT: views[TEXT], other: views[other]}, {TEXT: everyone, other: everyone}, everyone // 2)
        towers = fit(name, rows)
        assert towers.modalities == {TEXT, other}
        for modality in (TEXT, other):
            assert np.isfinite(towers.embed(modality, VIEWS[modality])).all()
            assert np.isfinite(towers.embed(modality, np.zeros((1, WIDTHS[modality]), np.float32))).all()


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_all_alike_stay_finite(name: str) -> None:
    same = {modality: np.repeat(view[:1], 20, axis=0) for modality, view in VIEWS.items() if modality is not AUDIO}
    everyone = np.arange(20)
    towers = fit(name, TrainingRows(same, {TEXT: everyone, IMAGE: everyone}, everyone))
    assert np.isfinite(towers.embed(IMAGE, VIEWS[IMAGE])).all()


@pytest.mark.parametrize("name", NAMES)
def test_cancelling_ends_the_training(name: str) -> None:
    told = []

    def report(done: int, total: int, message: str) -> None:
        told.append(message)
        if len(told) == 5:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        fit(name, training_rows(VIEWS, items=40), progress=report)
    assert len(told) == 5
    assert "loss" in told[-1]


# Losses against loops


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(*shape, generator=generator, dtype=torch.float64), dim=-1)


def slow_info_nce(a: torch.Tensor, b: torch.Tensor, *, scale: float, groups: list[int], hardness: float) -> float:
    total = 0.0
    for x, y in ((a, b), (b, a)):
        for i in range(len(x)):
            cosine = [float(x[i] @ y[j]) for j in range(len(y))]
            others = [j for j in range(len(y)) if groups[j] != groups[i]]
            weights = [math.exp(hardness * cosine[j]) for j in others]
            mean = sum(weights) / len(weights)
            below = sum(w / mean * math.exp(scale * cosine[j]) for w, j in zip(weights, others, strict=True))
            right = math.exp(scale * cosine[i])
            total -= math.log(right / (right + below))
    return total / (2 * len(a))


@pytest.mark.parametrize("hardness", [0.0, 2.0])
def test_info_nce_equals_a_loop(hardness: float) -> None:
    a, b = unit(6, 4), unit(6, 4, seed=1)
    groups = [0, 1, 1, 2, 3, 3]
    same = torch.tensor(groups)[:, None] == torch.tensor(groups)[None]
    fast = contrastive.info_nce(a, b, scale=7.0, same_group=same, hardness=hardness)
    assert fast.item() == pytest.approx(slow_info_nce(a, b, scale=7.0, groups=groups, hardness=hardness), abs=1e-9)


def test_items_of_one_group_neither_push_nor_pull_each_other() -> None:
    a, b = unit(3, 4).requires_grad_(), unit(3, 4, seed=1).requires_grad_()
    groups = torch.tensor([0, 0, 1])
    loss = contrastive.info_nce(a, b, scale=5.0, same_group=groups[:, None] == groups[None])
    by_b = torch.autograd.grad(loss, a, create_graph=True)[0]
    mixed = torch.autograd.grad(by_b[0].sum(), b, retain_graph=True)[0]
    assert mixed[1].abs().max() == 0.0  # what pulls a's row 0 does not depend on b's row 1, of its own group
    assert mixed[2].abs().max() > 1e-3


def test_adversarial_losses_equal_their_formulas() -> None:
    real, mapped = torch.tensor([[0.3], [-2.0]]), torch.tensor([[1.2], [-0.4]])
    cosine = torch.tensor([0.5, -0.1])

    def judged(logit: float) -> float:
        return 1.0 / (1.0 + math.exp(-logit))

    expected = (
        -sum(math.log(judged(v)) for v in (0.3, -2.0)) / 2 - sum(math.log(1 - judged(v)) for v in (1.2, -0.4)) / 2
    )
    assert adversarial.discriminator_loss(real, mapped).item() == pytest.approx(expected, abs=1e-6)
    expected = -sum(math.log(judged(v)) for v in (1.2, -0.4)) / 2 + 4.0 * (1 - 0.2)
    assert adversarial.generator_loss(mapped, cosine, pairing=4.0).item() == pytest.approx(expected, abs=1e-6)


def test_the_discriminator_is_lipschitz_even_after_large_steps() -> None:
    torch.manual_seed(0)
    judge = adversarial.make_discriminator(24)
    optimizer = torch.optim.SGD(judge.parameters(), lr=50.0)
    for _ in range(20):
        optimizer.zero_grad()
        adversarial.discriminator_loss(judge(unit(8, 24).float()), judge(unit(8, 24, seed=1).float())).backward()
        optimizer.step()
    for _ in range(50):  # power iteration catches up with the last step
        judge(torch.zeros(1, 24))
    norms = [torch.linalg.matrix_norm(layer.weight, 2).item() for layer in judge if hasattr(layer, "weight")]
    assert len(norms) == 2
    assert max(norms) <= 1.0 + 1e-3


def small_batch() -> tuple[Batch, dict[Modality, torch.Tensor], dict[Modality, int]]:
    """Five items, some without picture or sound, in double precision; inputs are the features themselves."""
    widths = {TEXT: 3, IMAGE: 4, AUDIO: 2}
    present = {
        TEXT: torch.tensor([True] * 5),
        IMAGE: torch.tensor([True, True, False, True, True]),
        AUDIO: torch.tensor([True, False, True, False, True]),
    }
    inputs = {m: unit(5, width, seed=width) * present[m][:, None] for m, width in widths.items()}
    return Batch(inputs, present, torch.eye(5, dtype=torch.bool)), inputs, widths


def slow_gauss(mean, variance, other_mean, other_variance) -> float:
    """Divergence of two diagonal Gaussians."""
    rows = zip(mean, variance, other_mean, other_variance, strict=True)
    return sum(0.5 * (v / w + (a - b) ** 2 / w - 1 - math.log(v / w)) for a, v, b, w in rows)


def test_the_evidence_bounds_equal_a_loop() -> None:
    batch, inputs, widths = small_batch()
    latents, rng = 3, np.random.default_rng(0)
    shapes = {
        m: {"mean": (w, 3), "spread": (w, 3), "spread_bias": 3, "decoder": (3, w), "decoder_bias": w, "noise": w}
        for m, w in widths.items()
    }
    arrays = {f"{m}_{part}": rng.normal(size=shape) for m, parts in shapes.items() for part, shape in parts.items()}
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}

    def posterior(item: int, given: list[Modality]) -> tuple[np.ndarray, np.ndarray]:
        precision, weighted = np.ones(latents), np.zeros(latents)
        for m in given:
            if batch.present[m][item]:
                x = inputs[m][item].numpy()
                trust = np.exp(-(x @ arrays[f"{m}_spread"] + arrays[f"{m}_spread_bias"]))
                precision, weighted = precision + trust, weighted + trust * (x @ arrays[f"{m}_mean"])
        return weighted / precision, 1 / precision

    def bound(item: int, given: list[Modality]) -> float:
        mean, variance = posterior(item, given)
        total = 0.7 * slow_gauss(mean, variance, np.zeros(latents), np.ones(latents)) / 3
        for m in given:
            if batch.present[m][item]:
                decoder, bias, noise = (arrays[f"{m}_{part}"] for part in ("decoder", "decoder_bias", "noise"))
                for d in range(widths[m]):
                    error = (inputs[m][item, d].item() - mean @ decoder[:, d] - bias[d]) ** 2
                    error += variance @ decoder[:, d] ** 2
                    total += 0.5 * (error / math.exp(noise[d]) + noise[d] + math.log(2 * math.pi)) / widths[m]
        return total

    everything = list(widths)
    expected = sum(bound(item, everything) for item in range(5)) / 5
    for m in everything:
        those = [item for item in range(5) if batch.present[m][item]]
        for item in those:
            apart = slow_gauss(*posterior(item, everything), *posterior(item, [m])) / 3
            expected += (0.1 * bound(item, [m]) + apart) / len(those)
    fast = variational.batch_loss(tensors, batch, inputs, warmth=0.7)
    assert fast.item() == pytest.approx(expected, abs=1e-6)


def test_two_opinions_are_surer_than_one_and_none_leaves_the_prior() -> None:
    towers = fitted("variational")
    assert isinstance(towers, VariationalTowers)
    image, audio = VIEWS[IMAGE][180:], VIEWS[AUDIO][180:]
    alone, both = towers.posterior({IMAGE: image})[1], towers.posterior({IMAGE: image, AUDIO: audio})[1]
    assert (both < alone).all()
    assert (alone < 1.0).all()


def test_imputing_is_near_the_truth_and_knows_when_it_is_not() -> None:
    """A third of the pictures show nothing of the factors and look it: one column says so."""
    rng = np.random.default_rng(1)
    views = planted(500, seed=1)
    blank = np.arange(500) % 3 == 0
    image = np.concatenate([views[IMAGE], np.zeros((500, 1), np.float32)], axis=1)
    image[blank, :-1] = 0.3 * unit_rows(rng.normal(size=(blank.sum(), 40)))
    image[blank, -1] = 1.0
    known = np.arange(400)
    rows = TrainingRows({TEXT: views[TEXT][:400], IMAGE: image[:400]}, {TEXT: known, IMAGE: known}, np.arange(500))
    towers = variational.fit(rows, {}, seed=0)
    mean, deviation = towers.impute({IMAGE: image[400:]}, TEXT)
    assert mean.shape == deviation.shape == (100, 24)
    error = mean - views[TEXT][400:]
    off = blank[400:]
    assert np.square(error[~off]).mean() < 0.5 * np.square(views[TEXT][400:]).mean()
    assert deviation[off].mean() > 1.3 * deviation[~off].mean()
    for part in (off, ~off):
        assert 0.6 < np.sqrt(np.mean(np.square(error[part] / deviation[part]))) < 1.6


def test_a_missing_modality_gets_no_attention_and_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    start = attention._start(
        ROWS, {TEXT: ROWS.inputs[TEXT], IMAGE: ROWS.inputs[IMAGE], AUDIO: ROWS.inputs[AUDIO]}, seed=0
    )
    weights = {name: torch.tensor(rng.normal(size=array.shape) * 0.3) for name, array in start.items()}
    features = {m: unit(4, width, seed=width) for m, width in WIDTHS.items()}
    there, away = torch.ones(4, dtype=torch.bool), torch.zeros(4, dtype=torch.bool)
    outputs, shares = attention.run_block(weights, features, {TEXT: there, IMAGE: away, AUDIO: there})
    without, _ = attention.run_block(weights, {m: features[m] for m in (TEXT, AUDIO)}, {TEXT: there, AUDIO: there})
    for modality in (TEXT, AUDIO):
        torch.testing.assert_close(outputs[modality], without[modality])
    assert shares[..., 2:4].abs().max() == 0.0
    torch.testing.assert_close(shares.sum(dim=-1), torch.ones(4, 4, 6, dtype=torch.float64))


def test_attention_equals_a_loop_over_tokens() -> None:
    rng = np.random.default_rng(0)
    start = attention._start(ROWS, dict(ROWS.inputs), seed=0)
    weights = {name: rng.normal(size=array.shape) * 0.3 for name, array in start.items()}
    x = {m: unit(1, width, seed=width) for m, width in WIDTHS.items()}
    fast, _ = attention.run_block(
        {n: torch.tensor(w) for n, w in weights.items()}, x, {m: torch.tensor([True]) for m in x}
    )
    tokens = [
        t
        for m, row in x.items()
        for t in (row[0].numpy() @ weights[f"{m}_tokens"]).reshape(2, 24) + weights[f"{m}_kind"]
    ]

    def normal(v: np.ndarray) -> np.ndarray:
        return (v - v.mean()) / np.sqrt(v.var() + 1e-5)

    def gelu(v: np.ndarray) -> np.ndarray:
        return np.array([0.5 * a * (1 + math.erf(a / math.sqrt(2))) for a in v])

    parts = [(normal(t) @ weights["attend_in"] + weights["attend_bias"]).reshape(3, 4, 16) for t in tokens]
    for number, modality in enumerate(x):
        i, gathered = 2 * number, []
        for head in range(4):
            score = np.array([parts[i][0, head] @ part[1, head] / 4.0 for part in parts])
            share = np.exp(score - score.max()) / np.exp(score - score.max()).sum()
            gathered.append(sum(s * part[2, head] for s, part in zip(share, parts, strict=True)))
        token = tokens[i] + np.concatenate(gathered) @ weights["attend_out"]
        token = token + gelu(normal(token) @ weights["think_in"] + weights["think_bias"]) @ weights["think_out"]
        np.testing.assert_allclose(fast[modality][0].numpy(), token, atol=1e-6)


def test_attention_shares_sum_to_one_on_request() -> None:
    towers = fitted("attention")
    assert isinstance(towers, attention.AttentionTowers)
    shares = towers.attention({TEXT: VIEWS[TEXT][:6], IMAGE: VIEWS[IMAGE][:6]})
    for asked in shares.values():
        assert set(asked) == {TEXT, IMAGE}
        np.testing.assert_allclose(sum(asked.values()), 1.0, atol=1e-5)


def test_gradients_reach_every_parameter() -> None:
    features = dict(ROWS.inputs)
    batch = ItemTensors(ROWS, features, torch.device("cpu")).take(torch.arange(60))
    rng = np.random.default_rng(0)

    def jittered(arrays: dict) -> torch.nn.ParameterDict:
        """Away from the start, where zero output matrices keep gradients from what lies before them."""
        return torch.nn.ParameterDict(
            {n: torch.tensor(a + 0.1 * rng.normal(size=a.shape).astype(np.float32)) for n, a in arrays.items()}
        )

    towers = jittered({str(m): np.eye(width, 24, dtype=np.float32) for m, width in WIDTHS.items()})
    towers["scale"] = torch.tensor(2.0)
    contrastive.batch_loss(towers, batch, hardness=1.0).backward()
    experts = jittered(variational._start(ROWS, features))
    variational.batch_loss(experts, batch, batch.inputs, warmth=1.0).backward()
    block = jittered(attention._start(ROWS, features, seed=0))
    attention.batch_loss(block, batch).backward()
    for model in (towers, experts, block):
        for name, weight in model.items():
            assert weight.grad is not None, name
            assert torch.isfinite(weight.grad).all(), name
            assert weight.grad.abs().max() > 0, name


def test_both_players_of_the_adversarial_game_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs, texts = (torch.randn(20, width, generator=generator) for width in (6, 8))
    weights = torch.nn.Parameter(torch.randn(6, 8, generator=generator))
    with seeded(0):
        judge = adversarial.make_discriminator(8)
    mapped = torch.nn.functional.normalize(inputs @ weights, dim=1)
    adversarial.discriminator_loss(judge(texts), judge(mapped.detach())).backward()
    assert weights.grad is None
    for name, weight in judge.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().max() > 0, name
    adversarial.generator_loss(judge(mapped), (mapped * texts).sum(dim=1)).backward()
    assert weights.grad is not None
    assert weights.grad.abs().max() > 0


def test_batches_mark_what_is_missing() -> None:
    data = ItemTensors(ROWS, dict(ROWS.inputs), torch.device("cpu"))
    batch = data.take(torch.tensor([4, 3, 6]))
    assert batch.present[AUDIO].tolist() == [False, True, True]
    np.testing.assert_array_equal(batch.inputs[AUDIO].numpy()[1:], VIEWS[AUDIO][[3, 6]])
    assert batch.inputs[AUDIO][0].abs().max() == 0.0
    np.testing.assert_array_equal(batch.inputs[TEXT].numpy(), VIEWS[TEXT][[4, 3, 6]])
    pairs = {(first, second): both.tolist() for first, second, both in batch.pairs()}
    assert pairs == {(TEXT, IMAGE): [0, 1, 2], (TEXT, AUDIO): [1, 2], (IMAGE, AUDIO): [1, 2]}
