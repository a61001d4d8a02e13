"""Where faces are, and their landmarks in one picture: the protocol, and dlib behind it.

Conventions
-----------
Pixels of the picture, x to the right, y down; the centre of the top left pixel is (0, 0).

Method
------
Faces by a sliding window over histograms of oriented gradients at several picture scales [1]_; landmarks by one of the
models of :mod:`visalign.lips.landmark_models`.

References
----------
.. [1] N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005; as in D. King: Max-Margin
   Object Detection, arXiv:1502.00046.
"""

from __future__ import annotations

import functools
import importlib.resources
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from visalign.errors import INSTALL_ANEW, BackendUnavailable
from visalign.lips.box import Box
from visalign.lips.landmark_models import import_dlib, open_landmark_model
from visalign.lips.point_layouts import PointLayout
from visalign.signals import Image

__all__ = ["DlibDetector", "LandmarkDetector"]

_Points = npt.NDArray[np.float32]

_FINDER_FILE = "frontal_faces.svm"
_REINSTALL = f"Install visalign anew, from the folder or wheel it came from: {INSTALL_ANEW}"


class LandmarkDetector(Protocol):
    """What a detector of faces and landmarks must offer.

    One without a `layout` is taken to find the 68 points of iBUG 300-W (:func:`visalign.lips.landmarks.layout_used`).
    """

    def find_faces(self, image: Image) -> list[Box]:
        """Faces in a luma picture of shape (height, width), largest first."""
        ...

    def fit(self, image: Image, box: Box) -> _Points:
        """The landmarks of the face in `box`: float32 of shape (n_points, 2), px of `image`."""
        ...


# ---- dlib ----


class DlibDetector:
    """Faces by dlib, landmarks by any model.

    Parameters
    ----------
    model : str or path-like, optional
        Which landmarks: a name or a file, as :func:`~visalign.lips.landmark_models.find_model` finds it.

    Raises
    ------
    BackendUnavailable
        If dlib or the model is missing, or the file is no model.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None) -> None:
        self._model = open_landmark_model(model)
        self._find = _face_finder()

    @property
    def layout(self) -> PointLayout:
        """Which points :meth:`fit` finds."""
        return self._model.layout

    def find_faces(self, image: Image) -> list[Box]:
        """Faces in a luma picture of shape (height, width), largest first."""
        found = self._find(np.ascontiguousarray(image), 0)
        boxes = [Box(r.left(), r.top(), r.right() + 1, r.bottom() + 1) for r in found]
        return sorted(boxes, key=lambda box: (-box.area, box.left, box.top))

    def fit(self, image: Image, box: Box) -> _Points:
        """The landmarks of the face in `box`: float32 of shape (n_points, 2), px of `image`, finer than a pixel."""
        return self._model.fit(image, box)


@functools.cache
def _face_finder() -> Any:
    # What get_frontal_face_detector() gives, saved: that unpacks it from a text inside dlib, 0.4 s at every start.
    path = Path(str(importlib.resources.files("visalign.models").joinpath(_FINDER_FILE)))
    try:
        return import_dlib().fhog_object_detector(str(path))
    except RuntimeError as error:
        raise BackendUnavailable(f"face detector {path}", f"dlib can't read it ({error}). {_REINSTALL}") from error
