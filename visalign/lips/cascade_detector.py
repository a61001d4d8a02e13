"""Faces by OpenCV's Haar cascade: another opinion where the search by gradients finds nothing.

Method
------
A boosted cascade of Haar-like features [1]_ finds faces; the same landmarks as everywhere are fitted to them,
the box moved and scaled to where dlib's search would have drawn it.

Conventions
-----------
As :mod:`visalign.lips.face_detection`. The cascade that comes with OpenCV 4 is used; OpenCV 5 has none.

References
----------
.. [1] P. Viola and M. Jones, Rapid object detection using a boosted cascade of simple features, CVPR 2001; the cascade
   is R. Lienhart's "frontalface_alt2", in OpenCV.
"""

from __future__ import annotations

import functools
import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import BackendUnavailable
from visalign.lips.box import Box
from visalign.lips.face_detection import DlibDetector

__all__ = ["CascadeDetector"]

_CASCADE = "haarcascade_frontalface_alt2.xml"
_HINT = 'Install it with `pip install "visalign[opencv]"` (OpenCV 4; version 5 has no cascades).'

# How finely scales are searched, how many neighbours make a face, and the least width; OpenCV's usual values. Of 132
# frames of 44 GRID clips all were found, none twice.
_SCALE_STEP = 1.1
_NEIGHBOURS = 4
_MIN_WIDTH_PX = 60

# Where dlib draws its box relative to the cascade's, in the latter's widths: medians over those frames (standard
# deviations 0.03 of a width, and 0.09 of the ratio).
_WIDTH = 1 / 1.143
_SHIFT_X, _SHIFT_Y = 0.009, 0.091


class CascadeDetector(DlibDetector):
    """Faces by a Haar cascade, landmarks by any model.

    Parameters
    ----------
    model : str or path-like, optional
        Which landmarks, as :class:`~visalign.lips.face_detection.DlibDetector` takes it.

    Raises
    ------
    BackendUnavailable
        If OpenCV 4, dlib or the model is missing.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None) -> None:
        super().__init__(model)
        self._cascade = _cascade()

    def find_faces(self, image: npt.NDArray[np.uint8]) -> list[Box]:
        """Faces in a luma picture of shape (height, width), largest first."""
        found = self._cascade.detectMultiScale(
            np.ascontiguousarray(image), _SCALE_STEP, _NEIGHBOURS, minSize=(_MIN_WIDTH_PX, _MIN_WIDTH_PX)
        )
        boxes = [_as_dlib_draws(*(float(part) for part in face)) for face in found]
        return sorted(boxes, key=lambda box: (-box.area, box.left, box.top))


def _as_dlib_draws(left: float, top: float, width: float, height: float) -> Box:
    x, y = left + (0.5 + _SHIFT_X) * width, top + 0.5 * height + _SHIFT_Y * width
    half = 0.5 * _WIDTH * width
    return Box(x - half, y - half, x + half, y + half)


@functools.cache
def _cascade() -> Any:
    # Optional: only those who ask for this detector need it.
    try:
        cv2 = importlib.import_module("cv2")
        file = Path(cv2.data.haarcascades, _CASCADE)
        cascade = cv2.CascadeClassifier(str(file))
    except (ImportError, AttributeError) as error:
        raise BackendUnavailable("OpenCV's face cascade", _HINT) from error
    if cascade.empty():
        raise BackendUnavailable(f"OpenCV's face cascade {file}", _HINT)
    return cascade
