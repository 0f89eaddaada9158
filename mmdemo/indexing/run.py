"""One indexing run: which encoders, how far, and the features that come of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmdemo.align import AlignmentData, ClassHead, FeatureSet, TextTie
from mmdemo.encoders import Encoder, find, load
from mmdemo.encoders.imagenet import imagenet_class_names
from mmdemo.indexing.encode import Encoded, encode_pieces
from mmdemo.indexing.fit import Probe
from mmdemo.indexing.plan import Piece, derived_key, plan, text_groups, text_key, videos_apart
from mmdemo.indexing.sentences import shared_sentences
from mmdemo.progress import Progress, silent
from mmdemo.recommend.nonsense import PROBES, nonsense
from mmdemo.store import Workspace
from mmdemo.types import FloatArray, Item, Modality

NONSENSE_VERSION = 1


class IndexingRun:
    """The state of one run over a catalogue.

    Args:
        workspace: Where media are read from and features are kept.
        items: The catalogue, in order.
        names: Encoder name of every modality.
        seed: For the nonsense queries.
        progress: Told how far it is; may cancel.
    """

    def __init__(
        self,
        workspace: Workspace,
        items: Sequence[Item],
        names: Mapping[Modality, str],
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> None:
        self.workspace = workspace
        self.items = items
        self.names = names
        self.pieces = plan(workspace, items, videos_apart=videos_apart(names))
        self.seed = seed
        self.progress = progress
        self.done = 0
        self.total = sum(len({piece.key for piece in found}) for found in self.pieces.values()) + 1

    def encode(self) -> tuple[AlignmentData, tuple[tuple[str, str], ...]]:
        """Features of everything, and id and reason of what could not be encoded."""
        sets, failed = {}, []
        for modality, pieces in self.pieces.items():
            encoded = self._encode(modality, pieces)
            failed += [(self.items[row].item_id, f"{modality}: {why}") for row, why in encoded.failed]
            if len(encoded.rows):
                encoder = load(self.names[modality])
                head, tie = self._head(encoder, encoded), self._tie(modality)
                sets[modality] = FeatureSet(encoded.features, encoded.rows, encoder.parts, head, tie)
        return AlignmentData(sets, text_groups(self.items)), tuple(failed)

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
        features = self._encode_texts(encoder.class_names, self.names[Modality.TEXT])
        return ClassHead(encoder.class_probabilities(encoded.features), features)

    def _tie(self, modality: Modality) -> TextTie | None:
        """Sentences as read by the text tower that shares the modality's space, and by the catalogue's own."""
        twin, text = find(self.names[modality]).twin, self.names[Modality.TEXT]
        if not twin:
            return None
        sentences = shared_sentences(self.items, imagenet_class_names())
        self.progress(self.done, self.total, f"tying {_PLURAL[modality]} to texts")
        features = self._encode_texts(sentences, text)
        return TextTie(self._encode_texts(sentences, twin), features, one_tower=twin == text)

    def _encode_texts(self, texts: Sequence[str], name: str) -> FloatArray:
        pieces = [Piece(0, text_key(text), lambda text=text: text) for text in texts]
        encoder = load(name, progress=self.progress)

        def report(settled: int) -> None:  # noqa: ARG001 - words are not counted, but the user may cancel
            self.progress(self.done, self.total, f"reading words with {name}")

        return encode_pieces(pieces, self.workspace.cache, lambda _: encoder, report=report).features

    def probes(self) -> dict[Modality, Probe]:
        """Nonsense queries for each modality of the catalogue, and for texts, which any catalogue can be asked by."""
        found = {}
        for modality in {**self.pieces, Modality.TEXT: ()}:
            encoder = load(self.names[modality])
            features = self._encode_nonsense(modality, encoder)
            found[modality] = Probe(features, encoder.class_probabilities(features))
        return found

    def _encode_nonsense(self, modality: Modality, encoder: Encoder) -> FloatArray:
        media = nonsense(modality, seed=self.seed)
        if not media:
            return np.zeros((0, encoder.dim), np.float32)
        pieces = [
            Piece(row, derived_key(f"{modality} {NONSENSE_VERSION} {self.seed} {row}", "nonsense"), lambda m=m: m)
            for row, m in enumerate(media[:PROBES])
        ]
        return encode_pieces(pieces, self.workspace.cache, lambda _: encoder, report=lambda _: None).features

    def encoder_refs(self) -> dict[str, dict[str, str]]:
        """Name and key of the encoder of each modality, for the manifest; video's too, for queries."""
        used = {*self.pieces, Modality.VIDEO, Modality.TEXT}
        return {str(m): {"name": self.names[m], "key": load(self.names[m]).key} for m in Modality if m in used}


_PLURAL = {Modality.TEXT: "texts", Modality.IMAGE: "pictures", Modality.AUDIO: "sounds", Modality.VIDEO: "videos"}
