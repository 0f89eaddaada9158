"""Use case: the vectors that fusions are trained and measured on, made from the version in use and kept beside it."""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import mmdemo.catalog.interactions
from mmdemo.engine.alignments import version_alignment
from mmdemo.engine.fusion_packing import Arrays, packed, unpacked
from mmdemo.engine.fusion_parts import parts_key, with_parts
from mmdemo.engine.measured import EXCLUDED, code_hash
from mmdemo.engine.responsive import responsive
from mmdemo.errors import CatalogError, FusionError, WorkspaceError
from mmdemo.fusion.data import FusionData
from mmdemo.progress import Progress, silent
from mmdemo.store import Manifest, Workspace
from mmdemo.training import validation_split
from mmdemo.types import Modality

if TYPE_CHECKING:
    from mmdemo.store import StoredVersion
    from mmdemo.store.derived import Content

__all__ = ["EXCLUDED", "VALIDATION_SHARE", "data_sha256", "prepare", "split_of"]

VALIDATION_SHARE = 0.15
"""Of the items that are not held out for the test."""
FOLDS = 5
FEWEST_ITEMS = 8
_OWN_CODE = ("fusion_data.py", "fusion_packing.py", "fusion_spaces.py", "fusion_answers.py", "interactions.py")


def split_of(seed: int, folds: int = FOLDS) -> tuple[int, int]:
    """The seed and the fold of the split that a run of this seed is tested on.

    Seeds 0 to 4 test on the five parts of one division, so that together they test on every item once; 5 to 9 on those
    of another division.
    """
    return seed // folds, seed % folds


def prepare(
    path: Path | str,
    *,
    seed: int = 0,
    fold: int = 0,
    folds: int = FOLDS,
    exclude: Sequence[str] = EXCLUDED,
    interactions: Path | None = None,
    parts: bool = False,
    progress: Progress = silent,
) -> FusionData:
    """Vectors, labels and split of the items of the version in use.

    What has been prepared before is read from disk, without any encoder.

    Args:
        path: The workspace.
        seed: For dividing the items and fitting.
        fold: Which of the parts is the test, 0 to `folds` - 1.
        folds: In how many parts the items are divided.
        exclude: Items with one of these tags take no part.
        interactions: CSV file with the columns "user" and "item"; None takes the simulated users of a generated world.
        parts: Words, regions and segments too.
        progress: Told how far it is; may cancel.

    Raises:
        FusionError: Too few items to divide, or no such fold.
        CatalogError: The file with the interactions cannot be opened.
        InteractionsError: Nothing in that file can be used.
        WorkspaceError: There is no version yet, it is damaged, or its encoders are no longer the same.
        WeightError: Something has to be encoded, and an encoder's weights are out of reach.
    """
    if folds < 2 or not 0 <= fold < folds:
        raise FusionError(f"fold {fold} of {folds}", expected="0 to folds - 1, of at least 2", remedy="choose another")
    workspace = Workspace(path)
    workspace.require()
    manifest = workspace.manifest()
    asked = {
        "fold": f"{fold + 1} of {folds}, divided with seed {seed}",
        "left out": ", ".join(sorted(set(exclude))) or "nothing",
        "choices from": "" if interactions is None else _file_hash(interactions),
    }
    key = "data-" + hashlib.sha256(json.dumps([asked, code_hash(), _own_code()]).encode()).hexdigest()[:24]

    def make(report: Progress) -> "Content":
        made = _Making(workspace, manifest, exclude, report)
        arrays, texts = made.everything(seed=seed, fold=fold, folds=folds, interactions=interactions)
        texts["about"] = json.dumps(asked | json.loads(texts["about"]))
        workspace.fusions.write(manifest.version_id, key, arrays, texts)
        return arrays, texts

    kept = workspace.fusions.read(manifest.version_id, key)
    if kept is None:
        kept = responsive(make, progress)
    data = unpacked(*kept)
    if not parts:
        return data
    own = parts_key(seed=seed, fold=fold, folds=folds, exclude=exclude)
    return with_parts(workspace, manifest, data, own, progress)


def data_sha256(data: FusionData) -> str:
    """Hash of all arrays and of what they are about; what training on the same hash gives is the same."""
    arrays, texts = packed(data)
    for modality, own in data.parts.items():
        arrays |= {f"parts.{modality}": own.features, f"parts.{modality}.present": own.present}
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode())
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).data if array.size else b"")
    return digest.hexdigest()


class _Making:
    """One preparation of one version's data."""

    def __init__(self, workspace: Workspace, manifest: Manifest, exclude: Sequence[str], progress: Progress) -> None:
        self.workspace, self.manifest, self.exclude = workspace, manifest, exclude
        self.version: StoredVersion = workspace.read_version(manifest.version_id)
        self._progress = progress

    def progress(self, done: int, total: int, message: str) -> None:
        """What every step reports to."""
        self._progress(done, total, f"preparing data: {message}")

    def everything(
        self, *, seed: int, fold: int, folds: int, interactions: Path | None
    ) -> tuple[Arrays, dict[str, str]]:
        """All that `unpacked` takes."""
        from mmdemo.align import grouped_folds
        from mmdemo.engine.fusion_answers import imported_interactions, labels_of, numbers_of, world_interactions
        from mmdemo.engine.fusion_spaces import place_items

        data = self._encode()
        wanted = np.array([set(self.exclude).isdisjoint(item.tags) for item in self.version.items], np.bool_)
        part = np.full(len(wanted), -1, np.intp)
        part[wanted] = grouped_folds(data.groups[wanted], folds, seed=seed)
        known = wanted & (part != fold)
        self._check(known, wanted)
        method = version_alignment(self.manifest)
        spaces = place_items(
            data.subset(wanted),
            known,
            self.version.arrays,
            served=self.manifest.settings["alignment"],
            method=method,
            seed=seed,
            progress=self.progress,
        )
        kept = np.flatnonzero(wanted & spaces.present.any(axis=1))
        items = [self.version.items[row] for row in kept]
        groups, here = data.groups[kept], part[kept] == fold
        train, validation = validation_split(groups[~here], VALIDATION_SHARE, seed=seed)
        about = self._about() | {"shared vectors": spaces.towers}
        if interactions is not None:
            chosen, about["choices"] = imported_interactions(interactions, items)
        else:
            chosen = world_interactions(items) if self._is_generated() else None
            about["choices"] = "none" if chosen is None else f"simulated, of {chosen.indptr.size - 1} users"
        numbers = numbers_of(items)
        about["number"] = "none" if numbers is None else numbers[0]
        found = FusionData(
            ids=tuple(item.item_id for item in items),
            shape=spaces.shape,
            vectors={m: vectors[kept] for m, vectors in spaces.vectors.items()},
            held_out={m: vectors[kept] for m, vectors in spaces.held_out.items()},
            present=spaces.present[kept],
            groups=groups,
            train=np.flatnonzero(~here)[train],
            validation=np.flatnonzero(~here)[validation],
            test=np.flatnonzero(here),
            labels=labels_of(items, self.exclude),
            numbers=None if numbers is None else numbers[1],
            interactions=chosen,
            about=about,
        )
        return packed(found)

    def _encode(self) -> Any:
        """Features of every item, out of the cache where they are there."""
        from mmdemo.encoders import complete
        from mmdemo.indexing import IndexingRun

        names = complete({Modality(name): ref.name for name, ref in self.manifest.encoders.items()})
        run = IndexingRun(self.workspace, self.version.items, names, progress=self.progress)
        data, _ = run.encode()
        now = {modality: ref["key"] for modality, ref in run.encoder_refs().items()}
        changed = [m for m, ref in self.manifest.encoders.items() if now.get(m, ref.key) != ref.key]
        if changed:
            raise WorkspaceError(
                f"the encoder of {changed[0]} has changed since this workspace was indexed",
                expected=f"features as of {self.manifest.encoders[changed[0]].key}",
                remedy="index the workspace again with `mmdemo index`",
            )
        return data

    def _check(self, known: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> None:
        if known.sum() < FEWEST_ITEMS or known.sum() == wanted.sum():
            raise FusionError(
                f"{int(wanted.sum())} items to train and measure on",
                expected=f"at least {FEWEST_ITEMS} to train on, and others to test on, are needed",
                remedy="import a larger catalogue",
            )

    def _is_generated(self) -> bool:
        return self.manifest.source is not None and self.manifest.source.synthetic

    def _about(self) -> dict[str, str]:
        encoders = ", ".join(f"{m}: {ref.name}" for m, ref in sorted(self.manifest.encoders.items()))
        title = self.manifest.name if self.manifest.source is None else self.manifest.source.title
        return {"catalogue": title, "content": self.manifest.content_sha256, "encoders": encoders}


def _file_hash(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise CatalogError(
            f"{file} cannot be read ({error.strerror})",
            expected="a CSV file of users and items",
            remedy="check the path",
        ) from error


@lru_cache(maxsize=1)
def _own_code() -> str:
    """Hash of the code that prepares."""
    digest = hashlib.sha256()
    readers = sorted(Path(str(mmdemo.catalog.interactions.__file__)).parent.glob("*.py"))
    for file in (*(Path(__file__).parent / name for name in _OWN_CODE), *readers):
        digest.update(file.read_bytes())
    return digest.hexdigest()
