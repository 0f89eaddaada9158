"""Compare: trained models held against each other, on test items, on one query, under stress, against the truth."""

from mmdemo.ui import compare_page, empty, layout, problems, resources
from mmdemo.ui.text import _

layout.heading(_("Compare"), _("Which model finds the right item most often, and is the difference real?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    with problems.shown():
        compare_page.draw(summary)
