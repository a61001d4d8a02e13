"""Where live pictures and sound come from: a file, standard input, a camera, a network stream.

Conventions
-----------
Pictures and blocks of sound come in the order of the container, each with its time on the source's clock (seconds
from its first time stamp). Sound is 16 kHz mono. A file comes as fast as it can be decoded; who shows it paces it.
Anything but files comes when it comes.

A network stream is opened only where that was allowed; standard input and files can't lead to other files or to the
network. PyAV's wheels for Linux bring no driver for cameras; there a program that has one is piped in:
``ffmpeg -f v4l2 -i /dev/video0 -f alsa -i default -c:v mjpeg -c:a pcm_s16le -f matroska - | visalign live -``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
import numpy.typing as npt

from visalign.errors import BackendUnavailable, ConfigError, MediaError, MissingStream
from visalign.files.limits import allowed
from visalign.media.access import open_local, open_network, open_pipe

__all__ = ["CAMERA", "RATE_HZ", "Picture", "Sound", "Source", "open_source"]

RATE_HZ = 16000
CAMERA, STDIN = "camera", "-"
NETWORK = ("rtsp://", "rtmp://", "http://", "https://", "tcp://", "udp://", "srt://")
_CAMERAS = {"v4l2": "/dev/video0", "avfoundation": "default:default", "dshow": "video=0"}
_OPEN_SECONDS = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture: its time, and RGB pixels, shape (height, width, 3)."""

    time: float
    image: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A block of sound: the time of its first sample, and samples between -1 and 1."""

    time: float
    samples: npt.NDArray[np.float32]


Item: TypeAlias = Picture | Sound


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An opened source.

    Parameters
    ----------
    name : str
        For the page.
    is_live : bool
        Whether it comes at its own pace.
    container : av.container.InputContainer
    """

    name: str
    is_live: bool
    container: Any

    def items(self) -> Iterator[Item]:
        """Pictures and sound as they come; the source is closed at the end."""
        with self.container as container:
            streams = [container.streams.video[0], *container.streams.audio[:1]]
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
            origin: float | None = None
            for packet in container.demux(streams):
                for frame in _decoded(packet):
                    if frame.time is None:
                        continue
                    origin = float(frame.time) if origin is None else origin
                    if isinstance(frame, av.VideoFrame):
                        yield Picture(float(frame.time) - origin, _upright(frame))
                    else:
                        time = float(frame.time) - origin
                        parts = [part.to_ndarray()[0] for part in resampler.resample(frame)]
                        if parts:
                            yield Sound(time, np.concatenate(parts).astype(np.float32))


def open_source(name: str, *, allow_network: bool = False) -> Source:
    """Open a source.

    Parameters
    ----------
    name : str
        A file, ``-`` (standard input), ``camera``, or an address such as ``rtsp://…``.
    allow_network : bool
        Whether an address may be opened.

    Raises
    ------
    ConfigError
        If an address is given and not allowed.
    MediaError, MissingStream
        If it can't be read, or has no picture.
    BackendUnavailable
        If there is no driver for cameras.
    """
    container = _open(name, allow_network)
    if not container.streams.video:
        container.close()
        raise MissingStream(name, "video")
    container.streams.video[0].codec_context.options = {"max_pixels": str(allowed("pixels"))}
    is_live = name in {CAMERA, STDIN} or name.startswith(NETWORK)
    return Source(name if is_live else Path(name).name, is_live, container)


def _open(name: str, allow_network: bool) -> Any:
    if name.startswith(NETWORK):
        if not allow_network:
            raise ConfigError("source", name, "files, unless --allow-network says that the network may be used")
        return _opened(name, lambda: open_network(name, timeout=_OPEN_SECONDS))
    if name == STDIN:
        return _opened(name, lambda: open_pipe(sys.stdin.buffer))
    if name == CAMERA:
        kind = next((kind for kind in _CAMERAS if kind in av.formats_available), None)
        if kind is None:
            hint = (
                "PyAV here has no driver. Pipe it in: ffmpeg -f v4l2 -i /dev/video0 … -f matroska - | visalign live -"
            )
            raise BackendUnavailable("a camera", hint)
        settings = {"video_size": "640x480", "framerate": "25"}
        return _opened(name, lambda: av.open(_CAMERAS[kind], format=kind, options=settings))
    return _opened(name, lambda: open_local(name))


def _opened(name: str, opening: Callable[[], Any]) -> Any:
    try:
        return opening()
    except MediaError:
        raise
    except (av.FFmpegError, OSError, ValueError, EOFError) as error:
        raise MediaError(name, f"can't be opened ({error})", "Is it a clip or stream that FFmpeg knows?") from error


def _decoded(packet: Any) -> list[Any]:
    try:
        return list(packet.decode())
    except (av.FFmpegError, EOFError):  # a damaged packet; the next picture comes soon
        return []


def _upright(frame: Any) -> npt.NDArray[np.uint8]:
    image = frame.to_ndarray(format="rgb24")
    turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns))
