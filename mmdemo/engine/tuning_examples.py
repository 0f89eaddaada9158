"""From a workspace's catalogue to examples that an encoder can be trained on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from mmdemo.encoders import DEFAULTS, load
from mmdemo.encoders.trainable_families import TrainableFamily
from mmdemo.errors import CatalogError, MediaError
from mmdemo.indexing.encode import encode_pieces
from mmdemo.indexing.plan import Piece, text_groups, text_key
from mmdemo.media import decode
from mmdemo.progress import Progress
from mmdemo.store import Workspace
from mmdemo.tuning import Examples, Kind, choose_tags, preparer
from mmdemo.types import FloatArray, Item, Modality

_DECODERS, _AHEAD = 2, 8


def gather(workspace: Workspace, family: TrainableFamily, labels: Kind, *, progress: Progress) -> tuple[Examples, int]:
    """Decode and prepare what a family takes of the current catalogue.

    Args:
        workspace: Holds the catalogue.
        family: What is to be trained.
        labels: What it is to learn.
        progress: Told of every item; may cancel.

    Returns:
        The examples, and how many items were skipped because their media could not be used.

    Raises:
        CatalogError: There is nothing to learn from.
        WorkspaceError: There is no catalogue.
        WeightError: The text encoder's weights are out of reach.
    """
    items = [
        item
        for item in workspace.read_catalog().items
        if family.modality in item.media and (labels == "tags" or Modality.TEXT in item.media)
    ]
    if not items:
        raise CatalogError(
            f"a catalogue without {family.modality} to learn {labels} of",
            expected=f"items with {family.modality}{'' if labels == 'tags' else ' and text'} are needed",
            remedy="import another catalogue",
        )
    names: tuple[str, ...] = ()
    if labels == "tags":
        names, targets = choose_tags([item.tags for item in items])
        known = np.flatnonzero(targets.any(axis=1))
        items, targets = [items[row] for row in known], targets[known]
    else:
        targets = _text_vectors(workspace, items, progress=progress)
    windows = list(_windows(workspace, items, family, progress=progress))
    kept = np.array([row for row, found in enumerate(windows) if found is not None], np.intp)
    usable = [found for found in windows if found is not None]
    if not usable:
        raise CatalogError(
            f"none of {len(items)} items has {family.modality} that can be decoded",
            expected="whole files are needed",
            remedy="import the catalogue again",
        )
    owners = np.repeat(np.arange(len(usable)), [len(found) for found in usable])
    groups = text_groups([items[row] for row in kept])
    examples = Examples(labels, np.concatenate(usable), owners, targets[kept], groups, names)
    return examples, len(items) - len(usable)


def _windows(
    workspace: Workspace, items: Sequence[Item], family: TrainableFamily, *, progress: Progress
) -> Iterator[npt.NDArray | None]:
    """What the network takes of each item, None where its media cannot be used."""
    prepare = preparer(family)

    def read(item: Item) -> npt.NDArray | None:
        try:
            return prepare(decode(workspace.read_blob(item.media[family.modality]), expect=family.modality).media)
        except MediaError:
            return None

    for done, found in enumerate(_ahead(read, items)):
        progress(done, len(items), f"decoding for {family.name}")
        yield found


def _ahead(read: Callable[[Item], npt.NDArray | None], items: Iterable[Item]) -> Iterator[npt.NDArray | None]:
    """`read` of each item in order, a few of them ahead in threads; leaving early leaves no thread behind."""
    pool = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")
    waiting: deque[Future[npt.NDArray | None]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(read, item))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _text_vectors(workspace: Workspace, items: Sequence[Item], *, progress: Progress) -> FloatArray:
    """Unit-length vectors (N, D_text) of the items' texts by the text encoder in use, from the cache where known."""
    name = DEFAULTS[Modality.TEXT]
    if workspace.current_version_id() is not None:
        name = workspace.manifest().encoders[Modality.TEXT].name
    progress(0, 0, f"loading {name}")
    encoder = load(name, progress=progress)
    texts = [item.media[Modality.TEXT] for item in items]
    pieces = [Piece(row, text_key(text), lambda text=text: text) for row, text in enumerate(texts)]
    done = 0

    def report(settled: int) -> None:
        nonlocal done
        done += settled
        progress(done, len(pieces), "encoding texts")

    features = encode_pieces(pieces, workspace.cache, lambda _: encoder, report=report).features.astype(np.float64)
    parts = [features[:, part] for part in encoder.parts]
    unit = np.concatenate([part / np.linalg.norm(part, axis=1, keepdims=True).clip(1e-12) for part in parts], axis=1)
    return (unit / np.sqrt(len(parts))).astype(np.float32)
