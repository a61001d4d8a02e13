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

import os
import stat
from pathlib import Path
from typing import IO, Any, cast

import av
from av.container import InputContainer

from visalign.errors import AnyPath, MediaError
from visalign.outputs import spare

__all__ = [
    "ANY_TAGS",
    "CLIPS",
    "PICTURES",
    "STREAMS",
    "check_file",
    "file_states",
    "open_local",
    "open_network",
    "open_pipe",
    "refuse_changed",
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


def check_file(path: AnyPath) -> str:
    """Check that `path` is a regular file with something in it, and spell it so that FFmpeg takes it literally.

    Raises
    ------
    MediaError
        If it is missing, empty, a folder, a pipe or a device.
    """
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
    spare(path)
    return f"file:{os.path.abspath(path)}"  # noqa: PTH100 - Path.absolute() would keep ".."


FileStates = dict[Path, tuple[int, int, int] | None]


def file_states(*paths: object) -> FileStates:
    """Size, time and inode of those of `paths` that are paths, for :func:`refuse_changed`."""
    return {Path(x): _state(x) for x in paths if isinstance(x, str | os.PathLike)}


def refuse_changed(before: FileStates) -> None:
    """Raise MediaError for the first file that is not in the state any more in which it was.

    A clip that is still being copied or recorded, or is replaced meanwhile, would give a result of which nobody can
    tell what it is about.
    """
    for path, state in before.items():
        if _state(path) != state:
            raise MediaError(path, "changed while it was read", "Run this again when nobody writes to it.")


def _state(path: AnyPath) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


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
