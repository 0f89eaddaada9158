"""Use case: models of behaviour of the version in use; who chose what, what items are like, fitted once and kept."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.engine.engine import Engine
from mmdemo.engine.measured import EXCLUDED
from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour import table
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from mmdemo.recommend.behaviour.base import BehaviourModel

Source = Path | str | Engine
"""A workspace, or an engine that is open on one; with the engine nothing is read twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """The choices that models learn from.

    Args:
        interactions: Items are those of the version in use, in the catalogue's order.
        simulated: Whether nobody real chose any of it; whatever is shown of it must say so.
        about: Where it comes from, as one plain sentence.
        tastes: User id to what that user is known to like, where that is known.
    """

    interactions: Interactions
    simulated: bool
    about: str
    tastes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def sha256(self) -> str:
        """Hash of all choices, with their ratings and times."""
        chosen = self.interactions.chosen
        digest = hashlib.sha256(json.dumps([self.interactions.user_ids, self.interactions.item_ids]).encode())
        for values in (chosen.indptr, chosen.indices, self.interactions.ratings, self.interactions.times):
            digest.update(b"none" if values is None else np.asarray(values, np.float64).tobytes())
        return digest.hexdigest()


def interactions_in_use(source: Source) -> Used:
    """The interactions of a workspace: imported ones, else those of simulated users.

    Raises:
        WorkspaceError: There is no version yet, or it is damaged.
    """
    from mmdemo.catalog.simulated_users import simulate
    from mmdemo.engine.interactions import read_stored, simulated_interactions

    engine = opened(source)
    item_ids = tuple(item.item_id for item in engine.items)
    if engine.workspace.interactions.current() is not None:
        stored = read_stored(engine.workspace.path, item_ids=item_ids)
        if stored is not None and not stored.simulated:
            name = "an import" if stored.report is None else f"“{stored.report.source}”"
            return Used(stored.interactions, False, f"{len(stored.interactions):,} choices from {name}.")
    synthetic = engine.summary.source is not None and engine.summary.source.synthetic
    found = simulated_interactions(engine.items) if synthetic else None
    if found is not None:
        return Used(found, True, "Choices of the generated world's simulated users: nobody real is among them.")
    made = simulate(engine.items, exclude=EXCLUDED)
    about = "Choices of simulated users, each of whom likes one or two tags: nobody real has chosen here yet."
    return Used(made.interactions, True, about, dict(zip(made.interactions.user_ids, made.tastes, strict=True)))


def features_in_use(source: Source) -> ItemFeatures:
    """Vectors of each modality of the items: those of the shared space, else the modality's own.

    Returns:
        Named "text", "image", ...; an item without the modality has zeros.

    Raises:
        WorkspaceError: There is no version yet, or it is damaged.
    """
    engine = opened(source)
    tables, vectors = engine.ranker.index.tables, dict[str, FloatArray]()
    for modality in Modality:
        found = tables.get(f"shared.{modality}", tables.get(f"native.{modality}"))
        if found is not None:
            rows = slice(None) if found.rows is None else found.rows
            vectors[modality.value] = np.zeros((len(engine.items), found.vectors.shape[1]), np.float32)
            vectors[modality.value][rows] = found.vectors
    return ItemFeatures(tuple(item.item_id for item in engine.items), vectors)


def fitted(
    source: Source,
    name: str,
    *,
    used: Used | None = None,
    features: ItemFeatures | None = None,
    progress: Progress = silent,
) -> "BehaviourModel":
    """A model with its default options, fitted to the interactions in use; what was fitted before is read from disk.

    Args:
        source: The workspace.
        name: One of `mmdemo.recommend.behaviour.table.BEHAVIOUR`.
        used: What `interactions_in_use` gave, where that is at hand.
        features: What `features_in_use` gave, likewise.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: No such model, or it cannot be fitted to these.
        WorkspaceError: There is no version yet, it is damaged, or the disk is full or read-only.
    """
    engine = opened(source)
    used = interactions_in_use(engine) if used is None else used
    kept = known_model(engine, name, used=used)
    if kept is not None:
        return kept
    features = features_in_use(engine) if features is None else features
    model = table.fit(name, used.interactions, features, seed=0, progress=progress)
    if engine.summary.version in engine.workspace.versions():  # it may have been removed meanwhile
        engine.workspace.behaviour.write(engine.summary.version, _key(name, used), model.arrays(), {})
    return model


def known_model(source: Source, name: str, *, used: Used | None = None) -> "BehaviourModel | None":
    """The model that `fitted` kept; None where it has yet to be fitted, or what was kept cannot be read any more.

    Raises:
        InteractionsError: There is no such model.
        WorkspaceError: The disk cannot be read.
    """
    from mmdemo.recommend.behaviour.base import Settings

    engine = opened(source)
    used = interactions_in_use(engine) if used is None else used
    found = engine.workspace.behaviour.read(engine.summary.version, _key(name, used))
    if found is None:
        return None
    settings = Settings(used.interactions.item_ids, table.options_of(name))
    try:
        return table.find(name).load().from_arrays(found[0], settings)
    except (KeyError, ValueError, InteractionsError):
        return None


def possible_models(used: Used, features: ItemFeatures) -> dict[str, str]:
    """Every model with the reason why it cannot be fitted to these, empty where it can."""
    return {name: table.possible(name, used.interactions, features) for name in table.BEHAVIOUR}


def opened(source: Source) -> Engine:
    """The engine itself, or one that is opened on the version in use.

    Raises:
        WorkspaceError: There is no version yet, or it is damaged.
    """
    return source if isinstance(source, Engine) else Engine.open(source)


def _key(name: str, used: Used) -> str:
    """Changes with the choices, the options and the code; the version's id stands for the features."""
    said = [name, table.options_of(name), used.sha256(), _code_hash()]
    return f"{name}-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]}"


@lru_cache(maxsize=1)
def _code_hash() -> str:
    """Hash of the code of all models: what another release fitted may mean something else."""
    digest = hashlib.sha256()
    for file in sorted(Path(str(table.__file__)).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
