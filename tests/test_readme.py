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


def test_the_encoder_that_contributing_shows_works() -> None:
    import numpy as np
    from PIL import Image

    from mmdemo.errors import MediaError

    encoder = _shown_in_contributing("Colours")()
    red, grey = Image.new("RGB", (30, 60), (255, 0, 0)), Image.new("L", (9, 9), 51)
    found = encoder.encode([red, grey])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[1, 0, 0] * 9, [0.2] * 27], atol=1e-6)
    assert encoder.encode([]).shape == (0, encoder.dim)
    (inside,) = encoder.inspect(red)
    assert len(inside.labels) == len(inside.places) == len(inside.features) == 9
    with pytest.raises(MediaError):
        encoder.encode(["a text"])


def test_the_fusion_that_contributing_shows_works() -> None:
    import torch

    from mmdemo.fusion import FusionBatch, FusionShape
    from mmdemo.types import Modality

    shape = FusionShape(2, {Modality.TEXT: 0, Modality.IMAGE: 1})
    fusion = _shown_in_contributing("Powers")(shape, {})
    texts, pictures = torch.tensor([[0.6, 0.8], [1.0, 0.0]]), torch.tensor([[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    batch = FusionBatch({Modality.TEXT: texts, Modality.IMAGE: pictures}, torch.tensor([[True, True], [True, False]]))
    fused = fusion(batch)
    expected = torch.tensor([[0.6, 1.8], [1.0, 0.0]])
    torch.testing.assert_close(fused.vectors, expected / expected.norm(dim=1, keepdim=True), atol=1e-5, rtol=0)
    torch.testing.assert_close(fused.weights.sum(dim=1), torch.ones(2))
    fused.vectors.sum().backward()
    assert fusion.power.grad.abs() > 0


def test_the_recommender_that_contributing_shows_works() -> None:
    import numpy as np
    from scipy.sparse import csr_matrix

    from mmdemo.interactions import Interactions
    from mmdemo.recommend.behaviour.base import Settings

    chosen = csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1]], np.float32))
    together = _shown_in_contributing("Together")
    model = together.fit(Interactions(("u", "v", "w"), ("a", "b", "c"), chosen), None, {})
    history = csr_matrix(np.array([[1, 0, 0]], np.float32))
    np.testing.assert_allclose(model.scores(history), [[0, 2, 0]], atol=1e-5)
    assert model.explain(history, 1).values == pytest.approx([2])
    again = together.from_arrays(model.arrays(), Settings(model.item_ids))
    np.testing.assert_array_equal(again.scores(history), model.scores(history))


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


def _shown_in_contributing(name: str) -> type:
    """The class of this name out of the Python that CONTRIBUTING shows."""
    (block,) = [block for block in re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.S) if f"class {name}(" in block]
    names: dict = {}
    exec(compile(block, "CONTRIBUTING.md", "exec"), names)
    return names[name]
