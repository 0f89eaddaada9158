"""Data with parts: carried into batches, trained on, and worth it where only they tell."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from planted_training import planted

from mmdemo.errors import FusionError
from mmdemo.fusion.data import FusionData, ItemParts
from mmdemo.fusion.fit import fit
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.stress import spoiled, stress
from mmdemo.fusion.table import build
from mmdemo.types import Modality

_IMAGE = 1


def _looked_into(data: FusionData) -> FusionData:
    """The same with three regions a picture, one of which shows the item's label."""
    rng = np.random.default_rng(0)
    assert data.labels is not None
    rows = np.arange(len(data.ids))
    features = 0.1 * rng.standard_normal((len(rows), 3, 4)).astype(np.float32)
    features[rows, rng.integers(0, 3, len(rows))] += data.labels.values
    present = np.repeat(data.present[:, _IMAGE, None], 3, axis=1)
    parts = ItemParts(features * present[..., None], present, np.zeros((len(rows), 3, 4), np.float32))
    return replace(data, shape=replace(data.shape, parts={Modality.IMAGE: 4}), parts={Modality.IMAGE: parts})


def _settings(tokens: str) -> TrainSettings:
    options = {"tokens": tokens, "layers": 1, "heads": 2, "head_width": 8}
    plan = {"epochs": 20, "batch": 32, "patience": 20, "learning_rate": 3e-2, "modality_dropout": 0.0}
    return TrainSettings("transformer", "classify", fusion_options=options, **plan)


def test_a_batch_brings_the_parts_of_its_items():
    data = _looked_into(planted(missing=0.3))
    rows = np.array([5, 2, 9])
    batch = data.batch(rows, held_out=True)
    assert list(batch.parts) == [Modality.IMAGE]
    assert np.array_equal(batch.parts[Modality.IMAGE].features.numpy(), data.parts[Modality.IMAGE].features[rows])
    assert np.array_equal(batch.parts[Modality.IMAGE].present.numpy()[:, 0], batch.present.numpy()[:, _IMAGE])
    assert not planted().batch(rows).parts


def test_what_only_parts_tell_is_learned_by_looking_at_them():
    data = _looked_into(planted(signal=(0.0, 0.0, 0.0)))  # the vectors are noise
    found = {}
    for tokens in ("modalities", "parts"):
        trained = fit(data, _settings(tokens))
        stressed = {"kind": "noise", "modality": Modality.IMAGE, "levels": (0.0, 1.0), "objective": trained.objective}
        found[tokens] = [point.own["mean average precision"] for point in stress(trained.fusion, data, **stressed)]
    assert found["modalities"][0] < 0.4
    assert found["parts"][0] > found["modalities"][0] + 0.2
    assert found["parts"][1] < found["parts"][0] - 0.2, "noise must reach the parts too"


def test_noise_reaches_the_parts_of_queries_and_no_other_modality():
    data = _looked_into(planted())
    noisy = spoiled(data, kind="noise", modality=Modality.IMAGE, level=1.0).parts[Modality.IMAGE].features
    changed = (noisy != data.parts[Modality.IMAGE].features).any(axis=(1, 2))
    assert set(np.flatnonzero(changed)) == set(data.test)
    assert spoiled(data, kind="noise", modality=Modality.TEXT, level=1.0).parts == data.parts


def test_queries_for_items_ask_with_the_same_noisy_parts():
    data, seen = _looked_into(planted()), []
    fusion = build("transformer", data.shape, _settings("parts").fusion_options).eval()
    score = fusion.score

    def spy(queries, index):
        seen.append(queries.parts[Modality.IMAGE].features[queries.present[:, _IMAGE]])
        return score(queries, index)

    fusion.score = spy
    stress(fusion, data, kind="noise", modality=Modality.IMAGE, levels=(1.0,))
    noisy = spoiled(data, kind="noise", modality=Modality.IMAGE, level=1.0).parts[Modality.IMAGE].features
    known = {row.tobytes() for row in noisy[data.test]}
    asked = torch.cat(seen).numpy()
    assert len(asked)
    assert all(row.tobytes() in known for row in asked)


def test_looking_at_parts_of_data_without_any_is_refused():
    assert _settings("parts").needs_parts
    assert not _settings("modalities").needs_parts
    with pytest.raises(FusionError, match="without any parts"):
        fit(planted(), _settings("parts"))
