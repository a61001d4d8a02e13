"""A small copy of a clip to be looked at: every picture at its own time, and the mouth enlarged below it.

Pictures are scaled to fit :data:`PICTURE_PX`; under each, in a strip of the same video, stands its mouth, cut out of
the picture at full size. As both are one video, they can't slip against each other, and a face that is small in a
large picture still shows its lips.

Conventions
-----------
The copy's clock is the clip's: frame k is shown from ``times[k]`` on, whatever the rate; the sound starts at 0, with no
priming of the encoder heard. A clip whose picture starts later than its sound begins with a grey picture. Boxes and
landmarks are pixels of the upright original.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from visalign.errors import AnyPath, MediaError
from visalign.media.clips import read_frames
from visalign.media.ffmpeg import X264_OPTIONS, SoundTrack, encoding, resize_rgb
from visalign.media.images import jpeg_bytes
from visalign.signals import Audio, Frame, Image
from visalign.timeline import frame_step

__all__ = ["PICTURE_PX", "ViewingCopy", "cut_out", "make_viewing_copy", "mouth_boxes"]

Floats: TypeAlias = npt.NDArray[np.floating]

PICTURE_PX = 480
"""Longest side of the copy's picture; a smaller one stays as it is."""

_MOUTH_PX = (192, 144)
_MOUTH_SPAN = 2.2  # widths of the mouth that the cut shows: chin and base of the nose are in it
_STEADY_SECONDS = 0.2  # standard deviation of the smoothing of the cut, which is not to tremble with the lips
_BLOCK = 16  # a macroblock: picture and mouth share none, so neither bleeds into the other
_GREY = 40
_THUMBNAIL_PX = 144  # height
_TICKS = 90_000  # a second
_OPTIONS = X264_OPTIONS | {"crf": "26", "g": "25", "bf": "0"}  # without B-frames nothing is shown before its time
_AAC_BITS = 56_000  # a second; speech, mono


@dataclass(frozen=True, slots=True, eq=False)
class ViewingCopy:
    """A copy and where things are in it.

    Parameters
    ----------
    data : bytes
        MP4: H.264, AAC.
    width_px, height_px : int
        Of the copy's video.
    original_px : (int, int)
        Width and height of the upright original.
    picture_height_px : int
        The picture is its upper part, all of its width.
    mouth_px : (int, int, int, int)
        Left, top, width, height of the enlarged mouth.
    boxes : ndarray of float64, shape (n_frames, 4)
        What of each original picture the mouth shows: left, top, width, height, pixels.
    stills : mapping of int to bytes
        The mouths of the frames that were asked for, JPEG.
    thumbnail : bytes
        The picture (without the mouth) a third into the clip, small, JPEG.
    """

    data: bytes
    width_px: int
    height_px: int
    original_px: tuple[int, int]
    picture_height_px: int
    mouth_px: tuple[int, int, int, int]
    boxes: npt.NDArray[np.float64]
    stills: Mapping[int, bytes]
    thumbnail: bytes


def make_viewing_copy(
    path: AnyPath,
    times: Floats,
    mouth: npt.NDArray[np.float32] | None,
    audio: Audio | None,
    *,
    stills: Collection[int] = (),
    track: int | None = None,
) -> ViewingCopy:
    """Read a clip and make its viewing copy, in memory.

    Parameters
    ----------
    path : path-like
        The clip.
    times : ndarray, shape (n_frames,)
        When its frames appear, seconds.
    mouth : ndarray of float32, shape (n_frames, 20, 2), or None
        Lip landmarks; without them the strip stays grey.
    audio : Audio or None
        The sound from time 0 on.
    stills : collection of int
        Frames whose mouths are wanted as pictures.
    track : int, optional
        Index of the video stream; the one that is marked as default otherwise.

    Raises
    ------
    MediaError, MissingStream
        If the clip can't be read, or has no picture.
    """
    frames = read_frames(path, colour=True, track=track)
    first = next(frames, None)
    if first is None:
        raise MediaError(path, "no picture in this file can be decoded", "Is the copy complete?")
    layout = _Layout.of(first.image, mouth_boxes(mouth, times))
    writer = _Writer(layout, audio, stills, thumbnail=len(times) // 3)
    for index, frame in enumerate(_chained(first, frames)):
        writer.add(index, frame)
    return writer.finished()


def mouth_boxes(mouth: npt.NDArray[np.float32] | None, times: Floats) -> npt.NDArray[np.float64]:
    """Steady boxes around the mouths: left, top, width, height, pixels; shape (n_frames, 4), NaN without any face."""
    boxes = np.full((len(times), 4), np.nan)
    if mouth is None or not np.isfinite(mouth[:, 0, 0]).any():
        return boxes
    known = np.flatnonzero(np.isfinite(mouth[:, 0, 0]))
    facts = np.column_stack([mouth[known].mean(axis=1), np.ptp(mouth[known, :, 0], axis=1)]).astype(np.float64)
    step = frame_step(times)
    rows = np.empty((len(times), 3))
    for frames, part in _one_face_each(known, facts, len(times)):
        steady = np.column_stack([np.interp(frames, known[part], column) for column in facts[part].T])
        rows[frames] = gaussian_filter1d(steady, _STEADY_SECONDS / step, axis=0, mode="nearest")
    x, y, breadth = rows.T
    width = _MOUTH_SPAN * np.maximum(breadth, 4.0)
    height = width * _MOUTH_PX[1] / _MOUTH_PX[0]
    return np.column_stack([x - width / 2, y - height / 2, width, height])


def _one_face_each(
    known: npt.NDArray[np.intp], facts: npt.NDArray[np.float64], n_frames: int
) -> Iterator[tuple[npt.NDArray[np.intp], slice]]:
    """Frames that go together, with their part of the known mouths: at a cut, or when another face speaks, it jumps."""
    far = np.hypot(*np.diff(facts[:, :2], axis=0).T) > facts[:-1, 2]
    edges = [0, *(np.flatnonzero(far) + 1).tolist(), len(known)]
    between = [0, *((known[k - 1] + known[k] + 1) // 2 for k in edges[1:-1]), n_frames]
    for k in range(len(edges) - 1):
        yield np.arange(between[k], between[k + 1]), slice(edges[k], edges[k + 1])


def cut_out(image: Image, box: Floats) -> Image | None:
    """What a box (left, top, width, height, pixels) shows of a picture; None where the box is NaN.

    A box that reaches beyond the picture repeats its edge.
    """
    left, top, width, height = box.tolist()
    if not np.isfinite(left):
        return None
    rows = np.clip(round(top) + np.arange(max(2, round(height))), 0, image.shape[0] - 1)
    columns = np.clip(round(left) + np.arange(max(2, round(width))), 0, image.shape[1] - 1)
    return np.asarray(image[rows[:, None], columns])


def _chained(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Sizes of the copy; all even, as H.264 with halved colour wants them."""

    original: tuple[int, int]
    width: int
    picture_height: int
    strip_top: int
    mouth: tuple[int, int]
    boxes: npt.NDArray[np.float64]

    @classmethod
    def of(cls, image: Image, boxes: npt.NDArray[np.float64]) -> _Layout:
        rows, columns = image.shape[:2]
        scale = min(1.0, PICTURE_PX / max(rows, columns))
        width, height = (max(2, 2 * round(n * scale / 2)) for n in (columns, rows))
        mouth_width = min(_MOUTH_PX[0], width)
        mouth_height = 2 * round(mouth_width * _MOUTH_PX[1] / _MOUTH_PX[0] / 2)
        top = -(-height // _BLOCK) * _BLOCK
        return cls((columns, rows), width, height, top, (mouth_width, max(2, mouth_height)), boxes)

    @property
    def height(self) -> int:
        return self.strip_top + self.mouth[1]

    def composed(self, index: int, image: Image) -> Image:
        """The picture with its mouth below."""
        canvas = np.full((self.height, self.width, 3), _GREY, np.uint8)
        canvas[: self.picture_height] = resize_rgb(image, self.width, self.picture_height)
        canvas[self.picture_height : self.strip_top] = canvas[self.picture_height - 1]
        cut = cut_out(image, self.boxes[min(index, len(self.boxes) - 1)]) if len(self.boxes) else None
        if cut is not None:
            canvas[self.strip_top :, : self.mouth[0]] = resize_rgb(cut, *self.mouth)
        return canvas


class _Writer:
    """Encodes the copy while the frames pass by."""

    def __init__(self, layout: _Layout, audio: Audio | None, wanted: Collection[int], thumbnail: int) -> None:
        self._layout, self._wanted, self._thumbnail_index = layout, wanted, thumbnail
        self._stills: dict[int, bytes] = {}
        self._thumbnail = b""
        self._file = io.BytesIO()
        self._container = av.open(self._file, "w", format="mp4", container_options={"fflags": "+bitexact"})
        self._video = self._container.add_stream("libx264", rate=25, options=_OPTIONS)
        self._video.width, self._video.height, self._video.pix_fmt = layout.width, layout.height, "yuv420p"
        self._video.thread_count = 1  # x264's output depends on the number of threads
        self._video.codec_context.time_base = Fraction(1, _TICKS)
        sound = None if audio is None else SoundTrack(self._container, audio.samples, audio.rate_hz, _AAC_BITS)
        self._sound = sound

    def add(self, index: int, frame: Frame) -> None:
        image = self._layout.composed(index, frame.image)
        if index == 0 and round(frame.time * _TICKS) > 0:
            self._encode(np.full_like(image, _GREY), 0)
        self._encode(image, round(max(frame.time, 0.0) * _TICKS))
        mouth = image[self._layout.strip_top :, : self._layout.mouth[0]]
        if index in self._wanted:
            self._stills[index] = jpeg_bytes(mouth)
        if index == self._thumbnail_index or not self._thumbnail:
            height = min(_THUMBNAIL_PX, self._layout.picture_height)
            width = max(2, 2 * round(height * self._layout.width / self._layout.picture_height / 2))
            self._thumbnail = jpeg_bytes(resize_rgb(image[: self._layout.picture_height], width, height), quality=6)

    def _encode(self, image: Image, ticks: int) -> None:
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p", threads=1)
        frame.pts, frame.time_base = ticks, Fraction(1, _TICKS)
        with encoding():
            self._container.mux(self._video.encode(frame))
        if self._sound is not None:
            self._sound.write_until(Fraction(ticks, _TICKS))

    def finished(self) -> ViewingCopy:
        with encoding():
            self._container.mux(self._video.encode(None))
        if self._sound is not None:
            self._sound.finish()
        self._container.close()
        layout = self._layout
        place = (0, layout.strip_top, *layout.mouth)
        return ViewingCopy(
            self._file.getvalue(),
            layout.width,
            layout.height,
            layout.original,
            layout.picture_height,
            place,
            layout.boxes,
            self._stills,
            self._thumbnail,
        )
