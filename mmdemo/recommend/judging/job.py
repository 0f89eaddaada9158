"""What a process that fits and judges one model is told, and what it answers: plain data and their bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.fusion.options import Value
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.recommend.judging.evaluate import CUTOFFS
from mmdemo.recommend.judging.report import BehaviourReport
from mmdemo.recommend.judging.splits import Split
from mmdemo.store.derived import Content, pack, unpack

_PARTS = ("train", "held_out")


@dataclass(frozen=True, slots=True)
class Job:
    """One model to fit and judge.

    Args:
        model: Name in `BEHAVIOUR`.
        split: What it is fitted to and judged by; `validation` is not looked at.
        features: Of the items; None where there are none.
        options: Settings that differ from the defaults.
        seeds: It is fitted once from each.
        cutoffs: The k of the measures.
    """

    model: str
    split: Split
    features: ItemFeatures | None = None
    options: Mapping[str, Value] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    cutoffs: tuple[int, ...] = CUTOFFS


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a job.

    Args:
        model: Name of the model.
        split: Name of the division.
        report: Mean over the seeds; None where it was not finished.
        fit_seconds: Of one fit, mean over the seeds.
        rank_seconds: Of ranking for all users and measuring, likewise.
        memory_mb: Most memory the process held, in 10^6 bytes: Python, libraries and data included; 0 where the system
            does not say.
        problem: Why there is no report; empty where there is one.
    """

    model: str
    split: str
    report: BehaviourReport | None
    fit_seconds: float = 0.0
    rank_seconds: float = 0.0
    memory_mb: float = 0.0
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        report = None if self.report is None else self.report.as_json()
        names = ("model", "split", "fit_seconds", "rank_seconds", "memory_mb", "problem")
        return {"report": report, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Judged":
        """What `as_json` gave.

        Raises:
            InteractionsError: It is something else.
        """
        try:
            report = None if content["report"] is None else BehaviourReport.from_json(content["report"])
            seconds = (float(content[name]) for name in ("fit_seconds", "rank_seconds", "memory_mb"))
            return cls(str(content["model"]), str(content["split"]), report, *seconds, problem=str(content["problem"]))
        except (TypeError, ValueError, KeyError) as error:
            raise damaged() from error


def pack_job(job: Job) -> bytes:
    """A job as the bytes that `unpack_job` reads."""
    arrays: dict[str, Any] = {}
    for name in _PARTS:
        part: Interactions = getattr(job.split, name)
        arrays |= {f"{name}.columns": part.chosen.indices, f"{name}.starts": part.chosen.indptr}
        arrays |= {
            f"{name}.{what}": values
            for what, values in (("ratings", part.ratings), ("times", part.times))
            if values is not None
        }
    if job.features is not None:
        arrays |= {f"features.{name}": np.ascontiguousarray(table) for name, table in job.features.vectors.items()}
    about = {
        "model": job.model,
        "split": job.split.name,
        "options": dict(job.options),
        "seeds": job.seeds,
        "cutoffs": job.cutoffs,
        "user_ids": job.split.train.user_ids,
        "item_ids": job.split.train.item_ids,
        "features": None if job.features is None else list(job.features.vectors),
    }
    return pack(arrays, {"about": json.dumps(about)})


def unpack_job(data: bytes) -> Job:
    """The job that `pack_job` packed.

    Raises:
        InteractionsError: The bytes are damaged.
    """
    content = unpack(data)
    if content is None:
        raise damaged()
    arrays, texts = content
    about = json.loads(texts["about"])
    train, held_out = (_interactions(content, name, about) for name in _PARTS)
    names = about["features"]
    features = (
        None if names is None else ItemFeatures(train.item_ids, {name: arrays[f"features.{name}"] for name in names})
    )
    return Job(
        about["model"],
        Split(about["split"], train, held_out),
        features,
        about["options"],
        tuple(about["seeds"]),
        tuple(about["cutoffs"]),
    )


def damaged() -> InteractionsError:
    """What is raised where a job or its answer cannot be read."""
    return InteractionsError(
        "a damaged message between processes", expected="a whole one is needed", remedy="evaluate again"
    )


def _interactions(content: Content, name: str, about: Mapping[str, Any]) -> Interactions:
    arrays = content[0]
    columns, starts = arrays[f"{name}.columns"], arrays[f"{name}.starts"]
    users, items = tuple(about["user_ids"]), tuple(about["item_ids"])
    chosen = csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(users), len(items)))
    return Interactions(users, items, chosen, arrays.get(f"{name}.ratings"), arrays.get(f"{name}.times"))
