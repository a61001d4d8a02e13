"""The faces of a long clip, read by several processes at once: to the same as one process comes to alone.

Method
------
Nothing of a face is carried over a cut (:mod:`visalign.lips.face_tracks`). So the clip's time is divided evenly, and
each process reads from the first cut at or after its own beginning to the first one at or after the next beginning. To
find it, decoding starts at a picture before it that needs none before itself. A part without a cut has nothing to do,
and the one before reads on: a clip of one shot is read by one process, whatever is asked for.

Whether two processes have found the same cut and decoded the same pictures is not taken for granted: what they decoded
on either side of a seam is compared, times and thumbnails. Where anything is unusual (a seam that does not fit, damage,
pictures without times, a container without an index, hardly a cut) the clip is read alone instead.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy.typing as npt

from visalign.errors import AnyPath, BackendError, VisalignError
from visalign.files.processes import is_wanted, workers
from visalign.lips.face_album import Album
from visalign.lips.face_tracks import Thumbnail, follow_faces, is_cut, thumbnail
from visalign.lips.landmarks import layout_used, load_detector
from visalign.lips.point_layouts import PointLayout
from visalign.media.clips import FrameReader, divisible_seconds, read_frames, use_threads
from visalign.signals import Frame, VideoStream

__all__ = ["LEAST_PART_SECONDS", "is_worth_sharing", "read_in_parts"]

LEAST_PART_SECONDS = 30.0
"""A part is at least so long: its process decodes up to ten seconds in vain before it."""

# For each process, so that none waits long for the others where some parts have more faces than others.
_PARTS_EACH = 4
# What is compared before a cut; decoding starts as long before that at least, since pictures that are shown just after
# a start may need others from before it.
_LAP_SECONDS = 1.0
_POLL_SECONDS = 0.2
_MOST_BYTES = 1 << 27  # of a part's album: of some forty minutes with four faces

_Seam: TypeAlias = tuple[tuple[float, int], ...]
Progress: TypeAlias = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class _Task:
    """A part of a clip, from the first cut at or after `begin` to the first one at or after `end`, seconds.

    None stand for the clip's own beginning and end.
    """

    path: str
    track: int
    begin: float | None
    end: float | None
    detect_every: int
    max_faces: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What became of a part.

    Parameters
    ----------
    has_shots : bool
        Whether a shot begins in it; else nothing was read.
    first : float
        When its first shot begins, seconds.
    lead, tail : tuple
        Times and checksums of the pictures up to the cut that begins it, and up to the one that ends it.
    is_sound : bool
        Whether there was no damage, and nothing unusual.
    album : mapping
        The faces in these shots, as :meth:`~visalign.lips.face_album.Album.tables`.
    """

    has_shots: bool
    first: float
    lead: _Seam
    tail: _Seam
    is_sound: bool
    album: Mapping[str, npt.NDArray[Any]]


def is_worth_sharing(path: AnyPath, jobs: int) -> bool:
    """Whether a clip is long enough for several processes, and may be read in parts.

    Raises
    ------
    MediaError
        If it can't be read.
    """
    return jobs > 1 and divisible_seconds(path) >= 2 * LEAST_PART_SECONDS


def read_in_parts(
    path: AnyPath,
    stream: VideoStream,
    jobs: int,
    *,
    detect_every: int,
    max_faces: int,
    progress: Progress | None = None,
) -> Album | None:
    """The closed album of a video stream, read by up to `jobs` processes; None where it has to be read alone.

    Parameters and errors are those of :func:`~visalign.lips.clip_faces.read_faces`.

    Raises
    ------
    BackendError
        If a process dies.
    """
    n_parts = min(_PARTS_EACH * jobs, int(stream.duration // LEAST_PART_SECONDS))
    if n_parts < 2 or not is_worth_sharing(path, jobs):
        return None
    seams = [stream.start + stream.duration * k / n_parts for k in range(1, n_parts)]
    tasks = [
        _Task(str(path), stream.index, begin, end, detect_every, max_faces)
        for begin, end in zip([None, *seams], [*seams, None], strict=True)
    ]
    with workers(min(jobs, n_parts)) as pool:
        parts = _results([pool.submit(_read, task) for task in tasks], progress)
        try:
            return _joined(tasks, parts, layout_used(load_detector()))
        except BrokenProcessPool as error:
            raise BackendError(
                "a process that reads the picture died, perhaps for lack of memory; try fewer --jobs, or --jobs 1"
            ) from error
        except (VisalignError, MemoryError, OSError):
            return None  # who reads it alone says what is wrong with it, and where


def _results(futures: list[Future[_Part]], progress: Progress | None) -> Iterator[_Part]:
    """The parts in their order, each as soon as it is there, and kept no longer."""
    n_parts = len(futures)
    while futures:
        n_done = n_parts - len(futures) + sum(future.done() for future in futures)
        if progress is not None:
            progress("reading lips", n_done / n_parts)
        if wait(futures[:1], _POLL_SECONDS).done:
            yield futures.pop(0).result()


def _joined(tasks: Sequence[_Task], parts: Iterable[_Part], layout: PointLayout) -> Album | None:
    """The parts one behind the other; None where they do not fit."""
    album, before = Album(layout), None
    for task, part in zip(tasks, parts, strict=True):
        if not (part.is_sound and (before is None or not part.has_shots or _fits(before, task, part))):
            return None
        if part.has_shots:
            album.extend(part.album)
            before = replace(part, album={})
    album.close()
    return album


def _fits(before: _Part, task: _Task, part: _Part) -> bool:
    """Whether a part begins where the one before ends, and both have decoded the same pictures up to there."""
    since = max(before.first, (task.begin or 0.0) - _LAP_SECONDS)
    tail, lead = (tuple(x for x in seam if x[0] >= since) for seam in (before.tail, part.lead))
    return tail == lead and len(lead) > 0 and lead[-1][0] == part.first


# --- in a process of its own ------------------------------------------------------------------------------------------


def _read(task: _Task) -> _Part:
    """Read a part."""
    use_threads(1)
    start = None if task.begin is None else max(0.0, task.begin - 2 * _LAP_SECONDS)
    reader = read_frames(task.path, track=task.track, start=start)
    try:
        frames = _while_wanted(reader)
        lead, first = ((), None) if task.begin is None else _first_cut(frames, task)
        if task.begin is not None and first is None:
            return _Part(False, 0.0, lead, (), _is_sound(reader), {})
        album, tail = _album_of(frames if first is None else itertools.chain([first], frames), task)
        # A clip that hardly has a cut is better read alone than handed over in a piece.
        is_sound = _is_sound(reader) and sum(x.nbytes for x in album.values()) <= _MOST_BYTES
        begin = 0.0 if first is None else first.time
        return _Part(True, begin, lead, tail, is_sound, album if is_sound else {})
    finally:
        reader.close()


def _is_sound(reader: FrameReader) -> bool:
    return not (reader.decode_errors or reader.dropped_frames)


def _while_wanted(frames: Iterable[Frame]) -> Iterator[Frame]:
    for frame in frames:
        if not is_wanted():
            raise OSError("nobody waits for this any more")
        yield frame


def _first_cut(frames: Iterator[Frame], task: _Task) -> tuple[_Seam, Frame | None]:
    """The frame with which the part begins, None without a cut in it; and what was decoded on the way there."""
    begin, end = task.begin or 0.0, float("inf") if task.end is None else task.end
    seen, before = list[tuple[float, int]](), None
    for frame in frames:
        if frame.time >= end:
            break
        now = thumbnail(frame.image)
        if frame.time >= begin - _LAP_SECONDS:
            seen.append((frame.time, _checksum(now)))
        if frame.time >= begin and before is not None and is_cut(before, now):
            return tuple(seen), frame
        before = now
    return tuple(seen), None


def _album_of(frames: Iterable[Frame], task: _Task) -> tuple[dict[str, npt.NDArray[Any]], _Seam]:
    """The album of frames up to the cut that ends the part, and what was decoded towards it."""
    detector = load_detector()
    album, tail, shot = Album(layout_used(detector)), list[tuple[float, int]](), 0
    for seen in follow_faces(frames, detector, detect_every=task.detect_every, max_faces=task.max_faces):
        time = seen.frame.time
        if task.end is not None and time >= task.end - _LAP_SECONDS:
            tail.append((time, _checksum(thumbnail(seen.frame.image))))
            if time >= task.end and seen.shot > shot:
                break
        shot = seen.shot
        album.add(seen)
    return album.tables(), tuple(tail)


def _checksum(picture: Thumbnail) -> int:
    return zlib.crc32(picture.tobytes())
