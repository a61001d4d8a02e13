"""All faces of a clip with their lips: who is seen in which frames, across shots.

Conventions
-----------
Faces are numbered from 1, in the order in which they appear, from left to right where they appear together. Shots are
numbered from 0. Positions are parts of the picture's width and height, from its top left corner. The lips of a face
span all frames of the clip; where that face is not seen, they are rows of NaN.

Method
------
Tracks (:mod:`visalign.face_tracks`) of different shots are one face where they look alike: the face, cut out upright
and at one size, with its mean taken out, correlates above `_SAME_LOOKS`, and the two are never seen at the same time.
Of GRID's speakers, 92 % of 90 pairs of takes of one speaker lie above it, and none of 576 pairs of different
speakers. A face that is not recognised is counted as a new one, which costs only a longer list. This tells pictures in
one clip apart, under one light and camera; it does not identify anybody, and nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from visalign.errors import AnyPath, ConfigError, FaceNotFound, MediaError, MissingStream
from visalign.face_detection import N_POINTS, LandmarkDetector
from visalign.face_tracks import MAX_FACES, FacesInFrame, follow_faces
from visalign.landmarks import Landmarks, load_detector
from visalign.lip_features import (
    MIN_FACE_FRACTION,
    MIN_FACE_FRAMES,
    MOUTH_SHAPE,
    LipFeatures,
    lip_features,
    with_own_yardstick,
)
from visalign.media import probe, read_frames
from visalign.mouth_pictures import N_PICTURE, MouthPictures
from visalign.timeline import FrameTimes
from visalign.visibility import unseen

__all__ = ["ClipFaces", "SeenFace", "read_faces"]

Floats: TypeAlias = npt.NDArray[np.float64]
Progress: TypeAlias = Callable[[str, float | None], None]

_SAME_LOOKS = 0.83
_LOOK_EVERY = 10  # frames of a track from one picture of its looks to the next
_LOOK_SIDE = 32  # pixels
# The cut-out face, in distances between the eyes' centres, from the middle between them: brows to chin.
_LOOK_GRID = np.stack(np.meshgrid(np.linspace(-1.1, 1.1, _LOOK_SIDE), np.linspace(-0.7, 1.7, _LOOK_SIDE)))


@dataclass(frozen=True, slots=True, eq=False)
class SeenFace:
    """One face of a clip.

    Parameters
    ----------
    number : int
        From 1.
    lips : LipFeatures
        Of all frames of the clip; NaN where this face is not seen.
    centre : (float, float)
        Median place of the face, parts of the picture's width and height.
    width : float
        Median distance of its outermost points, part of the picture's width.
    """

    number: int
    lips: LipFeatures
    centre: tuple[float, float]
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class ClipFaces:
    """The faces of a clip, at least one.

    Parameters
    ----------
    faces : tuple of SeenFace
        In the order of their numbers.
    shots : ndarray of int, shape (n_frames,)
        Number of the shot of each frame.
    n_damaged : int
        Damaged packets of the picture that were left out.
    n_untimed : int
        Pictures that were left out because their time does not come after that of the picture before.
    """

    faces: tuple[SeenFace, ...]
    shots: npt.NDArray[np.int64]
    n_damaged: int = 0
    n_untimed: int = 0

    @classmethod
    def of(cls, lips: LipFeatures) -> ClipFaces:
        """The one face whose lips are known, its place not."""
        return cls((SeenFace(1, lips, (0.5, 0.5), 0.0),), np.zeros(len(lips), np.int64))

    @property
    def most_shown(self) -> SeenFace:
        """The face that is seen in most frames; of several, the larger one."""
        return max(self.faces, key=lambda face: (int(face.lips.has_face.sum()), face.width, -face.number))

    @property
    def times(self) -> FrameTimes:
        """When each frame is shown."""
        return self.faces[0].lips.times

    @property
    def source(self) -> str:
        """Name of the file."""
        return self.faces[0].lips.source

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """Whether any face was found, one bool a frame."""
        return np.asarray(np.any([face.lips.has_face for face in self.faces], axis=0))

    def numbered(self, number: int) -> SeenFace:
        """The face with this number.

        Raises
        ------
        ConfigError
            If there is none.
        """
        if not 1 <= number <= len(self.faces):
            raise ConfigError(
                "face", number, f"a number from 1 to {len(self.faces)}; {self.source} shows so many faces"
            )
        return self.faces[number - 1]

    def joined(self, chosen: npt.NDArray[np.int64]) -> LipFeatures:
        """The lips of one face after the other.

        Parameters
        ----------
        chosen : ndarray of int, shape (n_frames,)
            Number of the face of each frame; 0 for none.

        Returns
        -------
        LipFeatures
            Each face measured by its own mean and spread, then put on the scale of the one that is chosen most often.
        """
        numbers, counts = np.unique(chosen[chosen > 0], return_counts=True)
        if len(numbers) == 0:
            return self.faces[0].lips
        main = self.numbered(int(numbers[counts.argmax()])).lips
        values = np.full_like(main.values, np.nan)
        mouth = np.full((len(main), *MOUTH_SHAPE), np.nan, np.float32)
        visibility = unseen(len(main))
        for number in numbers.tolist():
            here, lips = chosen == number, self.numbered(number).lips
            values[here] = lips.normalised[here] * main.scale + main.centre
            if lips.mouth is not None:
                mouth[here] = lips.mouth[here]
            if lips.visibility is not None:
                visibility[here] = lips.visibility[here]
        known = main.visibility is not None
        return replace(main, values=values, mouth=mouth, visibility=visibility if known else None)


def read_faces(
    path: AnyPath,
    *,
    detector: LandmarkDetector | None = None,
    detect_every: int = 10,
    max_faces: int = MAX_FACES,
    progress: Progress | None = None,
) -> ClipFaces:
    """Read the lips of all faces of a clip.

    Parameters
    ----------
    path : path-like
        A clip with a picture.
    detector : LandmarkDetector, optional
        Finds faces and landmarks; dlib's by default.
    detect_every : int
        Frames between two checks that a followed face is still one.
    max_faces : int
        Faces followed at the same time, at most, the largest first.
    progress : callable, optional
        Is told what is done, and which part of it is behind (0..1; None where that can't be told).

    Raises
    ------
    MediaError, MissingStream
        If the file can't be read, has no picture, or hardly any.
    FaceNotFound
        If hardly a frame shows a face.
    BackendUnavailable
        If the landmark model is missing.

    Examples
    --------
    >>> found = read_faces("interview.mp4")                       # doctest: +SKIP
    >>> [(face.number, face.centre) for face in found.faces]      # doctest: +SKIP
    [(1, (0.27, 0.45)), (2, (0.71, 0.43))]
    """
    info = probe(path)
    if not info.video:
        raise MissingStream(path, "video", is_strange="video" in info.strange)
    stream, frames = info.video[0], read_frames(path)
    followed = follow_faces(frames, detector or load_detector(), detect_every=detect_every, max_faces=max_faces)
    if progress is not None:
        followed = _reported(followed, progress, info.duration)
    album = _Album()
    for seen in followed:
        album.add(seen)
    if len(album.times) < MIN_FACE_FRAMES:
        hint = f"Lips are read off {MIN_FACE_FRAMES} pictures at least, and off a second or more to be of use."
        raise MediaError(path, f"there are only {len(album.times)} pictures in it", hint)
    times = FrameTimes(np.array(album.times, np.float64), stream.start + stream.duration, stream.rate)
    persons = _linked([track for track in album.tracks.values() if len(track.frames) >= MIN_FACE_FRAMES])
    n_seen = len({frame for tracks in persons for track in tracks for frame in track.frames})
    if n_seen < max(MIN_FACE_FRAMES, MIN_FACE_FRACTION * len(times)):
        raise FaceNotFound(path, n_seen / max(1, len(times)))
    faces = [_seen_face(number, tracks, times, info.path.name) for number, tracks in enumerate(persons, start=1)]
    return ClipFaces(tuple(faces), np.array(album.shots, np.int64), frames.decode_errors, frames.dropped_frames)


def _reported(followed: Iterable[FacesInFrame], progress: Progress, duration: float) -> Iterator[FacesInFrame]:
    for item in followed:
        progress("reading lips", min(1.0, item.frame.time / duration) if duration > 0 else None)
        yield item


class _Track:
    """What is kept of a track while the frames pass by: no picture."""

    def __init__(self) -> None:
        self.frames = list[int]()
        self.points = list[npt.NDArray[np.float32]]()
        self.pictures = list[Floats]()
        self._mouth = MouthPictures()
        self.size = (1, 1)  # of the picture, px
        self._looks = list[Floats]()

    def add(self, index: int, image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], time: float) -> None:
        self.size = image.shape
        if len(self.frames) % _LOOK_EVERY == 0:
            self._looks.append(_looks(image, points))
        self.frames.append(index)
        self.points.append(points)
        self.pictures.append(self._mouth.look(image, points, time))

    @property
    def looks(self) -> Floats:
        mean = np.mean(self._looks, axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))

    @property
    def place(self) -> tuple[int, float]:
        """Order of appearance: first frame, then from left to right."""
        return self.frames[0], float(self.points[0][:, 0].mean())


class _Album:
    """Tracks by number, with the times and shots of all frames."""

    def __init__(self) -> None:
        self.tracks = dict[int, _Track]()
        self.times = list[float]()
        self.shots = list[int]()

    def add(self, seen: FacesInFrame) -> None:
        for number, points in seen.faces.items():
            self.tracks.setdefault(number, _Track()).add(len(self.times), seen.frame.image, points, seen.frame.time)
        self.times.append(seen.frame.time)
        self.shots.append(seen.shot)


def _looks(image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32]) -> Floats:
    """The face upright and at one size, mean 0 and length 1; shape (n_pixels,)."""
    right_eye, left_eye = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    along_x, along_y = left_eye - right_eye
    middle_x, middle_y = 0.5 * (left_eye + right_eye)
    x = middle_x + along_x * _LOOK_GRID[0] - along_y * _LOOK_GRID[1]
    y = middle_y + along_y * _LOOK_GRID[0] + along_x * _LOOK_GRID[1]
    patch = map_coordinates(image, [y, x], output=np.float64, order=1, mode="nearest").ravel()
    patch -= patch.mean()
    return np.asarray(patch / max(float(np.linalg.norm(patch)), 1e-9))


def _linked(tracks: Sequence[_Track]) -> list[list[_Track]]:
    """Tracks of one face together, faces in the order of appearance."""
    persons: list[list[_Track]] = []
    for track in sorted(tracks, key=lambda track: track.place):
        alike = [(float(max(other.looks @ track.looks for other in person)), person) for person in persons]
        free = [(r, person) for r, person in alike if not any(_together(track, other) for other in person)]
        best = max(free, key=lambda pair: pair[0], default=(0.0, []))
        if best[0] > _SAME_LOOKS:
            best[1].append(track)
        else:
            persons.append([track])
    return persons


def _together(track: _Track, other: _Track) -> bool:
    return not set(track.frames).isdisjoint(other.frames)


def _seen_face(number: int, tracks: Sequence[_Track], times: FrameTimes, source: str) -> SeenFace:
    parts = [(slice(t.frames[0], t.frames[-1] + 1), _track_lips(t, times, source)) for t in tracks]
    values = np.full((len(times), parts[0][1].values.shape[1]), np.nan)
    mouth = np.full((len(times), *MOUTH_SHAPE), np.nan, np.float32)
    visibility = unseen(len(times))
    for where, lips in parts:
        values[where][lips.has_face] = lips.values[lips.has_face]
        if lips.visibility is not None:
            visibility[where][lips.has_face] = lips.visibility[lips.has_face]
        if lips.mouth is not None:
            mouth[where][lips.has_face] = lips.mouth[lips.has_face]
    points = np.concatenate([t.points for t in tracks]) / np.array(tracks[0].size[::-1], np.float32)
    x, y = np.median(points.mean(axis=1), axis=0).tolist()
    width = float(np.median(np.ptp(points[..., 0], axis=1)))
    lips = with_own_yardstick(replace(parts[0][1], values=values, times=times, mouth=mouth, visibility=visibility))
    return SeenFace(number, lips, (x, y), width)


def _track_lips(track: _Track, times: FrameTimes, source: str) -> LipFeatures:
    """Features of a track's own stretch of frames, so that nothing is smoothed across a cut."""
    first, last = track.frames[0], track.frames[-1]
    index = np.array(track.frames) - first
    points = np.full((last + 1 - first, N_POINTS, 2), np.nan, np.float32)
    pictures = np.full((last + 1 - first, N_PICTURE), np.nan)
    points[index], pictures[index] = track.points, track.pictures
    stretch = FrameTimes(times.times[first : last + 1], times.duration, times.rate)
    return lip_features(Landmarks(points, stretch), pictures, source=source)
