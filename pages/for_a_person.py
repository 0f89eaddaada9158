"""For a person: what somebody would like next, from what they liked, by any model, and why."""

from mmdemo.ui import empty, layout, person_page, problems, resources
from mmdemo.ui.text import _

layout.heading(_("For a person"), _("What would this person like next, and why?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    with problems.shown():
        person_page.draw(summary)
