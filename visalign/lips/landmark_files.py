"""Landmarks that another program found: read from its file and used in place of a search.

Conventions
-----------
68 points, numbered from 0 as in :mod:`visalign.lips.landmarks`, in pixels of the upright frame. Each row belongs to a
frame by its time where the file has times, by its number (from 0) otherwise. Frames that the file does not have, or
marks as failed, are frames without a face.

Files
-----
.npz
    An array `points` of shape (n_frames, 68, 2), and, where frames are missing or times matter, `times` (seconds).
.csv
    One row a frame: a column ``time`` or ``time_seconds`` (seconds), or ``frame`` (from 0), and the columns ``x_0`` …
    ``x_67``, ``y_0`` … ``y_67``. OpenFace's output [1]_ is such a file: its ``timestamp`` is the time, rows with
    ``success`` 0 are frames without a face, and of several faces (``face_id``) the one with the most rows is taken, or
    the one that is named.

References
----------
.. [1] T. Baltrusaitis, A. Zadeh, Y. C. Lim and L.-P. Morency, OpenFace 2.0: Facial behavior analysis toolkit, FG 2018.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ParseError, quoted
from visalign.files.archives import DAMAGED_ARCHIVE, read_arrays
from visalign.files.inputs import opened_file
from visalign.files.limits import allowed, excess
from visalign.files.scratch import GrowingArray
from visalign.lips.landmarks import TrackedFrame
from visalign.lips.lip_features import LipFeatures, features_of_tracked
from visalign.lips.point_layouts import DLIB68
from visalign.media.clips import read_frames, video_tracks
from visalign.signals import Frame

__all__ = ["LandmarkRows", "read_landmark_rows", "read_lips_with_landmarks"]

_Points: TypeAlias = npt.NDArray[np.float32]

_TIMES = ("timestamp", "time_seconds", "time")
# A row belongs to a frame whose time is no further away than this part of the time from one frame to the next.
_REACH = 0.5
_N_POINTS = DLIB68.n_points
_NOWHERE = np.full((_N_POINTS, 2), np.nan, np.float32)


class LandmarkRows:
    """Landmarks by time, or by number of the frame.

    Parameters
    ----------
    points : ndarray of float32, shape (n_rows, 68, 2)
        Pixels; NaN where no face was found.
    times : ndarray, shape (n_rows,), or None
        Seconds, increasing; None where rows are numbered.
    numbers : ndarray of int, shape (n_rows,), or None
        Frames from 0, where there are no times.
    """

    def __init__(
        self, points: _Points, times: npt.NDArray[np.float64] | None, numbers: npt.NDArray[np.int64] | None = None
    ) -> None:
        self.points, self.times = points, times
        self.numbers = np.arange(len(points)) if numbers is None else numbers
        self._row_of = {int(number): row for row, number in enumerate(self.numbers)}

    def at(self, index: int, time: float, step: float) -> _Points:
        """Landmarks of the frame with this number and time, of a film with `step` seconds a frame; NaN without."""
        if self.times is None:
            row = self._row_of.get(index)
            return _NOWHERE if row is None else self.points[row]
        times = self.times
        if not len(times):
            return _NOWHERE
        after = int(np.searchsorted(times, time))
        nearest = min(
            range(max(after - 1, 0), min(after + 1, len(times))), key=lambda row: abs(float(times[row]) - time)
        )
        return self.points[nearest] if abs(float(self.times[nearest]) - time) <= _REACH * step else _NOWHERE


def read_lips_with_landmarks(
    clip: AnyPath, file: AnyPath, *, face: str | None = None, track: int | None = None
) -> LipFeatures:
    """Lip features of a clip whose landmarks another program has found.

    Parameters
    ----------
    clip : path-like
        Its pictures are read for the look of the mouth.
    file : path-like
        Landmarks, .npz or .csv.
    face : str, optional
        Which of several faces (``face_id`` of OpenFace).
    track : int, optional
        Index of the video stream that the landmarks belong to; the one that is marked as default otherwise.

    Raises
    ------
    ParseError
        If `file` is not such a file.
    FaceNotFound
        If hardly a frame has landmarks.
    MediaError, MissingStream, ConfigError
        If the clip can't be read, has no picture, or no such stream.
    """
    rows, stream = read_landmark_rows(file, face=face), video_tracks(clip, track)[0]
    tracked = _with_points(read_frames(clip, track=stream.index), rows, 1.0 / float(stream.rate))
    return features_of_tracked(tracked, clip, stream.start + stream.duration, stream.rate)


def _with_points(frames: Iterable[Frame], rows: LandmarkRows, step: float) -> Iterator[TrackedFrame]:
    for index, frame in enumerate(frames):
        yield TrackedFrame(frame, rows.at(index, frame.time, step))


def read_landmark_rows(path: AnyPath, *, face: str | None = None) -> LandmarkRows:
    """Read a file of landmarks.

    Raises
    ------
    ParseError
        If it can't be read, or does not hold 68 points a row.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".npz":
        return _read_npz(path)
    if suffix == ".csv":
        return _read_csv(path, face)
    raise ParseError(path, None, "landmarks are read from .npz or .csv files")


def _read_npz(path: AnyPath) -> LandmarkRows:
    try:
        data = read_arrays(path)
        with np.errstate(over="ignore"):
            points = _within_a_picture(np.asarray(data["points"], np.float32))
        times = np.asarray(data["times"], np.float64) if "times" in data else None
    except ParseError:
        raise
    except DAMAGED_ARCHIVE as error:
        raise ParseError(path, None, f"no NPZ file with an array `points` ({error})") from error
    if points.ndim != 3 or points.shape[1:] != (_N_POINTS, 2):
        raise ParseError(path, None, f"`points` has shape {points.shape}; wanted: (n_frames, {_N_POINTS}, 2)")
    if times is not None and not (
        times.shape == points.shape[:1] and np.isfinite(times).all() and (np.diff(times) > 0).all()
    ):
        raise ParseError(path, None, "`times` must be one increasing time a row of `points`")
    return LandmarkRows(points, times)


def _read_csv(path: AnyPath, face: str | None) -> LandmarkRows:
    try:
        with io.TextIOWrapper(opened_file(path), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(_lines(path, file), skipinitialspace=True)  # OpenFace writes ", " between its names
            names = [name.strip() for name in next(reader, ())]
            key = _key(path, names)
            by_face = _rows_by_face(path, reader, names, key)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ParseError(path, None, f"can't be read as CSV in UTF-8 ({error})") from error
    if face is not None and face not in by_face:
        raise ParseError(path, None, f"no face {quoted(face)}; it has {', '.join(sorted(by_face)[:20])}")
    chosen = face if face is not None else min(by_face, key=lambda name: (-len(by_face[name]), name), default="")
    values = by_face[chosen].array() if chosen in by_face else np.empty((0, _N_NUMBERS))
    with np.errstate(over="ignore"):
        placed = np.stack([values[:, 2 : 2 + _N_POINTS], values[:, 2 + _N_POINTS :]], axis=2).astype(np.float32)
    points = _within_a_picture(placed)
    points[values[:, 0] == 0] = np.nan
    if key == "frame":
        if not np.isfinite(values[:, 1]).all() or (np.abs(values[:, 1]) > _MOST_FRAMES).any():
            raise ParseError(path, None, "a row has no number of its frame")
        return LandmarkRows(points, None, values[:, 1].astype(np.int64))
    if not (np.isfinite(values[:, 1]).all() and (np.diff(values[:, 1]) > 0).all()):
        raise ParseError(path, None, f"{key} does not increase from row to row")
    return LandmarkRows(points, values[:, 1])


_WANTED = tuple(f"{axis}_{k}" for axis in "xy" for k in range(_N_POINTS))
_N_NUMBERS = 2 + len(_WANTED)  # found or not, the moment, then the points
_MOST_FRAMES = 2**53


def _within_a_picture(points: _Points) -> _Points:
    """The points, and NaN in the place of numbers that are no places."""
    return np.where(np.abs(points) <= _MOST_PIXELS, points, np.float32(np.nan))


_MOST_PIXELS = 1e6


def _lines(path: AnyPath, file: TextIO) -> Iterator[str]:
    longest = allowed("cell-characters")
    while line := file.readline(longest + 1):
        if (fault := excess("cell-characters", len(line))) is not None:
            raise ParseError(path, None, f"a line {fault}")
        yield line


def _key(path: AnyPath, names: Sequence[str]) -> str:
    """The column that tells the frame, or its time."""
    if absent := [name for name in _WANTED if name not in names]:
        raise ParseError(path, 1, f"no column {absent[0]}; wanted: x_0 … x_{_N_POINTS - 1}, y_0 … y_{_N_POINTS - 1}")
    key = next((name for name in (*_TIMES, "frame") if name in names), None)
    if key is None:
        raise ParseError(path, 1, "no column that tells the frame: timestamp, time_seconds, time or frame")
    return key


def _rows_by_face(
    path: AnyPath, rows: Iterable[Sequence[str]], names: Sequence[str], key: str
) -> dict[str, GrowingArray[np.float64]]:
    """The numbers of each row, of each face apart; a long recording has more of them than memory should hold."""
    places = {name: n for n, name in reversed(list(enumerate(names)))}
    numbers = [places[name] for name in (key, *_WANTED)]
    success, face = places.get("success"), places.get("face_id")
    found: dict[str, GrowingArray[np.float64]] = {}
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) < len(names):
            raise ParseError(path, line, f"{len(row)} cells under {len(names)} headings: is the copy complete?")
        is_found = success is None or row[success].strip() not in {"0", "0.0"}
        values = [float(is_found), *(_number(path, line, names[n], row[n]) for n in numbers)]
        name = "" if face is None else row[face].strip()
        if name not in found:
            if len(found) >= _MOST_FACES:
                raise ParseError(path, line, f"more than {_MOST_FACES} faces")
            found[name] = GrowingArray((_N_NUMBERS,), np.float64)
        found[name].append(values)
    return found


_MOST_FACES = 1000


def _number(path: AnyPath, line: int, name: str, cell: str) -> float:
    text = cell.strip()
    try:
        return float(text) if text else float("nan")
    except ValueError as error:
        raise ParseError(path, line, f"{name} is {quoted(text)}, not a number") from error
