"""Use case: recommendations for a person, from what they liked, by any model of behaviour."""

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.engine import behaviour, personas
from mmdemo.engine.behaviour import Source, Used
from mmdemo.engine.engine import Engine
from mmdemo.engine.person_lists import (
    NOTHING_KNOWN,
    NOTHING_LIKED,
    ONE_LIKED,
    UPLOADED,
    Asked,
    PersonalItem,
    PersonalList,
)
from mmdemo.engine.person_reasons import Likeness, full_reason, quick_reasons
from mmdemo.engine.person_telling import DISLIKE_WEIGHT, Rated, Teller
from mmdemo.errors import InteractionsError
from mmdemo.index import best
from mmdemo.interactions import ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.because import Because
from mmdemo.recommend.diversity import mean_cosine, mmr, on_unit_scale, self_information, with_novelty
from mmdemo.types import Query

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from mmdemo.recommend.behaviour.base import BehaviourModel

REASONS = 3
"""How many reasons an item of a list comes with, the strongest first."""
EXPLAINING_S = 0.15
"""For so long the items of a list are explained; the others are when somebody asks."""
STAND_INS = 3
POOL = 200
"""Candidates among which diversity and novelty choose, the best by score."""


class Persons:
    """Recommendations by the models of behaviour of one version; safe to use from several threads.

    Args:
        engine: Of the version.
        used: The choices that models learn from.
        features: What the items are like.

    Attributes:
        catalog: Id of the catalogue.
        columns: Item id to its column in the choices.
    """

    def __init__(self, engine: Engine, used: Used, features: ItemFeatures) -> None:
        self.engine = engine
        self.used = used
        self.features = features
        self.catalog = engine.workspace.manifest(engine.summary.version).catalog_id or engine.summary.version
        self.columns = {item_id: column for column, item_id in enumerate(used.interactions.item_ids)}
        self._popular = np.bincount(used.interactions.chosen.indices, minlength=len(self.columns))
        self._teller = Teller(used, Likeness(features), self._popular)
        self._models: dict[str, BehaviourModel] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, source: Source) -> "Persons":
        """Open on the version in use.

        Raises:
            WorkspaceError: There is no version yet, or it is damaged.
        """
        engine = behaviour.opened(source)
        return cls(engine, behaviour.interactions_in_use(engine), behaviour.features_in_use(engine))

    def personas(self) -> tuple[personas.Persona, ...]:
        """See `mmdemo.engine.personas.personas`."""
        return personas.personas(self.engine, used=self.used)

    def models(self) -> dict[str, str]:
        """Every model with the reason why it cannot be fitted here, empty where it can."""
        return behaviour.possible_models(self.used, self.features)

    def known(self, name: str) -> "BehaviourModel | None":
        """The model, if it was fitted before."""
        with self._lock:
            found = self._models.get(name)
        if found is None:
            found = behaviour.known_model(self.engine, name, used=self.used)
            self._remember(name, found)
        return found

    def fit(self, name: str, *, progress: Progress = silent) -> "BehaviourModel":
        """The model, fitted if it never was; see `mmdemo.engine.behaviour.fitted`."""
        found = self.known(name)
        if found is None:
            found = behaviour.fitted(self.engine, name, used=self.used, features=self.features, progress=progress)
            self._remember(name, found)
        return found

    def stand_ins(self, query: Query, *, k: int = STAND_INS) -> tuple[str, ...]:
        """Ids of the k items nearest to what was uploaded.

        Raises:
            QueryError: Nothing in the query can be compared with this catalogue.
            MediaError: A part cannot be encoded.
        """
        return self.engine.recommend(query).ids[:k]

    def recommend(self, name: str, asked: Asked) -> PersonalList:
        """What a model recommends.

        Args:
            name: Of the model, which is fitted first where it never was.
            asked: From what, and what.

        Raises:
            InteractionsError: There is no such model, it cannot be fitted here, or a number is out of range.
        """
        model = self.fit(name)
        started = time.perf_counter()
        rated = self._rated(model, asked)
        allowed = self._allowed(asked, rated)
        notices = self._notices(asked, rated, allowed)
        if NOTHING_KNOWN in notices:
            rated.scores = self._popular.astype(np.float32)
        found = self._chosen(asked, rated, allowed)
        items = self._told(model, rated, found, allowed)
        return PersonalList(items, name, notices, (time.perf_counter() - started) * 1e3)

    def why(self, name: str, asked: Asked, item_id: str) -> PersonalItem:
        """One item of `recommend` with every reason, as exactly as the model can tell.

        Raises:
            InteractionsError: As `recommend`, or there is no such item.
        """
        if item_id not in self.columns:
            raise InteractionsError(
                f"item '{item_id}'", expected="an item of this catalogue is needed", remedy="choose another"
            )
        model = self.fit(name)
        rated = self._rated(model, asked)
        column = self.columns[item_id]
        liked, disliked = (full_reason(model, self._row(own), column) for own in (rated.likes, rated.dislikes))
        allowed = self._allowed(asked, rated)
        return self._teller.item(model.name, rated, column, (liked, disliked), allowed, most=len(self.columns))

    def _rated(self, model: "BehaviourModel", asked: Asked) -> Rated:
        likes = self._places((*asked.likes, *asked.stand_ins))
        dislikes = np.setdiff1d(self._places(asked.dislikes), likes)
        rated = Rated(likes, dislikes, model.scores(self._row(likes))[0])
        if len(dislikes):
            empty, disliked = model.scores(self._row(np.zeros(0, np.intp)))[0], model.scores(self._row(dislikes))[0]
            rated.scores = rated.scores - np.float32(DISLIKE_WEIGHT) * (disliked - empty)
        return rated

    def _allowed(self, asked: Asked, rated: Rated) -> npt.NDArray[np.bool_]:
        """Mask (N,) of what may be recommended."""
        mask = np.ones(len(self.columns), np.bool_)
        if asked.tags or asked.must_have:
            mask[:] = False
            mask[self._places(i.item_id for i in self.engine.search(tags=asked.tags, must_have=asked.must_have))] = True
        mask[rated.likes] = mask[rated.dislikes] = mask[self._places(asked.skips)] = False
        return mask

    def _notices(self, asked: Asked, rated: Rated, allowed: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        said = [UPLOADED] if asked.stand_ins else []
        scores = rated.scores[allowed]
        if not len(rated.likes):
            said.append(NOTHING_KNOWN if len(scores) and np.ptp(scores) == 0 else NOTHING_LIKED)
        elif len(rated.likes) == 1 and not asked.stand_ins:
            said.append(ONE_LIKED)
        return tuple(said)

    def _chosen(self, asked: Asked, rated: Rated, allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """Columns (k,) of what is recommended, best first."""
        plain = asked.diversity == 0 and asked.novelty == 0
        pool = best(np.where(allowed, rated.scores, -np.inf), asked.k if plain else max(POOL, asked.k))
        if plain:
            return pool
        information = self_information(self._popular[pool], len(self.used.interactions.user_ids))
        relevance = on_unit_scale(with_novelty(rated.scores[pool], information, asked.novelty))
        similarity = mean_cosine({name: table[pool] for name, table in self.features.vectors.items()})
        return pool[mmr(relevance, similarity, asked.k, asked.diversity)]

    def _told(
        self, model: "BehaviourModel", rated: Rated, found: npt.NDArray[np.intp], allowed: npt.NDArray[np.bool_]
    ) -> tuple[PersonalItem, ...]:
        liked = quick_reasons(model, self._row(rated.likes), found, within_s=EXPLAINING_S)
        disliked: list[Because | None] = [None] * len(found)
        if len(rated.dislikes):
            disliked = quick_reasons(model, self._row(rated.dislikes), found, within_s=EXPLAINING_S)
        told = zip(found, liked, disliked, strict=True)
        return tuple(
            self._teller.item(model.name, rated, int(column), why, allowed, most=REASONS) for column, *why in told
        )

    def _places(self, item_ids: Iterable[str]) -> npt.NDArray[np.intp]:
        """Columns of the items that there are, ascending, each once."""
        return np.unique([self.columns[i] for i in item_ids if i in self.columns]).astype(np.intp)

    def _row(self, columns: npt.NDArray[np.intp]) -> "csr_matrix":
        from scipy.sparse import csr_matrix

        ones = np.ones(len(columns), np.float32)
        return csr_matrix((ones, columns, [0, len(columns)]), shape=(1, len(self.columns)))

    def _remember(self, name: str, model: "BehaviourModel | None") -> None:
        if model is not None:
            with self._lock:
                self._models[name] = model
