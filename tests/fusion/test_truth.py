"""Worlds made of arrays, whose truth is known without any encoder."""

import json
import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from mmdemo.errors import FusionError
from mmdemo.fusion.truth import WIDTH, settings, signal_data, weigh
from mmdemo.fusion.truth_report import TruthReport, WorldRun, bits_shares, spearman
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
LEVELS = {"kind": 8, "colour": 8, "mood": 4, "size": 3}
WORLDS = {
    "words know most": {TEXT: ("kind", "colour"), IMAGE: ("mood",), AUDIO: ("size",)},
    "sounds know most": {TEXT: ("size",), IMAGE: ("mood",), AUDIO: ("kind", "colour")},
}


def planted(carried, *, items: int = 160, seed: int = 0):
    """Vectors in which each factor of a modality has directions of its own, among noise."""
    rng = np.random.default_rng(seed)
    factors = np.stack([rng.integers(levels, size=items) for levels in LEVELS.values()], axis=1)
    vectors = {}
    for modality, names in carried.items():
        shown = [np.eye(LEVELS[name])[factors[:, list(LEVELS).index(name)]] for name in names]
        signal = np.concatenate(shown, axis=1)
        noise = 0.2 * rng.standard_normal((items, 24))
        noise[:, : signal.shape[1]] += signal
        vectors[modality] = noise.astype(np.float32)
    return vectors, factors


def planted_run(fusion: str, world: str) -> WorldRun:
    vectors, factors = planted(WORLDS[world])
    data = signal_data(vectors, factors, LEVELS, seed=0)
    return weigh(data, fusion, bits_shares(WORLDS[world], LEVELS), world=world, seed=0)


def test_attention_learns_to_weigh_modalities_by_their_bits_and_the_mean_does_not():
    runs = [*(planted_run("attention", world) for world in WORLDS), planted_run("mean", "words know most")]
    report = TruthReport(tuple(runs))
    assert report.spearman["attention"] > 0.9
    assert report.spearman["mean"] < 0.6
    assert report.best == "attention"
    for run in runs:
        if run.fusion == "attention":
            assert max(run.weights, key=lambda modality: run.weights[modality]) is max(
                run.bits, key=lambda modality: run.bits[modality]
            )
            assert run.accuracy > 0.6 > 3 * run.chance - 0.1
            assert sum(run.weights.values()) == pytest.approx(1, abs=1e-5)


def test_bits_count_not_factors():
    shares = bits_shares({TEXT: ("kind",), IMAGE: ("mood",), AUDIO: ()}, LEVELS)
    assert shares == pytest.approx({TEXT: 3 / 5, IMAGE: 2 / 5, AUDIO: 0.0})


def test_rank_correlation_is_scipys_with_ties_and_0_where_nothing_varies():
    first, second = [0.1, 0.5, 0.5, 0.9, 0.2, 0.5], [3.0, 1.0, 4.0, 4.0, 2.0, 4.0]
    assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert spearman([1.0, 2.0, 3.0], [1 / 3] * 3) == 0.0


def test_each_modality_is_turned_on_its_own_and_no_item_is_in_two_parts():
    vectors, factors = planted(WORLDS["words know most"], items=50)
    data = signal_data(vectors, factors, LEVELS, seed=3)
    for modality, own in vectors.items():
        unit = own / np.linalg.norm(own, axis=1, keepdims=True)
        turned = data.vectors[modality]
        assert turned.shape == (50, WIDTH)
        np.testing.assert_allclose(turned @ turned.T, unit @ unit.T, atol=1e-5)
    same = signal_data({TEXT: vectors[TEXT], IMAGE: vectors[TEXT]}, factors, LEVELS, seed=3)
    crossed = np.abs((same.vectors[TEXT] * same.vectors[IMAGE]).sum(axis=1)).mean()
    assert crossed < 0.3, "equal contents would lie at 1"
    parts = np.concatenate([data.train, data.validation, data.test])
    assert sorted(parts.tolist()) == list(range(50))


def test_labels_ask_one_question_a_factor():
    vectors, factors = planted(WORLDS["words know most"], items=20)
    labels = signal_data(vectors, factors, LEVELS, seed=0).labels
    assert labels is not None
    assert [question.stop - question.start for question in labels.questions] == list(LEVELS.values())
    for column, question in enumerate(labels.questions):
        assert labels.values[:, question].argmax(axis=1).tolist() == factors[:, column].tolist()
        assert (labels.values[:, question].sum(axis=1) == 1).all()


def test_more_columns_than_the_common_space_has_are_refused():
    with pytest.raises(FusionError, match=str(WIDTH)):
        signal_data({TEXT: np.ones((4, WIDTH + 1), np.float32)}, np.zeros((4, 4), int), LEVELS, seed=0)


def test_fusions_start_from_nothing_where_they_can():
    assert settings("attention", seed=1).fusion_options == {"start": "free"}
    assert settings("weighted", seed=1).fusion_options == {}


def test_a_report_says_which_fusion_follows_best_and_survives_json():
    bits = {TEXT: 0.6, IMAGE: 0.3, AUDIO: 0.1}
    runs = (
        WorldRun("upside-down", "a", bits, {TEXT: 0.2, IMAGE: 0.3, AUDIO: 0.5}, 0.4, 0.2),
        WorldRun("follower", "a", bits, {TEXT: 0.5, IMAGE: 0.3, AUDIO: 0.2}, 0.9, 0.2),
        WorldRun("follower", "b", bits, {TEXT: 0.6, IMAGE: 0.25, AUDIO: 0.15}, 0.8, 0.2),
    )
    report = TruthReport(runs)
    assert report.best == "follower"
    assert report.spearman["upside-down"] == pytest.approx(-1.0)
    assert math.isclose(report.accuracy["follower"], 0.85)
    assert report.worlds == ("a", "b")
    assert len(report.points) == 9
    assert {(p.fusion, p.modality, p.bits_share, p.weight) for p in report.points} >= {("follower", AUDIO, 0.1, 0.15)}
    again = [WorldRun.from_json(json.loads(json.dumps(run.as_json()))) for run in runs]
    assert again == list(runs)
