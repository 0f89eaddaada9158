"""What fusions are trained on as arrays and texts, and back."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.data import FusionData, Labels

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Arrays = dict[str, npt.NDArray[Any]]


def packed(data: FusionData) -> tuple[Arrays, dict[str, str]]:
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


def unpacked(arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> FusionData:
    """The inverse of `packed`."""
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
