import numpy as np
import pytest
from map_samples import random_vectors, small_map

from mmdemo.errors import MapError
from mmdemo.projection import MapSettings
from mmdemo.projection.storage import map_from_content, map_to_content


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": "tsne"}, "one of umap, pca"),
        ({"dimensions": 4}, "one of 2, 3"),
        ({"dimensions": True}, "one of 2, 3"),
        ({"n_neighbors": 1}, "from 2 to 200"),
        ({"n_neighbors": 5.5}, "a whole number"),
        ({"min_dist": 1.0}, "from 0.0 to 0.99"),
        ({"min_dist": float("nan")}, "from 0.0 to 0.99"),
        ({"metric": "manhattan"}, "one of cosine, euclidean"),
        ({"space": "native"}, "one of shared, unaligned"),
        ({"seed": -1}, "from 0 to"),
    ],
)
def test_a_setting_out_of_range_is_told(changes, says):
    with pytest.raises(MapError, match=says):
        MapSettings(**changes)


def test_every_setting_that_changes_the_map_changes_its_key():
    others = [
        {"method": "pca"},
        {"dimensions": 3},
        {"n_neighbors": 16},
        {"min_dist": 0.2},
        {"metric": "euclidean"},
        {"space": "unaligned"},
        {"seed": 1},
    ]
    keys = {MapSettings(**changes).key() for changes in [{}, *others]}
    assert len(keys) == 8
    assert MapSettings().key() == MapSettings().key()


def test_what_pca_does_not_know_is_not_in_its_key():
    assert MapSettings(method="pca", n_neighbors=30, min_dist=0.5).key() == MapSettings(method="pca").key()


def test_settings_come_back_from_a_file_and_strangers_do_not():
    settings = MapSettings(method="pca", dimensions=3, seed=7)
    assert MapSettings.from_json(settings.as_json()) == settings
    with pytest.raises(MapError, match="only method"):
        MapSettings.from_json({"perplexity": 30})


def test_a_map_comes_back_from_its_content():
    made = small_map(
        random_vectors(5, 2),
        quality={"trustworthiness": 0.1 + 0.2},
        measures={"hubness": random_vectors(5, 1)[:, 0]},
        cluster_labels=("fox, den",),
        notices=("Of few.",),
        of_total=9,
        seconds=1.25,
    )
    again = map_from_content(*map_to_content(made))
    for name in ("settings", "version_id", "cluster_labels", "quality", "notices", "of_total", "seconds", "quality_k"):
        assert getattr(again, name) == getattr(made, name)
    for name in ("positions", "item_rows", "modalities", "clusters", "trust"):
        assert (getattr(again, name) == getattr(made, name)).all()
    assert (again.measures["hubness"] == made.measures["hubness"]).all()
    assert again.is_sample


@pytest.mark.parametrize("lost", ["positions", "trust"])
def test_content_without_one_of_its_arrays_is_a_typed_error(lost):
    arrays, texts = map_to_content(small_map(random_vectors(5, 2)))
    del arrays[lost]
    with pytest.raises(MapError, match=lost):
        map_from_content(arrays, texts)
    with pytest.raises(MapError):
        map_from_content(arrays, {"map": "[]"})


@pytest.mark.parametrize(
    "changes",
    [
        {"of_total": 4},
        {"cluster_labels": ("a",), "clusters": [0, 1, 0, 0, 0]},
        {"clusters": [-2, 0, 0, 0, 0]},
        {"modalities": [0, 1, 2, 3, 0]},
        {"item_rows": [0, 1, 2, 3, -4]},
        {"trust": [0, 0.5, 1, 1.5, 0]},
        {"trust": [0, 0.5, 1]},
        {"measures": {"hubness": [1.0, 2.0]}},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(changes):
    kinds = {"clusters": np.int16, "modalities": np.uint8, "item_rows": np.int32, "trust": np.float32}
    given = {name: np.array(value, kinds[name]) if name in kinds else value for name, value in changes.items()}
    if "measures" in given:
        given["measures"] = {"hubness": np.array(given["measures"]["hubness"], np.float32)}
    with pytest.raises(MapError, match="is needed"):
        small_map(random_vectors(5, 2), **given)
