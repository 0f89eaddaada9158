"""Maps of a real workspace: made, kept, found again, and queries placed on them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mmdemo.engine import Engine
from mmdemo.errors import CancelledError, MapError, QueryError
from mmdemo.media import decode
from mmdemo.projection import Map, MapSettings
from mmdemo.store import Workspace
from mmdemo.types import Frames, Modality, Query, QueryPart, Video

pytestmark = pytest.mark.weights

PCA = MapSettings(method="pca")
APART = MapSettings(method="pca", dimensions=3, space="unaligned")


@pytest.fixture(scope="module")
def mapped_path(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mapped") / "workspace"
    shutil.copytree(tiny_workspace, path)
    return path


@pytest.fixture(scope="module")
def mapping(mapped_path: Path) -> Engine:
    return Engine.open(mapped_path)


@pytest.fixture(scope="module")
def pca(mapping: Engine) -> Map:
    return mapping.fit_map(PCA)


@pytest.fixture(scope="module")
def apart(mapping: Engine) -> Map:
    return mapping.fit_map(APART)


def _text(text: str, label: str = "") -> QueryPart:
    return QueryPart(Modality.TEXT, text, label=label)


def _true_cosines(engine: Engine, text: str) -> np.ndarray:
    place = engine.encoder.place(Modality.TEXT, text)
    assert place.shared is not None
    return engine.point_vectors(PCA) @ place.shared


def test_a_map_has_a_point_for_each_modality_of_each_item(mapping: Engine, pca: Map) -> None:
    assert len(pca) == pca.of_total == sum(len(item.media) for item in mapping.items)
    assert pca.version_id == mapping.summary.version
    assert mapping.point_vectors(PCA).shape == (len(pca), 384)
    assert np.nanmedian(pca.measures["partner_rank"]) < 12


def test_a_map_is_never_made_by_asking_for_it(mapping: Engine, pca: Map) -> None:
    assert mapping.map(MapSettings(method="pca", seed=5)) is None
    found = mapping.map(PCA)
    assert found is not None
    assert (found.positions == pca.positions).all()
    assert mapping.map(PCA) is found


def test_a_map_is_found_again_on_disk(mapped_path: Path, pca: Map) -> None:
    found = Engine.open(mapped_path).map(PCA)
    assert found is not None
    assert found is not pca
    assert (found.positions == pca.positions).all()
    assert (found.cluster_labels, found.quality) == (pca.cluster_labels, pca.quality)


@pytest.mark.usefixtures("pca")
def test_settings_that_give_the_same_map_find_it(mapping: Engine) -> None:
    asked = MapSettings(method="pca", n_neighbors=99)
    kept, found = mapping.map(PCA), mapping.map(asked)
    assert kept is not None
    assert found is not None
    assert found.settings == asked
    assert found.positions is kept.positions


def test_a_damaged_map_counts_as_missing_and_can_be_made_again(mapped_path: Path, mapping: Engine) -> None:
    settings = MapSettings(method="pca", seed=2)
    mapping.fit_map(settings)
    path = Workspace(mapped_path).maps.path(mapping.summary.version, settings.key())
    data = bytearray(path.read_bytes())
    data[-3] ^= 255
    path.write_bytes(data)
    fresh = Engine.open(mapped_path)
    assert fresh.map(settings) is None
    made = fresh.fit_map(settings)
    again = Engine.open(mapped_path).map(settings)
    assert again is not None
    assert (again.positions == made.positions).all()


def test_a_map_of_another_format_counts_as_missing(mapped_path: Path, mapping: Engine) -> None:
    settings = MapSettings(method="pca", seed=3)
    mapping.workspace.maps.write(mapping.summary.version, settings.key(), {}, {"map": "{}"})
    assert mapping.map(settings) is None


def test_a_cancelled_map_is_not_kept(mapping: Engine) -> None:
    settings = MapSettings(method="pca", seed=4)

    def progress(done: int, total: int, message: str) -> None:
        if done:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        mapping.fit_map(settings, progress)
    assert mapping.map(settings) is None
    assert settings.key() not in mapping.workspace.maps.keys(mapping.summary.version)


def test_only_the_last_few_maps_stay_in_memory(mapping: Engine, pca: Map) -> None:
    mapping.map(PCA)
    for seed in range(100, 104):
        settings = MapSettings(method="pca", seed=seed)
        content = mapping.workspace.maps.read(mapping.summary.version, PCA.key())
        assert content is not None
        mapping.workspace.maps.write(mapping.summary.version, settings.key(), *content)
        assert mapping.map(settings) is not None
    again = mapping.map(PCA)
    assert again is not None
    assert again is not pca


def test_texts_are_placed_among_their_true_neighbours(mapping: Engine, pca: Map) -> None:
    placed = mapping.place(Query((_text("a loud red square", "loud"), _text("a quiet blue circle"))), pca, k=5)
    assert placed.labels == ("loud", "a quiet blue circle")
    assert placed.modalities == (Modality.TEXT, Modality.TEXT)
    assert placed.positions.shape == (2, 2)
    assert placed.notices == ()
    for row, text in enumerate(("a loud red square", "a quiet blue circle")):
        cosines = _true_cosines(mapping, text)
        assert placed.similarities[row] == pytest.approx(np.sort(cosines)[::-1][:5], abs=1e-5)
        assert cosines[placed.neighbours[row]] == pytest.approx(placed.similarities[row], abs=1e-5)
        distances = np.linalg.norm(pca.positions - placed.positions[row], axis=1)
        near = {*np.argsort(distances)[:5].tolist()}
        assert placed.trust[row] == pytest.approx(len(near & {*placed.neighbours[row].tolist()}) / 5, abs=0.21)


def test_a_part_is_placed_as_if_it_were_alone(mapping: Engine, pca: Map) -> None:
    texts = ["a red square", "a sound", "something round"]
    together = mapping.place(Query(tuple(map(_text, texts))), pca)
    for row, text in enumerate(texts):
        alone = mapping.place(Query((_text(text),)), pca)
        assert (alone.positions[0] == together.positions[row]).all()
        assert (alone.neighbours[0] == together.neighbours[row]).all()


def test_an_item_keeps_its_own_places(mapping: Engine, pca: Map) -> None:
    item = next(item for item in mapping.items if len(item.media) == 3)
    row = mapping.items.index(item)
    query = Query((QueryPart(None, None, item_id=item.item_id),), likes=(mapping.items[1].item_id,))
    placed = mapping.place(query, pca, k=4)
    own, liked = pca.points_of([row]), pca.points_of([1])
    assert placed.labels == (item.title,) * 3 + (mapping.items[1].title,) * len(liked)
    assert (placed.positions == pca.positions[[*own, *liked]]).all()
    for line, point in enumerate([*own, *liked]):
        assert point not in placed.neighbours[line]


def test_media_are_placed_by_their_own_vectors(mapping: Engine, pca: Map) -> None:
    item = next(item for item in mapping.items if len(item.media) == 3)
    row = mapping.items.index(item)
    parts = []
    for modality in (Modality.IMAGE, Modality.AUDIO):
        decoded = decode(mapping.media_path(item, modality).read_bytes(), expect=modality)
        parts.append(QueryPart(modality, decoded.media, content_key=decoded.sha256))
    picture, sound = (part.media for part in parts)
    video = Video(Frames(np.stack([np.asarray(picture)] * 2), 1.0), sound)  # pyright: ignore[reportArgumentType]
    placed = mapping.place(Query((*parts, QueryPart(Modality.VIDEO, video, label="clip"))), pca)
    assert placed.modalities == (Modality.IMAGE, Modality.AUDIO, Modality.IMAGE, Modality.AUDIO)
    assert placed.labels[2:] == ("clip: pictures", "clip: sound")
    own = [point for point in pca.points_of([row]) if pca.modalities[point] > 0]
    assert placed.neighbours[:2, 0].tolist() == own
    assert placed.similarities[:2, 0] == pytest.approx([1, 1], abs=1e-3)


def test_before_alignment_each_part_stays_with_its_modality_and_a_notice_says_so(mapping: Engine, apart: Map) -> None:
    item = next(item for item in mapping.items if len(item.media) == 3)
    decoded = decode(mapping.media_path(item, Modality.IMAGE).read_bytes(), expect=Modality.IMAGE)
    query = Query((_text("a red square"), QueryPart(Modality.IMAGE, decoded.media)))
    placed = mapping.place(query, apart, k=3)
    assert placed.positions.shape == (2, 3)
    assert (apart.modalities[placed.neighbours[0]] == 0).all()
    assert (apart.modalities[placed.neighbours[1]] == 1).all()
    assert len(placed.notices) == 1
    assert "before alignment" in placed.notices[0].lower()


def test_what_cannot_be_placed_is_told(mapping: Engine, pca: Map, tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(QueryError, match="item 'nothing'"):
        mapping.place(Query((QueryPart(None, None, item_id="nothing"),)), pca)
    with pytest.raises(MapError, match="a map of version 000009"):
        mapping.place(Query((_text("x"),)), replace(pca, version_id="000009-00000000"))
