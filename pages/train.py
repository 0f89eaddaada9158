"""Train: fusions learn on this catalogue, watched as they do; the best may rank."""

from mmdemo.ui import empty, layout, problems, resources, train_page
from mmdemo.ui.text import _

layout.heading(_("Train"), _("How much should words, pictures and sounds count, and how well does a fusion learn it?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    with problems.shown():
        train_page.draw(summary)
