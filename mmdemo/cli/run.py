"""`mmdemo run`."""

import argparse
import importlib.util
import os
from pathlib import Path

from mmdemo.errors import WorkspaceError


def run(arguments: argparse.Namespace) -> int:
    """Serve the app until it is stopped."""
    app = Path(__file__).resolve().parents[2] / "app.py"
    if not app.exists() or importlib.util.find_spec("streamlit") is None:
        raise WorkspaceError(
            f"no app at {app}",
            expected="the source checkout with its dependencies is needed to open the app",
            remedy="clone the repository and run `make demo` there",
        )
    os.environ["MMDEMO_WORKSPACE"] = str(arguments.workspace.resolve())
    os.chdir(app.parent)  # where Streamlit looks for its settings, as soon as it is imported
    from mmdemo.ui.serve import serve

    serve(app, port=arguments.port, address=arguments.address)
    return 0
