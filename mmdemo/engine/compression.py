"""What an encoder's "@int8" or "@pruned30" costs in retrieval and gains in speed, on the workspace's catalogue."""

import hashlib
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import cycle, islice
from pathlib import Path

from mmdemo.encoders import Encoder, complete, find, load
from mmdemo.encoders.choice import split
from mmdemo.encoders.table import ENCODERS
from mmdemo.engine.alignments import version_alignment
from mmdemo.engine.measured import EXCLUDED, code_hash
from mmdemo.errors import EncoderError, SpaceMismatchError
from mmdemo.progress import Progress, silent
from mmdemo.store import Manifest, Workspace
from mmdemo.types import Item, Media, Modality

_TEXT = "compression"
_VERSION = 1
_CUTOFF = 10
_FOLDS = 5
_BATCH = 32
_ROUNDS = 7
_STEPS = 100


@dataclass(frozen=True, slots=True)
class CompressionReport:
    """An option of an encoder against the encoder without it.

    Args:
        encoder: Full name without the option.
        option: "int8", "pruned30".
        speedup: How many times as fast pieces of the catalogue go through in batches; the median of paired runs.
        speedup_alone: The same for one piece at a time, as queries come.
        per_second: Pieces a second in batches with the option, when it was measured.
        recall_at_10_before: Of queries between this modality and the other one that most of its items have, the share
            with a right answer among the first ten, on items that the alignment was not fitted on.
        recall_at_10_after: The same with the option.
        queries: How many.
        compared_with: The other modality.
        alignment: With which alignment.
        seconds: What measuring took.
    """

    encoder: str
    option: str
    speedup: float
    speedup_alone: float
    per_second: float
    recall_at_10_before: float
    recall_at_10_after: float
    queries: int
    compared_with: str
    alignment: str
    seconds: float

    @property
    def loss(self) -> float:
        """What the option costs in Recall@10; below zero where it came out better."""
        return self.recall_at_10_before - self.recall_at_10_after


def measure_compression(
    path: Path | str, encoder_name: str, option: str, *, seed: int = 0, progress: Progress = silent
) -> CompressionReport:
    """Measure an option on the catalogue of the version in use; what was measured before is not measured again.

    What has to be encoded for it is kept, so that indexing with the option later finds it done.

    Args:
        path: The workspace.
        encoder_name: Of texts, pictures or sounds, without the option; as `mmdemo.encoders.find` takes it.
        option: "int8", or "pruned10" to "pruned80".
        seed: For the folds and fits.
        progress: Told how far it is; may cancel.

    Raises:
        EncoderError: No such encoder, or the option does not suit it.
        SpaceMismatchError: Too few items have this modality and another to measure retrieval with.
        WorkspaceError: The workspace has no version yet, or it cannot be read.
    """
    known = known_compression(path, encoder_name, option, seed=seed)
    if known is not None:
        return known
    started = time.monotonic()
    workspace, manifest = _read(path)
    names = _names(encoder_name, option)
    encoders = [load(name) for name in names]
    items = workspace.read_catalog(manifest.catalog_id).items
    kept = [item for item in items if set(EXCLUDED).isdisjoint(item.tags)]
    modality = encoders[0].modality
    other = _partner(kept, modality)
    before, after = (
        _recall(workspace, manifest, items, (modality, other), name, seed=seed, progress=_part(progress, number))
        for number, name in enumerate(names)
    )
    progress(2 * _STEPS, 3 * _STEPS, "timing both")
    media = _some_media(workspace, kept, modality)
    seconds, speedup = _paired(encoders, media)
    _, alone = _paired(encoders, media[:1], repeats=8)
    report = CompressionReport(
        encoder=names[0],
        option=option,
        speedup=round(speedup, 4),
        speedup_alone=round(alone, 4),
        per_second=round(len(media) / seconds, 3),
        recall_at_10_before=before[0],
        recall_at_10_after=after[0],
        queries=before[1],
        compared_with=str(other),
        alignment=version_alignment(manifest),
        seconds=round(time.monotonic() - started, 3),
    )
    if manifest.catalog_id is not None:
        text = json.dumps(asdict(report), allow_nan=False)
        workspace.measured.write(manifest.catalog_id, _key(manifest, names[1], seed), {}, {_TEXT: text})
    progress(3 * _STEPS, 3 * _STEPS, "done")
    return report


def known_compression(path: Path | str, encoder_name: str, option: str, *, seed: int = 0) -> CompressionReport | None:
    """What has been measured already on the catalogue of the version in use; reads files only, loads nothing.

    Raises:
        EncoderError: No such encoder, or no such option.
        WorkspaceError: The workspace has no version yet, or it cannot be read.
    """
    workspace, manifest = _read(path)
    name = _names(encoder_name, option)[1]
    if manifest.catalog_id is None:
        return None
    kept = workspace.measured.read(manifest.catalog_id, _key(manifest, name, seed))
    try:
        content = json.loads(kept[1][_TEXT]) if kept is not None else None
    except (KeyError, ValueError):
        return None
    if not isinstance(content, dict) or content.keys() != {field.name for field in fields(CompressionReport)}:
        return None
    return CompressionReport(**content)


def _read(path: Path | str) -> tuple[Workspace, Manifest]:
    workspace = Workspace(path)
    workspace.require()
    return workspace, workspace.manifest()


def _names(encoder_name: str, option: str) -> tuple[str, str]:
    """Full names of the encoder without the option and with it."""
    spec = find(encoder_name)
    choices = split(spec.name, families=ENCODERS)
    faster = find(f"{spec.name}@{option}")
    is_option = split(faster.name, families=ENCODERS)[-1].options == (*choices[-1].options, option)
    if len(choices) > 1 or not is_option or spec.modality is Modality.VIDEO:
        raise EncoderError(
            f"'@{option}' of '{spec.name}'",
            expected="int8, or pruned10 to pruned80, of one encoder of texts, pictures or sounds can be measured",
            remedy="choose one encoder and one of these options",
        )
    return spec.name, faster.name


def _key(manifest: Manifest, name: str, seed: int) -> str:
    encoders = sorted((modality, ref.name, ref.key) for modality, ref in manifest.encoders.items())
    said = [_VERSION, name, version_alignment(manifest), encoders, seed, _FOLDS, EXCLUDED, code_hash()]
    return f"compression-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]}"


def _partner(items: Sequence[Item], modality: Modality) -> Modality:
    """The other modality that most items with this one have."""
    shared = {
        other: sum(modality in item.media and other in item.media for item in items)
        for other in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
        if other is not modality
    }
    best = max(shared, key=lambda other: shared[other])
    if shared[best] < _FOLDS:
        raise SpaceMismatchError(
            f"{shared[best]} items with {modality} and something else",
            expected=f"at least {_FOLDS} are needed to measure retrieval",
            remedy="measure on a catalogue whose items have several parts",
        )
    return best


def _recall(
    workspace: Workspace,
    manifest: Manifest,
    items: Sequence[Item],
    pair: tuple[Modality, Modality],
    name: str,
    *,
    seed: int,
    progress: Progress,
) -> tuple[float, int]:
    """Recall@10 over the queries of both directions, and how many there are, with one encoder exchanged."""
    import numpy as np

    from mmdemo.align import AlignmentData
    from mmdemo.align.evaluation import evaluate
    from mmdemo.indexing import IndexingRun

    in_use = {Modality(modality): ref.name for modality, ref in manifest.encoders.items()}
    media = [Item(item.item_id, item.title, {m: ref for m, ref in item.media.items() if m in pair}) for item in items]
    run = IndexingRun(workspace, media, complete({pair[0]: name}, base=in_use), seed=seed, progress=progress)
    data, _ = run.encode()
    exclude = np.array(
        [not set(EXCLUDED).isdisjoint(item.tags) or not all(m in item.media for m in pair) for item in items], np.bool_
    )
    kept = AlignmentData({modality: data.sets[modality] for modality in pair}, data.groups)
    method = version_alignment(manifest)
    pairs = evaluate(method, kept, folds=_FOLDS, seed=seed, exclude=exclude, progress=progress).pairs.values()
    asked = sum(scores.pairs for scores in pairs)
    return sum(scores.recall[_CUTOFF] * scores.pairs for scores in pairs) / max(1, asked), asked


def _some_media(workspace: Workspace, items: Sequence[Item], modality: Modality) -> list[Media]:
    """A batch of the catalogue's own media, from all over it; again from the start where there are fewer."""
    from mmdemo.indexing.plan import plan

    pieces = plan(workspace, items)[modality]
    chosen = pieces[:: max(1, len(pieces) // _BATCH)][:_BATCH]
    return list(islice(cycle([piece.load() for piece in chosen if not piece.from_video]), _BATCH))


def _paired(encoders: Sequence[Encoder], media: Sequence[Media], *, repeats: int = 1) -> tuple[float, float]:
    """Median seconds of the second encoder's network, and the median of how many times as long the first takes."""
    prepared = [[encoder.prepare(piece) for piece in media] for encoder in encoders]
    taken: list[tuple[float, float]] = []
    for turn in range(_ROUNDS + 1):
        seconds = [0.0, 0.0]
        for number in (0, 1) if turn % 2 else (1, 0):
            started = time.perf_counter()
            for _ in range(repeats):
                encoders[number].encode_prepared(prepared[number])
            seconds[number] = (time.perf_counter() - started) / repeats
        taken.append((seconds[0], seconds[1]))
    warm = taken[1:]
    return statistics.median(after for _, after in warm), statistics.median(before / after for before, after in warm)


def _part(progress: Progress, number: int) -> Progress:
    """Progress of one of the two measurements of retrieval, never going back; timing is the third part of the whole."""
    reached = 0

    def report(done: int, total: int, message: str) -> None:
        nonlocal reached
        reached = max(reached, _STEPS * done // total if total else 0)  # encoding and evaluating count for themselves
        progress(number * _STEPS + reached, 3 * _STEPS, message)

    return report
