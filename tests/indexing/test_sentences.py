from mmdemo.indexing.sentences import MOST_SENTENCES, shared_sentences
from mmdemo.types import Item, Modality


def items(count: int) -> list[Item]:
    return [Item(f"i{n}", "", {Modality.TEXT: f"sentence {n}"}, tags=("shared tag",)) for n in range(count)]


def test_the_catalogues_own_words_and_names_of_things_each_once() -> None:
    assert shared_sentences(items(2), ["dog", "sentence 1"]) == ["dog", "sentence 0", "sentence 1", "shared tag"]


def test_the_catalogues_own_words_come_first_where_there_are_too_many() -> None:
    chosen = shared_sentences(items(MOST_SENTENCES + 500), ["dog"])
    assert len(chosen) == MOST_SENTENCES
    assert "dog" not in chosen


def test_one_item_more_changes_one_sentence_at_most() -> None:
    before = set(shared_sentences(items(MOST_SENTENCES + 500), []))
    after = set(shared_sentences(items(MOST_SENTENCES + 501), []))
    assert len(after - before) <= 1
