import numpy as np
import pytest

from mmdemo.recommend.evidence import (
    CERTAIN,
    PROBABILITIES,
    UNWANTED_FORCE,
    Calibration,
    KindBackground,
    PairEvidence,
    weigh,
)
from mmdemo.recommend.storage import calibration_from_arrays, calibration_to_arrays
from mmdemo.types import Modality


def _normal_calibration(seed: int = 0) -> tuple[Calibration, np.ndarray]:
    drawn = np.random.default_rng(seed).normal(-4.0, 3.0, 200_000).astype(np.float32)
    kinds = {"text": KindBackground(np.quantile(drawn, PROBABILITIES).astype(np.float32), 2.0)}
    return Calibration({}, kinds), drawn


def test_evidence_is_the_log_likelihood_ratio_of_two_normals() -> None:
    pair = PairEvidence(mean=0.1, spread=0.2, separation=3.0, quantiles=np.linspace(-1, 1, len(PROBABILITIES)))
    for cosine in (-0.2, 0.1, 0.5):
        z = (cosine - 0.1) / 0.2
        expected = -0.5 * (z - 3.0) ** 2 + 0.5 * z**2
        assert pair.slope * cosine + pair.offset == pytest.approx(expected)


@pytest.mark.parametrize("weights", [(1.0,), (0.3,), (-0.7,), (1.0, 0.5), (1.0, -1.0)])
def test_percentiles_of_random_items_are_uniform(weights: tuple[float, ...]) -> None:
    calibration, _ = _normal_calibration()
    rng = np.random.default_rng(1)
    scores = sum(weigh(rng.normal(-4.0, 3.0, 20_000).astype(np.float32), weight) for weight in weights)
    found = calibration.percentiles(np.asarray(scores, np.float32), ("text",) * len(weights), weights)
    for level in (10, 50, 90, 99):
        assert np.mean(found <= level) * 100 == pytest.approx(level, abs=1.5)


def test_unlikeness_to_an_unwanted_thing_is_no_merit() -> None:
    punished = weigh(np.array([-50.0, -20.0, 0.0, 20.0], np.float32), -1.0)
    assert punished[0] == pytest.approx(punished[1], abs=1e-6)
    assert punished[3] == pytest.approx(-UNWANTED_FORCE * 20.0, abs=1e-4)
    assert (np.diff(punished) <= 0).all()


def test_overwhelming_evidence_keeps_its_order_but_not_its_weight() -> None:
    evidence = np.array([-30.0, 0.0, CERTAIN, 12.0, 24.0, 24.5], np.float32)
    counted = weigh(evidence, 1.0)
    np.testing.assert_array_equal(counted[:3], evidence[:3])
    assert (np.diff(counted) > 0).all()
    assert counted[4] - counted[3] < 2.0


def test_an_orange_but_no_fruit_is_not_an_orange() -> None:
    """Evidence as measured on `things`: a picture of an orange and, unwanted, the word "fruit"."""
    orange = weigh(np.float32([24.8]), 1.0) + weigh(np.float32([3.25]), -1.0)
    basketball = weigh(np.float32([8.4]), 1.0) + weigh(np.float32([-10.9]), -1.0)
    assert basketball > orange


def test_what_is_stored_is_what_was_fitted() -> None:
    calibration, _ = _normal_calibration()
    quantiles = np.linspace(-1, 1, len(PROBABILITIES), dtype=np.float32)
    pairs = {(Modality.TEXT, "shared.image"): PairEvidence(0.125, 0.25, 2.0, quantiles)}
    calibration = Calibration(pairs, dict(calibration.kinds) | {"item": KindBackground(quantiles, -np.inf)})
    again = calibration_from_arrays(calibration_to_arrays(calibration))
    assert again.pairs.keys() == calibration.pairs.keys()
    assert again.pairs[Modality.TEXT, "shared.image"].slope == 8.0
    assert {kind: background.no_match for kind, background in again.kinds.items()} == {"text": 2.0, "item": -np.inf}
    np.testing.assert_array_equal(again.kinds["text"].quantiles, calibration.kinds["text"].quantiles)
