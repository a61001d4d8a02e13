"""What is kept of the faces of a clip while its frames pass by: no picture but the last.

Conventions
-----------
An album has a row of points and of measures of the picture for each face in each frame. Frames and shots are counted
from 0.

An album may be made in parts, each from one cut to another, and its parts be put one behind the other
(:meth:`Album.extend`): nothing of a face is carried over a cut, so that comes to the same as one album of all frames.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import GrowingArray
from visalign.lips.face_tracks import FacesInFrame
from visalign.lips.mouth_pictures import N_PICTURE, MouthPictures
from visalign.lips.point_layouts import PointLayout, layout_of
from visalign.numerics import bilinear
from visalign.signals import Image

__all__ = ["LOOK_PIXELS", "Album", "Track"]

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]
Points: TypeAlias = npt.NDArray[np.float32]

_LOOK_EVERY = 10  # frames of a track from one picture of its looks to the next
_LOOK_SIDE = 32  # pixels
LOOK_PIXELS = _LOOK_SIDE**2
"""Of a picture of a face's looks."""

# The cut-out face, in distances between the eyes' centres, from the middle between them: brows to chin.
_LOOK_GRID = np.stack(np.meshgrid(np.linspace(-1.1, 1.1, _LOOK_SIDE), np.linspace(-0.7, 1.7, _LOOK_SIDE)))


class Track:
    """What is kept of a track while the frames pass by: no picture but the last."""

    def __init__(self) -> None:
        self._frames, self._rows = array("q"), array("q")
        self._mouth = MouthPictures()
        self.size: tuple[int, ...] = (1, 1)  # of the picture, px
        self._looks, self._n_looks = np.zeros(LOOK_PIXELS), 0

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def frames(self) -> npt.NDArray[np.int64]:
        """The frames in which it is seen, increasing."""
        return np.frombuffer(self._frames, np.int64)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Where the album has these frames."""
        return np.frombuffer(self._rows, np.int64)

    def add(self, index: int, row: int, image: Image, points: Points, time: float) -> Floats:
        """The next frame, and what is seen of the mouth in it."""
        self.size = image.shape
        if len(self) % _LOOK_EVERY == 0:
            self._looks += _looks(image, points)
            self._n_looks += 1
        self._frames.append(index)
        self._rows.append(row)
        return self._mouth.look(image, points, time)

    def pass_by(self, time: float) -> bool:
        """A frame without it; True while a picture of it is kept."""
        return self._mouth.pass_by(time)

    @classmethod
    def restored(cls, frames: Numbers, rows: Numbers, size: Sequence[int], looks: Floats, n_looks: int) -> Track:
        """A track of which no more frames will come."""
        track = cls()
        track._frames.frombytes(frames.tobytes())
        track._rows.frombytes(rows.tobytes())
        track.size, track._looks, track._n_looks = tuple(size), looks, n_looks
        return track

    @property
    def sum_of_looks(self) -> tuple[Floats, int]:
        """What its looks add up to, and how many they are."""
        return self._looks, self._n_looks

    @cached_property
    def looks(self) -> Floats:
        """Its mean look, length 1."""
        mean = self._looks / self._n_looks
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))


class Album:
    """Tracks by number, with the times and shots of all frames; a row of points and pictures for each face in each."""

    def __init__(self, layout: PointLayout) -> None:
        self.tracks, self._recent = dict[int, Track](), set[int]()
        self._n_shots = 0  # of the parts that were put together
        self.times, self.shots = GrowingArray((), np.float64), GrowingArray((), np.int64)
        self._points = GrowingArray((layout.n_points, 2), np.float32)
        self._pictures = GrowingArray((N_PICTURE,), np.float64)
        self.points: npt.NDArray[np.float32]
        self.pictures: Floats

    def add(self, seen: FacesInFrame) -> None:
        """The next frame with its faces."""
        frame = seen.frame
        for number, points in seen.faces.items():
            track = self.tracks.setdefault(number, Track())
            self._pictures.append(track.add(len(self.times), len(self._points), frame.image, points, frame.time))
            self._points.append(points)
        for number in self._recent - seen.faces.keys():
            if not self.tracks[number].pass_by(frame.time):
                self._recent.remove(number)
        self._recent |= seen.faces.keys()
        self.times.append(frame.time)
        self.shots.append(seen.shot)

    def close(self) -> None:
        """No frame will follow."""
        self.points, self.pictures = self._points.array(), self._pictures.array()

    def tables(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as plain arrays; no frame may follow, and it is not to be closed."""
        tracks = list(self.tracks.values())
        sums = [track.sum_of_looks for track in tracks]
        return {
            "times": self.times.array(),
            "shots": self.shots.array(),
            "points": self._points.array(),
            "pictures": self._pictures.array(),
            "frames": np.concatenate([np.empty(0, np.int64), *(track.frames for track in tracks)]),
            "rows": np.concatenate([np.empty(0, np.int64), *(track.rows for track in tracks)]),
            "lengths": np.array([len(track) for track in tracks], np.int64),
            "sizes": np.array([track.size for track in tracks], np.int64).reshape(-1, 2),
            "looks": np.array([looks for looks, _ in sums], np.float64).reshape(-1, LOOK_PIXELS),
            "n_looks": np.array([n for _, n in sums], np.int64),
        }

    def extend(self, tables: Mapping[str, npt.NDArray[Any]]) -> None:
        """Put an album behind this one, as its :meth:`tables`; its first frame is a cut."""
        n_frames, n_rows, end = len(self.times), len(self._points), 0
        sizes, n_looks = tables["sizes"].tolist(), tables["n_looks"].tolist()
        for k, length in enumerate(tables["lengths"].tolist()):
            own, end = slice(end, end + length), end + length
            frames, rows = tables["frames"][own] + n_frames, tables["rows"][own] + n_rows
            self.tracks[len(self.tracks)] = Track.restored(frames, rows, sizes[k], tables["looks"][k], n_looks[k])
        self.shots.extend(tables["shots"] + self._n_shots)
        self._n_shots += int(tables["shots"][-1]) + 1
        self.times.extend(tables["times"])
        self._points.extend(tables["points"])
        self._pictures.extend(tables["pictures"])

    def place(self, track: Track) -> tuple[int, float]:
        """Order of appearance: first frame, then from left to right."""
        return int(track.frames[0]), float(self.points[track.rows[0], :, 0].mean())


def _looks(image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32]) -> Floats:
    """The face upright and at one size, mean 0 and length 1; shape (n_pixels,)."""
    layout = layout_of(len(points))
    right_eye, left_eye = (points[list(eye)].mean(axis=0) for eye in (layout.right_eye, layout.left_eye))
    along_x, along_y = left_eye - right_eye
    middle_x, middle_y = 0.5 * (left_eye + right_eye)
    x = middle_x + along_x * _LOOK_GRID[0] - along_y * _LOOK_GRID[1]
    y = middle_y + along_y * _LOOK_GRID[0] + along_x * _LOOK_GRID[1]
    patch = bilinear(image, y, x).ravel().astype(np.float64)
    patch -= patch.mean()
    return np.asarray(patch / max(float(np.linalg.norm(patch)), 1e-9))
