"""Nothing heavy is imported before it is needed: measured in a fresh process, where nothing else has imported it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "torchvision", "timm", "transformers", "lancedb", "sklearn", "umap", "av", "open_clip")
DRAW = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=60).run()
if sys.argv[1] != "pages/recommend.py":
    app = app.switch_page(sys.argv[1]).run()
assert not app.exception, app.exception
print("title:", app.title[0].value)
print("heavy:", *sorted(set({HEAVY!r}) & set(sys.modules)))
"""


def draw(page: str, workspace: Path) -> list[str]:
    environment = {**os.environ, "MMDEMO_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", DRAW, page], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("pages/recommend.py", "Recommend"),
        ("pages/catalogue.py", "Catalogue"),
        ("pages/space.py", "Space"),
        ("pages/train.py", "Train"),
        ("pages/system.py", "System"),
    ],
)
def test_without_a_workspace(page, title, tmp_path):
    assert draw(page, tmp_path / "none") == [f"title: {title}", "heavy:"]


@pytest.mark.weights
def test_with_a_workspace(tiny_workspace):
    assert draw("pages/recommend.py", tiny_workspace) == ["title: Recommend", "heavy:"]
    assert draw("pages/train.py", tiny_workspace) == ["title: Train", "heavy:"]
