"""Use case: who chose what in a workspace: read from a file, or simulated where the catalogue is a generated world."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmdemo.catalog.interactions import InteractionReport, placed, read_interactions, write_interactions
from mmdemo.errors import InteractionsError, WorkspaceError
from mmdemo.interactions import Interactions
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Item

_WORLD_ID = re.compile(r"world-([0-9]+)-([0-9]{6,})")
_MOST_SIMULATED = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StoredInteractions:
    """The interactions of a workspace.

    Args:
        interactions: Over the catalogue's items in its order.
        simulated: Nobody chose this: made-up users of a generated world did. Whatever shows it must say so.
        report: What the import said; None where they are simulated.
    """

    interactions: Interactions
    simulated: bool
    report: InteractionReport | None


def import_interactions(path: Path | str, file: Path | str, *, progress: Progress = silent) -> InteractionReport:
    """Read a file of interactions into a workspace, in place of those it had.

    Args:
        path: The workspace. Where it has a catalogue, choices of other items are left out and reported.
        file: See `mmdemo.catalog.interactions.read_interactions`.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: The file cannot be read, or nothing in it can be used; the workspace is as it was.
        WorkspaceError: There is no workspace, another process is writing it, or the disk is full.
        CancelledError: `progress` cancelled; the workspace is as it was.
    """
    workspace = Workspace(path)
    workspace.require()
    items = _catalogue(workspace)
    ids = None if items is None else [item.item_id for item in items]
    found, report = read_interactions(Path(file), item_ids=ids, progress=progress)
    progress(len(found), len(found), "keeping the interactions")
    workspace.interactions.write(found, report.as_json())
    return report


def stored_interactions(path: Path | str, *, item_ids: Sequence[str] | None = None) -> Interactions | None:
    """The interactions of `read_stored` without anything about them."""
    found = read_stored(path, item_ids=item_ids)
    return None if found is None else found.interactions


def read_stored(path: Path | str, *, item_ids: Sequence[str] | None = None) -> StoredInteractions | None:
    """What was imported, or else what the simulated users of a generated world chose; None where there is neither.

    Imported interactions that share no item with the catalogue do not count: it was replaced since.

    Args:
        path: The workspace.
        item_ids: Items to have and their order; None takes those of the catalogue.

    Raises:
        WorkspaceError: There is no workspace, or it is damaged.
    """
    workspace = Workspace(path)
    workspace.require()
    kept = workspace.interactions.read()
    items = _catalogue(workspace) if item_ids is None or kept is None else None
    ids = [item.item_id for item in items] if item_ids is None and items is not None else item_ids
    if kept is not None:
        found = kept[0] if ids is None else placed(kept[0], kept[0].user_ids, ids)
        if len(found):
            return StoredInteractions(found, False, _report(kept[1]))
        items = _catalogue(workspace)
    if items is None or not workspace.read_catalog().source.synthetic:
        return None
    made = simulated_interactions(items)
    if made is None:
        return None
    return StoredInteractions(made if ids is None else placed(made, made.user_ids, ids), True, None)


def export_interactions(path: Path | str, file: Path | str) -> StoredInteractions:
    """Write the interactions of a workspace as CSV, TSV or Parquet; returns what was written.

    Raises:
        InteractionsError: There are none, or the file cannot be written.
        WorkspaceError: There is no workspace, or it is damaged.
    """
    found = read_stored(path)
    if found is None:
        raise InteractionsError(
            f"workspace {path} has no interactions",
            expected="imported ones, or a generated world as its catalogue, are needed",
            remedy="import some with `mmdemo interactions import FILE`",
        )
    write_interactions(found.interactions, Path(file))
    return found


def simulated_interactions(items: Sequence[Item]) -> Interactions | None:
    """What the simulated users of a generated world chose among its items; None where the items are of no one world."""
    from mmdemo.catalog.world import World, world_users

    matches = [_WORLD_ID.fullmatch(item.item_id) for item in items]
    found = [(int(match[1]), int(match[2])) for match in matches if match]
    if not found or len(found) < len(items) or len({seed for seed, _ in found}) != 1:
        return None
    numbers = [number for _, number in found]
    if max(numbers) >= _MOST_SIMULATED:
        return None
    users = world_users(World(max(numbers) + 1, seed=found[0][0]))
    chosen = users.interactions.tocsc()[:, numbers].tocsr()
    chosen.sort_indices()
    return Interactions(users.user_ids, tuple(item.item_id for item in items), chosen)


def _catalogue(workspace: Workspace) -> tuple[Item, ...] | None:
    return None if workspace.current_catalog_id() is None else workspace.read_catalog().items


def _report(about: dict[str, object]) -> InteractionReport:
    try:
        return InteractionReport.from_json(about)
    except (TypeError, KeyError) as error:
        raise WorkspaceError(
            "what the workspace says about its interactions cannot be read",
            expected="the report of their import is needed",
            remedy="import them again with `mmdemo interactions import`",
        ) from error
