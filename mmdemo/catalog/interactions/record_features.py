"""YouTube-8M's records (Abu-El-Haija et al. 2016, arXiv:1609.08675): one video each, as a whole or frame by frame."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.catalog.interactions.protobuf import Example, Feature, parse_example
from mmdemo.catalog.interactions.tfrecords import read_records
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray

_IDS = ("id", "video_id")
_STEP, _LOWEST = 4 / 255, 4 / 512 - 2
"""Frames are kept as bytes; b stands for b * _STEP + _LOWEST, in [-2, 2]."""


@dataclass(frozen=True, slots=True, eq=False)
class VideoFeatures:
    """One record.

    Args:
        video_id: The video's id.
        labels: Numbers of what it shows.
        vectors: Of the whole video by name: "mean_rgb" (1024,), "mean_audio" (128,) float32, finite.
        frames: Over time by name: "rgb" (T, 1024), "audio" (T, 128) float32; empty in records of whole videos.
    """

    video_id: str
    labels: tuple[int, ...]
    vectors: Mapping[str, FloatArray]
    frames: Mapping[str, FloatArray]

    @property
    def joined(self) -> FloatArray:
        """All vectors of the whole video side by side, by name; the means of its frames where it has none."""
        means = {f"mean_{name}": frames.mean(axis=0) for name, frames in self.frames.items()}
        found = {**means, **self.vectors}
        return np.concatenate([found[name] for name in sorted(found)]) if found else np.zeros(0, np.float32)


def read_videos(path: Path, *, progress: Progress = silent) -> Iterator[VideoFeatures]:
    """Every record of a file.

    Raises:
        InteractionsError: A record is damaged, has no id, or numbers that are not finite.
        CancelledError: `progress` cancelled.
    """
    for number, data in enumerate(read_records(path, progress), start=1):
        try:
            yield _video(parse_example(data))
        except ValueError as error:
            raise InteractionsError(
                f"record {number} of {path.name} is no record of a video: {error}",
                expected="tf.train.Example or SequenceExample with an id and vectors is needed",
                remedy="write the file again as YouTube-8M's are",
            ) from error


def record_features(path: Path, item_ids: Sequence[str], *, progress: Progress = silent) -> FloatArray:
    """Vectors of those items, (N, W) float32, zeros for the ones that no record is of.

    Raises:
        InteractionsError: As `read_videos`; or records are of unequal width, or none is of an item.
    """
    row_of = {item_id: row for row, item_id in enumerate(item_ids)}
    found: FloatArray | None = None
    for video in read_videos(path, progress=progress):
        row, vector = row_of.get(video.video_id), video.joined
        if row is None:
            continue
        if found is None:
            found = np.zeros((len(item_ids), len(vector)), np.float32)
        if len(vector) != found.shape[1] or not len(vector):
            raise _unfit(path, f"vectors of {found.shape[1]} and of {len(vector)} numbers", "equally long ones")
        found[row] = vector
    if found is None:
        raise _unfit(path, "no record of any of the items", "their ids as the records' ids")
    return found


def _video(example: Example) -> VideoFeatures:
    texts = [example.features[name].texts for name in _IDS if name in example.features]
    video_id = texts[0][0].decode("utf-8", errors="replace") if texts and texts[0] else ""
    if not video_id:
        raise ValueError("it has no id")
    labels = example.features.get("labels", Feature()).integers
    vectors = {name: each.numbers for name, each in example.features.items() if len(each.numbers)}
    frames = {name: table for name, steps in example.lists.items() if (table := _frames(name, steps)) is not None}
    if not all(np.isfinite(table).all() for table in (*vectors.values(), *frames.values())):
        raise ValueError("it has numbers that are not finite")
    return VideoFeatures(video_id, labels, vectors, frames)


def _frames(name: str, steps: Sequence[Feature]) -> FloatArray | None:
    """(T, W) float32; None where the list holds no vectors."""
    if steps and all(len(step.texts) == 1 for step in steps):
        rows = [np.frombuffer(step.texts[0], np.uint8).astype(np.float32) * _STEP + _LOWEST for step in steps]
    elif steps and all(len(step.numbers) for step in steps):
        rows = [step.numbers for step in steps]
    else:
        return None
    if len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise ValueError(f"the frames of '{name}' are of unequal width")
    return np.stack(rows).astype(np.float32)


def _unfit(path: Path, given: str, expected: str) -> InteractionsError:
    return InteractionsError(
        f"{path.name} has {given}",
        expected=f"{expected} are needed",
        remedy="extract the features of the items of the interactions",
    )
