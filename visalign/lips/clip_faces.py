"""All faces of a clip with their lips: who is seen in which frames, across shots.

Conventions
-----------
Faces are numbered from 1, in the order in which they appear, from left to right where they appear together. Shots are
numbered from 0. Positions are parts of the picture's width and height, from its top left corner. The lips of a face
span all frames of the clip; where that face is not seen, they are rows of NaN.

Method
------
Tracks (:mod:`visalign.lips.face_tracks`) of different shots are one face where they look alike: the face, cut out
upright and at one size, with its mean taken out, correlates above `_SAME_LOOKS`, and the two are never seen at the same
time. Of GRID's speakers, 92 % of 90 pairs of takes of one speaker lie above it, and none of 576 pairs of different
speakers. A face that is not recognised is counted as a new one, which costs only a longer list. This tells pictures in
one clip apart, under one light and camera; it does not identify anybody, and nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ConfigError, FaceNotFound, MediaError
from visalign.files.scratch import blocks_of, scratch_array
from visalign.lips.face_album import LOOK_PIXELS, Album, Track
from visalign.lips.face_detection import LandmarkDetector
from visalign.lips.face_parts import read_in_parts
from visalign.lips.face_tracks import MAX_FACES, FacesInFrame, follow_faces
from visalign.lips.landmarks import Landmarks, layout_used, load_detector
from visalign.lips.lip_features import (
    FEATURES,
    MIN_FACE_FRACTION,
    MIN_FACE_FRAMES,
    MOUTH_SHAPE,
    LipFeatures,
    lip_features,
    with_own_yardstick,
)
from visalign.lips.mouth_pictures import N_PICTURE
from visalign.lips.stream_choice import first_with_face
from visalign.lips.visibility import VISIBILITY, unseen
from visalign.media.clips import read_frames
from visalign.signals import VideoStream
from visalign.timeline import FrameTimes

__all__ = ["ClipFaces", "SeenFace", "read_faces"]

Floats: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]
# An album, and how many pictures were damaged, and without a time.
_Read: TypeAlias = tuple[Album, int, int]
_Tables: TypeAlias = tuple[Floats, npt.NDArray[np.float32], Floats]
Progress: TypeAlias = Callable[[str, float | None], None]

_SAME_LOOKS = 0.83
_BLOCK = 2048  # frames at a time: of a long clip no more need be in memory


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
    track : int or None
        Index of the video stream; None where that is not known.
    streams : tuple of str
        The clip's video streams in words, where it has several; the one that was read first.
    without_face : tuple of int
        Streams that were looked at before this one, and show no face.
    """

    faces: tuple[SeenFace, ...]
    shots: npt.NDArray[np.int64]
    n_damaged: int = 0
    n_untimed: int = 0
    track: int | None = None
    streams: tuple[str, ...] = ()
    without_face: tuple[int, ...] = ()

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
        values = scratch_array(main.values.shape, np.float64)
        mouth = scratch_array((len(main), *MOUTH_SHAPE), np.float32)
        visibility = unseen(len(main))
        for rows in blocks_of(len(main), _BLOCK, values, mouth):
            values[rows], mouth[rows] = np.nan, np.nan
        for number in numbers.tolist():
            every, lips = np.flatnonzero(chosen == number), self.numbered(number).lips
            for rows in blocks_of(len(every), _BLOCK, values, mouth, lips.values, lips.mouth, lips.visibility):
                here = every[rows]
                values[here] = lips.normalised_rows(here) * main.scale + main.centre
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
    track: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> ClipFaces:
    """Read the lips of all faces of a clip.

    Where it has several video streams (two cameras, slides, a preview), those without a face are passed over: the one
    that is marked as default is looked at first, then the others in their order.

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
    track : int, optional
        Index of the video stream to read, as :func:`~visalign.media.clips.probe` lists it.
    jobs : int
        Processes that read a long clip of several shots at once (:mod:`visalign.lips.face_parts`); what they find is
        the same, digit by digit. A program that asks for more than one has to be safe to import, as
        :mod:`multiprocessing` says. A `detector` that is given reads alone.
    progress : callable, optional
        Is told what is done, and which part of it is behind (0..1; None where that can't be told).

    Raises
    ------
    MediaError, MissingStream
        If the file can't be read, has no picture, or hardly any.
    FaceNotFound
        If hardly a frame shows a face, in any of the streams.
    ConfigError
        If there is no such `track`, or `jobs` is less than 1.
    BackendUnavailable
        If the landmark model is missing.
    BackendError
        If one of several processes dies.

    Examples
    --------
    >>> found = read_faces("interview.mp4")                       # doctest: +SKIP
    >>> [(face.number, face.centre) for face in found.faces]      # doctest: +SKIP
    [(1, (0.27, 0.45)), (2, (0.71, 0.43))]
    """
    if jobs < 1:
        raise ConfigError("jobs", jobs, "1 or more")

    def album_of(stream: VideoStream) -> _Read:
        how = {"detect_every": detect_every, "max_faces": max_faces}
        # A detector of one's own is known here only.
        album = read_in_parts(path, stream, jobs, **how, progress=progress) if detector is None else None
        return (album, 0, 0) if album is not None else _read_alone(path, stream, finder, **how, progress=progress)

    finder = detector or load_detector()
    chosen = first_with_face(path, track, lambda stream: _read_stream(path, stream, album_of))
    return replace(chosen.found, track=chosen.track, streams=chosen.streams, without_face=chosen.without_face)


def _read_stream(path: AnyPath, stream: VideoStream, read: Callable[[VideoStream], _Read]) -> ClipFaces:
    """The faces in one video stream of a clip."""
    album, n_damaged, n_untimed = read(stream)
    if len(album.times) < MIN_FACE_FRAMES:
        hint = f"Lips are read off {MIN_FACE_FRAMES} pictures at least, and off a second or more to be of use."
        raise MediaError(path, f"there are only {len(album.times)} pictures in it", hint)
    times = FrameTimes(album.times.array(), stream.start + stream.duration, stream.rate)
    long_enough = (track for track in album.tracks.values() if len(track) >= MIN_FACE_FRAMES)
    persons = _linked(sorted(long_enough, key=album.place))
    is_seen = np.zeros(len(times), np.bool_)
    for track in (track for tracks in persons for track in tracks):
        is_seen[track.frames] = True
    n_seen = int(is_seen.sum())
    if n_seen < max(MIN_FACE_FRAMES, MIN_FACE_FRACTION * len(times)):
        raise FaceNotFound(path, n_seen / max(1, len(times)))
    faces = _faces_of(persons, album, times, Path(path).name)
    return ClipFaces(tuple(faces), album.shots.array(), n_damaged, n_untimed)


def _read_alone(
    path: AnyPath,
    stream: VideoStream,
    detector: LandmarkDetector,
    *,
    detect_every: int,
    max_faces: int,
    progress: Progress | None,
) -> _Read:
    frames = read_frames(path, track=stream.index)
    followed = follow_faces(frames, detector, detect_every=detect_every, max_faces=max_faces)
    if progress is not None:
        followed = _reported(followed, progress, stream.start + stream.duration)
    album = Album(layout_used(detector))
    for seen in followed:
        album.add(seen)
    album.close()
    return album, frames.decode_errors, frames.dropped_frames


def _reported(followed: Iterable[FacesInFrame], progress: Progress, duration: float) -> Iterator[FacesInFrame]:
    for item in followed:
        progress("reading lips", min(1.0, item.frame.time / duration) if duration > 0 else None)
        yield item


def _linked(tracks: Sequence[Track]) -> list[list[Track]]:
    """Tracks of one face together, faces in the order of appearance, as the tracks come."""
    persons, ends = list[list[Track]](), list[int]()
    looks, owners = np.empty((len(tracks), LOOK_PIXELS)), np.empty(len(tracks), np.intp)
    for n, track in enumerate(tracks):
        # All tracks before at once: a long clip has thousands, and each is compared with each.
        alike = np.full(len(persons), -np.inf)
        np.maximum.at(alike, owners[:n], looks[:n] @ track.looks)
        likely = np.flatnonzero(alike > _SAME_LOOKS).tolist()
        # Tracks come by their first frames, so most persons were last seen before this one begins.
        begin = int(track.frames[0])
        free = [k for k in likely if ends[k] < begin or not any(_together(track, other) for other in persons[k])]
        if not free:
            persons.append([])
            ends.append(-1)
        person = max(free, key=lambda k: float(alike[k])) if free else len(persons) - 1
        persons[person].append(track)
        ends[person] = max(ends[person], int(track.frames[-1]))
        looks[n], owners[n] = track.looks, person
    return persons


def _together(track: Track, other: Track) -> bool:
    apart = track.frames[-1] < other.frames[0] or other.frames[-1] < track.frames[0]
    return not apart and len(np.intersect1d(track.frames, other.frames, assume_unique=True)) > 0


def _faces_of(persons: Sequence[Sequence[Track]], album: Album, times: FrameTimes, source: str) -> list[SeenFace]:
    # The tables of all faces lie together, so that many faces in a long clip go to the disk as one does.
    values = scratch_array((len(persons), len(times), len(FEATURES)), np.float64)
    mouth = scratch_array((len(persons), len(times), *MOUTH_SHAPE), np.float32)
    visibility = scratch_array((len(persons), len(times), len(VISIBILITY)), np.float64)
    for rows in blocks_of(len(times), _BLOCK, values, mouth, visibility):
        values[:, rows], mouth[:, rows], visibility[:, rows] = np.nan, np.nan, np.nan
        visibility[:, rows, -1] = 0.0
    return [
        _seen_face(k + 1, tracks, album, times, source, (values[k], mouth[k], visibility[k]))
        for k, tracks in enumerate(persons)
    ]


def _seen_face(
    number: int, tracks: Sequence[Track], album: Album, times: FrameTimes, source: str, tables: _Tables
) -> SeenFace:
    """One face; its `tables` are filled."""
    values, mouth, visibility = tables
    for track in tracks:
        lips, first = _track_lips(track, album, times, source), int(track.frames[0])
        has_face = lips.has_face
        for rows in blocks_of(len(lips), _BLOCK, lips.values, lips.mouth, lips.visibility, *tables):
            here, seen = slice(first + rows.start, first + rows.stop), has_face[rows]
            values[here][seen] = lips.values[rows][seen]
            if lips.mouth is not None:
                mouth[here][seen] = lips.mouth[rows][seen]
            if lips.visibility is not None:
                visibility[here][seen] = lips.visibility[rows][seen]
    centre, width = _place(tracks, album)
    names, empty = tuple(x.name for x in FEATURES), np.empty(len(FEATURES))
    lips = LipFeatures(values, names, times, empty, empty, source, mouth, visibility)
    return SeenFace(number, with_own_yardstick(lips), centre, width)


def _place(tracks: Sequence[Track], album: Album) -> tuple[tuple[float, float], float]:
    """Median middle and width of a face, parts of the picture's size."""
    size, every = np.array(tracks[0].size[::-1], np.float32), np.concatenate([track.rows for track in tracks])
    middles, widths = np.empty((len(every), 2), np.float32), np.empty(len(every), np.float32)
    for rows in blocks_of(len(every), _BLOCK, album.points):
        points = album.points[every[rows]] / size
        middles[rows], widths[rows] = points.mean(axis=1), np.ptp(points[..., 0], axis=1)
    x, y = np.median(middles, axis=0).tolist()
    return (x, y), float(np.median(widths))


def _track_lips(track: Track, album: Album, times: FrameTimes, source: str) -> LipFeatures:
    """Features of a track's own stretch of frames, so that nothing is smoothed across a cut."""
    first, last = int(track.frames[0]), int(track.frames[-1])
    points = scratch_array((last + 1 - first, *album.points.shape[1:]), np.float32)
    pictures = scratch_array((last + 1 - first, N_PICTURE), np.float64)
    for rows in blocks_of(len(points), _BLOCK, points, pictures):
        points[rows], pictures[rows] = np.nan, np.nan
    for rows in blocks_of(len(track), _BLOCK, points, pictures, album.points, album.pictures):
        index, source_rows = track.frames[rows] - first, track.rows[rows]
        points[index], pictures[index] = album.points[source_rows], album.pictures[source_rows]
    stretch = FrameTimes(times.times[first : last + 1], times.duration, times.rate)
    return lip_features(Landmarks(points, stretch), pictures, source=source)
