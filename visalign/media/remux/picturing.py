"""Give a clip another picture; its sound stays as it is, packet by packet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np

from visalign.errors import AnyPath, OutputError
from visalign.files.outputs import whole_file
from visalign.media import ffmpeg
from visalign.media.remux.copying import Copier, OutputContainer, container_for, created, demuxed, interleave
from visalign.signals import Frame

__all__ = ["put_picture"]

_TICKS = 90_000  # a second
_USUAL_RATE_HZ = 48_000
# Without B-frames nothing is stored before its time; a key frame every two seconds or so makes jumping quick.
_OPTIONS = ffmpeg.X264_OPTIONS | {"bf": "0", "g": "50"}
_COPIED = ("audio", "subtitle")


def put_picture(source: AnyPath, target: AnyPath, pictures: Iterable[Frame]) -> None:
    """Write a clip with other pictures; sound, subtitles, chapters and tags are copied.

    Parameters
    ----------
    source, target : path-like
        The clip, and the new file (.mp4, .mov, .mkv; an older one is replaced).
    pictures : iterable of Frame
        RGB, all of one size, even in width and height; times on the clip's clock, increasing. Each is shown until the
        next one.

    Raises
    ------
    MediaError
        If the clip can't be read.
    ConfigError
        If files with this ending are not written.
    OutputError
        If the container has no place for the sound, there is no picture, or it can't be written there.
    """
    container_for(target)
    with ffmpeg.opened(source) as clip, whole_file(target) as draft:
        sounds = ffmpeg.audio_streams(clip)
        rate_hz = max((s.codec_context.sample_rate for s in sounds), default=_USUAL_RATE_HZ)
        others = {s.index for s in clip.streams if s.type not in _COPIED}
        with created(target, draft, rate_hz, clip.metadata) as output:
            first, frames = _first(target, pictures)
            copier = Copier(source, clip, output, {}, dropped=others)
            film = _Film(output, first, copier.start)
            for stream in clip.streams:
                if stream.index not in others:
                    copier.add_stream(stream)
            copier.add_chapters()
            interleave(copier, demuxed(clip), film, frames)


def _first(target: AnyPath, pictures: Iterable[Frame]) -> tuple[Frame, Iterator[Frame]]:
    """The first picture, whose size is that of the film, and all of them."""
    frames = iter(pictures)
    first = next(frames, None)
    if first is None:
        raise OutputError(target, "there is no picture to write; a clip needs at least one")
    return first, itertools.chain([first], frames)


class _Film:
    """The encoded picture of the new file, which begins at `start` seconds of it."""

    def __init__(self, output: OutputContainer, first: Frame, start: Fraction) -> None:
        stream = output.add_stream("libx264", rate=25, options=_OPTIONS)
        assert isinstance(stream, av.VideoStream)  # for the type checker: the encoder is one of pictures
        stream.height, stream.width = first.image.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1  # x264's output depends on the number of threads
        stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream, self._output, self._start = stream, output, start
        self.written_until = start

    def write(self, frame: Frame) -> None:
        """Append a picture."""
        shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), format="rgb24")
        shown = shown.reformat(format="yuv420p", threads=1)
        ticks = round((self._start + Fraction(max(frame.time, 0.0)).limit_denominator(_TICKS)) * _TICKS)
        shown.pts, shown.time_base = ticks, Fraction(1, _TICKS)
        self._output.mux(self._stream.encode(shown))
        self.written_until = Fraction(ticks, _TICKS)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._output.mux(self._stream.encode(None))
