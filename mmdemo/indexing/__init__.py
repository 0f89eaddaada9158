"""Index a workspace: encode what is new, fit the spaces, calibrate, and publish it all as a new version.

Until the new version is complete the old one goes on serving; a killed run resumes where it was.
"""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from mmdemo.align import AlignmentData, ClassHead, FeatureSet
from mmdemo.encoders import DEFAULTS, Encoder, load
from mmdemo.errors import CatalogError
from mmdemo.indexing.encode import Encoded, encode_pieces
from mmdemo.indexing.fit import Fitted, Probe, fit
from mmdemo.indexing.plan import INDEXED, Piece, derived_key, plan, text_key
from mmdemo.progress import Progress, silent
from mmdemo.recommend.nonsense import PROBES, nonsense
from mmdemo.store import Workspace
from mmdemo.types import FloatArray, Item, Modality

__all__ = ["INDEXED", "derived_key", "index_workspace", "text_key"]

NONSENSE_VERSION = 1


def index_workspace(
    workspace: Workspace,
    *,
    encoders: Mapping[Modality, str] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> str:
    """Index the workspace's current catalogue into a new version and switch to it.

    Args:
        workspace: Holds the catalogue.
        encoders: Encoder names by modality; what is not named is `mmdemo.encoders.DEFAULTS`.
        seed: For folds and samples; the same catalogue, encoders and seed give the same version content.
        progress: Told how far it is; may cancel.

    Returns:
        The new version's id.

    Raises:
        CatalogError: The catalogue has nothing that can be encoded.
        WorkspaceError: There is no catalogue, another process is writing, or the disk is full.
        WeightError: An encoder's weights are missing and cannot be fetched.
    """
    names = {**DEFAULTS, **(encoders or {})}
    with workspace.writing("index", wait_s=0.0):
        catalog = workspace.read_catalog()
        pieces = plan(workspace, catalog.items)
        if not pieces:
            raise CatalogError(
                f"a catalogue of {len(catalog.items)} items without text, pictures or sounds",
                expected="at least one item with content is needed",
                remedy="import another catalogue",
            )
        run = _Run(workspace, names, pieces, seed, progress)
        data, failed = run.encode(catalog.items)
        progress(run.done, run.total, "fitting the shared space")
        fitted = fit(data, run.probes(), np.array([item.item_id for item in catalog.items], np.str_), seed=seed)
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
                "settings": {"alignment": "text-pivot"},
                "metrics": _metrics(fitted, failed),
            },
        )


class _Run:
    """The state of one indexing run."""

    def __init__(
        self,
        workspace: Workspace,
        names: Mapping[Modality, str],
        pieces: Mapping[Modality, list[Piece]],
        seed: int,
        progress: Progress,
    ) -> None:
        self.workspace = workspace
        self.names = names
        self.pieces = pieces
        self.seed = seed
        self.progress = progress
        self.done = 0
        self.total = sum(len({piece.key for piece in found}) for found in pieces.values()) + 1

    def encode(self, items: Sequence[Item]) -> tuple[AlignmentData, tuple[tuple[str, str], ...]]:
        """Features of everything, and id and reason of what could not be encoded."""
        sets, failed = {}, []
        for modality, pieces in self.pieces.items():
            encoded = self._encode(modality, pieces)
            failed += [(items[row].item_id, f"{modality}: {why}") for row, why in encoded.failed]
            if len(encoded.rows):
                encoder = load(self.names[modality])
                sets[modality] = FeatureSet(encoded.features, encoded.rows, encoder.parts, self._head(encoder, encoded))
        return AlignmentData(sets, _groups(items)), tuple(failed)

    def _encode(self, modality: Modality, pieces: Sequence[Piece]) -> Encoded:
        encoder = load(self.names[modality])
        video = load(self.names[Modality.VIDEO]) if any(piece.from_video for piece in pieces) else encoder

        def report(settled: int) -> None:
            self.done += settled
            self.progress(self.done, self.total, f"encoding {_PLURAL[modality]}")

        self.progress(self.done, self.total, f"encoding {_PLURAL[modality]}")
        return encode_pieces(
            pieces, self.workspace.cache, lambda piece: video if piece.from_video else encoder, report=report
        )

    def _head(self, encoder: Encoder, encoded: Encoded) -> ClassHead | None:
        if not encoder.class_names:
            return None
        names = [Piece(0, text_key(name), lambda name=name: name) for name in encoder.class_names]
        text = load(self.names[Modality.TEXT])
        features = encode_pieces(names, self.workspace.cache, lambda _: text, report=lambda _: None).features
        return ClassHead(encoder.class_probabilities(encoded.features), features)

    def probes(self) -> dict[Modality, Probe]:
        """Nonsense queries for each modality of the catalogue."""
        found = {}
        for modality in self.pieces:
            encoder = load(self.names[modality])
            features = self._encode_nonsense(modality, encoder)
            found[modality] = Probe(features, encoder.class_probabilities(features))
        return found

    def _encode_nonsense(self, modality: Modality, encoder: Encoder) -> FloatArray:
        media = nonsense(modality, seed=self.seed)
        pieces = [
            Piece(row, derived_key(f"{modality} {NONSENSE_VERSION} {self.seed} {row}", "nonsense"), lambda m=m: m)
            for row, m in enumerate(media[:PROBES])
        ]
        return encode_pieces(pieces, self.workspace.cache, lambda _: encoder, report=lambda _: None).features

    def encoder_refs(self) -> dict[str, dict[str, str]]:
        """Name and key of the encoder of each modality, for the manifest; video's too, for queries."""
        used = {*self.pieces, Modality.VIDEO, Modality.TEXT}
        return {str(m): {"name": self.names[m], "key": load(self.names[m]).key} for m in Modality if m in used}


_PLURAL = {Modality.TEXT: "texts", Modality.IMAGE: "pictures", Modality.AUDIO: "sounds"}


def _groups(items: Sequence[Item]) -> np.ndarray:
    """Items with the same text share a group number; those without text are alone in theirs."""
    texts = [
        unicodedata.normalize("NFKC", item.media.get(Modality.TEXT, "")).casefold().strip() or f"\uffff{row}"
        for row, item in enumerate(items)
    ]
    return np.unique(np.array(texts, np.str_), return_inverse=True)[1].astype(np.intp)


def _metrics(fitted: Fitted, failed: Sequence[tuple[str, str]]) -> dict:
    return {
        "held_out": {
            f"{a}_to_{b}": {"pairs": report.pairs, "auc": report.auc, "separation": report.separation}
            for (a, b), report in fitted.reports.items()
        },
        "failed": [list(entry) for entry in failed],
    }
