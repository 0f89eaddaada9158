"""Index a workspace: encode what is new, fit the spaces, calibrate, and publish it all as a new version.

Until the new version is complete the old one goes on serving; a killed run resumes where it was.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdemo.align import DEFAULT_METHOD
from mmdemo.encoders import complete
from mmdemo.encoders.loading import hold
from mmdemo.errors import CatalogError
from mmdemo.indexing.fit import Fitted, fit
from mmdemo.indexing.plan import derived_key, text_key
from mmdemo.indexing.run import IndexingRun
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Modality

__all__ = ["IndexingRun", "derived_key", "index_workspace", "text_key"]


def index_workspace(
    workspace: Workspace,
    *,
    encoders: Mapping[Modality, str] | None = None,
    alignment: str = DEFAULT_METHOD,
    metrics: Mapping[str, Any] | None = None,
    switch: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> str:
    """Index the workspace's current catalogue into a new version.

    Args:
        workspace: Holds the catalogue.
        encoders: Encoder names by modality; what is not named is the default.
        alignment: Name of the method that makes the shared space.
        metrics: What is known of that method already, for the manifest.
        switch: Put the new version in use.
        seed: For folds and samples; the same catalogue, encoders, alignment and seed give the same version content.
        progress: Told how far it is; may cancel.

    Returns:
        The new version's id.

    Raises:
        CatalogError: The catalogue has nothing that can be encoded.
        WorkspaceError: There is no catalogue, another process is writing, or the disk is full.
        WeightError: An encoder's weights are missing and cannot be fetched.
    """
    names = complete(encoders or {})
    with workspace.writing("index", wait_s=0.0):
        catalog = workspace.read_catalog()
        run = IndexingRun(workspace, catalog.items, names, seed=seed, progress=progress)
        hold(run, names.values())
        if not run.pieces:
            raise CatalogError(
                f"a catalogue of {len(catalog.items)} items without text, pictures or sounds",
                expected="at least one item with content is needed",
                remedy="import another catalogue",
            )
        data, failed = run.encode()
        progress(run.done, run.total, "fitting the shared space")
        ids = np.array([item.item_id for item in catalog.items], np.str_)
        fitted = fit(data, run.probes(), ids, method=alignment, seed=seed, progress=progress)
        progress(run.total, run.total, "writing the version")
        return workspace.write_version(
            catalog.items,
            fitted.tables,
            fitted.arrays,
            {
                "catalog_id": catalog.catalog_id,
                "source": catalog.source,
                "encoders": run.encoder_refs(),
                "seed": seed,
                "settings": {"alignment": fitted.alignment.method, "asked_alignment": alignment},
                "metrics": {**_metrics(fitted, failed), **(metrics or {})},
            },
            switch=switch,
        )


def _metrics(fitted: Fitted, failed: Sequence[tuple[str, str]]) -> dict:
    return {
        "held_out": {
            f"{a}_to_{b}": {"pairs": report.pairs, "auc": report.auc, "separation": report.separation}
            for (a, b), report in fitted.reports.items()
        },
        "unmeasured": sorted(fitted.unmeasured),
        "failed": [list(entry) for entry in failed],
    }
