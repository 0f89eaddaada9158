"""`mmdemo map`."""

import argparse

from mmdemo.cli import terminal


def make_map(arguments: argparse.Namespace) -> int:
    """Make a map of the version in use, keep it in the workspace, and print how good it is."""
    from mmdemo.engine import Engine
    from mmdemo.engine.maps import stored_map
    from mmdemo.metrics.report import BenchmarkReport
    from mmdemo.projection import MapSettings
    from mmdemo.store import Workspace

    settings = MapSettings(
        method=arguments.method,
        dimensions=arguments.dimensions,
        n_neighbors=arguments.neighbors,
        min_dist=arguments.min_dist,
        metric=arguments.metric,
        space=arguments.space,
        seed=arguments.seed,
    )
    workspace = Workspace(arguments.workspace)
    workspace.require()
    version_id = workspace.current_version_id()
    found = None
    if arguments.if_missing and version_id is not None:
        found = stored_map(workspace, version_id, settings)
    if found is None:
        found = Engine.open(arguments.workspace, version_id).fit_map(settings, terminal.progress())
    else:
        print(f"{arguments.workspace} has this map already")
    for notice in found.notices:
        print(f"note: {notice}")
    report = BenchmarkReport("map")
    for name, value in found.quality.items():
        report.add(name, value)
    report.add("seconds", found.seconds)
    report.add("points", len(found))
    report.add("points_in_all", found.of_total)
    report.add("clusters", len(found.cluster_labels))
    report.print_out(as_json=arguments.json)
    return 0
