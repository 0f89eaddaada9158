"""What is kept of a training run while it goes on, so that a killed one can be resumed."""

import hashlib
import io
import json
import pickle
import shutil
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from mmdemo.encoders.trainable_families import TrainableFamily
from mmdemo.store.files import disk_errors, replace_file
from mmdemo.store.writer_lock import WriterLock
from mmdemo.training import Checkpoint
from mmdemo.tuning import Examples, Settings

_FORMAT = 1


class TuningRun:
    """The folder of one run; entering it locks out another run of the same name.

    Args:
        folder: Made where it is missing.

    Attributes:
        folder: The same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held = ExitStack()

    def __enter__(self) -> Self:
        with disk_errors(self.folder, "make a folder for the training"):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._held.enter_context(WriterLock(self.folder / "writer.lock").hold("tune", wait_s=0.0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @staticmethod
    def identity(family: TrainableFamily, examples: Examples, settings: Settings, seed: int) -> str:
        """Changes with anything that the trained weights depend on."""
        about = [_FORMAT, family.name, dict(family.shape), asdict(settings), seed, examples.kind, examples.class_names]
        digest = hashlib.sha256(json.dumps(about).encode())
        for array in (examples.windows, examples.owners, examples.targets, examples.groups):
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()

    def save(self, identity: str, checkpoint: Checkpoint) -> None:
        """Keep the state after an epoch; a crash leaves the old one or the new.

        Raises:
            WorkspaceError: The disk is full or read-only.
        """
        import torch

        content = io.BytesIO()
        torch.save({"identity": identity, **checkpoint}, content)
        with disk_errors(self.folder, "keep the state of the training"):
            replace_file(self.folder / "checkpoint.pt", content.getvalue(), staging=self.folder / "staging")

    def checkpoint(self, identity: str) -> Checkpoint | None:
        """Where a run of the same identity had got to; None where there was none."""
        import torch

        try:
            saved = torch.load(self.folder / "checkpoint.pt", map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            return None  # damaged: what it saved is trained again
        return saved if saved.pop("identity", None) == identity else None

    def forget(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
