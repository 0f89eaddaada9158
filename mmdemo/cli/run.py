"""`mmdemo run`."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import NoReturn

from mmdemo.errors import WorkspaceError


def run(arguments: argparse.Namespace) -> NoReturn:
    """Become the server of the app."""
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
    os.chdir(app.parent)  # where Streamlit looks for its settings
    os.execve(sys.executable, command + options, environment)
