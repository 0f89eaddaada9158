"""How soon a new user's recommendations follow a like, among generated items.

One like is: score every item for the history with the new item in it, leave out the history, take the best twelve; by a
model that has never seen this user. Every model that can be fitted to a million items is timed, each like in its turn.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.recommend.behaviour import fit
from mmdemo.recommend.behaviour.base import BehaviourModel

SIZES = {6_710: (9_308, 50.0), 1_000_000: (200_000, 200.0)}
"""Items to users, and the most milliseconds a like may take."""
MODELS = ("popularity", "content", "item-knn", "ease", "graph-filter", "ideal-lowpass", "pure-svd", "instant", "blend")
OPTIONS = {
    "graph-filter": {"factors": 16},
    "ideal-lowpass": {"factors": 16},
    "pure-svd": {"factors": 16},
    "ease": {"items": 2000},
    "blend": {"models": "instant,item-knn", "weights": "0.5,0.5"},
}
"""Where fitting with the defaults would take minutes; a like takes as long, or longer, with more factors."""
K = 12
CHOICES = 8
WIDTH = 64
MOST_LIKED = 20


def generated(items: int, users: int, *, seed: int) -> tuple[Interactions, ItemFeatures]:
    """Users with 1 to 15 choices; some items are chosen far more than others, as 1 over their place to the 0.8."""
    rng = np.random.default_rng(seed)
    chance = 1.0 / np.arange(1, items + 1) ** 0.8
    place = rng.permutation(items)
    counts = rng.integers(1, 2 * CHOICES, users)
    columns = place[np.searchsorted(np.cumsum(chance / chance.sum()), rng.random(counts.sum())).clip(max=items - 1)]
    rows = np.repeat(np.arange(users), counts)
    chosen = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(users, items))
    chosen.data[:] = 1
    ids = tuple(map(str, range(items)))
    vectors = rng.standard_normal((items, WIDTH), dtype=np.float32)
    return Interactions(tuple(map(str, range(users))), ids, chosen), ItemFeatures(ids, {"looks": vectors})


def likes(items: int, chosen: csr_matrix, *, seed: int) -> Iterator[csr_matrix]:
    """One person's history as it grows from 1 to `MOST_LIKED` items, each liked as often as people choose it."""
    drawn = np.random.default_rng(seed).permutation(np.unique(chosen.indices[: 100 * MOST_LIKED]))[:MOST_LIKED]
    for count in range(1, len(drawn) + 1):
        yield csr_matrix((np.ones(count), (np.zeros(count, int), drawn[:count])), shape=(1, items))


def recommended(model: BehaviourModel, history: csr_matrix) -> np.ndarray:
    """Columns of the best `K` items, best first."""
    scores = model.scores(history)[0]
    scores[history.indices] = -np.inf
    best = np.argpartition(-scores, K)[:K]
    return best[np.argsort(-scores[best])]


def milliseconds(model: BehaviourModel, histories: list[csr_matrix]) -> np.ndarray:
    """How long each like took, (L, 2): by the clock, and of processor time, which is less on a busy machine."""
    recommended(model, histories[-1])
    found = []
    for history in histories:
        start = time.perf_counter(), time.process_time()
        recommended(model, history)
        found.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return 1000 * np.array(found)


def measure(report: BenchmarkReport, items: int, names: list[str], *, seed: int) -> None:
    users, limit = SIZES.get(items, (max(10, items // 5), None))
    train, features = generated(items, users, seed=seed)
    histories = list(likes(items, train.chosen, seed=seed + 1))
    for name in names:
        start = time.perf_counter()
        model = fit(name, train, features, OPTIONS.get(name), seed=seed)
        report.add(f"{name}.{items}.fit_seconds", time.perf_counter() - start)
        took = milliseconds(model, histories)
        report.add(f"{name}.{items}.like_ms_median", float(np.median(took[:, 0])), at_most=limit)
        report.add(f"{name}.{items}.like_ms_slowest", float(took[:, 0].max()))
        report.add(f"{name}.{items}.like_processor_ms", float(np.median(took[:, 1])))
        start = time.perf_counter()
        model.explain(histories[9], int(recommended(model, histories[9])[0]))
        report.add(f"{name}.{items}.like_and_reason_ms", 1000 * (time.perf_counter() - start))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=list(SIZES), help="sizes of the generated catalogue")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="end with the figures as JSON")
    arguments = parser.parse_args()
    report = BenchmarkReport("behaviour")
    for items in arguments.items:
        measure(report, items, arguments.models, seed=arguments.seed)
    report.print_out(as_json=arguments.json)
    raise SystemExit(0 if report.holds() else 1)


if __name__ == "__main__":
    main()
