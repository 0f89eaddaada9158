"""What the Compare page puts into its tables, without a page."""

import csv
import io

import pytest

from mmdemo.fusion.report import Paired
from mmdemo.types import Modality
from mmdemo.ui import compare_words as words
from mmdemo.ui.compare_lists_html import Cell, move, table
from mmdemo.ui.compare_tables import against, as_csv, holm


def test_p_values_are_corrected_for_how_many_there_are():
    """By hand: 0.01 x 3, then max(0.03, 0.02 x 2), then max(0.04, 0.5 x 1)."""
    assert holm({"a": 0.5, "b": 0.01, "c": 0.02}) == pytest.approx({"a": 0.5, "b": 0.03, "c": 0.04})
    assert holm({"a": 0.04, "b": 0.03}) == pytest.approx({"a": 0.06, "b": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


def test_every_run_is_held_against_the_best_whichever_way_round_it_was_compared():
    pairs = {
        ("best", "a"): Paired(0.1, (0.02, 0.18), 0.01, 50),
        ("b", "best"): Paired(-0.05, (-0.2, 0.1), 0.4, 50),
        ("a", "b"): Paired(-0.05, (-0.2, 0.1), 0.4, 50),
    }
    behind = against("best", ["best", "a", "b", "elsewhere"], pairs)
    assert behind.pairs["a"] == Paired(-0.1, (-0.18, -0.02), 0.01, 50)
    assert behind.pairs["b"] == pairs["b", "best"]
    assert behind.p == pytest.approx({"a": 0.02, "b": 0.4})
    assert set(behind.pairs) == {"a", "b"}


def test_a_difference_is_told_in_plain_words():
    assert words.verdict(Paired(-0.1, (-0.18, -0.02), 0.01, 50), 0.02) == "really worse"
    assert words.verdict(Paired(-0.1, (-0.18, -0.02), 0.04, 50), 0.08) == "no real difference"
    assert words.difference(Paired(-0.1, (-0.18, -0.0001), 0.01, 50)) == "−10.0 (−18.0 to 0.0)"
    assert [words.p_value(p) for p in (0.0001, 0.004, 0.25)] == ["< 0.001", "0.004", "0.25"]
    assert [words.number(count) for count in (0, 12480, 3_210_000)] == ["none", "12,480", "3.2 million"]
    assert [words.latency(value) for value in (0.41, 38.2)] == ["0.4 ms", "38 ms"]


def test_csv_holds_the_columns_of_every_row():
    rows = list(csv.DictReader(io.StringIO(as_csv([{"model": "a, b", "p": 0.5}, {"model": "c", "mrr": 1}]))))
    assert rows == [{"model": "a, b", "p": "0.5", "mrr": ""}, {"model": "c", "p": "", "mrr": "1"}]
    assert as_csv([]) == "\n"


def test_moves_are_told_in_words():
    assert [move(won) for won in (2, 0, -3, None)] == ["▲ up 2", "same place", "▼ down 3", "new"]


def test_lists_stand_side_by_side_and_hold_no_markup_of_the_catalogue():
    drum = Cell("<script>alert(1)</script>", "data:image/jpeg;base64,AA==", None, "new")
    bird = Cell("A bird", "", Modality.AUDIO, "")
    html = table([("Mean", [drum, bird]), ("A & B", [bird])])
    assert "<script>" not in html
    assert html.count("<tr") == 3
    assert html.count("<td") == 4
    assert "A &amp; B" in html
    assert 'scope="col"' in html
    assert 'tabindex="0"' in html, "what scrolls can be reached with the keyboard"
    assert "◆" in html
