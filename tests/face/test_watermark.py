"""Words over a picture."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.errors import ConfigError
from visalign.face.portrait import WATERMARK
from visalign.face.watermark import stamp, text_mask


def test_letters_have_their_dots() -> None:
    assert text_mask("I").astype(int).tolist() == [
        [0, 1, 1, 1, 0],
        *[[0, 0, 1, 0, 0]] * 5,
        [0, 1, 1, 1, 0],
    ]


def test_every_letter_looks_different() -> None:
    letters = [text_mask(x).tobytes() for x in "ABCDEFGHIJKLMNOPQRSTUVWXYZ -"]
    assert len(set(letters)) == len(letters)


def test_unknown_letter() -> None:
    with pytest.raises(ConfigError):
        text_mask("é")


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("size", [(64, 64), (480, 480), (720, 405)])
def test_the_words_can_be_read_on_any_picture(grey: int, size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), grey, dtype=np.uint8)
    marked = stamp(picture, WATERMARK)
    changed = np.any(marked != picture, axis=2)
    bar = marked[changed.any(axis=1)].astype(int)
    assert bar.max() - bar.min() >= 60
    assert np.array_equal(marked[: size[0] // 2], picture[: size[0] // 2])
    assert np.all(picture == grey)
