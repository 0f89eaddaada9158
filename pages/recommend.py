"""Recommend: any mix of words, pictures and sounds in, the closest items of the catalogue out."""

from mmdemo.ui import (
    address_bar,
    chips,
    composer,
    empty,
    examples,
    fusion_choice,
    layout,
    problems,
    resources,
    results,
    settings,
)
from mmdemo.ui.text import _

layout.heading(_("Recommend"), _("What in this catalogue fits your words, pictures and sounds?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    draft = resources.draft()
    warm = resources.warm_engine(summary.version)
    address_bar.load(draft, entered=layout.just_entered())
    composer.draw(draft)
    problems.show_all(draft.problems)
    if draft.chips:
        chips.draw(draft)
    else:
        composer.examples(draft, examples.for_source(summary.source))
    chips.ratings(draft)
    settings.draw(draft, warm)
    results.draw(draft, warm, summary.version, ranks=fusion_choice.draw())
    address_bar.store(draft)
