"""What the lips do, frame by frame, as a table of numbers.

Conventions
-----------
* Lengths are in inter-ocular distances (``iod``: between the centres of the two eyes of the same face), areas in
  ``iod²``, so they do not depend on the size of the picture. y runs down; the head's roll is taken out by the eyes.
* Heights are measured from the base of the nose, which does not move with the jaw.
* A frame without a face is a row of NaN.
* Eyes and nose are smoothed over time before they serve as a frame of reference, because a head moves more slowly than
  lips and every tremble of an eye corner would move the whole mouth. The lips themselves are never smoothed.
* Changes are differences over a fixed stretch of time, so their unit does not depend on the frame rate.
* Values are kept in their units; :attr:`LipFeatures.normalised` takes out what differs from speaker to speaker and from
  camera to camera by the mean and standard deviation over the clip. Neither assumes that the mouth ever closes.

:data:`FEATURES` is the table: name, unit and definition of each column. Geometry is measured on the landmarks
(:mod:`visalign.lips.mouth_geometry`), appearance and optical flow on the picture (:mod:`visalign.lips.mouth_pictures`).

References
----------
.. [1] G. Potamianos, H. P. Graf and E. Cosatto, An image transform approach for HMM based automatic lipreading, ICIP
   1998: feature mean subtraction; the discrete cosine transform of the mouth region carries more than contours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, FaceNotFound, TimelineError
from visalign.files import scratch
from visalign.files.scratch import GrowingArray, blocks_of, scratch_array
from visalign.lips.landmarks import LandmarkDetector, Landmarks, TrackedFrame, load_detector, track_landmarks
from visalign.lips.mouth_geometry import GEOMETRY, Feature, measured
from visalign.lips.mouth_pictures import N_PICTURE, PICTURE_FEATURES, MouthPictures
from visalign.lips.stream_choice import first_with_face
from visalign.lips.visibility import measure_visibility
from visalign.media.clips import read_frames
from visalign.numerics import gaussian_filter1d
from visalign.signals import VideoStream
from visalign.timeline import FrameTimes, frame_step

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FEATURES",
    "MIN_FACE_FRACTION",
    "MIN_FACE_FRAMES",
    "MOUTH_SHAPE",
    "Feature",
    "LipFeatures",
    "features_of_tracked",
    "lip_features",
    "read_lips",
    "shown_at",
    "with_own_yardstick",
]

Floats: TypeAlias = npt.NDArray[np.float64]

# Standard deviations of the Gaussians that smooth the frame of reference: 3 frames at 25 a second for roll and scale, 2
# for the nose. Chosen once on the probe of docs/decisions/0005-lip-model.md; half and double made no difference there.
_POSE_SMOOTHING = 0.12  # seconds
_NOSE_SMOOTHING = 0.08  # seconds

# A change is the difference over this much time on either side: one frame at 25 frames a second.
_CHANGE_REACH = 0.04  # seconds
_FLOW_SPAN = 0.04  # seconds: a frame of the training

_BLOCK = 2048  # frames at a time: of a long clip no more need be in memory

MIN_FACE_FRACTION = 0.1
"""With a face in a smaller part of the frames, nothing can be said about the lips."""

MIN_FACE_FRAMES = 5
"""The same as a number of frames."""

MOUTH_SHAPE = (20, 2)
"""Landmarks of the lips, x and y."""

_STATIC = GEOMETRY + PICTURE_FEATURES

_FLOW = [k for k, feature in enumerate(_STATIC) if feature.name.startswith("flow")]

FEATURES: tuple[Feature, ...] = _STATIC + tuple(
    Feature(f"{x.name}_change", f"{x.unit}/s", f"change of {x.name} over ±{_CHANGE_REACH * 1000:.0f} ms")
    for x in _STATIC
)
"""All columns, in their order: geometry, appearance, flow, and the changes of all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class LipFeatures:
    """Lip features of a clip.

    Parameters
    ----------
    values : ndarray of float64, shape (n_frames, n_features)
        The table, in the units of :data:`FEATURES`; rows of NaN where there is no face.
    names : tuple of str, length n_features
        Names of the columns.
    times : FrameTimes
        When each frame is shown.
    centre, scale : ndarray of float64, shape (n_features,)
        Mean and standard deviation over the whole clip that the features were read from. :meth:`crop` keeps them, so
        that a part of a clip is measured by the same yardstick as the whole.
    source : str
        Name of the file, for messages and reports.
    mouth : ndarray of float32, shape (n_frames, 20, 2), or None
        Landmarks of the lips, twelve of the outer contour, then eight of the inner one, pixels of the upright frame, to
        be shown; None where only the table is known.
    visibility : ndarray of float64, shape (n_frames, n_measures), or None
        How well the mouth can be seen (:data:`visalign.lips.visibility.VISIBILITY`); None where that is not known.
    """

    values: Floats
    names: tuple[str, ...]
    times: FrameTimes
    centre: Floats
    scale: Floats
    source: str = ""
    mouth: npt.NDArray[np.float32] | None = None
    visibility: Floats | None = None

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.times), len(self.names)):
            raise TimelineError(
                f"lip features of shape {self.values.shape} do not fit {len(self.times)} frames and "
                f"{len(self.names)} names"
            )

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        seen = f"a face in {self.face_fraction:.0%}"
        return f"<LipFeatures {self.source!r}: {len(self)} frames of {len(self.names)} features, {seen}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table."""
        return self.to_frame().to_html(max_rows=60)

    def to_frame(self) -> pd.DataFrame:
        """A table, one row a frame, indexed by when it is shown (seconds); a column a feature, NaN without a face."""
        # A third of a second, which whoever looks at no table does not wait for.
        import pandas as pd

        return pd.DataFrame(self.values, columns=list(self.names), index=pd.Index(self.times.times, name="time"))

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """Whether a face was found, one bool a frame."""
        found = np.empty(len(self.values), np.bool_)
        for rows in blocks_of(len(found), _BLOCK, self.values):
            np.isfinite(self.values[rows]).all(axis=1, out=found[rows])
        return found

    @property
    def face_fraction(self) -> float:
        """Part of the frames in which a face was found, 0..1 (0 of an empty clip)."""
        return float(self.has_face.mean()) if len(self) else 0.0

    @property
    def visible(self) -> Floats:
        """How well the mouth can be seen, 0..1, shape (n_frames,); where that is not known, 1 with a face."""
        has_face = self.has_face.astype(np.float64)
        return has_face if self.visibility is None else has_face * self.visibility[:, -1]

    @property
    def normalised(self) -> Floats:
        """The table less `centre`, over `scale`; shape (n_frames, n_features), without unit."""
        result = scratch_array(self.values.shape, np.float64)
        for rows in blocks_of(len(result), _BLOCK, self.values, result):
            result[rows] = self.normalised_rows(rows)
        return result

    def normalised_rows(self, rows: slice | npt.NDArray[Any], columns: Sequence[str] | None = None) -> Floats:
        """Some rows of `normalised`: of a long clip the whole takes as much room as the table itself.

        Of all columns, or of those named, in this order.
        """
        if columns is None:
            return np.asarray((self.values[rows] - self.centre) / self.scale)
        index = [self.names.index(name) for name in columns]
        return np.asarray((self.values[rows][:, index] - self.centre[index]) / self.scale[index])

    def column(self, name: str) -> Floats:
        """One feature in its unit, shape (n_frames,)."""
        index = self.names.index(name)
        if self.values.nbytes < scratch.MIN_BYTES:
            return np.asarray(self.values[:, index])
        column = np.empty(len(self))
        for rows in blocks_of(len(column), _BLOCK, self.values):
            column[rows] = self.values[rows, index]
        return column

    def while_seen(self) -> tuple[int, LipFeatures]:
        """The first frame with a face, and all from there to the last one with a face; of none, the first frame."""
        frames = np.flatnonzero(self.has_face)
        first, last = (int(frames[0]), int(frames[-1])) if len(frames) else (0, 0)
        return first, self.crop(float(self.times.times[first]), float(self.times.centres[last]))

    def crop(self, start: float, end: float) -> LipFeatures:
        """The frames that appear in ``[start, end)`` seconds; times, centre and scale are kept."""
        part = self.times.slice_of(start, end)
        mouth = None if self.mouth is None else self.mouth[part]
        visibility = None if self.visibility is None else self.visibility[part]
        times = self.times.crop(start, end)
        return replace(self, values=self.values[part], times=times, mouth=mouth, visibility=visibility)


def read_lips(
    path: AnyPath,
    *,
    detector: LandmarkDetector | None = None,
    detect_every: int = 10,
    track: int | None = None,
    progress: Callable[[str, float | None], None] | None = None,
) -> LipFeatures:
    """Read the lips of a clip.

    This is the slow part of a check. What comes back can be used again with another transcript, map or audio track.

    Parameters
    ----------
    path : path-like
        A clip with a picture.
    detector : LandmarkDetector, optional
        Finds faces and landmarks; dlib's by default.
    detect_every : int
        Frames from one search for faces to the next.
    track : int, optional
        Index of the video stream to read; by default the first one that shows a face
        (:mod:`visalign.lips.stream_choice`).
    progress : callable, optional
        Is told what is done, and which part of it is behind (0..1; None where that can't be told).

    Returns
    -------
    LipFeatures

    Raises
    ------
    MediaError, MissingStream
        If the file can't be read or has no picture.
    FaceNotFound
        If hardly a frame shows a face.
    ConfigError
        If there is no such `track`.
    BackendUnavailable
        If the landmark model is missing.
    """
    finder = detector or load_detector()

    def read(stream: VideoStream) -> LipFeatures:
        end = stream.start + stream.duration
        tracked = track_landmarks(read_frames(path, track=stream.index), finder, detect_every=detect_every)
        return features_of_tracked(
            tracked if progress is None else _reported(tracked, progress, end), path, end, stream.rate
        )

    return first_with_face(path, track, read).found


def features_of_tracked(tracked: Iterable[TrackedFrame], path: AnyPath, duration: float, rate: Fraction) -> LipFeatures:
    """Lip features of frames with their landmarks, which may pass by one at a time.

    Parameters
    ----------
    tracked : iterable of TrackedFrame
        All frames of the clip, in order.
    path : path-like
        The clip, for messages.
    duration : float
        Seconds after the clip's origin at which the last frame disappears.
    rate : Fraction
        Nominal frames a second.

    Raises
    ------
    FaceNotFound
        If hardly a frame shows a face.
    """
    mouths = _Mouths()
    landmarks = Landmarks.from_tracked(mouths.watch(tracked), duration, rate)
    has_face = landmarks.has_face
    if has_face.sum() < max(MIN_FACE_FRAMES, MIN_FACE_FRACTION * len(has_face)):
        raise FaceNotFound(path, landmarks.face_fraction)
    return lip_features(landmarks, mouths.rows(), source=Path(path).name)


def lip_features(landmarks: Landmarks, pictures: Floats, *, source: str = "") -> LipFeatures:
    """Compute the feature table from landmarks and mouth regions.

    Parameters
    ----------
    landmarks : Landmarks
        Of all frames of the clip.
    pictures : ndarray of float64, shape (n_frames, N_PICTURE)
        What :class:`~visalign.lips.mouth_pictures.MouthPictures` gave for each frame.
    source : str
        Name of the file.
    """
    times, has_face = landmarks.times, landmarks.has_face
    flow, sharpness = np.empty((len(times), len(_FLOW))), np.empty(len(times))
    for rows in blocks_of(len(times), _BLOCK, pictures):
        flow[rows] = pictures[rows][:, [k - len(GEOMETRY) for k in _FLOW]]
        sharpness[rows] = pictures[rows, -1]
    flow = _flow_of_a_while(flow, times.times)
    values = scratch_array((len(times), len(FEATURES)), np.float64)
    mouth = scratch_array((len(times), *MOUTH_SHAPE), np.float32)
    upright = _Upright.of(landmarks)
    for rows in blocks_of(len(times), _BLOCK, landmarks.points, pictures, values, mouth):
        values[rows, : len(GEOMETRY)] = measured(upright.points(rows))
        values[rows, len(GEOMETRY) : len(_STATIC)] = pictures[rows, : len(PICTURE_FEATURES)]
        values[rows, _FLOW] = flow[rows]
        mouth[rows] = landmarks.points[rows][:, landmarks.layout.mouth]
    _add_changes(values, times.times, has_face)
    names, empty = tuple(f.name for f in FEATURES), np.empty(values.shape[1])
    visibility = measure_visibility(landmarks.points, sharpness)
    return with_own_yardstick(LipFeatures(values, names, times, empty, empty, source, mouth, visibility))


def shown_at(lips: LipFeatures, times: FrameTimes) -> LipFeatures:
    """The same frames shown at other times: changes are measured anew, and the flow goes with the time between frames.

    Parameters
    ----------
    lips : LipFeatures
        With all columns of :data:`FEATURES`.
    times : FrameTimes
        As many as before.
    """
    before, after = (np.diff(x.times, prepend=np.nan) for x in (lips.times, times))
    factor = np.where(after > 0, before / np.maximum(after, 1e-9), 1.0)  # the first frame has no flow
    values = scratch_array(lips.values.shape, np.float64)
    for rows in blocks_of(len(values), _BLOCK, lips.values, values):
        values[rows, : len(_STATIC)] = lips.values[rows, : len(_STATIC)]
        values[rows, _FLOW] *= factor[rows, None]
    _add_changes(values, times.times, lips.has_face)
    return with_own_yardstick(replace(lips, values=values, times=times))


def with_own_yardstick(lips: LipFeatures) -> LipFeatures:
    """The same values with their own mean and standard deviation as centre and scale."""
    centre, scale = np.zeros(len(lips.names)), np.ones(len(lips.names))
    has_face = lips.has_face
    if n_seen := int(has_face.sum()):
        centre = _sum_of_rows(lips.values, has_face, lambda seen: seen) / n_seen
        scale = np.sqrt(_sum_of_rows(lips.values, has_face, lambda seen: (seen - centre) ** 2) / n_seen)
    # A feature that never moves (a frozen picture) says nothing; it must not become a division by zero.
    return replace(lips, centre=centre, scale=np.where(scale > 1e-9, scale, 1.0))


def _sum_of_rows(values: Floats, chosen: npt.NDArray[np.bool_], taken: Callable[[Floats], Floats]) -> Floats:
    """Sum of what is `taken` of the chosen rows, added one by one as if the table were in memory at once."""
    total: Floats | None = None
    for rows in blocks_of(len(values), _BLOCK, values):
        part = taken(values[rows][chosen[rows]])
        total = np.add.reduce(part if total is None else np.concatenate([total[None], part]), axis=0)
    return np.zeros(values.shape[1]) if total is None else total


def _reported(
    tracked: Iterable[TrackedFrame], progress: Callable[[str, float | None], None], duration: float
) -> Iterator[TrackedFrame]:
    for item in tracked:
        progress("reading lips", min(1.0, item.frame.time / duration) if duration > 0 else None)
        yield item


class _Mouths:
    """Measures the mouth while the frames pass by, so that no picture is kept."""

    def __init__(self) -> None:
        self._pictures = MouthPictures()
        self._rows = GrowingArray((N_PICTURE,), np.float64)

    def watch(self, tracked: Iterable[TrackedFrame]) -> Iterator[TrackedFrame]:
        for item in tracked:
            self._rows.append(self._pictures.look(item.frame.image, item.points, item.frame.time))
            yield item

    def rows(self) -> Floats:
        return self._rows.array()


@dataclass(frozen=True, slots=True, eq=False)
class _Upright:
    """Points with roll and scale taken out by the eyes, in iod from the base of the nose.

    All but `landmarks` have a row a frame.
    """

    landmarks: Landmarks
    right_eye: Floats  # px
    axis: Floats  # from eye to eye, length 1
    iod: Floats  # px
    nose: Floats  # iod from the right eye, upright

    @classmethod
    def of(cls, landmarks: Landmarks) -> _Upright:
        step = frame_step(landmarks.times.times)
        n = len(landmarks.points)
        layout, right_eye, left_eye, nose = landmarks.layout, np.empty((n, 2)), np.empty((n, 2)), np.zeros((n, 2))
        for rows in blocks_of(n, _BLOCK, landmarks.points):
            part = landmarks.points[rows].astype(np.float64)
            right_eye[rows], left_eye[rows] = (
                part[:, layout.right_eye].mean(axis=1),
                part[:, layout.left_eye].mean(axis=1),
            )
        right_eye = _smoothed(right_eye, _POSE_SMOOTHING / step)
        axis = _smoothed(left_eye, _POSE_SMOOTHING / step) - right_eye
        iod = np.linalg.norm(axis, axis=1)[:, None]
        turned = cls(landmarks, right_eye, axis / iod, iod, nose)
        for rows in blocks_of(n, _BLOCK, landmarks.points):
            nose[rows] = turned._turned(rows)[:, layout.nose_base].mean(axis=1)
        return replace(turned, nose=_smoothed(nose, _NOSE_SMOOTHING / step))

    def points(self, rows: slice) -> Floats:
        """All points of some frames."""
        return np.asarray(self._turned(rows) - self.nose[rows, None])

    def _turned(self, rows: slice) -> Floats:
        points, eye = self.landmarks.points[rows].astype(np.float64), self.right_eye[rows]
        cosine, sine = self.axis[rows, :1], self.axis[rows, 1:]
        x, y = points[..., 0] - eye[:, :1], points[..., 1] - eye[:, 1:]
        turned = np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=-1)
        return np.asarray(turned / self.iod[rows, :, None])


def _smoothed(values: Floats, sigma: float) -> Floats:
    """Gaussian smoothing over time that leaves out rows of NaN (normalised convolution)."""
    known: npt.NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    filled: Floats = np.where(known[:, None], values, 0.0)
    weight = gaussian_filter1d(known.astype(np.float64), sigma, mode="nearest")
    total = gaussian_filter1d(filled, sigma, axis=0, mode="nearest")
    result = np.full_like(values, np.nan)
    result[known] = total[known] / weight[known, None]
    return result


def _flow_of_a_while(flow: Floats, times: Floats) -> Floats:
    """Mean of the flow over the last `_FLOW_SPAN`; frames without a face are left out of it.

    Converters make 50 pictures a second of 25 by showing each twice: every other flow is nothing then, and the rest is
    twice as fast.
    """
    steps = np.diff(times)
    n_frames = round(_FLOW_SPAN / float(np.median(steps))) if len(steps) else 1
    if n_frames < 2:
        return flow
    known = np.isfinite(flow)
    both = np.stack([np.where(known, flow, 0.0), known])
    recent = np.apply_along_axis(lambda x: np.convolve(x, np.ones(n_frames))[: len(x)], 1, both)
    return np.where(known, recent[0] / np.maximum(recent[1], 1.0), np.nan)


def _add_changes(values: Floats, times: Floats, has_face: npt.NDArray[np.bool_]) -> None:
    """Fill the columns of changes from those before them, and rows without a face with NaN.

    A change is the difference quotient over ±_CHANGE_REACH, frames without a face bridged by straight lines.
    """
    n_static, shown = len(_STATIC), np.flatnonzero(has_face)
    if len(shown) < 2:
        values[:, n_static:] = 0.0
        values[~has_face] = np.nan
        return
    known = times[shown]
    before = np.clip(times - _CHANGE_REACH, known[0], known[-1])
    after = np.clip(times + _CHANGE_REACH, known[0], known[-1])
    span = np.maximum(after - before, 1e-6)
    for rows in blocks_of(len(values), _BLOCK, values):
        first = max(int(np.searchsorted(known, before[rows.start], side="right")) - 1, 0)
        near = slice(first, int(np.searchsorted(known, after[rows.stop - 1])) + 1)
        ends = [
            (np.interp(after[rows], known[near], c), np.interp(before[rows], known[near], c))
            for c in values[shown[near], :n_static].T
        ]
        values[rows, n_static:] = np.column_stack([(b - a) / span[rows] for b, a in ends])
        values[rows][~has_face[rows]] = np.nan
