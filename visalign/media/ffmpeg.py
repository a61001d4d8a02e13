"""FFmpeg, through PyAV, as far as :mod:`visalign.media.clips` needs it; no other module reads with ``av``.

Here is what has to be known about FFmpeg to be safe and exact with it: which files may be opened, where the common
clock of sound and picture starts, what to do with damage, gaps and overlaps, rotated or anamorphic pictures, and how to
write a clip that comes out the same each time.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import av
import av.container
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

from visalign.errors import AnyPath, ConfigError, MediaError, MissingStream
from visalign.files.inputs import check_file
from visalign.files.limits import allowed, excess
from visalign.media.access import ANY_TAGS, open_local
from visalign.signals import Image

__all__ = [
    "ANY_TAGS",
    "DAMAGE",
    "DEFAULT",
    "Darkroom",
    "SoundTrack",
    "audio_streams",
    "check_file",
    "choose_stream",
    "decode",
    "encode_clip",
    "encoding",
    "first_rotation",
    "go_to",
    "in_seconds",
    "is_indexed",
    "opened",
    "origin_of",
    "resize_luma",
    "resize_rgb",
    "span_of",
    "strange_kinds",
    "time_of",
    "use_threads",
    "video_streams",
    "whole_duration",
]

InputContainer = av.container.InputContainer

_Stream = TypeVar("_Stream", av.VideoStream, av.AudioStream)

_KINDS = ("video", "audio")
_UNREADABLE_HINT = (
    "Is the copy complete, and the recording finished? Playlists and pictures are not read; give a clip such as "
    "MP4, MOV, MKV, AVI or MPEG, or a sound file such as WAV, FLAC or MP3."
)

# Pixels up to this much wider or taller than square are left alone: PAL's 16:15 and 12:11 and NTSC's 10:11 do a face
# detector no harm, and resampling each frame costs more than decoding it.
_MAX_PIXEL_ASPECT = 1.15
# Formats whose first plane is 8-bit luma, one byte a pixel.
_LUMA_FIRST = frozenset(
    {"gray", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "nv12", "nv21", "nv16", "yuva420p"}
    | {"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"}
)

# Without adaptive quantisation: its vectorised arithmetic gave other bytes from run to run. (Without vectors, asm=0, it
# does not, but that is slow.)
X264_OPTIONS = {
    "preset": "veryfast",
    "crf": "18",
    "flags": "+bitexact",
    "x264-params": "rc-lookahead=0:mbtree=0:aq-mode=0",
}
# Sampling rates that AAC defines (ISO/IEC 14496-3, table 1.18).
_AAC_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)

DEFAULT = Disposition.default
"""What marks a stream that players choose by themselves."""

DAMAGE = (av.FFmpegError, EOFError, MemoryError, UnicodeDecodeError, OSError)
"""What PyAV raises on damaged files."""


# ---- opening ----


@contextlib.contextmanager
def opened(path: AnyPath) -> Iterator[InputContainer]:
    """Open a media file for reading, and close it after the block.

    Raises
    ------
    MediaError
        If it is missing, empty, not a regular file, or nothing in it can be decoded.
    """
    try:
        container = open_local(path)
    except PermissionError as error:
        raise MediaError(path, "this file may not be read", "Check its permissions.") from error
    except DAMAGE as error:
        raise MediaError(path, "not a media file that can be read", _UNREADABLE_HINT) from error
    with container:
        if not video_streams(container) and not audio_streams(container):
            raise MediaError(path, "neither sound nor picture that can be decoded", _UNREADABLE_HINT)
        yield container


def video_streams(container: InputContainer) -> list[av.VideoStream]:
    """Moving pictures of a known codec."""
    # The cover picture of a sound file is stored as a video stream of one frame.
    return [s for s in container.streams.video if s.codec_context and not s.disposition & Disposition.attached_pic]


def audio_streams(container: InputContainer) -> list[av.AudioStream]:
    """Sound of a known codec."""
    # A stream of an unknown codec has no context.
    return [s for s in container.streams.audio if s.codec_context]


def strange_kinds(container: InputContainer) -> tuple[str, ...]:
    """Those of "video" and "audio" of which there are streams in a codec that can't be decoded."""
    return tuple(dict.fromkeys(s.type for s in container.streams if s.type in _KINDS and not s.codec_context))


def choose_stream(
    path: AnyPath, kind: str, streams: Sequence[_Stream], track: int | None, strange: Sequence[str] = ()
) -> _Stream:
    """The stream with index `track`; without one the first that the file marks as default.

    Parameters
    ----------
    path : path-like
        The file, for messages.
    kind : {"audio", "video"}
    streams : sequence
        To choose from.
    track : int or None
    strange : sequence of str
        Kinds that the file has in a codec that can't be decoded.

    Raises
    ------
    MissingStream
        If there are no `streams`.
    ConfigError
        If none has this index.
    """
    if not streams:
        raise MissingStream(path, kind, is_strange=kind in strange)
    if track is None:
        return next((s for s in streams if s.disposition & DEFAULT), streams[0])
    chosen = next((s for s in streams if s.index == track), None)
    if chosen is None:
        raise ConfigError(f"{kind} track", track, [s.index for s in streams])
    return chosen


# ---- the clock ----


def origin_of(container: InputContainer) -> Fraction:
    """When the first of the sound and picture streams starts, seconds on the container's own clock."""
    streams: list[av.VideoStream | av.AudioStream] = [*video_streams(container), *audio_streams(container)]
    starts = [_seconds(s, s.start_time) for s in streams if s.start_time is not None]
    return min(starts, default=Fraction(0))


def _seconds(stream: av.VideoStream | av.AudioStream, ticks: int) -> Fraction:
    return ticks * (stream.time_base or Fraction(0))


def time_of(frame: av.VideoFrame | av.AudioFrame, origin: Fraction) -> float | None:
    """When a frame is shown or heard, seconds after `origin`; None if the file does not say."""
    if frame.pts is None or frame.time_base is None:
        return None
    return float(frame.pts * frame.time_base - origin)


def whole_duration(container: InputContainer, origin: Fraction) -> int | None:
    """How long the container says that it is from `origin` on, in FFmpeg's ticks; None where it does not say."""
    if container.duration is None or "matroska" not in container.format.name:
        return container.duration
    # Matroska counts from 0, whenever its first stream starts.
    return max(0, container.duration - round(origin * av.time_base))


def in_seconds(ticks: int) -> float:
    """FFmpeg's own ticks in seconds."""
    return ticks / av.time_base


def span_of(stream: av.VideoStream | av.AudioStream, origin: Fraction, whole: int | None) -> tuple[float, float]:
    """Start after `origin` and duration of a stream, seconds; `whole` is the container's own duration, in ticks."""
    start = _seconds(stream, stream.start_time) - origin if stream.start_time is not None else Fraction(0)
    if stream.duration is not None:
        return float(start), float(_seconds(stream, stream.duration))
    # Matroska says only how long the whole file is.
    return float(start), max(0.0, (whole or 0) / av.time_base - float(start))


def first_rotation(container: InputContainer, stream: av.VideoStream) -> int:
    """Degrees counterclockwise (0, 90, 180, 270) that make the pictures of a stream upright."""
    # PyAV shows the display matrix on decoded frames only.
    for frame in decode(container, stream, lambda: None):
        return _quarter_turns(frame) * 90
    return 0


def _quarter_turns(frame: av.VideoFrame) -> int:
    return round(frame.rotation / 90) % 4


# ---- decoding ----


def decode(container: InputContainer, stream: _Stream, note_damage: Callable[[], None]) -> Iterator[Any]:
    """Frames of one stream, past damaged packets; `note_damage` is called at each of those."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except DAMAGE:
            note_damage()
            packet = None
        try:
            # Without a packet this empties the decoder.
            frames = stream.decode(packet)
        except DAMAGE:
            note_damage()
            frames = []
        yield from frames
        if packet is None or (packet.dts is None and packet.size == 0):
            return


_INDEXED = frozenset({"mp4", "mov", "matroska", "webm"})
_n_threads = 0  # of a decoder of pictures; FFmpeg's own choice


def use_threads(n_threads: int) -> None:
    """Give each decoder of pictures so many threads from now on, in this process; 0 leaves the choice to FFmpeg.

    FFmpeg takes one a processor, of which each holds pictures of its own. Where clips or parts of one are read side by
    side in processes, one thread each does the same work in less processor time and memory.
    """
    global _n_threads
    _n_threads = n_threads


def is_indexed(container: InputContainer) -> bool:
    """Whether the container has an index of the pictures from which decoding can begin, and a time for each picture."""
    return not _INDEXED.isdisjoint(container.format.name.split(","))


def go_to(container: InputContainer, stream: av.VideoStream, time: float, origin: Fraction) -> None:
    """Go on reading from a picture at or before `time`, seconds after `origin`, that needs none before it."""
    if is_indexed(container) and stream.time_base is not None:
        container.seek(math.floor((Fraction(time) + origin) / stream.time_base), stream=stream)


class Darkroom:
    """Turns the decoded frames of a stream into upright luma or RGB arrays of one size.

    Parameters
    ----------
    path : path-like
        The file, for messages.
    stream : av.VideoStream
        The stream, not yet decoded.
    colour : bool
        RGB instead of luma.

    Raises
    ------
    MediaError
        If its pictures are absurdly large.
    """

    def __init__(self, path: AnyPath, stream: av.VideoStream, colour: bool) -> None:
        if (fault := excess("pixels", stream.width * stream.height)) is not None:
            reason = f"pictures of {stream.width} x {stream.height} pixels are too large; it {fault}"
            raise MediaError(path, reason, "Or scale the clip down, to 1080 lines say; lips need no more.")
        # The size may also grow within the stream.
        stream.codec_context.options = {"max_pixels": str(allowed("pixels"))}
        stream.thread_type = "AUTO"
        stream.thread_count = _n_threads
        pixel_aspect = stream.sample_aspect_ratio
        self._format = "rgb24" if colour else "gray"
        aspect = float(pixel_aspect or 1)
        self._aspect = aspect if max(aspect, 1 / aspect) > _MAX_PIXEL_ASPECT else 1.0
        self._size: tuple[int, int] | None = None

    def develop(self, frame: av.VideoFrame) -> Image | None:
        """Array of uint8, (height, width) or (height, width, 3); None where the frame can't be converted."""
        try:
            return self._upright(frame)
        except DAMAGE:
            return None

    def _upright(self, frame: av.VideoFrame) -> Image:
        if self._size is None:
            self._size = round(frame.width * self._aspect), frame.height
        width, height = self._size
        same_size = (frame.width, frame.height) == self._size
        # The luma plane as it is needs no conversion, which would cost more than the decoding.
        is_luma = frame.format.name in _LUMA_FIRST and frame.planes[0].line_size >= frame.width
        if self._format == "rgb24" or not same_size or not is_luma:
            frame = frame.reformat(width=width, height=height, format=self._format)
        image = _pixels(frame)
        turns = _quarter_turns(frame)
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _pixels(frame: av.VideoFrame) -> Image:
    """Copy of a frame's first plane, without the padding of its rows."""
    plane, n_bytes = frame.planes[0], 3 if frame.format.name == "rgb24" else 1
    used = np.frombuffer(memoryview(plane), np.uint8)[: frame.height * plane.line_size]
    image: Image = used.reshape(frame.height, plane.line_size)[:, : frame.width * n_bytes].copy()
    return image.reshape(frame.height, frame.width, 3) if n_bytes == 3 else image


def resize_luma(image: Image, width_px: int, height_px: int) -> Image:
    """Scale a luma picture, bilinearly (over the area that a pixel covers where it shrinks).

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        Luma.
    width_px, height_px : int
        Size of the result.

    Returns
    -------
    ndarray of uint8, shape (height_px, width_px)
    """
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="gray")
    return _pixels(frame.reformat(width=width_px, height=height_px, format="gray", interpolation="BILINEAR", threads=1))


def resize_rgb(image: Image, width_px: int, height_px: int) -> Image:
    """Scale an RGB picture: over the area that a pixel covers where it shrinks, bicubic where it grows."""
    if image.shape[:2] == (height_px, width_px):
        return image
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    kind = "AREA" if width_px < image.shape[1] else "BICUBIC"
    return _pixels(frame.reformat(width=width_px, height=height_px, interpolation=kind, threads=1))


# ---- encoding ----


@contextlib.contextmanager
def encoding() -> Iterator[None]:
    """Around the work of an encoder, whose library says no more than that it failed: it does for want of memory.

    Raises
    ------
    MemoryError
        If it fails.
    """
    try:
        yield
    except av.error.ExternalError as error:
        raise MemoryError("an encoder had too little memory") from error


def encode_clip(
    draft: Path,
    images: Iterable[Image],
    rate: Fraction,
    sound: tuple[npt.NDArray[np.float32], int] | None,
    tags: Mapping[str, str] | None = None,
) -> int:
    """Encode pictures and `sound` (mono samples and their rate) as MP4 at `draft`; returns the number of pictures."""
    # The name need not end in .mp4.
    options = {"fflags": "+bitexact"}
    with encoding(), av.open(f"file:{draft}", "w", format="mp4", container_options=options) as container:
        container.metadata.update(tags or {})
        return _encode(container, iter(images), rate, sound)


def _encode(
    container: av.container.OutputContainer,
    images: Iterator[Image],
    rate: Fraction,
    sound: tuple[npt.NDArray[np.float32], int] | None,
) -> int:
    first = next(images, None)
    if first is None:
        return 0
    video = container.add_stream("libx264", rate=rate, options=X264_OPTIONS)
    video.height, video.width = (n + n % 2 for n in first.shape[:2])
    video.pix_fmt = "yuv420p"
    # x264's output depends on the number of threads, and that on the machine.
    video.thread_count = 1
    track = None if sound is None else SoundTrack(container, *sound)
    n_images = 0
    for image in itertools.chain([first], images):
        # Converted here with one thread: left to the encoder, the conversion differs from run to run in a few pixels.
        frame = av.VideoFrame.from_ndarray(_even(image), format="rgb24").reformat(format="yuv420p", threads=1)
        frame.pts, frame.time_base = n_images, 1 / rate
        container.mux(video.encode(frame))
        n_images += 1
        if track is not None:
            track.write_until(n_images / rate)
    container.mux(video.encode(None))
    if track is not None:
        track.finish()
    return n_images


def _even(image: Image) -> Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)


class SoundTrack:
    """AAC stream of an MP4, written piece by piece so that sound and picture lie side by side in the file.

    Parameters
    ----------
    container : OutputContainer
        The MP4.
    samples : ndarray of float32, shape (n_samples,)
        Mono sound from time 0 on.
    rate_hz : int
        Its rate; one that AAC does not have becomes 48 kHz.
    bit_rate : int, optional
        Bits a second; the encoder's choice by default.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        samples: npt.NDArray[np.float32],
        rate_hz: int,
        bit_rate: int | None = None,
    ) -> None:
        aac_rate_hz = rate_hz if rate_hz in _AAC_RATES_HZ else 48000
        self._stream = container.add_stream("aac", rate=aac_rate_hz, layout="mono", options={"flags": "+bitexact"})
        if bit_rate is not None:
            self._stream.bit_rate = bit_rate
        self._container, self._samples, self._rate_hz = container, samples, rate_hz
        self._n_written = 0
        self._resampler = av.AudioResampler("fltp", "mono", aac_rate_hz)

    def write_until(self, time: Fraction) -> None:
        """Write what is heard before `time`, seconds."""
        self._write(min(len(self._samples), round(time * self._rate_hz)))

    def _write(self, end: int) -> None:
        part = np.ascontiguousarray(self._samples[self._n_written : end], dtype=np.float32)
        if not len(part):
            return
        frame = av.AudioFrame.from_ndarray(part[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = self._rate_hz, self._n_written
        frame.time_base = Fraction(1, self._rate_hz)
        self._n_written = end
        self._mux(frame)

    def finish(self) -> None:
        """Write the rest."""
        self._write(len(self._samples))
        self._mux(None)
        self._container.mux(self._stream.encode(None))

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for piece in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(piece))
