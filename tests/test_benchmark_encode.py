"""The benchmark of encoding runs, also where neither Streamlit nor LanceDB is installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
WITHOUT = """
import runpy, sys
sys.modules["streamlit"] = sys.modules["lancedb"] = None
sys.argv = ["encode.py", "--json", "--parts", "text", "--pieces", "2"]
sys.path.insert(0, {folder!r})
runpy.run_path({folder!r} + "/encode.py", run_name="__main__")
"""


@pytest.mark.weights
def test_its_last_line_holds_the_figures():
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(folder=str(BENCHMARKS))], capture_output=True, text=True, check=False
    )
    assert answer.returncode in (0, 1), answer.stderr  # 1: a limit does not hold on so few pieces
    found = json.loads(answer.stdout.splitlines()[-1])
    assert found["benchmark"] == "encode"
    assert found["figures"].keys() == {
        f"text.{name}" for name in ("pipeline_over_bare", "ceiling", "decode_share", "bare_per_second")
    }
    assert all(value > 0 for value in found["figures"].values())
    assert found["figures"]["text.ceiling"] <= 1


def test_a_part_that_does_not_exist_is_refused():
    answer = subprocess.run(
        [sys.executable, str(BENCHMARKS / "encode.py"), "--parts", "smell"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "smell" in answer.stderr
