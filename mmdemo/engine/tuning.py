"""Use case: train an encoder on the workspace's own catalogue, and find those trained before.

`WORKSPACE/encoders/NAME` holds a finished encoder; while it is being trained, `WORKSPACE/encoders/.NAME` holds what is
needed to go on after a kill.
"""

import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mmdemo.encoders.trainable_families import TRAINABLE, TrainableFamily, find_trainable
from mmdemo.encoders.trainable_folder import TrainedModel, read_config, write_trained
from mmdemo.engine.tuning_examples import gather
from mmdemo.engine.tuning_run import TuningRun
from mmdemo.errors import EncoderError, MmdemoError
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.store.files import disk_errors, sync_tree
from mmdemo.tuning import SETTINGS, Examples, Fitted, Kind, fit

__all__ = ["TRAINABLE", "Tuned", "read_tuned", "trained_encoders", "tune_encoder"]

FOLDER = "encoders"
LABELS: tuple[Kind, ...] = ("tags", "pairs")
_NAME = re.compile(r"[0-9a-z][0-9a-z_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Tuned:
    """A trained encoder and how good it is.

    Args:
        name: For `mmdemo.encoders.load`, and for indexing with it: "cnn:FOLDER".
        family: "cnn", "lstm-audio" or "attention-audio".
        labels: "tags" or "pairs".
        measure: What `metric` is, in words.
        metric: On items that neither training nor stopping has seen, 0 to 1.
        chance: What guessing scores on the same items.
        lucky: What one guess in twenty exceeds.
        better_than_chance: Whether `metric` is above that.
        items: Items learned from and scored.
        scored: Items scored.
        skipped: Items whose media could not be used.
        classes: Number of tags learned; 0 for pairs.
        epochs: Epochs trained.
        best_epoch: The one, counted from 1, whose weights were kept.
        seed: Of everything random.
        seconds: Time it took, decoding included; of the last part only where it was resumed.
    """

    name: str
    family: str
    labels: str
    measure: str
    metric: float
    chance: float
    lucky: float
    better_than_chance: bool
    items: int
    scored: int
    skipped: int
    classes: int
    epochs: int
    best_epoch: int
    seed: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Every field by its name."""
        return asdict(self)


def tune_encoder(
    path: Path | str,
    family: str,
    *,
    labels: Kind = "tags",
    name: str | None = None,
    epochs: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Tuned:
    """Train an encoder from scratch on the current catalogue, and keep it in the workspace.

    A run that was killed or cancelled is resumed by the same call, to the same weights.

    Args:
        path: The workspace.
        family: One of `TRAINABLE`.
        labels: "tags": to tell the items' tags; "pairs": to find each item's text, as the text encoder in use sees it.
        name: Of the new encoder's folder; None takes "FAMILY-LABELS", numbered where there is one already.
        epochs: At most; None takes the family's own number.
        seed: For everything random.
        progress: Told how far it is; may cancel, which is heard within a step.

    Raises:
        EncoderError: No such family or labels, a name that cannot be a folder's or is taken, or too few epochs.
        CatalogError: Too few items to learn from.
        WorkspaceError: No workspace or catalogue, another process trains the same, or the disk is full.
        WeightError: The weights of the text encoder are out of reach.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `load` does, and why
    started = time.monotonic()
    chosen = find_trainable(family)
    _check(labels, epochs)
    workspace = Workspace(path)
    workspace.require()
    folder = _new_folder(workspace, name, f"{family}-{labels}")
    settings = SETTINGS[family] if epochs is None else replace(SETTINGS[family], epochs=epochs)
    with TuningRun(folder.with_name(f".{folder.name}")) as run:
        examples, skipped = gather(workspace, chosen, labels, progress=progress)
        identity = run.identity(chosen, examples, settings, seed)
        fitted = fit(
            chosen,
            examples,
            settings,
            seed=seed,
            progress=progress,
            save=lambda checkpoint: run.save(identity, checkpoint),
            resume=run.checkpoint(identity),
        )
        about = _about(chosen, examples, fitted, seed=seed, skipped=skipped, seconds=time.monotonic() - started)
        _publish(folder, TrainedModel(family, chosen.shape, fitted.network, fitted.head, about=about), run)
    return _tuned(folder, about)


def trained_encoders(path: Path | str) -> list[str]:
    """Names of the encoders that were trained in a workspace, as `mmdemo.encoders.find` takes them; reads files."""
    return [tuned.name for tuned in read_tuned(path)]


def read_tuned(path: Path | str) -> list[Tuned]:
    """The encoders that were trained in a workspace, by name; a damaged folder is left out."""
    found = []
    for folder in sorted((Path(path) / FOLDER).glob("[!.]*")):
        try:
            found.append(_tuned(folder.resolve(), read_config(folder)["about"]))
        except (MmdemoError, TypeError):
            continue
    return found


def _check(labels: str, epochs: int | None) -> None:
    if labels not in LABELS:
        raise EncoderError(
            f"labels '{labels}'", expected=f"one of {', '.join(LABELS)} is needed", remedy="choose one of these"
        )
    if epochs is not None and epochs < 1:
        raise EncoderError(f"{epochs} epochs", expected="at least 1 is needed", remedy="choose another number")


def _new_folder(workspace: Workspace, name: str | None, usual: str) -> Path:
    parent = workspace.path.resolve() / FOLDER
    if name is None:
        names = (usual if number == 1 else f"{usual}-{number}" for number in range(1, 10_000))
        return parent / next(free for free in names if not (parent / free).exists())
    if not _NAME.fullmatch(name):
        raise EncoderError(
            f"the name '{name}'",
            expected="small letters, digits, - and _ are possible, at most 64",
            remedy="choose another name",
        )
    if (parent / name).exists():
        raise EncoderError(
            f"an encoder named '{name}' is there already",
            expected="a new name is needed, for indexes refer to the old one",
            remedy=f"choose another name, or remove {parent / name}",
        )
    return parent / name


def _about(
    family: TrainableFamily, examples: Examples, fitted: Fitted, *, seed: int, skipped: int, seconds: float
) -> dict[str, Any]:
    """All of a `Tuned` but its name."""
    return {
        "family": family.name,
        "labels": examples.kind,
        "measure": fitted.scores.measure,
        "metric": fitted.scores.value,
        "chance": fitted.scores.chance,
        "lucky": fitted.scores.lucky,
        "better_than_chance": fitted.scores.better_than_chance,
        "items": len(examples),
        "scored": fitted.scores.items,
        "skipped": skipped,
        "classes": len(examples.class_names),
        "epochs": len(fitted.history.losses),
        "best_epoch": fitted.history.best + 1,
        "seed": seed,
        "seconds": seconds,
    }


def _tuned(folder: Path, about: Mapping[str, Any]) -> Tuned:
    return Tuned(name=f"{about['family']}:{folder}", **about)


def _publish(folder: Path, model: TrainedModel, run: TuningRun) -> None:
    """Put the finished encoder in place in one step, and drop what was kept for resuming it."""
    finished = run.folder / "finished"
    with disk_errors(folder, "store the trained encoder"):
        shutil.rmtree(finished, ignore_errors=True)
        write_trained(finished, model)
        sync_tree(finished)
        finished.rename(folder)
    run.forget()
