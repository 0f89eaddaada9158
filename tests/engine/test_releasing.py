import pytest

from mmdemo.encoders import load, loading
from mmdemo.engine import Engine
from mmdemo.engine.releasing import release_replaced

pytestmark = pytest.mark.weights


def test_encoders_of_a_replaced_version_are_dropped_and_those_in_use_stay(tiny_workspace, monkeypatch):
    monkeypatch.setattr(loading, "_loaded", {})
    engine = Engine.open(tiny_workspace)
    engine.warm()
    names = {encoder.name for encoder in loading.loaded()}
    load("minilm@pruned30")
    assert release_replaced(engine) == ("minilm@pruned30",)
    assert {encoder.name for encoder in loading.loaded()} == names
    assert names >= set(engine.encoder.names.values())
