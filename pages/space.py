"""Space: what lies near what across modalities, on a map that can be searched, selected and compared."""

from mmdemo.ui import empty, layout, problems, resources, space_page
from mmdemo.ui.text import _

layout.heading(_("Space"), _("What lies near what, across words, pictures and sounds?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    with problems.shown():
        space_page.draw(summary)
