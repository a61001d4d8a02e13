"""Find a face in each frame and fit 68 landmarks to it.

Conventions
-----------
* Points are pixels of the upright frame, x to the right, y down; the centre of the top left pixel is (0, 0).
* The 68 points are numbered from 0 as in iBUG 300-W [1]_: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes (36-41 is the
  person's right eye, on the left of the picture), 48-59 outer and 60-67 inner lip contour. Lists that count from 1 are
  one off.
* A frame without a face is a row of NaN: never zeros, never left out.

Method
------
The face is searched once, by a sliding window over histograms of oriented gradients [2]_ at several picture scales, and
then followed: the landmarks of one frame (an ensemble of regression trees [3]_) give the box for the next. Every
`detect_every` frames, and at once after a cut or an implausible jump, the search is repeated around the followed face
to check that it is still one. That costs less than searching each frame and, since the box hangs on the face instead of
on the detector's grid, the landmarks tremble no more for it.

References
----------
.. [1] C. Sagonas, G. Tzimiropoulos, S. Zafeiriou, M. Pantic: 300 Faces in-the-Wild Challenge, ICCV Workshops 2013.
.. [2] N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005; as in dlib, D. King: Max-
   Margin Object Detection, arXiv:1502.00046.
.. [3] V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError
from visalign.face_detection import (
    MODEL_LICENCE,
    N_POINTS,
    Box,
    DlibDetector,
    LandmarkDetector,
    find_model,
    verify_model,
)
from visalign.media import Frame, resize_luma
from visalign.registry import find_class
from visalign.timeline import FrameTimes

__all__ = [
    "DETECTORS",
    "MODEL_LICENCE",
    "N_POINTS",
    "Box",
    "DlibDetector",
    "LandmarkDetector",
    "Landmarks",
    "TrackedFrame",
    "find_model",
    "load_detector",
    "track_landmarks",
    "verify_model",
]

#: Detectors by name, as "module:Class".
DETECTORS = {"dlib": "visalign.landmarks:DlibDetector"}

_Image = npt.NDArray[np.uint8]
_Points = npt.NDArray[np.float32]

# Longest side of the picture searched first, then the finer ones that are tried when nothing is found; never finer
# than twice the picture itself. Of 19 GRID faces, scaled down, dlib finds all at 63 px of width and a quarter at 50 px.
_SEARCH_SIDES_PX = (480, 960, 1920)
_MAX_SEARCH_ENLARGEMENT = 2.0
# The check around a followed face looks at this many box widths, scaled to show the face this wide. All 38 GRID faces
# tried were found with any span from 1.4 and any width from 75; these cost 1 ms a check, where a whole picture of
# 360 x 288 costs 5.
_CHECK_SPAN = 1.6
_CHECK_FACE_PX = 85.0

# Where the detector's box lies relative to the points that speech does not move (nose and eyes): its centre below their
# mean, and its width, in units of their RMS distance from that mean. Medians over 228 frames of 76 GRID clips (standard
# deviations 0.17 and 0.38, mostly the detector's coarse grid).
_STABLE_POINTS = np.r_[27:48]
_BOX_DROP = 0.61
_BOX_WIDTH = 5.12

# A face moves less than this from one frame to the next; more is a cut or a slip.
_MAX_SCALE_CHANGE = 1.25
_MAX_SHIFT_WIDTHS = 0.5
# A fit that moves the box by more than this is repeated from where it ended, so that quick heads are not left behind.
_REFIT_SHIFT_WIDTHS = 0.06
# Mean change of luma (0..255) between consecutive frames that counts as a cut. In GRID it stays below 2.
_CUT_LUMA = 20.0
_CUT_STRIDE_PX = 8
# Checks that may fail one after another before a followed face is given up: the detector overlooks some real faces.
_MAX_MISSES = 3
# The pause between searches in faceless frames doubles up to this many frames (a cut ends it early).
_MAX_PAUSE_FRAMES = 16
# Intersection over union above which the face found by a check is the one that was followed.
_SAME_FACE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class TrackedFrame:
    """A frame with its landmarks.

    Parameters
    ----------
    frame : Frame
        The picture and its time.
    points : ndarray of float32, shape (68, 2)
        Pixels of the picture; NaN where no face was found.
    """

    frame: Frame
    points: _Points

    @property
    def has_face(self) -> bool:
        """Whether a face was found."""
        return bool(np.isfinite(self.points[0, 0]))


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """The landmarks of a clip.

    Parameters
    ----------
    points : ndarray of float32, shape (n_frames, 68, 2)
        Pixels; NaN rows in frames without a face.
    times : FrameTimes
        When each frame is shown.
    """

    points: npt.NDArray[np.float32]
    times: FrameTimes

    @classmethod
    def from_tracked(cls, tracked: Iterable[TrackedFrame], duration: float, rate: Fraction) -> Landmarks:
        """Collect tracked frames, letting go of their pictures.

        Parameters
        ----------
        tracked : iterable of TrackedFrame
            As :func:`track_landmarks` yields them.
        duration : float
            Seconds after the clip's origin at which the last frame disappears.
        rate : Fraction
            Nominal frames a second.
        """
        rows = [(x.frame.time, x.points) for x in tracked]
        points = np.array([p for _, p in rows], np.float32).reshape(-1, N_POINTS, 2)
        return cls(points, FrameTimes(np.array([t for t, _ in rows], np.float64), duration, rate))

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """Whether a face was found, one bool a frame."""
        return np.isfinite(self.points[:, 0, 0])

    @property
    def face_fraction(self) -> float:
        """Part of the frames in which a face was found, 0..1 (0 of an empty clip)."""
        return float(self.has_face.mean()) if len(self.points) else 0.0


def load_detector(name: str = "dlib") -> LandmarkDetector:
    """The detector registered under `name` in :data:`DETECTORS`.

    Raises
    ------
    ConfigError
        If there is no such detector.
    BackendUnavailable
        If its library or model is missing.
    """
    detector: LandmarkDetector = find_class(DETECTORS, name, "landmark detector")()
    return detector


def track_landmarks(
    frames: Iterable[Frame], detector: LandmarkDetector, *, detect_every: int = 10
) -> Iterator[TrackedFrame]:
    """Follow one face, the largest, through the frames of a clip.

    Parameters
    ----------
    frames : iterable of Frame
        Luma frames, in order.
    detector : LandmarkDetector
        Finds faces and fits landmarks.
    detect_every : int
        Frames between two checks that the followed face is still one.

    Yields
    ------
    TrackedFrame
        One for each frame, as soon as the frame is there; nothing of earlier frames is kept but a thumbnail.

    Raises
    ------
    ConfigError
        If `detect_every` is less than 1.
    """
    if detect_every < 1:
        raise ConfigError("detect_every", detect_every, "1 or more")
    tracker = _Tracker(detector, detect_every)
    return (TrackedFrame(frame, tracker.follow(frame.image)) for frame in frames)


class _Tracker:
    """Where the face was last, and when to look again."""

    def __init__(self, detector: LandmarkDetector, detect_every: int) -> None:
        self._detector, self._detect_every = detector, detect_every
        self._box: Box | None = None
        self._due = 0  # frames until the next check or search
        self._pause = 1
        self._misses = 0
        self._thumbnail: npt.NDArray[np.int16] | None = None

    def follow(self, image: _Image) -> _Points:
        """Landmarks (68, 2) in the next frame; NaN without a face."""
        if self._is_cut(image):
            self._due, self._pause = 0, 1
            self._box = None
        if self._box is not None and self._due <= 0:
            self._check(image, self._box)
        if self._box is None and self._due <= 0:
            self._search(image)
        self._due -= 1
        points = self._fit(image)
        return np.full((N_POINTS, 2), np.nan, np.float32) if points is None else points

    def _is_cut(self, image: _Image) -> bool:
        before, now = self._thumbnail, image[::_CUT_STRIDE_PX, ::_CUT_STRIDE_PX].astype(np.int16)
        self._thumbnail = now
        if before is None or before.shape != now.shape:
            return before is not None
        return float(np.abs(now - before).mean()) > _CUT_LUMA

    def _check(self, image: _Image, box: Box) -> None:
        """Look for a face where one is followed; give it up after some failures in a row."""
        found = _find_near(self._detector, image, box)
        if found is not None:
            self._misses, self._due = 0, self._detect_every
            return
        self._misses += 1
        self._due = 1
        if self._misses >= _MAX_MISSES:
            self._box, self._due = None, 0

    def _search(self, image: _Image) -> None:
        found = _find_anywhere(self._detector, image)
        if found is None:
            self._due, self._pause = self._pause, min(2 * self._pause, _MAX_PAUSE_FRAMES)
            return
        # The detector's box lies on a coarse grid; the box that the landmarks give is the one used from here on.
        self._box = _box_around(self._detector.fit(image, found))
        self._misses, self._due, self._pause = 0, self._detect_every, 1

    def _fit(self, image: _Image) -> _Points | None:
        if self._box is None:
            return None
        points = self._detector.fit(image, self._box)
        box = _box_around(points)
        if _shift(box, self._box) > _REFIT_SHIFT_WIDTHS:
            points = self._detector.fit(image, box)
            box = _box_around(points)
        if not _is_plausible(box, self._box, image):
            self._box = None
            self._search(image)
            return None if self._box is None else self._detector.fit(image, self._box)
        self._box = box
        return points


def _box_around(points: _Points) -> Box:
    """The box that the detector would draw around a face, steadier than the detector's own."""
    stable = points[_STABLE_POINTS].astype(np.float64)
    x, y = stable.mean(axis=0)
    size = math.sqrt(float(((stable - (x, y)) ** 2).sum(axis=1).mean()))
    half = 0.5 * _BOX_WIDTH * size
    centre_y = y + _BOX_DROP * size
    return Box(float(x - half), float(centre_y - half), float(x + half), float(centre_y + half))


def _is_plausible(box: Box, before: Box, image: _Image) -> bool:
    (height, width), (x, y) = image.shape, box.centre
    if not (0 <= x < width and 0 <= y < height):
        return False
    same_size = 1 / _MAX_SCALE_CHANGE < box.width / before.width < _MAX_SCALE_CHANGE
    return same_size and _shift(box, before) < _MAX_SHIFT_WIDTHS


def _shift(box: Box, before: Box) -> float:
    """How far a box has moved, in its former widths."""
    return math.dist(box.centre, before.centre) / before.width


def _find_near(detector: LandmarkDetector, image: _Image, box: Box) -> Box | None:
    """The face in and about `box`, searched at the scale at which it must appear."""
    height, width = image.shape
    (x, y), half = box.centre, 0.5 * _CHECK_SPAN * box.width
    left, top = max(0, round(x - half)), max(0, round(y - half))
    patch = image[top : min(height, round(y + half)), left : min(width, round(x + half))]
    found = _find_scaled(detector, patch, _CHECK_FACE_PX / box.width)
    near = [face.mapped(1.0, left, top) for face in found]
    return next((face for face in near if face.overlap(box) > _SAME_FACE), None)


def _find_anywhere(detector: LandmarkDetector, image: _Image) -> Box | None:
    """The largest face of the picture, searched at ever finer scales until there is one."""
    longest = max(image.shape)
    finest = min(_MAX_SEARCH_ENLARGEMENT, max(_SEARCH_SIDES_PX) / longest)
    scales = [min(side / longest, 1.0 if side == _SEARCH_SIDES_PX[0] else finest) for side in _SEARCH_SIDES_PX]
    for scale in dict.fromkeys(scales):
        found = _find_scaled(detector, image, scale)
        if found:
            return found[0]
    return None


def _find_scaled(detector: LandmarkDetector, image: _Image, scale: float) -> list[Box]:
    height, width = (max(1, round(n * scale)) for n in image.shape)
    if scale != 1.0:
        image = resize_luma(image, width, height)
    return [face.mapped(1 / scale, 0.0, 0.0) for face in detector.find_faces(image)]
