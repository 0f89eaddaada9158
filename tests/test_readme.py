"""The README tells the truth: its Python runs, its commands and files exist."""

import re
from pathlib import Path

import pytest

from mmdemo.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.weights
def test_its_python_runs(
    tiny_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "workspace").symlink_to(tiny_workspace)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert len(re.findall(r"closer than [\d.]+% of pairs", capsys.readouterr().out)) == 5


@pytest.mark.parametrize("command", sorted(set(re.findall(r"mmdemo ([a-z]+) ", README))))
def test_its_commands_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z]+)", README + CONTRIBUTING))))
def test_its_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_the_files_they_name_exist(text: str) -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    named = re.findall(r"`((?:mmdemo|benchmarks|tests|pages)/[\w/.]+)`", text)
    missing = [name for name in {*linked, *named} if not (ROOT / name).exists() and "yours" not in name]
    assert missing == []
