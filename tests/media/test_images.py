"""Still pictures read and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from visalign.errors import MediaError, OutputError
from visalign.media.images import read_image, write_png

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (37, 23, 3), dtype=np.uint8)


def test_a_png_comes_back(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", PICTURE)
    assert np.array_equal(read_image(path), PICTURE)
    assert np.array_equal(np.asarray(Pillow.open(path)), PICTURE)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.webp", "a.jpg", "a.JPEG"])
def test_formats(name: str, tmp_path: Path) -> None:
    smooth = np.full((40, 60, 3), (200, 120, 40), dtype=np.uint8)
    Pillow.fromarray(smooth).save(tmp_path / name)
    assert np.max(np.abs(read_image(tmp_path / name).astype(int) - smooth)) <= 4


def test_transparency_is_laid_over_white(tmp_path: Path) -> None:
    rgba = np.zeros((4, 4, 4), dtype=np.uint8)
    rgba[:2, :, 3] = 255
    Pillow.fromarray(rgba).save(tmp_path / "a.png")
    found = read_image(tmp_path / "a.png")
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[3, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("content", [b"x", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(20)])
def test_no_picture(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(MediaError):
        read_image(tmp_path / "a.png")


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        read_image(tmp_path / "a.png")


def test_nowhere_to_write(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_png(tmp_path / "no" / "a.png", PICTURE)
