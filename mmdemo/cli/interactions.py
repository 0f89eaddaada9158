"""`mmdemo interactions import`, `export`, `show`."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from mmdemo.catalog.interactions import InteractionReport
from mmdemo.cli import terminal
from mmdemo.engine.interactions import StoredInteractions, export_interactions, import_interactions, read_stored


def import_file(arguments: argparse.Namespace) -> int:
    """Read a file into the workspace and print its report."""
    report = import_interactions(arguments.workspace, arguments.file, progress=terminal.progress())
    if arguments.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
        return 0
    for line in report_lines(report):
        print(line)
    return 0


def export_file(arguments: argparse.Namespace) -> int:
    """Write the workspace's interactions to a file."""
    found = export_interactions(arguments.workspace, arguments.file)
    print(f"wrote {len(found.interactions):,} choices to {arguments.file}{_label(found)}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Say what the workspace's interactions are.

    Returns:
        0; 1 where there are none.
    """
    found = read_stored(arguments.workspace)
    if arguments.json:
        print(json.dumps(None if found is None else as_json(found), ensure_ascii=False))
    elif found is None:
        print("no interactions; import some with `mmdemo interactions import FILE`")
    else:
        for line in _about(found):
            print(line)
    return int(found is None)


def report_lines(report: InteractionReport) -> Iterator[str]:
    """What a report says, for a terminal."""
    yield f"{report.source} ({report.kind}): read {report.read:,}, kept {report.kept:,} choices"
    yield f"{report.users:,} users, {report.items:,} items"
    for each in report.left_out:
        yield f"  left out {each.count:,}: {each.why} (first: {', '.join(each.examples)})"
    for note in report.notes:
        yield f"  {note}"


def as_json(found: StoredInteractions) -> dict[str, object]:
    """Figures of interactions as plain JSON."""
    kept = found.interactions
    per_user, per_item = np.diff(kept.chosen.indptr), np.bincount(kept.items, minlength=len(kept.item_ids))
    return {
        "simulated": found.simulated,
        "choices": len(kept),
        "users": len(kept.user_ids),
        "users_without_choice": int((per_user == 0).sum()),
        "items": len(kept.item_ids),
        "items_without_choice": int((per_item == 0).sum()),
        "choices_per_user_median": float(np.median(per_user)) if len(per_user) else 0.0,
        "rating_mean": None if kept.ratings is None else float(kept.ratings.mean()),
        "first_time": None if kept.times is None else float(kept.times.min()),
        "last_time": None if kept.times is None else float(kept.times.max()),
        "report": None if found.report is None else found.report.as_json(),
    }


def _about(found: StoredInteractions) -> Iterator[str]:
    kept, figures = found.interactions, as_json(found)
    share = len(kept) / max(1, len(kept.user_ids) * len(kept.item_ids))
    yield f"{len(kept):,} choices of {len(kept.user_ids):,} users among {len(kept.item_ids):,} items{_label(found)}"
    yield f"a user chose {figures['choices_per_user_median']:g} in the middle; {share:.3%} of all pairs"
    yield f"{figures['items_without_choice']:,} items were chosen by nobody"
    if kept.ratings is not None:
        yield f"ratings from {kept.ratings.min():g} to {kept.ratings.max():g}, {kept.ratings.mean():.2f} on average"
    if kept.times is not None:
        yield f"from {_day(kept.times.min())} to {_day(kept.times.max())}"
    if found.report is not None:
        yield from report_lines(found.report)


def _label(found: StoredInteractions) -> str:
    return " (simulated: these users are made up)" if found.simulated else ""


def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g} s"
