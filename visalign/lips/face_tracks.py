"""Follow every face of a clip from frame to frame, and from shot to shot.

Conventions
-----------
A *shot* lasts from one cut to the next; shots are numbered from 0. A *track* is one face followed through one shot,
numbered from 0 in the order of appearance. Frames are counted from 0; points are pixels of the upright frame.

Method
------
Faces are searched once at the start of a shot, by a sliding window over histograms of oriented gradients [1]_ at
several picture scales, and then followed: the landmarks of one frame (an ensemble of regression trees [2]_) give the
box for the next. Every `detect_every` frames, and at once after an implausible jump, the search is repeated around each
followed face to check that it is still one. Where more than one face is wanted, the whole picture is searched again
every `LOOK_AROUND_FRAMES` frames, for faces that have come in. That costs less than searching each frame and, since the
box hangs on the face instead of on the detector's grid, the landmarks tremble no more for it.

A face that is lost and found again in about the same place of the same shot continues its track. Two tracks that run
onto the same face are one: the longer one is kept.

A cut is a frame whose brightness differs from the last one's by more than `_CUT_LUMA` on average. A dissolve is not
noticed as a cut; the followed face then fails its checks and is searched anew.

References
----------
.. [1] N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005; as in dlib, D. King: Max-
   Margin Object Detection, arXiv:1502.00046.
.. [2] V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError
from visalign.lips.box import Box
from visalign.lips.face_detection import LandmarkDetector
from visalign.lips.point_layouts import PointLayout, layout_of
from visalign.media.clips import resize_luma
from visalign.signals import Frame, Image

__all__ = ["LOOK_AROUND_FRAMES", "MAX_FACES", "FacesInFrame", "Thumbnail", "follow_faces", "is_cut", "thumbnail"]

_Points = npt.NDArray[np.float32]
Thumbnail: TypeAlias = npt.NDArray[np.int16]

MAX_FACES = 4
"""Faces that are followed at most, by size: each costs as much as the first."""

LOOK_AROUND_FRAMES = 30
"""Frames between two searches of the whole picture for further faces."""

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
# Intersection over union above which two boxes are one face.
_SAME_FACE = 0.4
# A face that comes back continues its track if it is no further from where it was lost than this, and about as large.
_BACK_SHIFT_WIDTHS = 1.0
_BACK_SCALE_CHANGE = 1.6
# Further faces narrower than this part of the largest one are passers-by.
_MIN_RELATIVE_WIDTH = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class FacesInFrame:
    """A frame with the landmarks of its faces.

    Parameters
    ----------
    frame : Frame
        The picture and its time.
    shot : int
        Number of the shot, from 0.
    faces : mapping of int to ndarray of float32, shape (n_points, 2)
        Landmarks by the number of the track; empty without a face.
    """

    frame: Frame
    shot: int
    faces: Mapping[int, _Points]


def follow_faces(
    frames: Iterable[Frame], detector: LandmarkDetector, *, detect_every: int = 10, max_faces: int = MAX_FACES
) -> Iterator[FacesInFrame]:
    """Follow the faces of a clip, largest first.

    Parameters
    ----------
    frames : iterable of Frame
        Luma frames, in order.
    detector : LandmarkDetector
        Finds faces and fits landmarks.
    detect_every : int
        Frames between two checks that a followed face is still one.
    max_faces : int
        Faces followed at the same time, at most.

    Yields
    ------
    FacesInFrame
        One for each frame, as soon as the frame is there; nothing of earlier frames is kept but a thumbnail.

    Raises
    ------
    ConfigError
        If `detect_every` or `max_faces` is less than 1.
    """
    if detect_every < 1:
        raise ConfigError("detect_every", detect_every, "1 or more")
    if max_faces < 1:
        raise ConfigError("max_faces", max_faces, "1 or more")
    crowd = _Crowd(detector, detect_every, max_faces)
    return (crowd.follow(frame) for frame in frames)


def thumbnail(image: Image) -> Thumbnail:
    """What of a picture tells whether the next one follows a cut."""
    return image[::_CUT_STRIDE_PX, ::_CUT_STRIDE_PX].astype(np.int16)


def is_cut(before: Thumbnail, now: Thumbnail) -> bool:
    """Whether a shot begins with the second of two pictures; nothing of the faces is then carried over."""
    return before.shape != now.shape or float(np.abs(now - before).mean()) > _CUT_LUMA


@dataclass(slots=True)
class _Followed:
    """A face that is being followed, or was lost in this shot."""

    number: int
    box: Box
    due: int  # frames until the next check
    misses: int = 0
    age: int = 0  # frames


class _Crowd:
    """Where the faces were last, and when to look again."""

    def __init__(self, detector: LandmarkDetector, detect_every: int, max_faces: int) -> None:
        self._detector, self._detect_every, self._max_faces = detector, detect_every, max_faces
        self._shot = 0
        self._n_tracks = 0
        self._followed: list[_Followed] = []
        self._lost: list[_Followed] = []
        self._due = 0  # frames until the next search of the whole picture
        self._pause = 1
        self._thumbnail: Thumbnail | None = None

    def follow(self, frame: Frame) -> FacesInFrame:
        """The faces of the next frame."""
        image = frame.image
        if self._is_cut(image):
            self._shot += 1
            self._due, self._pause = 0, 1
            self._followed, self._lost = [], []
        if self._due <= 0 and self._followed:
            self._look_around(image)
        for face in [face for face in self._followed if face.due <= 0]:
            self._check(image, face)
        if self._due <= 0 and not self._followed:
            self._search(image)
        faces = self._fit_all(image)
        self._due -= 1
        for face in self._followed:
            face.due -= 1
        return FacesInFrame(frame, self._shot, faces)

    def _is_cut(self, image: Image) -> bool:
        before, now = self._thumbnail, thumbnail(image)
        self._thumbnail = now
        return before is not None and is_cut(before, now)

    def _check(self, image: Image, face: _Followed) -> None:
        """Look for a face where one is followed; give it up after some failures in a row."""
        if _find_near(self._detector, image, face.box):
            face.misses, face.due = 0, self._detect_every
            return
        face.misses += 1
        face.due = 1
        if face.misses >= _MAX_MISSES:
            self._lose(face)

    def _lose(self, face: _Followed) -> None:
        self._followed.remove(face)
        self._lost.append(face)
        if not self._followed:
            self._due = 0

    def _look_around(self, image: Image) -> None:
        """Search the whole picture while faces are followed: it also serves as their check."""
        self._due = LOOK_AROUND_FRAMES
        if self._max_faces == 1:
            return
        for box in _find_anywhere(self._detector, image):
            known = next((face for face in self._followed if face.box.overlap(box) > _SAME_FACE), None)
            if known is not None:
                known.misses, known.due = 0, self._detect_every
            elif all(face.box.overlap(box) <= 0 for face in self._followed):
                self._begin(image, box)

    def _search(self, image: Image) -> None:
        found = _find_anywhere(self._detector, image)
        if not found:
            self._due, self._pause = self._pause, min(2 * self._pause, _MAX_PAUSE_FRAMES)
            return
        for box in found:
            self._begin(image, box)
        self._due, self._pause = LOOK_AROUND_FRAMES, 1

    def _begin(self, image: Image, found: Box) -> None:
        """Follow a face from here on, if it is large enough and there is room for one more."""
        widest = max((face.box.width for face in self._followed), default=0.0)
        if len(self._followed) >= self._max_faces or found.width < _MIN_RELATIVE_WIDTH * widest:
            return
        # The detector's box lies on a coarse grid; the box that the landmarks give is the one used from here on.
        box = _box_around(self._detector.fit(image, found))
        if not math.isfinite(box.width) or box.width <= 0:
            return
        back = next((face for face in self._lost if _may_be_back(face.box, box)), None)
        if back is not None:
            self._lost.remove(back)
            self._followed.append(_Followed(back.number, box, self._detect_every, age=back.age))
            return
        self._followed.append(_Followed(self._n_tracks, box, self._detect_every))
        self._n_tracks += 1

    def _fit_all(self, image: Image) -> dict[int, _Points]:
        fitted = {}
        for face in list(self._followed):
            points = self._fit(image, face)
            if points is not None:
                fitted[face.number] = points
                face.age += 1
        if self._lost and not self._followed and self._due <= 0:  # slipped off: look again at once
            self._search(image)
            fitted = {face.number: self._detector.fit(image, face.box) for face in self._followed}
        self._merge(fitted)
        return fitted

    def _fit(self, image: Image, face: _Followed) -> _Points | None:
        points = self._detector.fit(image, face.box)
        box = _box_around(points)
        if _shift(box, face.box) > _REFIT_SHIFT_WIDTHS:
            points = self._detector.fit(image, box)
            box = _box_around(points)
        if not _is_plausible(box, face.box, image):
            self._lose(face)
            return None
        face.box = box
        return points

    def _merge(self, fitted: dict[int, _Points]) -> None:
        """Of tracks that have run onto one face, keep the oldest."""
        kept = list[_Followed]()
        for face in sorted(self._followed, key=lambda face: (-face.age, face.number)):
            if any(face.box.overlap(other.box) > _SAME_FACE for other in kept):
                fitted.pop(face.number, None)
            else:
                kept.append(face)
        self._followed = [face for face in self._followed if face in kept]


def _box_around(points: _Points) -> Box:
    """The box that the detector would draw around a face, steadier than the detector's own."""
    layout = layout_of(len(points))
    stable = points[list(layout.nose_and_eyes)].astype(np.float64)
    x, y = stable.mean(axis=0)
    size = math.sqrt(float(((stable - (x, y)) ** 2).sum(axis=1).mean()))
    roll = _roll(points, layout) if layout.is_turned else 0.0
    x, y = x - _BOX_DROP * size * math.sin(roll), y + _BOX_DROP * size * math.cos(roll)
    half = 0.5 * _BOX_WIDTH * size
    return Box(float(x - half), float(y - half), float(x + half), float(y + half), roll)


def _roll(points: _Points, layout: PointLayout) -> float:
    """By how much the line of the eyes is inclined, radians, above 0 clockwise; 0 where there are none."""
    right, left = (points[list(eye)].mean(axis=0) for eye in (layout.right_eye, layout.left_eye))
    angle = math.atan2(float(left[1] - right[1]), float(left[0] - right[0]))
    return angle if math.isfinite(angle) else 0.0


def _is_plausible(box: Box, before: Box, image: Image) -> bool:
    (height, width), (x, y) = image.shape, box.centre
    if not (0 <= x < width and 0 <= y < height):
        return False
    same_size = 1 / _MAX_SCALE_CHANGE < box.width / before.width < _MAX_SCALE_CHANGE
    return same_size and _shift(box, before) < _MAX_SHIFT_WIDTHS


def _may_be_back(lost: Box, found: Box) -> bool:
    same_size = 1 / _BACK_SCALE_CHANGE < found.width / lost.width < _BACK_SCALE_CHANGE
    return same_size and _shift(found, lost) < _BACK_SHIFT_WIDTHS


def _shift(box: Box, before: Box) -> float:
    """How far a box has moved, in its former widths."""
    return math.dist(box.centre, before.centre) / before.width


def _find_near(detector: LandmarkDetector, image: Image, box: Box) -> bool:
    """Whether there is a face in and about `box`, searched at the scale at which it must appear."""
    height, width = image.shape
    (x, y), half = box.centre, 0.5 * _CHECK_SPAN * box.width
    left, top = max(0, round(x - half)), max(0, round(y - half))
    patch = image[top : min(height, round(y + half)), left : min(width, round(x + half))]
    found = _find_scaled(detector, patch, _CHECK_FACE_PX / box.width)
    return any(face.mapped(1.0, left, top).overlap(box) > _SAME_FACE for face in found)


def _find_anywhere(detector: LandmarkDetector, image: Image) -> list[Box]:
    """The faces of the picture, largest first, searched at ever finer scales until there is one."""
    longest = max(image.shape)
    finest = min(_MAX_SEARCH_ENLARGEMENT, max(_SEARCH_SIDES_PX) / longest)
    scales = [min(side / longest, 1.0 if side == _SEARCH_SIDES_PX[0] else finest) for side in _SEARCH_SIDES_PX]
    for scale in dict.fromkeys(scales):
        found = _find_scaled(detector, image, scale)
        if found:
            return found
    return []


def _find_scaled(detector: LandmarkDetector, image: Image, scale: float) -> list[Box]:
    height, width = (max(1, round(n * scale)) for n in image.shape)
    if scale != 1.0:
        image = resize_luma(image, width, height)
    return [face.mapped(1 / scale, 0.0, 0.0) for face in detector.find_faces(image)]
