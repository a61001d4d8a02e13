"""Find a face in each frame and fit landmarks to it.

Conventions
-----------
* Points are pixels of the upright frame, x to the right, y down; the centre of the top left pixel is (0, 0).
* How many points there are, and which is which, the model says (:mod:`visalign.lips.point_layouts`). The 68 of iBUG
  300-W [1]_ are numbered from 0: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes (36-41 is the person's right eye, on the
  left of the picture), 48-59 outer and 60-67 inner lip contour. Lists that count from 1 are one off.
* A frame without a face is a row of NaN: never zeros, never left out.

Method
------
:mod:`visalign.lips.face_tracks` finds and follows faces; here the largest of them becomes the landmarks of a clip.

References
----------
.. [1] C. Sagonas, G. Tzimiropoulos, S. Zafeiriou, M. Pantic: 300 Faces in-the-Wild Challenge, ICCV Workshops 2013.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import GrowingArray, blocks_of
from visalign.lips.box import Box
from visalign.lips.face_detection import DlibDetector, LandmarkDetector
from visalign.lips.face_tracks import follow_faces
from visalign.lips.landmark_models import MODEL_LICENCE, find_model, landmark_notice, verify_model
from visalign.lips.point_layouts import DLIB68, PointLayout, layout_of
from visalign.registry import find_class
from visalign.signals import Frame
from visalign.timeline import FrameTimes

__all__ = [
    "DETECTORS",
    "MODEL_LICENCE",
    "Box",
    "DlibDetector",
    "LandmarkDetector",
    "Landmarks",
    "TrackedFrame",
    "find_model",
    "landmark_notice",
    "layout_used",
    "load_detector",
    "track_landmarks",
    "verify_model",
]

#: Detectors by name, as "module:Class".
DETECTORS = {"dlib": "visalign.lips.landmarks:DlibDetector", "haar": "visalign.lips.cascade_detector:CascadeDetector"}

_Points = npt.NDArray[np.float32]

_BLOCK = 2048  # frames at a time: of a long clip no more need be in memory


@dataclass(frozen=True, slots=True, eq=False)
class TrackedFrame:
    """A frame with its landmarks.

    Parameters
    ----------
    frame : Frame
        The picture and its time.
    points : ndarray of float32, shape (n_points, 2)
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
    points : ndarray of float32, shape (n_frames, n_points, 2)
        Pixels; NaN rows in frames without a face.
    times : FrameTimes
        When each frame is shown.
    """

    points: npt.NDArray[np.float32]
    times: FrameTimes

    @classmethod
    def from_tracked(
        cls, tracked: Iterable[TrackedFrame], duration: float, rate: Fraction, *, layout: PointLayout = DLIB68
    ) -> Landmarks:
        """Collect tracked frames, letting go of their pictures.

        Parameters
        ----------
        tracked : iterable of TrackedFrame
            As :func:`track_landmarks` yields them.
        duration : float
            Seconds after the clip's origin at which the last frame disappears.
        rate : Fraction
            Nominal frames a second.
        layout : PointLayout
            That of the points, where there is no frame at all.
        """
        points, times = None, GrowingArray((), np.float64)
        for x in tracked:
            points = points or GrowingArray(x.points.shape, np.float32)
            points.append(x.points)
            times.append(x.frame.time)
        points = points or GrowingArray((layout.n_points, 2), np.float32)
        return cls(points.array(), FrameTimes(times.array(), duration, rate))

    @property
    def layout(self) -> PointLayout:
        """Which points they are."""
        return layout_of(self.points.shape[1])

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """Whether a face was found, one bool a frame."""
        found = np.empty(len(self.points), np.bool_)
        for rows in blocks_of(len(found), _BLOCK, self.points):
            found[rows] = np.isfinite(self.points[rows, 0, 0])
        return found

    @property
    def face_fraction(self) -> float:
        """Part of the frames in which a face was found, 0..1 (0 of an empty clip)."""
        return float(self.has_face.mean()) if len(self.points) else 0.0


def load_detector(name: str = "dlib", landmarks: str | os.PathLike[str] | None = None) -> LandmarkDetector:
    """The detector registered under `name` in :data:`DETECTORS`.

    Parameters
    ----------
    name : str
        Who finds faces.
    landmarks : str or path-like, optional
        Which landmarks: a name or a file, as :func:`~visalign.lips.landmark_models.find_model` finds it.

    Raises
    ------
    ConfigError
        If there is no such detector.
    BackendUnavailable
        If its library or model is missing.
    """
    detector: LandmarkDetector = find_class(DETECTORS, name, "landmark detector")(landmarks)
    return detector


def layout_used(detector: LandmarkDetector) -> PointLayout:
    """Which points a detector finds; the 68 of iBUG 300-W where it does not say."""
    layout: PointLayout = getattr(detector, "layout", DLIB68)
    return layout


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
    nothing = np.full((layout_used(detector).n_points, 2), np.nan, np.float32)
    followed = follow_faces(frames, detector, detect_every=detect_every, max_faces=1)
    return (TrackedFrame(x.frame, next(iter(x.faces.values()), nothing)) for x in followed)
