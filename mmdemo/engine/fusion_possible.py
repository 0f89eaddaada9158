"""What fusions can be trained for on a catalogue, known from its items alone: no vector is read, nothing is encoded."""

from collections.abc import Sequence

import numpy as np

from mmdemo.engine.fusion_answers import labels_of, numbers_of, world_interactions
from mmdemo.engine.measured import EXCLUDED
from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.objectives import available
from mmdemo.types import Item, Modality


def possible_objectives(items: Sequence[Item], *, exclude: Sequence[str] = EXCLUDED) -> dict[str, str]:
    """Every objective's name to "" where these items allow it, else to the reason why not, a plain sentence.

    Args:
        items: Of a version.
        exclude: Items with one of these tags take no part in training.
    """
    items = [item for item in items if set(exclude).isdisjoint(item.tags)]
    modalities = [modality for modality in Modality if any(modality in item.media for item in items)]
    rows = np.arange(len(items))
    number = numbers_of(items)
    data = FusionData(
        ids=tuple(item.item_id for item in items),
        shape=FusionShape(0, dict.fromkeys(modalities, 0)),
        vectors={},
        held_out={},
        present=np.array([[modality in item.media for modality in modalities] for item in items], np.bool_),
        groups=rows,
        train=rows,
        validation=rows[:0],
        test=rows[:0],
        labels=labels_of(items, exclude),
        numbers=None if number is None else number[1],
        interactions=world_interactions(items),
    )
    return available(data)
