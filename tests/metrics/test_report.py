import json

import pytest

from mmdemo.metrics.report import BenchmarkReport


def test_the_last_line_is_one_object_with_figures_limits_and_environment(capsys: pytest.CaptureFixture[str]) -> None:
    report = BenchmarkReport("demo")
    report.add("good", 0.5, at_least=0.4)
    report.add("slow", 3.0, at_most=2.0)
    report.add("plain", 7)
    assert not report.holds()
    report.print_out(as_json=True)
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert printed["benchmark"] == "demo"
    assert printed["figures"] == {"good": 0.5, "slow": 3.0, "plain": 7.0}
    assert printed["limits"] == {"good": {"at_least": 0.4, "holds": True}, "slow": {"at_most": 2.0, "holds": False}}
    assert {"python", "cores", "torch"} <= printed["environment"].keys()


def test_a_figure_that_is_not_a_number_breaks_its_limit() -> None:
    report = BenchmarkReport("demo")
    report.add("nothing", float("nan"), at_least=0.0)
    assert not report.holds()
