"""Use case: the vectors that fusions are trained and measured on, made from the version in use and kept beside it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.engine.alignments import version_alignment
from mmdemo.engine.measured import EXCLUDED, code_hash
from mmdemo.engine.responsive import responsive
from mmdemo.errors import CatalogError, FusionError, WorkspaceError
from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.data import FusionData, Labels
from mmdemo.progress import Progress, silent
from mmdemo.store import Manifest, Workspace
from mmdemo.training import validation_split
from mmdemo.types import Modality

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from mmdemo.store import StoredVersion
    from mmdemo.store.derived import Content

__all__ = ["EXCLUDED", "VALIDATION_SHARE", "data_sha256", "prepare", "split_of"]

VALIDATION_SHARE = 0.15
"""Of the items that are not held out for the test."""
FOLDS = 5
FEWEST_ITEMS = 8
_OWN_CODE = ("fusion_data.py", "fusion_spaces.py", "fusion_answers.py")
Arrays = dict[str, npt.NDArray[Any]]


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
        progress: Told how far it is; may cancel.

    Raises:
        FusionError: Too few items to divide, or no such fold.
        CatalogError: The file with the interactions cannot be used.
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
    return _unpacked(*kept)


def data_sha256(data: FusionData) -> str:
    """Hash of all arrays and of what they are about; what training on the same hash gives is the same."""
    arrays, texts = _packed(data)
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
        """All that `_unpacked` takes."""
        from mmdemo.align import grouped_folds
        from mmdemo.engine.fusion_answers import labels_of, numbers_of, read_interactions, world_interactions
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
            chosen, about["choices"] = read_interactions(interactions, items)
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
        return _packed(found)

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


def _packed(data: FusionData) -> tuple[Arrays, dict[str, str]]:
    """Arrays and texts that hold all of it."""
    arrays: Arrays = {f"vectors.{m}": array for m, array in data.vectors.items()}
    arrays |= {f"held_out.{m}": array for m, array in data.held_out.items()}
    arrays |= {name: np.asarray(getattr(data, name)) for name in _PLAIN}
    texts = {
        "ids": json.dumps(data.ids),
        "shape": json.dumps(data.shape.as_json()),
        "about": json.dumps(dict(data.about or {})),
    }
    if data.labels is not None:
        arrays["labels"] = data.labels.values
        arrays["questions"] = np.array([(q.start, q.stop) for q in data.labels.questions], np.int64).reshape(-1, 2)
        texts["labels"] = json.dumps(data.labels.names)
    if data.numbers is not None:
        arrays["numbers"] = data.numbers
    if data.interactions is not None:
        chosen = data.interactions
        arrays |= {"chosen.indices": chosen.indices, "chosen.indptr": chosen.indptr, "chosen.data": chosen.data}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}, texts


_PLAIN = ("present", "groups", "train", "validation", "test")


def _unpacked(arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> FusionData:
    """The inverse of `_packed`."""
    shape = FusionShape.from_json(json.loads(texts["shape"]))
    labels = None
    if "labels" in texts:
        questions = tuple(slice(int(start), int(stop)) for start, stop in arrays["questions"])
        labels = Labels(tuple(json.loads(texts["labels"])), arrays["labels"], questions)
    return FusionData(
        ids=tuple(json.loads(texts["ids"])),
        shape=shape,
        vectors={m: arrays[f"vectors.{m}"] for m in shape.modalities},
        held_out={m: arrays[f"held_out.{m}"] for m in shape.modalities},
        **{name: arrays[name] for name in _PLAIN},  # pyright: ignore[reportArgumentType]
        labels=labels,
        numbers=arrays.get("numbers"),
        interactions=_chosen(arrays, len(arrays["groups"])),
        about=json.loads(texts["about"]),
    )


def _chosen(arrays: Mapping[str, npt.NDArray[Any]], items: int) -> "csr_matrix | None":
    if "chosen.indptr" not in arrays:
        return None
    from scipy.sparse import csr_matrix

    parts = arrays["chosen.data"], arrays["chosen.indices"], arrays["chosen.indptr"]
    return csr_matrix(parts, shape=(len(arrays["chosen.indptr"]) - 1, items))


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
    for name in _OWN_CODE:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()
