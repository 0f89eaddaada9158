"""The server of the app: what `streamlit run` does, in this process, which saves starting a second one."""

import sys
from collections.abc import Sequence
from pathlib import Path

from streamlit.web import cli


def serve(app: Path, options: Sequence[str]) -> None:
    """Serve `app` until the process is stopped.

    Args:
        app: The Streamlit script.
        options: Options of `streamlit run`.
    """
    sys.argv = ["mmdemo", "run", str(app), *options]
    cli.main(prog_name="mmdemo")
