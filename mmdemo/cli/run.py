"""`mmdemo run`."""

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from mmdemo.errors import WorkspaceError


def run(arguments: argparse.Namespace) -> int:
    """Open the app and wait until it is stopped."""
    app = Path(__file__).resolve().parents[2] / "app.py"
    if not app.exists() or importlib.util.find_spec("streamlit") is None:
        raise WorkspaceError(
            f"no app at {app}",
            expected="the source checkout with its dependencies is needed to open the app",
            remedy="clone the repository and run `make demo` there",
        )
    environment = os.environ | {"MMDEMO_WORKSPACE": str(arguments.workspace.resolve())}
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    options = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    return subprocess.run(command + options, cwd=app.parent, env=environment, check=False).returncode
