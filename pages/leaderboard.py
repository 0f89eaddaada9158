"""Leaderboard: all recommenders of behaviour judged alike, with intervals, significance and cost."""

from mmdemo.ui import empty, layout, leaderboard_page, problems, resources
from mmdemo.ui.text import _

layout.heading(_("Leaderboard"), _("Which model foretells best what people choose, and is its lead real?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    with problems.shown():
        leaderboard_page.draw(summary)
