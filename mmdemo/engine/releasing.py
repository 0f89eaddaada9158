"""Let go of the encoders that a new version has replaced."""

from mmdemo.encoders.loading import release
from mmdemo.engine.engine import Engine
from mmdemo.engine.library import encoders_in_use


def release_replaced(engine: Engine) -> tuple[str, ...]:
    """Drop loaded encoders that neither this engine needs, nor the version in use of its workspace, nor a running job.

    An engine of another version that is asked again loads its own anew.

    Args:
        engine: The one that was opened last.

    Returns:
        Names of those that were dropped.

    Raises:
        WorkspaceError: The workspace is damaged.
    """
    in_use = encoders_in_use(engine.workspace)
    return release({*engine.encoder.names.values(), *in_use.values()})
