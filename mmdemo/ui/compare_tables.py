"""The comparison as plain rows: who lies how far behind the best, and what to download. No streamlit here."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmdemo.engine.runs import Run
from mmdemo.fusion.report import CUTOFFS, FusionReport, Paired

if TYPE_CHECKING:
    from mmdemo.engine.comparing import CompareRow


@dataclass(frozen=True, slots=True)
class Against:
    """Runs held against the best of them.

    Args:
        best: Id of the best run.
        pairs: Id of each other run to what it has less than the best; without those that cannot be paired with it.
        p: Their p values, corrected for how many there are.
    """

    best: str
    pairs: Mapping[str, Paired]
    p: Mapping[str, float]


def against(best: str, run_ids: Sequence[str], pairs: Mapping[tuple[str, str], Paired]) -> Against:
    """Each of `run_ids` against `best`, from pairs in either order."""
    found = {}
    for run_id in run_ids:
        if (run_id, best) in pairs:
            found[run_id] = pairs[run_id, best]
        elif (best, run_id) in pairs:
            pair = pairs[best, run_id]
            found[run_id] = Paired(-pair.difference, (-pair.interval[1], -pair.interval[0]), pair.p, pair.queries)
    return Against(best, found, holm({run_id: pair.p for run_id, pair in found.items()}))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P values corrected for how many there are (Holm 1979), in the order given.

    The i-th smallest of n becomes `max over j <= i of min(1, (n - j + 1) p_(j))`, i from 1.
    """
    corrected: dict[str, float] = {}
    highest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[name]))
        corrected[name] = highest
    return {name: corrected[name] for name in p_values}


def score_rows(
    reports: Sequence[tuple[Run, FusionReport]],
    called: Mapping[str, str],
    behind: Against,
    costs: Mapping[str, CompareRow],
) -> list[dict[str, object]]:
    """One row a run: scores, difference from the best, costs; what is not known yet is left out."""
    rows: list[dict[str, object]] = []
    for run, report in reports:
        row: dict[str, object] = {"run": run.run_id, "model": called[run.run_id], "fusion": run.settings.fusion}
        row |= {"objective": run.settings.objective, "seed": run.settings.seed, "queries": report.queries}
        row |= {f"recall@{k}": report.recall[k] for k in CUTOFFS}
        row |= {"recall@10_low": report.intervals[10][0], "recall@10_high": report.intervals[10][1]}
        row |= {"mrr": report.mrr, "chance@10": report.chance[10]}
        row |= {f"recall@10_{modality}": value for modality, value in report.by_target.items()}
        if (pair := behind.pairs.get(run.run_id)) is not None:
            row |= {"less_than": behind.best, "difference": pair.difference}
            row |= {"difference_low": pair.interval[0], "difference_high": pair.interval[1]}
            row |= {"p": pair.p, "p_holm": behind.p[run.run_id]}
        if (cost := costs.get(run.run_id)) is not None:
            row |= {"parameters": cost.parameters, "training_seconds": cost.training_seconds}
            row |= {"latency_ms": cost.latency_ms, "memory_mb": cost.memory_mb}
        rows.append(row)
    return rows


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV, every column that any of them has; the first row's columns first."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
