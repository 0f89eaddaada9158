"""What blind tests came to: of one list, and of all votes in this workspace, with how sure that is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.recommend.behaviour.table import BEHAVIOUR
from mmdemo.ui.text import _, _n, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.votes import Interleaved, Outcome
    from mmdemo.feedback import Vote

_SURE = 0.05


def reveal(models: tuple[str, str], mixed: Interleaved, chosen: Collection[str]) -> None:
    """Draw who had picked what was chosen from one list."""
    second = sum(team for item_id, team in zip(mixed.ids, mixed.teams, strict=True) if item_id in chosen)
    first = len(chosen) - second
    counts = _("**{first}** had picked {ones} of what you chose, **{second}** {others}.").format(
        first=_title(models[0]), ones=first, second=_title(models[1]), others=second
    )
    if first == second:
        said = _("A tie.")
    else:
        said = _("Your vote goes to {model}.").format(model=_title(models[0] if first > second else models[1]))
    st.markdown(f":material/visibility: {counts} {said}", width="stretch")


def draw(votes: Sequence[Vote]) -> None:
    """Draw the outcome of all votes, a row for every two models; nothing where nobody has voted."""
    if not votes:
        return
    from mmdemo.engine.votes import outcomes

    found = [outcome for outcome in outcomes(votes) if set(outcome.models) <= set(BEHAVIOUR)]
    st.markdown(f"**{_n('{count} vote so far', '{count} votes so far', len(votes))}**")
    st.table(
        [_row(outcome) for outcome in found], hide_index=True, border="horizontal", alt=_("Outcome of all blind tests")
    )
    with st.popover(
        _("What do these numbers mean?"), type="tertiary", icon=":material/help:", key="person-about-votes"
    ):
        st.markdown(
            _(
                "Each vote counts once: for the model that had picked more of what was chosen. **Wins** leaves out "
                "ties and has a 95% interval (exact, Clopper and Pearson). **p** is how often two equally good models "
                "would differ at least so much (two-sided sign test); below 0.05 one is called preferred. Lists are "
                "mixed by team draft (Radlinski et al. 2008), so that neither model stands higher for its name. "
                "Several votes of one person count as if several people had voted."
            )
        )


def finding(outcome: Outcome) -> str:
    """Whether one of the two is better, in words."""
    decided = outcome.first + outcome.second
    if not decided or outcome.p >= _SURE:
        return _("no difference shown yet")
    better = outcome.models[0] if outcome.first > outcome.second else outcome.models[1]
    return _("{model} is preferred").format(model=_title(better))


def _row(outcome: Outcome) -> dict[str, str]:
    first, second = map(_title, outcome.models)
    decided = outcome.first + outcome.second
    low, high = outcome.interval
    share = f"{outcome.first / decided:.0%} ({low:.0%}–{high:.0%})" if decided else "–"
    return {
        _("Models"): _("{first} against {second}").format(first=first, second=second),
        _("Finding"): finding(outcome),
        _("Votes"): _("{first} : {second}, ties {ties}").format(
            first=outcome.first, second=outcome.second, ties=outcome.ties
        ),
        _("Wins of the first"): share,
        _("p"): f"{outcome.p:.3f}" if outcome.p >= 0.001 else "< 0.001",
        _("People"): str(outcome.persons),
    }


def _title(name: str) -> str:
    return markdown_literal(BEHAVIOUR[name].title)
