"""`mmdemo doctor`."""

import argparse
import json
from dataclasses import asdict

from mmdemo.engine.health import State, check_health

_MARKS = {State.OK: "ok      ", State.OPTIONAL: "optional", State.MISSING: "MISSING "}


def doctor(arguments: argparse.Namespace) -> int:
    """Print every check; 1 where something that is needed is missing."""
    checks = check_health(arguments.workspace)
    if arguments.json:
        print(json.dumps([asdict(check) for check in checks]))
    else:
        for check in checks:
            print(
                f"{_MARKS[check.state]}  {check.name}: {check.found}" + (f" -> {check.remedy}" if check.remedy else "")
            )
    return int(any(check.state is State.MISSING for check in checks))
