"""A leaderboard as plain rows and as LaTeX, to take along."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.compare_words import is_real

if TYPE_CHECKING:
    from mmdemo.engine.leaderboard import LeaderboardRow
    from mmdemo.ui.leaderboard_shown import Shown

_PARTS = ("warm", "cold_items", "cold_users")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def rows(shown: Shown) -> list[dict[str, object]]:
    """One row a model, best first: every measure with its interval and error, lists, parts, the test, costs."""
    board, against = shown.board, shown.against
    found = []
    for row in shown.rows:
        report = row.report
        values: dict[str, object] = {"model": row.model, "split": board.split, "seed": board.seed}
        values |= {"tuned": board.tuned, "simulated": board.simulated, "users": report.users, "targets": report.targets}
        for name, score in row.scores.items():
            values |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
            values |= {f"{name}_error": _known(score.error)}
        for name, value in report.beyond.items():
            values |= {name: _known(value), f"{name}_error": _known(report.beyond_errors.get(name, math.nan))}
        for name, part in zip(_PARTS, (report.warm, report.cold_items, report.cold_users), strict=True):
            if part is not None:
                values |= {f"{name}_users": part.users, f"{name}_{shown.measure}": part.measures[shown.measure]}
                values |= {f"{name}_{shown.measure}_error": _known(part.errors[shown.measure])}
        if row.model in against.pairs:
            pair = against.pairs[row.model]
            values |= {"best": against.best, "measure": against.measure, "difference": pair.difference}
            values |= {"difference_low": pair.interval[0], "difference_high": pair.interval[1]}
            values |= {"p": pair.p, "p_holm": against.p[row.model]}
        values |= {"fit_seconds": row.seconds, "person_ms": row.ms, "memory_mb": row.memory_mb}
        values |= {"options": " ".join(f"{name}={value}" for name, value in row.options.items())}
        found.append(values)
    return found


def latex(shown: Shown) -> str:
    """A booktabs table: all measures at the cut-off, the best of each in bold, a star on what is really behind."""
    names = [f"{kind}@{shown.cutoff}" for kind in words.MEASURES if f"{kind}@{shown.cutoff}" in shown.rows[0].scores]
    if shown.measure not in names:
        names.append(shown.measure)
    highest = {name: max(f"{row.scores[name].value:.4f}" for row in shown.rows) for name in names}
    heads = " & ".join(escaped(words.measure(name)) for name in names)
    body = [_line(row, shown, names, highest) for row in shown.rows]
    board, first = shown.board, shown.rows[0].report
    said = f"{board.about} Split: {board.split}, seed {board.seed}; {first.users} users, {first.targets} targets."
    star = f"* really behind {words.model(shown.against.best)} by {words.measure(shown.measure)}"
    return "\n".join(
        [
            f"% {_comment(said)}",
            f"% {_comment(star)} (paired user bootstrap, Holm-corrected p < 0.05); standard errors in brackets.",
            rf"\begin{{tabular}}{{l{'r' * len(names)}}}",
            r"\toprule",
            rf"Model & {heads} \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def escaped(text: str) -> str:
    """Text as LaTeX sets it as it is."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _line(row: LeaderboardRow, shown: Shown, names: list[str], highest: dict[str, str]) -> str:
    cells = []
    for name in names:
        score = row.scores[name]
        value = f"{score.value:.4f}"
        value = rf"\textbf{{{value}}}" if value == highest[name] else value
        if name == shown.measure and row.model in shown.against.p and is_real(shown.against.p[row.model]):
            value += "$^{*}$"
        cells.append(value if math.isnan(score.error) else f"{value} ({score.error:.4f})")
    return rf"{escaped(words.model(row.model))} & {' & '.join(cells)} \\"


def _comment(text: str) -> str:
    return " ".join(text.split())


def _known(value: float) -> float | str:
    """An empty cell for what is not known."""
    return value if math.isfinite(value) else ""
