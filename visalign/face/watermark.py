"""Words laid over a picture with a font of its own: no font file is needed, and nothing can be missing.

Letters are five by seven dots, as on old displays.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError

__all__ = ["stamp", "text_mask"]

# Rows of a letter from the top; bit 4 is the leftmost dot.
_FONT = {
    " ": (0, 0, 0, 0, 0, 0, 0),
    "-": (0, 0, 0, 31, 0, 0, 0),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "B": (30, 17, 17, 30, 17, 17, 30),
    "C": (14, 17, 16, 16, 16, 17, 14),
    "D": (30, 17, 17, 17, 17, 17, 30),
    "E": (31, 16, 16, 30, 16, 16, 31),
    "F": (31, 16, 16, 30, 16, 16, 16),
    "G": (14, 17, 16, 23, 17, 17, 14),
    "H": (17, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14),
    "J": (7, 2, 2, 2, 2, 18, 12),
    "K": (17, 18, 20, 24, 20, 18, 17),
    "L": (16, 16, 16, 16, 16, 16, 31),
    "M": (17, 27, 21, 21, 17, 17, 17),
    "N": (17, 25, 21, 19, 17, 17, 17),
    "O": (14, 17, 17, 17, 17, 17, 14),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "Q": (14, 17, 17, 17, 21, 18, 13),
    "R": (30, 17, 17, 30, 20, 18, 17),
    "S": (15, 16, 16, 14, 1, 1, 30),
    "T": (31, 4, 4, 4, 4, 4, 4),
    "U": (17, 17, 17, 17, 17, 17, 14),
    "V": (17, 17, 17, 17, 17, 10, 4),
    "W": (17, 17, 17, 21, 21, 27, 17),
    "X": (17, 17, 10, 4, 10, 17, 17),
    "Y": (17, 17, 10, 4, 4, 4, 4),
    "Z": (31, 1, 2, 4, 8, 16, 31),
}
_MARGIN = 2  # dots around the words
_PART_OF_WIDTH = 0.6  # the words span so much of the picture
_STRENGTH = 0.65


def text_mask(text: str) -> npt.NDArray[np.bool_]:
    """The dots of `text`, shape (7, 6 · len − 1).

    Raises
    ------
    ConfigError
        If a character has no dots here.

    Examples
    --------
    >>> print("\\n".join("".join("#" if x else "." for x in row) for row in text_mask("hi")))
    #...#..###.
    #...#...#..
    #...#...#..
    #####...#..
    #...#...#..
    #...#...#..
    #...#..###.
    """
    letters = text.upper()
    unknown = [x for x in letters if x not in _FONT]
    if unknown:
        raise ConfigError("watermark", unknown[0], "letters A to Z, blanks and hyphens")
    rows = np.asarray([_FONT[letter] for letter in letters], dtype=np.uint8).reshape(-1, 7)
    dots = np.unpackbits(rows[:, :, None], axis=2)[:, :, 3:].astype(bool)  # letter, row, column
    return np.pad(dots, ((0, 0), (0, 0), (0, 1))).transpose(1, 0, 2).reshape(7, -1)[:, :-1]


def stamp(picture: npt.NDArray[np.uint8], text: str) -> npt.NDArray[np.uint8]:
    """A copy of the picture, uint8 RGB, with `text` in light letters on a dark bar along its lower edge."""
    height, width = picture.shape[:2]
    dots = np.pad(text_mask(text), _MARGIN)
    scale = max(1, int(_PART_OF_WIDTH * width / dots.shape[1]))
    mask = np.kron(dots, np.ones((scale, scale), dtype=bool))[:height, :width]
    top, left = height - mask.shape[0], (width - mask.shape[1]) // 2
    marked = picture.astype(np.float32)
    bar = marked[top:, left : left + mask.shape[1]]
    bar += _STRENGTH * (np.where(mask[..., None], 245.0, 20.0) - bar)
    return np.asarray(np.round(marked), dtype=np.uint8)
