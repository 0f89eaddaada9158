"""`benchmarks/behaviour.py`, on a catalogue of a few hundred items."""

import importlib.util
from pathlib import Path

import numpy as np

from mmdemo.metrics.report import BenchmarkReport
from mmdemo.recommend.behaviour import fit

_PATH = Path(__file__).parents[1] / "benchmarks" / "behaviour.py"


def _benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_behaviour", _PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_model_is_timed():
    benchmark, report = _benchmark(), BenchmarkReport("behaviour")
    benchmark.measure(report, 400, ["popularity", "instant"], seed=0)
    assert set(report.figures) == {
        f"{name}.400.{figure}"
        for name in ("popularity", "instant")
        for figure in ("fit_seconds", "like_ms_median", "like_ms_slowest", "like_processor_ms", "like_and_reason_ms")
    }
    assert report.limits == {}
    assert {items: limit for items, (_, limit) in benchmark.SIZES.items()} == {6_710: 50.0, 1_000_000: 200.0}


def test_a_like_gives_the_best_of_what_is_not_liked_yet():
    benchmark = _benchmark()
    train, features = benchmark.generated(300, 100, seed=1)
    model = fit("instant", train, features)
    counts = []
    for history in benchmark.likes(300, train.chosen, seed=2):
        best = benchmark.recommended(model, history)
        scores = model.scores(history)[0]
        others = np.setdiff1d(np.arange(300), [*history.indices, *best])
        assert len(set(best)) == benchmark.K
        assert not set(best) & set(history.indices)
        assert (np.diff(scores[best]) <= 0).all()
        assert scores[best].min() >= scores[others].max()
        counts.append(history.nnz)
    assert counts == list(range(1, benchmark.MOST_LIKED + 1))
