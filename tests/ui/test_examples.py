"""The examples suit catalogues that exist, and their samples decode."""

from mmdemo.catalog import SOURCES, open_source
from mmdemo.types import Modality
from mmdemo.ui import examples
from mmdemo.ui.draft import Draft


def test_every_title_with_examples_is_a_built_in_source():
    titles = {open_source(name).info.title for name in SOURCES}
    assert set(examples.by_title()) - {""} <= titles


def test_every_catalogue_has_examples_of_each_kind():
    for source in [None, *(open_source(name).info for name in SOURCES)]:
        choices = examples.for_source(source)
        assert {modality for example in choices for modality in example.modalities} == set(Modality) - {Modality.VIDEO}
        assert len({example.label for example in choices}) == len(choices)


def test_every_example_fills_an_empty_draft_with_what_it_promises():
    for example in examples.for_source(None):
        draft = Draft()
        example.fill(draft)
        assert draft.problems == []
        assert tuple(chip.part.modality for chip in draft.chips) == example.modalities
