"""Look into the media of a version for words, regions and segments.

What a network made of each piece is pooled and kept in the workspace's cache of vectors, block by block, so work that
was broken off goes on where it was, and another division of the items needs no network. What is made of a division is
the pooled features on the principal axes of its training items.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mmdemo.encoders import ENCODERS, Encoder, complete, load
from mmdemo.encoders.choice import split
from mmdemo.engine.fusion_parts import PartSpace, StoredParts, unit
from mmdemo.engine.part_pooling import MOST, Numbers, Pooled, pooled
from mmdemo.errors import MediaError
from mmdemo.fusion.data import ItemParts
from mmdemo.indexing.encode import decoders
from mmdemo.indexing.plan import Piece, plan, videos_apart
from mmdemo.progress import Progress, silent
from mmdemo.store import Manifest, VectorCache, Workspace
from mmdemo.types import FloatArray, Item, Media, Modality, Video

MOST_WIDE = 64
"""Principal axes that are kept."""
_FORMAT = 1
"""Of what the cache keeps."""
_MOST_FITTED = 1024
"""Pieces of media that the axes are fitted on, at most."""
_BLOCK = 32


def make_parts(
    workspace: Workspace,
    manifest: Manifest,
    items: Sequence[Item],
    *,
    training: frozenset[str],
    progress: Progress = silent,
) -> StoredParts:
    """Look into every piece of media of a version.

    Args:
        workspace: Where media are read from.
        manifest: Of the version.
        items: Of the version, in order.
        training: Ids of the items that the axes are fitted on.
        progress: Told how far it is; may cancel.

    Raises:
        WeightError: An encoder's weights are out of reach.
        WorkspaceError: The disk is full or read-only.
    """
    names = complete({Modality(name): ref.name for name, ref in manifest.encoders.items()})
    pieces = plan(workspace, items, videos_apart=videos_apart(names))
    inside = _Inside(workspace.cache, sum(len({piece.key for piece in own}) for own in pieces.values()), progress)
    found: dict[Modality, ItemParts] = {}
    spaces: dict[Modality, PartSpace] = {}
    fitted_on = np.array([item.item_id in training for item in items], np.bool_)
    for modality, own in pieces.items():
        encoder = first_encoder(names[modality])
        inside.look(encoder, own)
        sample = [piece for piece in own if fitted_on[piece.row]]
        space = _fit(encoder, inside.known(encoder, sample[:: -(-len(sample) // _MOST_FITTED) or 1]))
        if space is not None:
            spaces[modality] = space
            found[modality] = _placed(len(items), space, inside.known(encoder, own))
    return StoredParts(tuple(item.item_id for item in items), found, spaces)


def first_encoder(name: str) -> Encoder:
    """Of several joined encoders the first: features of different networks are no parts of one whole."""
    return load(str(split(name, families=ENCODERS)[0]))


def look_into(encoder: Encoder, media: Media) -> Pooled:
    """The pooled parts of one piece of media; a video given as a picture counts as the frame in its middle.

    Raises:
        MediaError: The encoder cannot take it.
    """
    if isinstance(media, Video) and encoder.modality is Modality.IMAGE:
        from mmdemo.encoders.video_frames import frame_pictures

        frames = frame_pictures(media)
        media = frames[len(frames) // 2]
    return pooled(encoder.inspect(media))


class _Inside:
    """Pooled parts by content, out of the cache where they are known.

    Args:
        cache: Where they are kept.
        total: Different contents of all modalities.
        progress: Told of each; may cancel.
    """

    def __init__(self, cache: VectorCache, total: int, progress: Progress) -> None:
        self._cache, self._total, self._progress, self._done = cache, total, progress, 0

    def look(self, encoder: Encoder, pieces: Sequence[Piece]) -> None:
        """Look into what is not known yet."""
        different = list({piece.key: piece for piece in pieces}.values())
        message = f"looking into {_PLURAL[encoder.modality]}"
        pool = ThreadPoolExecutor(decoders(), thread_name_prefix="look")
        try:
            for start in range(0, len(different), _BLOCK):
                block = different[start : start + _BLOCK]
                known = self._cache.get(_cache_key(encoder), [piece.key for piece in block])
                fresh = [piece for piece in block if piece.key not in known]
                self._report(len(block) - len(fresh), message)
                found = {}
                for piece, vector in zip(fresh, pool.map(_looker(encoder), fresh), strict=True):
                    found[piece.key] = vector
                    self._report(1, message)
                self._cache.put(_cache_key(encoder), found)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def known(self, encoder: Encoder, pieces: Sequence[Piece]) -> Iterator[tuple[int, Pooled]]:
        """Row and pooled parts of pieces that have any; few of them are in memory at a time."""
        for start in range(0, len(pieces), _BLOCK):
            block = pieces[start : start + _BLOCK]
            known = self._cache.get(_cache_key(encoder), {piece.key for piece in block})
            for piece in block:
                vector = known.get(piece.key)
                if vector is not None and len(vector) > 1:
                    table = vector[1:].reshape(int(vector[0]), -1)
                    yield piece.row, Pooled(table[:, 4:], table[:, :4])

    def _report(self, more: int, message: str) -> None:
        self._done += more
        self._progress(self._done, self._total, message)


def _looker(encoder: Encoder) -> Callable[[Piece], FloatArray]:
    """Pieces to what the cache keeps: how many groups, then place and features of each; none of what cannot be read."""

    def look(piece: Piece) -> FloatArray:
        try:
            found = look_into(encoder, piece.load())
        except MediaError:
            return np.zeros(1, np.float32)
        table = np.concatenate([found.places, found.features], axis=1)
        return np.concatenate([np.array([len(table)]), table.ravel()]).astype(np.float32)

    return look


def _cache_key(encoder: Encoder) -> str:
    return f"parts/{_FORMAT}/{encoder.key}"


def _fit(encoder: Encoder, found: Iterator[tuple[int, Pooled]]) -> PartSpace | None:
    """Principal axes of the parts of training items; None where they have too few."""
    samples = [unit(one.features) for _, one in found]
    rows = np.concatenate(samples).astype(np.float64) if samples else np.zeros((0, 0))
    wide = min(MOST_WIDE, len(rows) - 1, *rows.shape[1:])
    if wide < 1:
        return None
    mean = rows.mean(axis=0)
    centred = rows - mean
    axes = _principal(centred, wide)
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(wide)])  # else each fit turns them as it likes
    length = np.sqrt(np.square(centred @ axes).sum(axis=1).mean())
    scaled = axes / max(float(length), 1e-12)
    return PartSpace(encoder.name, encoder.key, mean.astype(np.float32), np.ascontiguousarray(scaled, np.float32))


def _principal(centred: Numbers, wide: int) -> Numbers:
    """The first axes (D, W) of rows (P, D), by whichever of both sides is shorter."""
    from scipy.linalg import eigh

    rows, columns = centred.shape
    if rows >= columns:
        return eigh(centred.T @ centred, subset_by_index=[columns - wide, columns - 1])[1][:, ::-1]
    found = centred.T @ eigh(centred @ centred.T, subset_by_index=[rows - wide, rows - 1])[1][:, ::-1]
    return found / np.maximum(np.linalg.norm(found, axis=0), 1e-12)


def _placed(items: int, space: PartSpace, found: Iterator[tuple[int, Pooled]]) -> ItemParts:
    features = np.zeros((items, MOST, space.axes.shape[1]), np.float32)
    places = np.full((items, MOST, 4), np.nan, np.float32)
    present = np.zeros((items, MOST), np.bool_)
    for row, one in found:
        count = len(one.places)
        features[row, :count], places[row, :count] = space.project(one.features), one.places
        present[row, :count] = True
    return ItemParts(features, present, places)


_PLURAL = {
    Modality.TEXT: "texts",
    Modality.IMAGE: "pictures",
    Modality.AUDIO: "sounds",
    Modality.VIDEO: "videos",
}
