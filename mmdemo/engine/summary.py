"""What is known of a workspace without opening it: cheap enough for a page's first draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmdemo.engine.reliability import notices_from
from mmdemo.store import Manifest, SourceInfo, Workspace
from mmdemo.types import Modality


@dataclass(frozen=True, slots=True)
class Summary:
    """A workspace in one line.

    Args:
        name: What it was called.
        version: Id of the version in use.
        created: When that was made, UTC, ISO 8601.
        encoders: Encoder name by modality.
        items: How many items.
        with_modality: How many items have each modality.
        source: Where the catalogue comes from, with licence and attribution.
        notices: What the user must know (fallbacks, what cannot be relied on), in plain sentences.
    """

    name: str
    version: str
    created: str
    encoders: Mapping[Modality, str]
    items: int
    with_modality: Mapping[Modality, int]
    source: SourceInfo | None
    notices: tuple[str, ...]


def read_summary(path: Path | str) -> Summary | None:
    """The summary of the version in use, or None where the workspace has none yet.

    Raises:
        WorkspaceError: The workspace is damaged.
    """
    workspace = Workspace(path)
    if not workspace.exists() or workspace.current_version_id() is None:
        return None
    return summarise(workspace.manifest())


def summarise(manifest: Manifest) -> Summary:
    """The summary of one version."""
    return Summary(
        name=manifest.name,
        version=manifest.version_id,
        created=manifest.created,
        encoders={Modality(name): ref.name for name, ref in manifest.encoders.items()},
        items=manifest.counts["items"],
        with_modality={m: manifest.counts[m] for m in Modality if manifest.counts.get(m)},
        source=manifest.source,
        notices=notices_from(manifest.metrics, manifest.settings),
    )
