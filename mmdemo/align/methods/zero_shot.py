"""No towers but the text's own: what cannot be placed by class names is not placed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy.typing as npt

from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality


@dataclass(frozen=True, slots=True)
class TextAsItIs:
    """The text space itself."""

    modalities: frozenset[Modality] = frozenset({Modality.TEXT})

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """Text stays where it is."""
        assert modality is Modality.TEXT
        return inputs

    def to_arrays(self) -> Arrays:
        """Nothing is fitted."""
        return {}


def fit(
    rows: TrainingRows,  # noqa: ARG001
    settings: Mapping[Modality, Setting],  # noqa: ARG001
    *,
    seed: int,  # noqa: ARG001
    progress: Progress = silent,  # noqa: ARG001
) -> TextAsItIs:
    """Fit nothing."""
    return TextAsItIs()


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> TextAsItIs:  # noqa: ARG001
    """The same."""
    return TextAsItIs()
