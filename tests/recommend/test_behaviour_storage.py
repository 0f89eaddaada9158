"""Fitted models as bytes, and bytes that are none."""

import json

import numpy as np
import pytest
from behaviour_samples import fitted, of_rows
from safetensors.numpy import save

from mmdemo.errors import InteractionsError
from mmdemo.recommend.behaviour.storage import model_from_bytes, model_to_bytes


def test_damaged_bytes_are_refused():
    data = model_to_bytes(fitted("item-knn"))
    for damaged in (b"", b"nothing of the kind", data[:100], data[:-100], data[8:]):
        with pytest.raises(InteractionsError, match="fit it again"):
            model_from_bytes(damaged)


@pytest.mark.parametrize(
    "about",
    [
        {"format": "0", "model": "popularity", "options": {}},
        {"format": "1", "model": "magic", "options": {}},
        {"format": "1", "model": "popularity", "options": {"speed": 3}},
        {"format": "1", "model": "ease", "options": {}},
        {"format": "1"},
        [],
    ],
)
def test_files_that_say_something_else_are_refused(about):
    arrays = {"item ids": np.frombuffer(b'["a"]', np.uint8), "model/shares": np.ones(1, np.float32)}
    with pytest.raises(InteractionsError):
        model_from_bytes(save(arrays, metadata={"about": json.dumps(about)}))


def test_ids_of_any_letters_come_back():
    model = fitted("popularity")
    assert model_from_bytes(model_to_bytes(model)).item_ids == model.item_ids
    ids = np.frombuffer(json.dumps(["ä/ö", "日本", ""]).encode(), np.uint8)
    about = {"about": json.dumps({"format": "1", "model": "popularity", "options": {}})}
    found = model_from_bytes(save({"item ids": ids, "model/shares": np.array([3, 1, 2], np.float32)}, metadata=about))
    assert found.item_ids == ("ä/ö", "日本", "")
    assert found.scores(of_rows([[1]], 3)).tolist() == [[3, 1, 2]]
