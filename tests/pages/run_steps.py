"""What tests of the pages about training runs do again and again."""

import time
from dataclasses import replace
from pathlib import Path

from mmdemo.engine.run_folder import RunFolder
from mmdemo.ui import resources

PATIENCE_S = 120


def keys(app) -> set[str]:
    """Keys of all buttons."""
    return {button.key for button in app.button}


def finish(app):
    """Run the page until its jobs have ended."""
    deadline = time.monotonic() + PATIENCE_S
    while resources.job_queue().active() and time.monotonic() < deadline:
        assert resources.job_queue().active()[-1].wait(PATIENCE_S)
    return app.run()


def change(path: Path, run_id: str, **fields: object) -> None:
    """Make the record of a run say something else."""
    folder = RunFolder(path, run_id)
    folder.write(replace(folder.read(), **fields))
