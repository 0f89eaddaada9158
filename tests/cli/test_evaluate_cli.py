import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz

from mmdemo.cli import main


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Choices of 90 users among 40 items, the user's highest item held out; pictures of the items."""
    folder = tmp_path_factory.mktemp("evaluate")
    rng = np.random.default_rng(0)
    chosen = rng.random((90, 40)) < 0.15
    highest = chosen & (np.cumsum(chosen[:, ::-1], axis=1)[:, ::-1] == 1)
    for name, part in (("train", chosen & ~highest), ("validation", highest)):
        save_npz(folder / f"{name}.npz", csr_matrix(part.astype(np.float32)))
    np.save(folder / "pictures.npy", rng.normal(size=(40, 5)).astype(np.float16))
    lines = [
        "user,item,time",
        *(f"{user},{item},{user + 3 * item}" for user, item in zip(*np.nonzero(chosen), strict=True)),
    ]
    (folder / "dated.csv").write_text("\n".join(lines))
    rows = [
        f"{user}\t{item}\t1\t0\t{2 if item % 7 == 0 else int(highest[user, item])}"
        for user, item in zip(*np.nonzero(chosen), strict=True)
    ]
    (folder / "parts.inter").write_text("\n".join(["userID\titemID\trating\ttimestamp\tx_label", *rows]))
    return {path.stem: str(path) for path in folder.iterdir()}


def _run(words: list[str]) -> tuple[str, dict[str, float]]:
    with redirect_stdout(StringIO()) as said:
        assert main(["evaluate", *words, "--json"]) == 0
    *shown, last = said.getvalue().splitlines()
    printed = json.loads(last)
    assert printed["benchmark"] == "evaluate"
    return "\n".join(shown), printed["figures"]


@pytest.fixture(scope="module")
def both(files: dict[str, str]) -> tuple[str, dict[str, float]]:
    """What is said, and the figures, of the given split and a re-split."""
    parts = ["--train", files["train"], "--validation", files["validation"]]
    return _run([*parts, "--features", f"pictures={files['pictures']}", "--model", "popularity"])


def test_the_given_split_is_shown_with_its_leak_beside_a_resplit(both: tuple[str, dict[str, float]]) -> None:
    shown, figures = both
    given, resplit = shown.split("\n\n")[:2]
    assert "WARNING: The held-out item has the user's highest id in every case" in given
    assert "WARNING" not in resplit
    assert "one target" in given
    assert figures["leak.validation.highest"] == 1.0
    assert not any(name.startswith("leak.resplit") for name in figures)
    for split in ("validation", "resplit"):
        for name in ("recall@20", "ndcg@20", "precision@10", "diversity@20"):
            assert figures[f"popularity.{split}.{name}.error"] > 0
        low, high = figures[f"popularity.{split}.ndcg@20.low"], figures[f"popularity.{split}.ndcg@20.high"]
        assert 0 <= low <= figures[f"popularity.{split}.ndcg@20"] <= high <= 1
        assert figures[f"popularity.{split}.seconds"] >= 0
        assert figures[f"popularity.{split}.memory_mb"] > 20
    assert f"{figures['popularity.resplit.recall@20']:.4f}" in resplit


def test_ids_dealt_anew_leave_results_as_they_are_and_take_the_leak_away(
    files: dict[str, str], both: tuple[str, dict[str, float]]
) -> None:
    words = ["--train", files["train"], "--validation", files["validation"], "--model", "popularity"]
    shown, dealt = _run([*words, "--split", "given", "--shuffle-ids", "3"])
    assert "WARNING" not in shown
    assert "dealt anew" in shown
    assert not any(name.startswith("leak") for name in dealt)
    assert dealt["popularity.validation.ndcg@20"] == both[1]["popularity.validation.ndcg@20"]


def test_one_file_with_times_is_divided_by_each_users_last_choice(files: dict[str, str]) -> None:
    shown, figures = _run(["--train", files["dated"], "--model", "content,popularity,ease", "--split", "given"])
    assert "It needs features" in shown
    assert figures["popularity.last.users"] > 50
    worse, best = sorted(("popularity", "ease"), key=lambda name: figures[f"{name}.last.ndcg@20"])
    assert figures[f"{worse}.last.against_best.ndcg@20"] < 0 < figures[f"{worse}.last.against_best.p"] <= 1
    assert f"Best by ndcg@20: {best}" in shown


def test_a_file_that_names_its_parts_is_judged_by_its_test_part_only_where_that_is_asked_for(
    files: dict[str, str],
) -> None:
    words = ["--train", files["parts"], "--model", "popularity", "--split", "given"]
    _, figures = _run([*words, "--test", files["parts"]])
    assert figures["popularity.test.users"] > 40
    assert figures["popularity.validation.users"] > 60
    assert {figure.split(".")[1] for figure in _run(words)[1]} == {"validation"}


@pytest.mark.weights
def test_without_files_the_choices_in_use_of_the_workspace_are_judged(tiny_workspace: Path) -> None:
    shown, figures = _run(["--workspace", str(tiny_workspace), "--model", "popularity", "--split", "resplit"])
    assert "simulated" in shown
    assert figures["popularity.resplit.users"] > 10
    assert "popularity.resplit.diversity@10" in figures


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "luck"], "model 'luck'"),
        (["--validation", "x.csv"], "--train"),
        (["--train", "none.csv"], "none.csv"),
        (["--train", "{train}", "--split", "given"], "--split resplit"),
        (["--train", "{train}", "--choose"], "--choose without a validation part"),
        (["--train", "{train}", "--features", "pictures.npy"], "NAME=FILE"),
        (["--train", "{train}", "--features", "pictures={train}"], "train.npz"),
        (["--train", "{train}", "--seeds", "0"], "at least one seed"),
        (["--train", "{train}", "--time-limit", "0"], "a limit above 0"),
        (["--workspace", "nowhere"], "mmdemo import"),
    ],
)
def test_what_cannot_be_evaluated_is_told(
    words: list[str], said: str, files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = [] if "--model" in words else ["--model", "popularity,ease"]
    filled = [word.format(**files) if "{" in word else word for word in words]
    filled = [str(tmp_path / word) if word == "nowhere" else word for word in filled]
    assert main(["evaluate", *filled, *model]) == 1
    assert said in capsys.readouterr().err
