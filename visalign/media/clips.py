"""Read and write sound and picture, on one clock; FFmpeg itself stays behind :mod:`visalign.media.ffmpeg`.

Conventions
-----------
* Time is seconds after the clip's origin, the moment at which its first stream starts. Sound and picture share this
  ONE origin: where the sound of a clip starts 100 ms after its picture, :func:`read_audio` begins with 100 ms of
  silence. Neither stream is ever moved to its own start, since that would hide the very offset to be measured.
* Times come from the presentation times in the container, never from frame number / rate: on a clip with variable
  frame rate the latter is wrong by up to seconds.
* Audio is mono float32 between -1 and 1 (:class:`visalign.signals.Audio`). Gaps in the stream are filled with silence,
  so ``n / rate_hz`` is the time of sample n throughout.
* Pictures are upright: the rotation that phones store beside the picture is applied.
* Pixels are square: a picture stored with pixels of clearly another shape is widened.

What is read
------------
Only real media containers on the local disk are opened. Playlists (HLS, DASH, ffconcat) make FFmpeg read further
files or the network, whatever the playlist is called, so they are refused. Damaged packets are skipped and counted.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ConfigError, MediaError, OutputError
from visalign.files.inputs import check_file
from visalign.files.limits import excess
from visalign.files.outputs import whole_file
from visalign.files.scratch import GrowingArray, blocks_of
from visalign.media import ffmpeg
from visalign.media.ffmpeg import resize_luma, use_threads
from visalign.media.tape import Energy, Lane, Tape, named_layout
from visalign.signals import CANCELLED_ENERGY, Audio, AudioStream, Channels, Frame, Image, MediaInfo, VideoStream

if TYPE_CHECKING:
    import av

__all__ = [
    "FrameReader",
    "default_track",
    "divisible_seconds",
    "probe",
    "read_audio",
    "read_channels",
    "read_frames",
    "resampled",
    "resize_luma",
    "use_threads",
    "video_tracks",
    "write_channels",
    "write_clip",
    "write_wav",
]

# Stands in where a container gives no frame rate; times never depend on it.
_USUAL_RATE = Fraction(25)
_CHANNEL_NAMES = {"left": 0, "right": 1}
# Samples at a time: of long sound no more need be in memory.
_BLOCK = 1 << 18


def probe(path: AnyPath) -> MediaInfo:
    """Read what a media file holds, without decoding it (but for one picture, which knows the rotation).

    Raises
    ------
    MediaError
        If the file is missing, empty, not a regular file or not a media file that can be read.
    """
    with ffmpeg.opened(path) as container:
        return _told(path, container)


def read_audio(
    path: AnyPath, rate_hz: int = 16000, *, track: int | None = None, channel: int | str | None = None
) -> Audio:
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
    channel : int or str, optional
        One channel alone, from 0, or ``"left"`` or ``"right"``: in an interview each may hold one speaker.

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
        If there is no such track or channel.
    """
    if channel is not None:
        return _decode_audio(path, rate_hz, track, channel=channel)[0]
    audio, energy = _decode_audio(path, rate_hz, track, channel=None)
    if energy.mix < CANCELLED_ENERGY * max(energy.left, energy.right):
        audio, _ = _decode_audio(path, rate_hz, track, channel=0 if energy.left >= energy.right else 1)
    return audio


def read_channels(path: AnyPath, *, track: int | None = None) -> Channels:
    """Read the sound of a media file as it is, all channels at their own rate, on the clip's clock.

    Parameters and errors are those of :func:`read_audio`.
    """
    with ffmpeg.opened(path) as container:
        stream = _sound_stream(path, container, track)
        told = stream.codec_context.layout
        rate_hz, layout = stream.codec_context.sample_rate, named_layout(told)
        origin, lane = ffmpeg.origin_of(container), Lane(rate_hz, layout)
        sound = GrowingArray((max(told.nb_channels, 1),), np.float32)  # a damaged file may tell of none
        for frame in ffmpeg.decode(container, stream, lane.note_damage):
            for block in lane.lay(frame, ffmpeg.time_of(frame, origin)):
                sound.extend(block)
            _refuse_endless(path, lane.n_samples / rate_hz)
        for block in lane.rest():
            sound.extend(block)
    if not len(sound):
        raise MediaError(path, "no sound in this file can be decoded", "Is the copy complete?")
    return Channels(sound.array(), rate_hz, layout)


def read_frames(
    path: AnyPath, *, colour: bool = False, track: int | None = None, start: float | None = None
) -> FrameReader:
    """Read the pictures of a clip one by one, each with its time on the clip's clock.

    Parameters
    ----------
    path : path-like
        The clip.
    colour : bool
        RGB pictures instead of luma.
    track : int, optional
        Index of the stream, as :func:`probe` lists it; by default the one the file marks as default.
    start : float, optional
        Begin with a picture that is shown at or before this time, seconds, and needs none before it to be decoded;
        with the first one where the container does not say which ones do.

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
    check_file(path)
    return FrameReader(path, colour=colour, track=track, start=start)


class FrameReader(Iterator[Frame]):
    """Iterator over the frames of a clip; see :func:`read_frames`.

    Attributes
    ----------
    decode_errors : int
        Damaged packets skipped so far.
    dropped_frames : int
        Frames left out so far because they had no time, or none after the frame before.
    """

    def __init__(
        self, path: AnyPath, *, colour: bool = False, track: int | None = None, start: float | None = None
    ) -> None:
        self.decode_errors = 0
        self.dropped_frames = 0
        self._frames = self._read(path, colour, track, start)

    def __next__(self) -> Frame:
        return next(self._frames)

    def close(self) -> None:
        """Close the file before the last frame is read; at the end it is closed anyway."""
        self._frames.close()

    def _note_damage(self) -> None:
        self.decode_errors += 1

    def _read(
        self, path: AnyPath, colour: bool, track: int | None, start: float | None
    ) -> Generator[Frame, None, None]:
        with ffmpeg.opened(path) as container:
            strange = ffmpeg.strange_kinds(container)
            stream = ffmpeg.choose_stream(path, "video", ffmpeg.video_streams(container), track, strange)
            darkroom, origin, last = ffmpeg.Darkroom(path, stream, colour), ffmpeg.origin_of(container), -math.inf
            if start is not None:
                ffmpeg.go_to(container, stream, start, origin)
            for frame in ffmpeg.decode(container, stream, self._note_damage):
                time = ffmpeg.time_of(frame, origin)
                _refuse_endless(path, time or 0.0)
                image = None if time is None or time <= last else darkroom.develop(frame)
                if time is None or image is None:
                    self.dropped_frames += 1
                    continue
                last = time
                yield Frame(time, image)
            if last == -math.inf:
                raise MediaError(path, "no picture in this file can be decoded", "Is the copy complete?")


def resampled(samples: npt.NDArray[Any], from_hz: int, to_hz: int) -> npt.NDArray[Any]:
    """Sound at another rate, shape (ceil(n_samples * to_hz / from_hz),), by a polyphase filter without delay.

    The type of the numbers stays; at the same rate the samples come back themselves.
    """
    if from_hz == to_hz:
        return samples
    # Takes 0.8 s to load, three times as long as a sentence to align; `read_audio` gives 16 kHz already.
    from scipy.signal import resample_poly

    ratio = Fraction(to_hz, from_hz)
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator))


def default_track(path: AnyPath) -> int:
    """Index of the audio stream that is read where none is named.

    Raises
    ------
    MediaError, MissingStream
        As :func:`read_audio`.
    """
    with ffmpeg.opened(path) as container:
        return _sound_stream(path, container, None).index


def divisible_seconds(path: AnyPath) -> float:
    """How long a file is in which reading may begin anywhere, as it says where pictures are that need none before them.

    0 of another file, and of one that does not say how long it is.

    Raises
    ------
    MediaError
        As :func:`probe`.
    """
    with ffmpeg.opened(path) as container:
        whole = ffmpeg.whole_duration(container, ffmpeg.origin_of(container))
        return ffmpeg.in_seconds(whole or 0) if ffmpeg.is_indexed(container) else 0.0


def video_tracks(path: AnyPath, track: int | None = None) -> tuple[VideoStream, ...]:
    """The video streams in the order in which a face is looked for in them: the one that is marked as default first.

    Parameters
    ----------
    path : path-like
        The clip.
    track : int, optional
        Index of the only stream to look at.

    Raises
    ------
    MediaError, MissingStream, ConfigError
        As :func:`read_audio`.
    """
    with ffmpeg.opened(path) as container:
        streams, strange = ffmpeg.video_streams(container), ffmpeg.strange_kinds(container)
        first = ffmpeg.choose_stream(path, "video", streams, track, strange).index
        info = _told(path, container)
    chosen = [stream for stream in info.video if stream.index == first]
    return (*chosen, *(x for x in info.video if x.index != first)) if track is None else tuple(chosen)


def write_clip(
    path: AnyPath,
    frames: Iterable[Image],
    rate: Fraction,
    audio: Audio | None,
    *,
    tags: Mapping[str, str] | None = None,
) -> Path:
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
    tags : mapping, optional
        What the file says about itself, by the names that MP4 has: ``title``, ``artist``, ``comment`` …

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OutputError
        If it can't be written there, or there is no picture to write.
    """
    sound = None if audio is None else (audio.samples, audio.rate_hz)
    with whole_file(path) as draft:
        if not ffmpeg.encode_clip(draft, frames, Fraction(rate), sound, tags):
            raise OutputError(path, "there is no picture to write; a clip needs at least one")
    return Path(path)


def write_wav(path: AnyPath, audio: Audio) -> Path:
    """Write sound as a 16-bit WAV file, whole under its final name or not at all.

    Raises
    ------
    OutputError
        If it can't be written there.
    """
    return _write_samples(path, audio.samples, audio.rate_hz, "PCM_16")


def write_channels(path: AnyPath, sound: Channels) -> Path:
    """Write sound as a 24-bit WAV file with all its channels, whole under its final name or not at all.

    Raises
    ------
    OutputError
        If it can't be written there.
    """
    return _write_samples(path, sound.samples, sound.rate_hz, "PCM_24")


def _write_samples(path: AnyPath, samples: npt.NDArray[np.float32], rate_hz: int, subtype: str) -> Path:
    # Clips are read without it.
    import soundfile

    with whole_file(path) as draft:
        try:
            n_channels = 1 if samples.ndim == 1 else samples.shape[1]
            with soundfile.SoundFile(draft, "w", rate_hz, n_channels, subtype, format="WAV") as file:
                for part in blocks_of(len(samples), _BLOCK, samples):
                    file.write(samples[part])
        except soundfile.LibsndfileError as error:
            raise OutputError(path, f"writing failed ({error}); is the disk full?") from error
    return Path(path)


def _refuse_endless(path: AnyPath, seconds: float) -> None:
    # A file of a few kilobytes can hold days of silence, or time stamps with an hour between two of them.
    if (fault := excess("seconds", seconds)) is not None:
        raise MediaError(path, fault, "Or cut it into parts.")


def _sound_stream(path: AnyPath, container: ffmpeg.InputContainer, track: int | None) -> av.AudioStream:
    streams, strange = ffmpeg.audio_streams(container), ffmpeg.strange_kinds(container)
    return ffmpeg.choose_stream(path, "audio", streams, track, strange)


def _told(path: AnyPath, container: ffmpeg.InputContainer) -> MediaInfo:
    """What an open file says that it holds."""
    origin, videos = ffmpeg.origin_of(container), ffmpeg.video_streams(container)
    whole = ffmpeg.whole_duration(container, origin)
    audio = tuple(_audio_info(s, origin, whole) for s in ffmpeg.audio_streams(container))
    rotation = ffmpeg.first_rotation(container, videos[0]) if videos else 0
    video = tuple(_video_info(s, origin, whole, rotation) for s in videos)
    ends = [s.start + s.duration for s in video] + [s.start + s.duration for s in audio]
    strange = ffmpeg.strange_kinds(container)
    return MediaInfo(Path(path), max(ends, default=0.0), container.format.name, video, audio, strange)


def _video_info(stream: av.VideoStream, origin: Fraction, whole: int | None, rotation_degrees: int) -> VideoStream:
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate or _USUAL_RATE
    codec = stream.codec_context.name
    size = stream.width, stream.height
    return VideoStream(stream.index, codec, *size, rate, rotation_degrees, *ffmpeg.span_of(stream, origin, whole))


def _audio_info(stream: av.AudioStream, origin: Fraction, whole: int | None) -> AudioStream:
    context = stream.codec_context
    span = ffmpeg.span_of(stream, origin, whole)
    return AudioStream(stream.index, context.name, context.sample_rate, context.layout.nb_channels, *span)


def _decode_audio(path: AnyPath, rate_hz: int, track: int | None, *, channel: int | str | None) -> tuple[Audio, Energy]:
    with ffmpeg.opened(path) as container:
        stream = _sound_stream(path, container, track)
        told = stream.codec_context.layout
        chosen = None if channel is None else _channel_index(channel, told.nb_channels)
        # Of more than two channels only those that are asked for are kept apart; else FFmpeg's weights count.
        layout = named_layout(told) if chosen is not None and told.nb_channels > 2 else None
        origin, tape = ffmpeg.origin_of(container), Tape(rate_hz, chosen, layout)
        recorded_hz, tracks = stream.codec_context.sample_rate, ffmpeg.audio_streams(container)
        listed = tuple(f"{x.index} ({x.codec_context.name}, {x.codec_context.layout.nb_channels} ch)" for x in tracks)
        for frame in ffmpeg.decode(container, stream, tape.note_damage):
            tape.record(frame, ffmpeg.time_of(frame, origin))
            _refuse_endless(path, tape.seconds)
        samples = tape.samples()
    if not len(samples):
        raise MediaError(path, "no sound in this file can be decoded", "Is the copy complete?")
    return Audio(samples, rate_hz, tape.decode_errors, recorded_hz, listed), tape.energy


def _channel_index(channel: int | str, n_channels: int) -> int:
    """The index of a channel by its number, from 0, or its name."""
    named = _CHANNEL_NAMES.get(channel.strip().lower(), channel) if isinstance(channel, str) else channel
    index = int(named) if isinstance(named, int) or (len(named) < 5 and named.isdecimal()) else -1
    if not 0 <= index < n_channels:
        allowed = {1: "none: this sound is mono", 2: "left (0) or right (1)"}
        raise ConfigError("channel", channel, allowed.get(n_channels, f"a number from 0 to {n_channels - 1}"))
    return index
