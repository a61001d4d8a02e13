"""Read and write sound and picture, on one clock: the only room that talks to FFmpeg (through PyAV).

Conventions
-----------
* Time is seconds after the clip's origin, the moment at which its first stream starts. Sound and picture share this
  ONE origin: where the sound of a clip starts 100 ms after its picture, :func:`read_audio` begins with 100 ms of
  silence. Neither stream is ever moved to its own start, since that would hide the very offset to be measured.
* Times come from the presentation times in the container, never from frame number / rate: on a clip with variable
  frame rate the latter is wrong by up to seconds.
* Audio is mono float32 between -1 and 1. Gaps in the stream are filled with silence, so ``n / rate_hz`` is the time of
  sample n throughout.
* Pictures are upright: the rotation that phones store beside the picture is applied.
* Pixels are square: a picture stored with pixels of clearly another shape is widened.

What is read
------------
Only real media containers on the local disk are opened. Playlists (HLS, DASH, ffconcat) make FFmpeg read further
files or the network, whatever the playlist is called, so they are refused. Damaged packets are skipped and counted.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import av
import av.container
import numpy as np
import numpy.typing as npt
import soundfile
from av.stream import Disposition

from visalign.errors import AnyPath, ConfigError, MediaError, MissingStream, OutputError
from visalign.outputs import whole_file

__all__ = [
    "Audio",
    "AudioStream",
    "Frame",
    "FrameReader",
    "MediaInfo",
    "VideoStream",
    "probe",
    "read_audio",
    "read_frames",
    "resize_luma",
    "write_clip",
    "write_wav",
]

_Stream = TypeVar("_Stream", av.VideoStream, av.AudioStream)
_Image = npt.NDArray[np.uint8]

# Demuxers of real containers, by FFmpeg's names. Missing on purpose: hls, dash, concat, sdp (they open other files or
# the network), image sequences and raw streams (they have no times of their own).
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegtsraw,flv,asf,mxf,gxf,nut,ogg,"
    "wav,w64,flac,mp3,aac,aiff,caf,au,nistsphere,amr,ac3,eac3,wv"
)
_OPEN_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}

# An 8K picture has 33 million pixels; beyond twice that a file is broken or hostile, and frames would fill the memory.
_MAX_PIXELS = 64_000_000
# Pixels up to this much wider or taller than square are left alone: PAL's 16:15 and 12:11 and NTSC's 10:11 do a face
# detector no harm, and resampling each frame costs more than decoding it.
_MAX_PIXEL_ASPECT = 1.15
# A jump in the audio's presentation times beyond this is a gap or overlap, below it rounding: containers store times
# to a millisecond at worst, and encoders pad by less than one 1024-sample frame (21 ms at 48 kHz) unmarked.
_MAX_AUDIO_JITTER_SECONDS = 0.020
# No more silence than this is put into one gap; longer ones come from broken time stamps.
_MAX_GAP_SECONDS = 6 * 3600.0
# Stereo whose mean keeps less than this share of its louder channel's energy has channels of opposite polarity.
_CANCELLED_ENERGY = 0.05
# Sampling rates that AAC defines (ISO/IEC 14496-3, table 1.18).
_AAC_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
# Formats whose first plane is 8-bit luma, one byte a pixel.
_LUMA_FIRST = frozenset(
    {"gray", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "nv12", "nv21", "nv16", "yuva420p"}
    | {"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"}
)
_USUAL_RATE = Fraction(25)  # stands in where a container gives no rate; times never depend on it
_X264_OPTIONS = {"preset": "veryfast", "crf": "18", "flags": "+bitexact"}
_UNREADABLE_HINT = (
    "Is the copy complete, and the recording finished? Playlists and pictures are not read; give a clip such as "
    "MP4, MOV, MKV, AVI or MPEG, or a sound file such as WAV, FLAC or MP3."
)
_TOO_LARGE_HINT = "Scale the clip down, to 1080 lines say; lips need no more."
# What damaged files make PyAV raise; found by feeding it mutated clips.
_DAMAGE = (av.FFmpegError, EOFError, MemoryError, UnicodeDecodeError, OSError)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono sound; sample 0 is at the clip's origin.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Between -1 and 1, all finite.
    rate_hz : int
        Samples a second.
    decode_errors : int
        Damaged packets that were skipped (silence stands in their place).
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    decode_errors: int = 0

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a clip.

    Parameters
    ----------
    time : float
        Seconds after the clip's origin at which it appears.
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        Luma, or RGB where colour was asked for; upright.
    """

    time: float
    image: _Image


@dataclass(frozen=True, slots=True)
class VideoStream:
    """What a container says about one of its video streams.

    `width_px` and `height_px` are as stored, before `rotation_degrees` (counterclockwise, to be upright) is applied;
    `start` and `duration` are seconds, the start on the clip's clock; `rate` is nominal frames a second.
    """

    index: int
    codec: str
    width_px: int
    height_px: int
    rate: Fraction
    rotation_degrees: int
    start: float
    duration: float


@dataclass(frozen=True, slots=True)
class AudioStream:
    """What a container says about one of its audio streams; `start` (on the clip's clock) and `duration` in seconds."""

    index: int
    codec: str
    rate_hz: int
    n_channels: int
    start: float
    duration: float


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file holds; `duration` in seconds, from its origin to the end of its longest stream."""

    path: Path
    duration: float
    container: str
    video: tuple[VideoStream, ...]
    audio: tuple[AudioStream, ...]


def probe(path: AnyPath) -> MediaInfo:
    """Read what a media file holds, without decoding it (but for one picture, which knows the rotation).

    Raises
    ------
    MediaError
        If the file is missing, empty, not a regular file or not a media file that can be read.
    """
    with _opened(path) as container:
        origin, whole, videos = _origin(container), container.duration, _videos(container)
        audio = tuple(_audio_info(s, origin, whole) for s in _audios(container))
        rotation = _first_rotation(container, videos[0]) if videos else 0
        video = tuple(_video_info(s, origin, whole, rotation) for s in videos)
        ends = [s.start + s.duration for s in video] + [s.start + s.duration for s in audio]
        return MediaInfo(Path(path), max(ends, default=0.0), container.format.name, video, audio)


def read_audio(path: AnyPath, rate_hz: int = 16000, *, track: int | None = None) -> Audio:
    """Read the sound of a media file as mono, on the clip's clock.

    Sample 0 is at the clip's origin: where the stream starts later there is silence first; what lies before the
    origin is cut. Channels are averaged (FFmpeg's weights beyond two channels); where two channels cancel each other,
    as with one of them wired in reverse, the louder one is taken instead.

    Parameters
    ----------
    path : path-like
        A clip or a sound file.
    rate_hz : int
        Sampling rate to convert to.
    track : int, optional
        Index of the stream, as :func:`probe` lists it; by default the one the file marks as default.

    Returns
    -------
    Audio

    Raises
    ------
    MediaError
        If the file can't be read, or nothing in the stream can be decoded.
    MissingStream
        If there is no audio in it.
    ConfigError
        If there is no such track.
    """
    audio, energy = _decode_audio(path, rate_hz, track, channel=None)
    if energy.mix < _CANCELLED_ENERGY * max(energy.left, energy.right):
        audio, _ = _decode_audio(path, rate_hz, track, channel=0 if energy.left >= energy.right else 1)
    return audio


def read_frames(path: AnyPath, *, colour: bool = False, track: int | None = None) -> FrameReader:
    """Read the pictures of a clip one by one, each with its time on the clip's clock.

    Parameters
    ----------
    path : path-like
        The clip.
    colour : bool
        RGB pictures instead of luma.
    track : int, optional
        Index of the stream, as :func:`probe` lists it; by default the one the file marks as default.

    Returns
    -------
    FrameReader
        An iterator of :class:`Frame`, times strictly increasing. Only a few frames are in memory at a time. All
        images have the size of the first, whatever the stream does.

    Raises
    ------
    MediaError, MissingStream, ConfigError
        As :func:`read_audio`; from here if the file itself is unusable, otherwise from the first ``next()``.
    """
    _media_url(path)
    return FrameReader(path, colour=colour, track=track)


class FrameReader(Iterator[Frame]):
    """Iterator over the frames of a clip; see :func:`read_frames`.

    Attributes
    ----------
    decode_errors : int
        Damaged packets skipped so far.
    dropped_frames : int
        Frames left out so far because they had no time, or none after the frame before.
    """

    def __init__(self, path: AnyPath, *, colour: bool = False, track: int | None = None) -> None:
        self.decode_errors = 0
        self.dropped_frames = 0
        self._frames = self._read(path, colour, track)

    def __next__(self) -> Frame:
        return next(self._frames)

    def close(self) -> None:
        """Close the file before the last frame is read; at the end it is closed anyway."""
        self._frames.close()

    def _note_damage(self) -> None:
        self.decode_errors += 1

    def _read(self, path: AnyPath, colour: bool, track: int | None) -> Generator[Frame, None, None]:
        with _opened(path) as container:
            stream = _choose(path, "video", _videos(container), track)
            if stream.width * stream.height > _MAX_PIXELS:
                raise MediaError(path, f"pictures of {stream.width} x {stream.height} are too large", _TOO_LARGE_HINT)
            stream.codec_context.options = {"max_pixels": str(_MAX_PIXELS)}
            stream.thread_type = "AUTO"
            origin, last, darkroom = _origin(container), -math.inf, _Darkroom(colour, stream.sample_aspect_ratio)
            for frame in _decode(container, stream, self._note_damage):
                time = _time_of(frame, origin)
                if time is None or time <= last:
                    self.dropped_frames += 1
                    continue
                last = time
                yield Frame(time, darkroom.develop(frame))
            if last == -math.inf:
                raise MediaError(path, "no picture in this file can be decoded", "Is the copy complete?")


def write_clip(path: AnyPath, frames: Iterable[_Image], rate: Fraction, audio: Audio | None) -> Path:
    """Write an MP4 clip (H.264, AAC) whole under its final name, or not at all.

    The same input gives the same bytes. Pictures with an odd width or height gain a column or row, a copy of the
    last one, since H.264 with halved colour resolution needs even sizes.

    Parameters
    ----------
    path : path-like
        Where to; an older file is replaced.
    frames : iterable of ndarray of uint8, shape (height, width, 3)
        RGB pictures, all of one size.
    rate : Fraction
        Pictures a second.
    audio : Audio or None
        Sound that starts with the first picture. A rate that AAC does not have becomes 48 kHz.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OutputError
        If it can't be written there, or there is no picture to write.
    """
    options = {"fflags": "+bitexact"}
    with (
        whole_file(path) as draft,
        av.open(f"file:{draft}", "w", format="mp4", container_options=options) as container,
    ):
        _encode(container, path, iter(frames), Fraction(rate), audio)
    return Path(path)


def write_wav(path: AnyPath, audio: Audio) -> Path:
    """Write sound as a 16-bit WAV file, whole under its final name or not at all.

    Raises
    ------
    OutputError
        If it can't be written there.
    """
    with whole_file(path) as draft:
        try:
            soundfile.write(draft, audio.samples, audio.rate_hz, subtype="PCM_16", format="WAV")
        except soundfile.LibsndfileError as error:
            raise OutputError(path, f"writing failed ({error}); is the disk full?") from error
    return Path(path)


# ---- opening ----


@contextlib.contextmanager
def _opened(path: AnyPath) -> Iterator[av.container.InputContainer]:
    url = _media_url(path)
    try:
        # Titles and tags of damaged or old files are not always UTF-8, and nothing here reads them.
        container = av.open(url, container_options=_OPEN_OPTIONS, metadata_errors="replace")
    except PermissionError as error:
        raise MediaError(path, "this file may not be read", "Check its permissions.") from error
    except _DAMAGE as error:
        raise MediaError(path, "not a media file that can be read", _UNREADABLE_HINT) from error
    with container:
        if not _videos(container) and not _audios(container):
            raise MediaError(path, "neither sound nor picture that can be decoded", _UNREADABLE_HINT)
        yield container


def _media_url(path: AnyPath) -> str:
    """Check that `path` is a regular file with something in it, and spell it so that FFmpeg takes it literally."""
    # Opening a FIFO would wait for ever, and a device has no end: look before opening.
    try:
        status = Path(path).stat()
    except FileNotFoundError as error:
        reason = "a link to a file that does not exist" if Path(path).is_symlink() else "no such file"
        raise MediaError(path, reason, "Check the spelling of the path.") from error
    except ValueError as error:
        raise MediaError(repr(str(path)), "no file can have this name", "Take the NUL character out of it.") from error
    except OSError as error:
        raise MediaError(path, f"can't be reached ({error.strerror})", "Check the path and its permissions.") from error
    if stat.S_ISDIR(status.st_mode):
        raise MediaError(path, "this is a folder", "Give one clip; for a folder of clips use `visalign batch`.")
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(path, "not a regular file", "Pipes and devices can't be read twice; save the clip first.")
    if status.st_size == 0:
        raise MediaError(path, "this file is empty", "Copy or record it again.")
    # Without the prefix FFmpeg takes "12:30.mp4" for a protocol called "12".
    return f"file:{os.path.abspath(path)}"  # noqa: PTH100 - Path.absolute() would keep ".."


def _videos(container: av.container.InputContainer) -> list[av.VideoStream]:
    # The cover picture of a sound file is stored as a video stream of one frame.
    return [s for s in container.streams.video if s.codec_context and not s.disposition & Disposition.attached_pic]


def _audios(container: av.container.InputContainer) -> list[av.AudioStream]:
    # A stream of an unknown codec has no context.
    return [s for s in container.streams.audio if s.codec_context]


def _choose(path: AnyPath, kind: str, streams: Sequence[_Stream], track: int | None) -> _Stream:
    if not streams:
        raise MissingStream(path, kind)
    if track is None:
        return next((s for s in streams if s.disposition & Disposition.default), streams[0])
    chosen = next((s for s in streams if s.index == track), None)
    if chosen is None:
        raise ConfigError(f"{kind} track", track, [s.index for s in streams])
    return chosen


# ---- the clock ----


def _origin(container: av.container.InputContainer) -> Fraction:
    """When the first of the sound and picture streams starts, seconds on the container's own clock."""
    streams: list[av.VideoStream | av.AudioStream] = [*_videos(container), *_audios(container)]
    starts = [_seconds(s, s.start_time) for s in streams if s.start_time is not None]
    return min(starts, default=Fraction(0))


def _seconds(stream: av.VideoStream | av.AudioStream, ticks: int) -> Fraction:
    return ticks * (stream.time_base or Fraction(0))


def _time_of(frame: av.VideoFrame | av.AudioFrame, origin: Fraction) -> float | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return float(frame.pts * frame.time_base - origin)


def _span(stream: av.VideoStream | av.AudioStream, origin: Fraction, whole: int | None) -> tuple[float, float]:
    start = _seconds(stream, stream.start_time) - origin if stream.start_time is not None else Fraction(0)
    if stream.duration is not None:
        return float(start), float(_seconds(stream, stream.duration))
    # Matroska says only how long the whole file is.
    return float(start), max(0.0, (whole or 0) / av.time_base - float(start))


def _video_info(stream: av.VideoStream, origin: Fraction, whole: int | None, rotation_degrees: int) -> VideoStream:
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate or _USUAL_RATE
    codec = stream.codec_context.name
    size = stream.width, stream.height
    return VideoStream(stream.index, codec, *size, rate, rotation_degrees, *_span(stream, origin, whole))


def _audio_info(stream: av.AudioStream, origin: Fraction, whole: int | None) -> AudioStream:
    context = stream.codec_context
    span = _span(stream, origin, whole)
    return AudioStream(stream.index, context.name, context.sample_rate, context.layout.nb_channels, *span)


def _first_rotation(container: av.container.InputContainer, stream: av.VideoStream) -> int:
    # PyAV shows the display matrix on decoded frames only.
    for frame in _decode(container, stream, lambda: None):
        return _quarter_turns(frame) * 90
    return 0


def _quarter_turns(frame: av.VideoFrame) -> int:
    return round(frame.rotation / 90) % 4


# ---- decoding ----


def _decode(container: av.container.InputContainer, stream: _Stream, note_damage: Callable[[], None]) -> Iterator[Any]:
    """Frames of one stream, past damaged packets; `note_damage` is called at each of those."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except _DAMAGE:
            note_damage()
            packet = None
        try:
            # Without a packet this empties the decoder.
            frames = stream.decode(packet)
        except _DAMAGE:
            note_damage()
            frames = []
        yield from frames
        if packet is None or (packet.dts is None and packet.size == 0):
            return


class _Darkroom:
    """Turns decoded frames into upright luma or RGB arrays of one size."""

    def __init__(self, colour: bool, pixel_aspect: Fraction | None) -> None:
        self._format = "rgb24" if colour else "gray"
        aspect = float(pixel_aspect or 1)
        self._aspect = aspect if max(aspect, 1 / aspect) > _MAX_PIXEL_ASPECT else 1.0
        self._size: tuple[int, int] | None = None

    def develop(self, frame: av.VideoFrame) -> _Image:
        if self._size is None:
            self._size = round(frame.width * self._aspect), frame.height
        width, height = self._size
        same_size = (frame.width, frame.height) == self._size
        # The luma plane as it is needs no conversion, which would cost more than the decoding.
        if self._format == "rgb24" or not same_size or frame.format.name not in _LUMA_FIRST:
            frame = frame.reformat(width=width, height=height, format=self._format)
        image = _pixels(frame)
        turns = _quarter_turns(frame)
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _pixels(frame: av.VideoFrame) -> _Image:
    """Copy of a frame's first plane, without the padding of its rows."""
    plane, n_bytes = frame.planes[0], 3 if frame.format.name == "rgb24" else 1
    rows = np.frombuffer(memoryview(plane), np.uint8)[: frame.height * plane.line_size].reshape(
        frame.height, plane.line_size
    )
    image: _Image = rows[:, : frame.width * n_bytes].copy()
    return image.reshape(frame.height, frame.width, 3) if n_bytes == 3 else image


def _decode_audio(path: AnyPath, rate_hz: int, track: int | None, *, channel: int | None) -> tuple[Audio, _Energy]:
    with _opened(path) as container:
        stream = _choose(path, "audio", _audios(container), track)
        origin, tape = _origin(container), _Tape(rate_hz, channel)
        for frame in _decode(container, stream, tape.note_damage):
            tape.record(frame, _time_of(frame, origin))
        samples = tape.samples()
    if not len(samples):
        raise MediaError(path, "no sound in this file can be decoded", "Is the copy complete?")
    return Audio(samples, rate_hz, tape.decode_errors), tape.energy


class _Tape:
    """Lays decoded sound down in mono, each frame at its time: silence in gaps, overlaps cut.

    Frames that follow one another run through one resampler; at a jump it is emptied and a new one takes over,
    because a resampler knows nothing of time.
    """

    def __init__(self, rate_hz: int, channel: int | None) -> None:
        self._rate_hz, self._channel = rate_hz, channel
        self._bytes = bytearray()  # grows in place: a list of blocks would need the memory twice when joined
        self._resampler: av.AudioResampler | None = None
        self._setup: tuple[str, str, int] | None = None
        self._expected = 0.0
        self._n_to_cut = 0
        self.decode_errors = 0
        self.energy = _Energy(0.0, 0.0, 0.0)

    def note_damage(self) -> None:
        self.decode_errors += 1

    def samples(self) -> npt.NDArray[np.float32]:
        """All that was recorded, float32 (n_samples,); the tape is finished."""
        self._empty()
        return np.frombuffer(self._bytes, np.float32)

    def record(self, frame: av.AudioFrame, time: float | None) -> None:
        setup = frame.format.name, frame.layout.name, frame.sample_rate
        if time is None or abs(time - self._expected) > _MAX_GAP_SECONDS:
            time = self._expected
        if self._resampler is None or setup != self._setup or abs(time - self._expected) > _MAX_AUDIO_JITTER_SECONDS:
            self._empty()
            self._setup, self._expected = setup, time
            self._move_to(round(time * self._rate_hz))
            # Planes must not be read from a decoded frame itself: with 7.1 sound PyAV reads past the last one and the
            # process dies. Packed samples from a resampler have one plane.
            layout = "stereo" if frame.layout.nb_channels == 2 else "mono"
            self._resampler = av.AudioResampler("flt", layout, self._rate_hz)
        self._expected += frame.samples / frame.sample_rate
        self._append(self._resampler.resample(frame))

    def _empty(self) -> None:
        if self._resampler is not None:
            self._append(self._resampler.resample(None))
        self._resampler = None

    def _move_to(self, index: int) -> None:
        gap = index - len(self._bytes) // 4
        self._bytes += bytes(4 * max(gap, 0))
        self._n_to_cut = max(-gap, 0)

    def _append(self, frames: Iterable[av.AudioFrame]) -> None:
        for frame in frames:
            packed = np.asarray(frame.to_ndarray(), np.float32)
            block = packed.reshape(-1, frame.layout.nb_channels)[self._n_to_cut :]
            self._n_to_cut -= min(self._n_to_cut, frame.samples)
            # Float files can hold anything.
            np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            mono = block.mean(axis=1) if self._channel is None else block[:, min(self._channel, block.shape[1] - 1)]
            self.energy = self.energy.plus(mono, block[:, 0], block[:, -1])
            self._bytes += np.clip(mono, -1.0, 1.0).astype(np.float32).tobytes()


class _Energy(NamedTuple):
    mix: float
    left: float
    right: float

    def plus(self, *signals: npt.NDArray[np.float32]) -> _Energy:
        return _Energy(*(e + float(np.dot(x, x)) for e, x in zip(self, signals, strict=True)))


# ---- encoding ----


def _encode(
    container: av.container.OutputContainer,
    path: AnyPath,
    images: Iterator[_Image],
    rate: Fraction,
    audio: Audio | None,
) -> None:
    first = next(images, None)
    if first is None:
        raise OutputError(path, "there is no picture to write; a clip needs at least one")
    video = container.add_stream("libx264", rate=rate, options=_X264_OPTIONS)
    video.height, video.width = (n + n % 2 for n in first.shape[:2])
    video.pix_fmt = "yuv420p"
    # x264's output depends on the number of threads, and that on the machine.
    video.thread_count = 1
    sound = None if audio is None else _SoundTrack(container, audio)
    for index, image in enumerate(itertools.chain([first], images)):
        frame = av.VideoFrame.from_ndarray(_even(image), format="rgb24")
        frame.pts, frame.time_base = index, 1 / rate
        container.mux(video.encode(frame))
        if sound is not None:
            sound.write_until(float((index + 1) / rate))
    container.mux(video.encode(None))
    if sound is not None:
        sound.finish()


def _even(image: _Image) -> _Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)


class _SoundTrack:
    """AAC stream, written piece by piece so that sound and picture lie side by side in the file."""

    def __init__(self, container: av.container.OutputContainer, audio: Audio) -> None:
        rate_hz = audio.rate_hz if audio.rate_hz in _AAC_RATES_HZ else 48000
        self._stream = container.add_stream("aac", rate=rate_hz, layout="mono", options={"flags": "+bitexact"})
        self._container, self._audio, self._n_written = container, audio, 0
        self._resampler = av.AudioResampler("fltp", "mono", rate_hz)

    def write_until(self, time: float) -> None:
        self._write(min(len(self._audio.samples), round(time * self._audio.rate_hz)))

    def _write(self, end: int) -> None:
        part = np.ascontiguousarray(self._audio.samples[self._n_written : end], dtype=np.float32)
        if not len(part):
            return
        frame = av.AudioFrame.from_ndarray(part[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = self._audio.rate_hz, self._n_written
        frame.time_base = Fraction(1, self._audio.rate_hz)
        self._n_written = end
        self._mux(frame)

    def finish(self) -> None:
        self._write(len(self._audio.samples))
        self._mux(None)
        self._container.mux(self._stream.encode(None))

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for piece in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(piece))


def resize_luma(image: _Image, width_px: int, height_px: int) -> _Image:
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
