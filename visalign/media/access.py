"""What of a file FFmpeg may touch: the one place where media is opened for reading.

FFmpeg goes by a file's content, not by its name, and some contents are instructions: a playlist (HLS, DASH, ffconcat)
or an SDP called ``clip.mp4`` makes it open other files or the network. So every opening names

* the *formats* that may be found (:data:`CLIPS`, :data:`PICTURES`, :data:`STREAMS`), by FFmpeg's own names: real
  containers only, none that leads elsewhere;
* the *protocols* that may be used: ``file``, or ``pipe`` for standard input; networks only where the user asked for
  one.

Both are needed: the first is what stops a playlist, the second what stops whatever the first has let through. A path
is looked at before it is opened (a FIFO would wait for ever, a device has no end) and given as ``file:`` and an
absolute path, since FFmpeg takes ``12:30.mp4`` for a protocol called "12".
"""

from __future__ import annotations

from typing import IO, Any, cast

import av
from av.container import InputContainer

from visalign.errors import AnyPath
from visalign.files.inputs import check_file

__all__ = [
    "ANY_TAGS",
    "CLIPS",
    "PICTURES",
    "STREAMS",
    "open_local",
    "open_network",
    "open_pipe",
]

CLIPS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegtsraw,flv,asf,mxf,gxf,nut,ogg,"
    "wav,w64,flac,mp3,aac,aiff,caf,au,nistsphere,amr,ac3,eac3,wv"
)
"""Demuxers of containers with sound or moving pictures. Missing on purpose: hls, dash, concat, sdp (they open other
files or the network), image sequences and raw streams (they have no times of their own)."""

PICTURES = "png_pipe,jpeg_pipe,mjpeg,webp_pipe,bmp_pipe,tiff_pipe"
"""Demuxers of one picture; those that follow numbered file names or links are missing on purpose."""

STREAMS = "rtsp,mpegts,flv,matroska,webm,mov,mp4,ogg"
"""Demuxers of what comes over a network that the user has allowed."""

_NETWORK = "rtsp,rtmp,http,https,tcp,udp,srt,rtp,tls,crypto"

# Tags of damaged or old files are not always UTF-8. PyAV 19 takes them as they are, and the option is gone.
ANY_TAGS: dict[str, Any] = {"metadata_errors": "surrogateescape"} if int(av.__version__.split(".")[0]) < 19 else {}
"""Settings of ``av.open`` with which no tag stops the reading or the writing."""


def open_local(path: AnyPath, formats: str = CLIPS, **settings: Any) -> InputContainer:
    """Open a file for reading; `settings` are those of ``av.open``.

    Raises
    ------
    MediaError
        If :func:`check_file` refuses it.
    av.FFmpegError, OSError, ValueError
        If FFmpeg can't read it, or finds another format than these.
    """
    return _open(check_file(path), formats, "file", **settings)


def open_pipe(stream: IO[bytes]) -> InputContainer:
    """Open what comes through an open stream; it can't lead to files or the network."""
    return _open(stream, CLIPS, "pipe")


def open_network(address: str, **settings: Any) -> InputContainer:
    """Open an address that the user has given, and allowed; it can't lead to files."""
    return _open(address, STREAMS, _NETWORK, **settings)


def _open(place: Any, formats: str, protocols: str, **settings: Any) -> InputContainer:
    only = {"format_whitelist": formats, "protocol_whitelist": protocols}
    return cast(InputContainer, av.open(place, container_options=only, **ANY_TAGS, **settings))
