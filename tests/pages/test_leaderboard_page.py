"""The Leaderboard page: what it says before anything is measured, everything it tells after, and what can be taken."""

import csv
import io
import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_steps import PATIENCE_S, finish, keys

from mmdemo.catalog.interactions import write_interactions
from mmdemo.engine.behaviour import interactions_in_use
from mmdemo.engine.behaviour_choice import model_in_use
from mmdemo.engine.interactions import import_interactions
from mmdemo.engine.leaderboard import Subject, against, measure_leaderboard
from mmdemo.recommend.behaviour.table import BEHAVIOUR
from mmdemo.ui import compare_jobs, leaderboard_tables, resources
from mmdemo.ui.jobs import JobState
from mmdemo.ui.leaderboard_shown import Shown

pytestmark = pytest.mark.weights
PAGE = "pages/leaderboard.py"
MODELS = ("popularity", "item-knn", "ease")
TITLES = [BEHAVIOUR[name].title for name in MODELS]


@pytest.fixture(scope="module")
def measured_workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which three models are measured; for reading only."""
    path = Path(shutil.copytree(tiny_workspace, tmp_path_factory.mktemp("judged") / "workspace"))
    measure_leaderboard(Subject.of(path), MODELS)
    return path


@pytest.fixture
def workspace(measured_workspace: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured_workspace, tmp_path / "workspace"))


def written(app) -> str:
    blocks = [*app.markdown, *app.subheader, *app.info, *app.success, *app.warning]
    return "\n".join(block.value for block in blocks).replace("\\", "")


def figures(app) -> str:
    return "\n".join(chart.proto.spec for chart in app.get("plotly_chart"))


def test_without_a_catalogue_it_says_how_to_get_one(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert "set_up" in keys(app)


def test_models_are_measured_with_a_click_and_kept(open_app, tiny_workspace, tmp_path):
    path = Path(shutil.copytree(tiny_workspace, tmp_path / "workspace"))
    app = open_app(path, PAGE, model=TITLES[:2])
    assert not app.exception
    assert "Not measured yet" in written(app)
    assert "These people are simulated" in written(app)
    assert not app.get("plotly_chart")
    assert app.button(key="leaderboard:measure").label == "Measure 2 models"
    app.button(key="leaderboard:measure").click().run()
    app = finish(app)
    assert not app.exception
    assert "leads: NDCG@10" in figures(app)
    assert "leaderboard:measure" not in keys(app)
    app.multiselect(key="model").set_value(list(MODELS)).run()
    assert app.button(key="leaderboard:measure").label == "Measure 1 model", "the others are kept"


def test_all_possible_models_are_chosen_at_first_and_others_say_why_not(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    chosen = app.multiselect(key="model").value
    apart = [name for name in BEHAVIOUR if name not in chosen]
    assert "ease-features" in chosen
    assert "recent-popularity" in apart, "nobody recorded when choices were made"
    assert "needs the time of each choice" in written(app)
    assert [option.content for option in app.segmented_control(key="split").proto.options] == ["At random"]
    app.multiselect(key="model").set_value([]).run()
    assert "Choose at least one model" in written(app)


def test_the_order_is_told_with_doubt_tests_and_every_measure(open_app, workspace):
    app = open_app(workspace, PAGE, model=TITLES)
    assert not app.exception
    board = measure_leaderboard(Subject.of(workspace), MODELS)
    best = board.ranked("ndcg@10")[0]
    against_best, everything = (table.value for table in app.table)
    assert against_best.iloc[0, 0] == BEHAVIOUR[best.model].title
    said = against_best.to_string()
    assert "highest" in said
    assert "really behind" in said, "of tastes as these popularity knows nothing"
    score = best.scores["recall@10"]
    assert f"{score.value:.4f}\u00a0±\u00a0{score.error:.4f}" in everything.to_string()
    assert {"Recall@10", "NDCG@10", "Precision@10", "MRR@10", "MAP@10", "Hit rate@10", "AUC"} <= set(everything.columns)
    assert f"Judged by {best.report.users} people" in written(app)
    assert "corrected for the number of models" in written(app)
    app.segmented_control(key="at").set_value(20).run()
    app.segmented_control(key="measure").set_value("recall").run()
    assert "leads: Recall@20" in figures(app)
    assert "Recall@20" in set(app.table[1].value.columns)
    app.segmented_control(key="measure").set_value("auc").run()
    assert not app.exception
    assert "leads: AUC" in figures(app)


@pytest.mark.parametrize(
    ("view", "columns", "words"),
    [
        (
            "Beyond accuracy",
            {"Coverage@10", "Diversity", "Novelty, bits", "Gini", "Lift, rare taste"},
            "Popularity lift",
        ),
        ("Cold start", {"Warm"}, "Cold items"),
        ("Cost", {"Fitting", "One person", "Memory", "Settings"}, "seconds to learn"),
    ],
)
def test_other_views_have_their_table_and_say_what_it_means(open_app, workspace, view, columns, words):
    app = open_app(workspace, PAGE, model=TITLES, show=view)
    assert not app.exception
    assert columns <= set(app.table[0].value.columns)
    assert len(app.table[0].value) == len(MODELS)
    assert words in written(app)
    assert not re.search(r"\bnan\b", app.table[0].value.to_string())
    if view == "Beyond accuracy":
        for kind, word in (("diversity", "cosine distance"), ("novelty", "bits"), ("gini", "Gini coefficient")):
            app.segmented_control(key="leaderboard-beyond").set_value(kind).run()
            assert not app.exception
            assert word in figures(app)


def test_real_choices_are_not_called_simulated_and_a_leak_is_told(open_app, tiny_workspace, tmp_path):
    path = Path(shutil.copytree(tiny_workspace, tmp_path / "workspace"))
    used = interactions_in_use(path).interactions
    when = np.random.default_rng(0).integers(0, 10**9, len(used)).astype(np.float64)
    write_interactions(replace(used, times=when), tmp_path / "choices.csv")
    import_interactions(path, tmp_path / "choices.csv")
    measure_leaderboard(Subject.of(path), ["popularity"])
    app = open_app(path, PAGE, model=[BEHAVIOUR["popularity"].title])
    assert not app.exception
    assert "simulated" not in written(app)
    assert "models learn from the future" in written(app)
    assert "leads" not in figures(app), "one alone leads nobody"
    app.segmented_control(key="split").set_value("last").run()
    assert not app.exception
    assert "last choice of everyone" in written(app)
    assert "Not measured yet" in written(app)


def test_a_cancelled_measurement_says_so_and_can_be_started_again(open_app, workspace):
    app = open_app(workspace, PAGE, model=[BEHAVIOUR["pure-svd"].title])
    held = threading.Event()
    resources.job_queue().submit("another job", lambda progress: held.wait(PATIENCE_S))
    app.button(key="leaderboard:measure").click().run()
    assert "leaderboard:measure" not in keys(app)
    job = compare_jobs.running("leaderboard")
    assert job is not None
    app.button(key=f"cancel:{job.job_id}").click().run()
    held.set()
    app = finish(app)
    assert not app.exception
    assert job.state is JobState.CANCELLED
    assert "What was measured before is kept" in written(app)
    assert "leaderboard:measure" in keys(app)


def test_a_model_is_set_for_the_page_of_a_person(open_app, workspace):
    app = open_app(workspace, PAGE, model=TITLES)
    app.selectbox(key="leaderboard-use").set_value("item-knn").run()
    app.button(key="leaderboard:use").click().run()
    assert not app.exception
    assert model_in_use(workspace) == "item-knn"
    assert app.button(key="leaderboard:use").disabled
    assert f"In use: **{BEHAVIOUR['item-knn'].title}**" in written(app)
    (workspace / "BEHAVIOUR").unlink()
    (workspace / "BEHAVIOUR").mkdir()
    app.run()
    assert not app.exception
    assert "leaderboard:csv" in {button.key for button in app.get("download_button")}, "the rest still works"


def test_what_is_taken_along_holds_every_number(measured_workspace):
    board = measure_leaderboard(Subject.of(measured_workspace), MODELS)
    shown = Shown(board, 10, against(board, "ndcg@10"))
    rows = leaderboard_tables.rows(shown)
    assert [row["model"] for row in rows] == [row.model for row in board.ranked("ndcg@10")]
    for row in rows:
        found = next(one for one in board.rows if one.model == row["model"])
        for name, score in found.scores.items():
            assert (row[name], row[f"{name}_low"], row[f"{name}_high"]) == score[:3]
            assert row[f"{name}_error"] == pytest.approx(score.error)
        assert row["coverage@10"] == found.report.beyond["coverage@10"]
        assert row["fit_seconds"] == found.seconds
    assert "p_holm" not in rows[0], "the best is not held against itself"
    assert {row["p_holm"] for row in rows[1:]} == set(shown.against.p.values())


def test_the_latex_table_has_the_best_in_bold_and_a_star_on_what_is_behind(measured_workspace):
    board = measure_leaderboard(Subject.of(measured_workspace), MODELS)
    shown = Shown(board, 10, against(board, "ndcg@10"))
    text = leaderboard_tables.latex(shown)
    lines = text.splitlines()
    start, end = lines.index(r"\midrule"), lines.index(r"\bottomrule")
    body = lines[start + 1 : end]
    assert len(body) == len(MODELS)
    best = board.ranked("ndcg@10")[0]
    assert body[0].startswith(BEHAVIOUR[best.model].title)
    cells = [line.removesuffix(r" \\").split(" & ") for line in body]
    assert {len(row) for row in cells} == {7}
    assert cells[0][2] == rf"\textbf{{{best.scores['ndcg@10'].value:.4f}}} ({best.scores['ndcg@10'].error:.4f})"
    for row, found in zip(cells[1:], board.ranked("ndcg@10")[1:], strict=True):
        assert ("$^{*}$" in row[2]) == (shown.against.p[found.model] < 0.05)
    assert text.count("{") == text.count("}")
    assert leaderboard_tables.escaped(r"50% of a_b & {c} \d") == r"50\% of a\_b \& \{c\} \textbackslash{}d"


def test_csv_reads_back(measured_workspace):
    from mmdemo.ui.compare_tables import as_csv

    board = measure_leaderboard(Subject.of(measured_workspace), MODELS)
    rows = leaderboard_tables.rows(Shown(board, 10, against(board, "mrr@10")))
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [float(row["mrr@10"]) for row in read] == [row["mrr@10"] for row in rows]
    assert {row["simulated"] for row in read} == {"True"}
