"""Which of several video streams of a clip shows a face: two cameras, slides beside a speaker, a small preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from visalign.errors import AnyPath, FaceNotFound, MediaError
from visalign.media.clips import video_tracks
from visalign.signals import VideoStream

__all__ = ["ChosenStream", "first_with_face"]

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class ChosenStream(Generic[Read]):
    """What was read of the stream that shows a face.

    Parameters
    ----------
    found : object
        What was read.
    track : int
        Index of the stream.
    streams : tuple of str
        All streams in words, where there are several; this one first.
    without_face : tuple of int
        Those that were looked at before, and show none.
    """

    found: Read
    track: int
    streams: tuple[str, ...]
    without_face: tuple[int, ...]


def first_with_face(path: AnyPath, track: int | None, read: Callable[[VideoStream], Read]) -> ChosenStream[Read]:
    """Read the first video stream that shows a face: the one that is marked as default, then the others in order.

    Parameters
    ----------
    path : path-like
        The clip.
    track : int or None
        Index of the only stream to read.
    read : callable
        Reads a stream; raises FaceNotFound, or MediaError where it has hardly a picture.

    Raises
    ------
    FaceNotFound
        If none of them shows a face; it names all.
    MediaError, MissingStream, ConfigError
        As :func:`~visalign.media.clips.video_tracks`; and what `read` raises of a single stream.
    """
    streams = video_tracks(path, track)
    passed, best = list[VideoStream](), 0.0
    for stream in streams:
        try:
            found = read(stream)
        except FaceNotFound as error:
            if len(streams) == 1:
                raise
            best = max(best, error.fraction)
        except MediaError:  # no picture in it, or a single one
            if len(streams) == 1:
                raise
        else:
            others = [x for x in streams if x is not stream]
            listed = tuple(map(str, (stream, *others))) if others else ()
            return ChosenStream(found, stream.index, listed, tuple(x.index for x in passed))
        passed.append(stream)
    raise FaceNotFound(path, best, [str(stream) for stream in streams])
