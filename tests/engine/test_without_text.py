"""A catalogue of pictures alone can still be asked in words: their encoder has names for what it sees."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_pictures import traffic_light
from PIL import Image

from mmdemo.engine import Engine, import_into, reindex
from mmdemo.types import Modality, Query, QueryPart


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, remember: Callable[[Path], None]) -> Engine:
    """22 patterns and a drawn traffic light, without a word."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(22):
        cells = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(cells).resize((96, 96)).save(folder / f"{number}.png")
    traffic_light().save(folder / "wanted.png")
    workspace = tmp_path_factory.mktemp("workspace")
    import_into(workspace, str(folder))
    remember(workspace)
    reindex(workspace)
    return Engine.open(workspace)


@pytest.mark.weights
class TestPicturesAlone:
    def test_words_find_the_picture_they_name(self, pictures: Engine) -> None:
        assert pictures.summary.with_modality.keys() == {Modality.IMAGE}
        found = pictures.recommend(Query((QueryPart(Modality.TEXT, "a traffic light"),), k=3))
        assert pictures.item(found.ids[0]).title == "wanted"
        assert found.percentiles[0] > 90

    def test_that_nobody_measured_it_is_said(self, pictures: Engine) -> None:
        assert any("words and a picture" in notice for notice in pictures.summary.notices)

    def test_words_and_a_picture_go_together(self, pictures: Engine) -> None:
        parts = QueryPart(Modality.TEXT, "a traffic light"), QueryPart(Modality.IMAGE, traffic_light())
        found = pictures.recommend(Query(parts, k=3))
        assert pictures.item(found.ids[0]).title == "wanted"
        assert (found.contributions[0] > 0).all()
