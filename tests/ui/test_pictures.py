"""Tiles: one size, the whole picture, its own white margin cut off."""

import io

import numpy as np
import pytest
from PIL import Image

from mmdemo.ui.pictures import TILE, tile


def tiled(tmp_path, picture: Image.Image) -> np.ndarray:
    path = tmp_path / f"{picture.width}x{picture.height}.webp"
    picture.save(path, lossless=True)
    opened = Image.open(io.BytesIO(tile(str(path))))
    assert opened.format == "JPEG"
    assert opened.size == TILE
    return np.asarray(opened.convert("L"))


def extent(pixels: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(pixels < 128)
    return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (1200, 1200)])
def test_the_whole_picture_fits_in_its_proportions(tmp_path, size):
    width, height = extent(tiled(tmp_path, Image.new("RGB", size, "black")))
    assert width <= TILE[0]
    assert height <= TILE[1]
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)


def test_a_white_margin_makes_no_difference(tmp_path):
    bare = Image.new("RGB", (60, 60), "black")
    framed = Image.new("RGB", (300, 300), "white")
    framed.paste(bare, (20, 200))
    assert extent(tiled(tmp_path, framed)) == extent(tiled(tmp_path, bare))


def test_a_tiny_picture_is_not_blown_up_without_bounds(tmp_path):
    assert extent(tiled(tmp_path, Image.new("RGB", (10, 10), "black")))[0] <= 32


def test_a_white_picture_stays(tmp_path):
    assert tiled(tmp_path, Image.new("RGB", (50, 50), "white")).min() > 250
