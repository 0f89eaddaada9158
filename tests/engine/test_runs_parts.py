"""Runs that look at words, regions and segments, from the catalogue's media to a ranked list."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmdemo.engine import Engine
from mmdemo.engine.fusion_data import EXCLUDED, FOLDS, data_sha256, prepare
from mmdemo.engine.fusion_parts import parts_key, read_parts
from mmdemo.engine.part_looking import make_parts
from mmdemo.engine.query_parts import MediaSource, QueryParts
from mmdemo.engine.run_folder import RunFolder
from mmdemo.engine.run_training import train_run
from mmdemo.engine.runs import create_run, read_run
from mmdemo.errors import CancelledError, FusionError
from mmdemo.fusion.settings import TrainSettings
from mmdemo.media import decode
from mmdemo.store import Workspace
from mmdemo.types import Modality, Query, QueryPart

pytestmark = pytest.mark.weights

_SETTINGS = TrainSettings("transformer", fusion_options={"tokens": "parts", "layers": 1}, epochs=3, patience=3)
_KEY = parts_key(seed=0, fold=0, folds=FOLDS, exclude=EXCLUDED)
_RUN = "000001-transformer"


@pytest.fixture(scope="module")
def path(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a trained run that looks at parts."""
    path = shutil.copytree(tiny_workspace, tmp_path_factory.mktemp("parts") / "workspace")
    train_run(path, create_run(path, _SETTINGS))
    return path


@pytest.fixture
def own(path: Path, tmp_path: Path) -> Path:
    return shutil.copytree(path, tmp_path / "workspace")


def _stored(path: Path):
    workspace = Workspace(path)
    found = read_parts(workspace, workspace.manifest().version_id, _KEY)
    assert found is not None
    return found


def test_parts_are_there_where_the_modality_is_and_small(path):
    data = prepare(path, parts=True)
    assert set(data.parts) == {Modality.TEXT, Modality.IMAGE, Modality.AUDIO} == set(data.shape.parts)
    for modality, parts in data.parts.items():
        there = data.present[:, data.shape.modalities.index(modality)]
        assert np.array_equal(parts.present.any(axis=1), there)
        assert parts.features.shape == (len(data.ids), 9, data.shape.parts[modality])
        assert parts.features.shape[2] <= 64
        assert not parts.features[~parts.present].any()
        assert np.isfinite(parts.places[parts.present][:, 0]).all()
        seen = parts.features[data.train][parts.present[data.train]]
        assert np.square(seen).sum(axis=1).mean() == pytest.approx(1.0, rel=0.05)
    words = data.parts[Modality.TEXT]
    item = Engine.open(path).item(data.ids[0])
    first, end = words.places[0, 0, :2].astype(int)
    assert item.media[Modality.TEXT][first:end] == item.media[Modality.TEXT].split()[0]


def test_parts_are_read_back_without_any_encoder(path):
    code = (
        "import sys\nfrom mmdemo.engine.fusion_data import data_sha256, prepare\n"
        "print(data_sha256(prepare(sys.argv[1], parts=True)))\nassert 'torch' not in sys.modules"
    )
    asked = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == read_run(path, _RUN).data_sha256
    assert asked.stdout.strip() != data_sha256(prepare(path))


def test_looking_that_was_broken_off_goes_on_to_the_same_bits(path, tiny_workspace, tmp_path):
    own = shutil.copytree(tiny_workspace, tmp_path / "workspace")
    told: list[str] = []

    def stop(done, total, message):
        if message.endswith("pictures") and done > 9:
            raise CancelledError(message)

    def make(place, progress):
        workspace = Workspace(place)
        items = workspace.read_version().items[:6]
        training = frozenset(item.item_id for item in items[:4])
        return make_parts(workspace, workspace.manifest(), items, training=training, progress=progress)

    with pytest.raises(CancelledError):
        make(own, stop)
    found = make(own, lambda done, total, message: told.append(message))
    whole = make(path, lambda done, total, message: None)
    assert told.count("looking into texts") == 1  # out of the cache, all at once
    assert told.count("looking into pictures") == 1 + 6
    for modality, parts in whole.items.items():
        assert np.array_equal(found.items[modality].features, parts.features)
        assert np.array_equal(found.spaces[modality].axes, whole.spaces[modality].axes)


def test_an_item_without_a_modality_has_no_parts_of_it(path):
    workspace = Workspace(path)
    items = list(workspace.read_version().items)
    kept = {modality: blob for modality, blob in items[2].media.items() if modality is not Modality.IMAGE}
    items[2] = replace(items[2], media=kept)
    training = frozenset(item.item_id for item in items)
    found = make_parts(workspace, workspace.manifest(), items, training=training)
    assert not found.items[Modality.IMAGE].present[2].any()
    assert found.items[Modality.TEXT].present[2].any()
    assert found.items[Modality.IMAGE].present[3].all()


def test_parts_of_a_query_are_those_of_an_item_of_the_same_media(path):
    stored, workspace, looking = _stored(path), Workspace(path), QueryParts()
    for row, item in enumerate(workspace.read_version().items[:2]):
        for modality, own in stored.items.items():
            blob = item.media[modality]
            media = blob if modality is Modality.TEXT else decode(workspace.read_blob(blob), expect=modality).media
            for _ in range(2):  # the second time it is remembered
                found = looking.parts(MediaSource(modality, media, blob), stored.spaces[modality])
                np.testing.assert_allclose(found, own.features[row][own.present[row]], atol=1e-6)
    space = replace(stored.spaces[Modality.TEXT], key="another")
    with pytest.raises(FusionError, match="has changed"):
        looking.parts(MediaSource(Modality.TEXT, "a star"), space)


def test_a_run_with_parts_ranks_media_and_items_and_its_shares_add_up(path):
    engine = Engine.open(path)
    items = engine.items
    query = Query(
        (QueryPart(Modality.TEXT, "a blue star"), QueryPart(None, item_id=items[3].item_id, weight=-0.5)),
        likes=(items[4].item_id, items[5].item_id),
        k=24,
    )
    found = engine.recommend(query, run_id=_RUN)
    assert found.notices == ("Ranked by the trained fusion “Transformer, run 1”.",)
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, atol=1e-5)
    _, ranker = engine.fusions.ranker(_RUN)
    assert {m: len(rows) for m, rows in ranker.inside(0).items()} == {
        m: int(own.present[0].sum()) for m, own in _stored(path).items.items()
    }


def test_parts_that_were_lost_are_found_again(own):
    query = Query((QueryPart(Modality.TEXT, "a red box"),), k=5)
    before = Engine.open(own).recommend(query, run_id=_RUN)
    workspace = Workspace(own)
    workspace.fusions.path(workspace.manifest().version_id, _KEY).unlink()
    after = Engine.open(own).recommend(query, run_id=_RUN)
    assert (after.ids, after.notices) == (before.ids, before.notices)


def test_a_run_with_parts_that_was_cancelled_goes_on_to_the_same_bits(own):
    def stop(done, total, message):
        if message.startswith("epoch 2"):
            raise CancelledError(message)

    run_id = create_run(own, _SETTINGS)
    with pytest.raises(CancelledError):
        train_run(own, run_id, progress=stop)
    resumed = train_run(own, run_id)
    assert resumed.report == read_run(own, _RUN).report
    assert RunFolder(own, run_id).model.read_bytes() == RunFolder(own, _RUN).model.read_bytes()
