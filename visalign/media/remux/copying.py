"""Copy the streams of a media file into another one, packet by packet, each stream on a clock of its own.

Nothing is decoded: pictures, sound, subtitles and data stay bit for bit what they were; only their times move. With
them go tags, languages, dispositions, rotation, chapters, attachments and the start timecode.

Conventions
-----------
* `moves` are seconds by which a stream's times are increased: a positive move of the sound delays it.
* The written file starts at 0: what the source adds to all its times (1.4 s in most transport streams) is taken off.
* Matroska and MPEG-TS have no times below 0. Where a move would need them, ALL streams and chapters are put later by
  what is missing: the offset between sound and picture, which is what counts, is exact, and nothing is cut off.
* MP4 and MOV hold a delay in an edit list, here on a movie clock as fine as the sound's sampling rate; with FFmpeg's
  usual movie clock of 1 ms the delay itself would be rounded.

References
----------
ISO/IEC 14496-12:2022, 8.6.6 (edit lists). RFC 9559, 10.1 (Matroska time stamps).
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import av
import av.container
from av.stream import Discard, Disposition, Stream

from visalign.errors import AnyPath, ConfigError, MediaError, OutputError
from visalign.files.outputs import PLACE_ERRORS
from visalign.media import ffmpeg

__all__ = ["CONTAINERS", "Copier", "OutputContainer", "container_for", "created", "demuxed", "interleave"]

InputContainer: TypeAlias = av.container.InputContainer
OutputContainer: TypeAlias = av.container.OutputContainer
Packet: TypeAlias = "av.Packet[Any]"
Part = TypeVar("Part", contravariant=True)
Some = TypeVar("Some")

CONTAINERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".mka": "matroska",
    ".webm": "webm",
    ".ts": "mpegts",
}
"""FFmpeg's muxer for each suffix that can be written: those whose sound can start at a time of its own."""

_EDIT_LISTS = frozenset({"mp4", "mov"})
# Tags that MP4 has a place for; any other needs the free form, which some old players do not read.
_MP4_TAGS = frozenset(
    {"title", "artist", "album", "album_artist", "author", "comment", "composer", "copyright", "creation_time", "date"}
    | {"description", "encoder", "genre", "grouping", "language", "lyrics", "show", "track", "year", "timecode"}
    | {"major_brand", "minor_version", "compatible_brands"}
)
# What the muxer writes itself.
_CONTAINER_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration"})
# How many packets are looked at, at most, to find where each stream starts.
_MAX_FIRST_PACKETS = 4000
# Which form of storing H.264, HEVC and AV1 it is; of "hvc1" and "hev1" Apple's players show only the first.
_PICTURE_TAGS = frozenset({"avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe", "av01"})
# Pictures may be stored before others that are shown earlier, by 16 at most in H.264 and HEVC.
_REORDERED = 17


def container_for(path: AnyPath) -> str:
    """FFmpeg's name of the container that the suffix of `path` stands for.

    Raises
    ------
    ConfigError
        If files of this kind are not written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in CONTAINERS:
        raise ConfigError("suffix of the output", suffix, sorted(CONTAINERS))
    return CONTAINERS[suffix]


@contextlib.contextmanager
def created(path: AnyPath, draft: Path, rate_hz: int, tags: Mapping[str, str]) -> Iterator[OutputContainer]:
    """Open `draft` for writing what shall become `path`; the sound's `rate_hz` sets how fine an MP4's edit list is.

    Raises
    ------
    OutputError
        If FFmpeg can't write the streams into this container.
    """
    options, container = {"fflags": "+bitexact"}, container_for(path)
    if container in _EDIT_LISTS:
        options |= {"movie_timescale": str(rate_hz), "write_tmcd": "1"}
        if not {tag.lower() for tag in tags} <= _MP4_TAGS:
            options["movflags"] = "use_metadata_tags"
    try:
        with av.open(f"file:{draft}", "w", format=container, container_options=options, **ffmpeg.ANY_TAGS) as target:
            target.metadata.update({k: v for k, v in tags.items() if k.lower() not in _CONTAINER_TAGS})
            yield target
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in PLACE_ERRORS:
            raise  # a full disk, which another container would not mend: for `whole_file` to tell
        reason = f"this {container} file can't be written ({_said(error)}); try a name that ends in .mkv"
        raise OutputError(path, reason) from error


def _said(error: av.FFmpegError | ValueError) -> str:
    # FFmpeg's own log line says most, where there is one; the error itself names the draft.
    log = getattr(error, "log", None)
    return str(log[2]).strip() if log else (getattr(error, "strerror", None) or str(error))


def demuxed(container: InputContainer) -> Iterator[Packet]:
    """Packets of all streams, in the order of the file, up to its end or to where it can't be read any more."""
    packets = container.demux()
    with contextlib.suppress(*ffmpeg.DAMAGE):
        yield from (packet for packet in packets if packet.size)


class Copier:
    """Copies streams from one open container into another.

    Parameters
    ----------
    path : path-like
        The source, for messages.
    source : InputContainer
        From where.
    target : OutputContainer
        To where; nothing written yet.
    moves : mapping of int to Fraction
        Seconds to move each stream by (index to seconds); 0 where missing.
    dropped : collection of int
        Streams of which nothing will be written (so it does not matter when they start).

    Attributes
    ----------
    base : Fraction
        Seconds by which the whole file is moved, so that nothing comes before 0.
    start : Fraction
        Time in the new file of the source's origin; a stream that is made anew begins there.
    left_out : list of str
        Data streams that the target's container can't hold (some cameras' sensor data).
    """

    def __init__(
        self,
        path: AnyPath,
        source: InputContainer,
        target: OutputContainer,
        moves: Mapping[int, Fraction],
        *,
        dropped: Collection[int | None] = (),
    ) -> None:
        self._path, self._source, self._target, self._moves = path, source, target, moves
        self.left_out = list[str]()
        self._streams = dict[int, Stream]()
        self._clocks = dict[int, _DecodingClock]()
        origin = ffmpeg.origin_of(source)
        starts = {i: t + moves.get(i, Fraction(0)) for i, t in first_times(path).items() if i not in dropped}
        lowest = min(starts.values(), default=origin) - origin
        self.start = Fraction(0) if target.format.name in _EDIT_LISTS else max(Fraction(0), -lowest)
        self.base = self.start - origin

    def add_stream(self, stream: Stream) -> None:
        """Give the target a stream like this one.

        Raises
        ------
        OutputError
            If the target's container has no place for it.
        """
        if _is_rewritten(stream):
            return
        if stream.type == "data" and not _holds_data(stream, self._target):
            self.left_out.append(f"stream {stream.index} ({stream.metadata.get('handler_name', 'data')})")
            return
        try:
            twin = self._target.add_stream_from_template(stream, opaque=True)
        except ValueError as error:
            reason = f"stream {stream.index} ({stream.type}) has no place in this container; try a name ending in .mkv"
            raise OutputError(self._path, reason) from error
        copy_labels(stream, twin)
        if stream.type == "video" and stream.codec_context.codec_tag in _PICTURE_TAGS:
            twin.codec_context.codec_tag = stream.codec_context.codec_tag
        self._streams[stream.index] = twin
        self._clocks[stream.index] = _DecodingClock(stream)

    def make_only_default(self, track: Stream) -> None:
        """Mark a new track as the one that is played, and no other of its kind."""
        for twin in self._streams.values():
            if twin.type == track.type:
                twin.disposition = twin.disposition & ~Disposition.default
        track.disposition = Disposition.default

    def add_chapters(self) -> None:
        """Give the target the chapters of the source."""
        self._target.set_chapters([self._moved_chapter(chapter) for chapter in self._source.chapters()])

    def _moved_chapter(self, chapter: Any) -> Any:
        ticks = round(self.base / chapter["time_base"])
        return {**chapter, "start": max(0, chapter["start"] + ticks), "end": max(0, chapter["end"] + ticks)}

    def copy(self, packet: Packet) -> None:
        """Write one packet of the source, at its moved time; packets of streams not added are left out."""
        if packet.stream_index not in self._streams:
            return
        if packet.pts is None and packet.dts is None:
            reason = f"stream {packet.stream_index} has packets without a time, so they can't be copied"
            raise MediaError(self._path, reason, "Use the mode that makes the sound anew: --mode pad.")
        if packet.pts is None:
            packet.pts = packet.dts
        self._write(self._clocks[packet.stream_index].timed(packet))

    def finish(self) -> None:
        """Write what is left when the source has ended."""
        for clock in self._clocks.values():
            self._write(clock.rest())

    def _write(self, packets: list[Packet]) -> None:
        for packet in packets:
            move = self.base + self._moves.get(packet.stream_index, Fraction(0))
            ticks = round(move / packet.time_base)
            assert packet.pts is not None  # copy() and the clock see to it
            assert packet.dts is not None
            packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            packet.stream = self._streams[packet.stream_index]
            self._target.mux(packet)


class Made(Protocol[Part]):
    """A stream of the new file that is made anew, part by part."""

    @property
    def written_until(self) -> Fraction:
        """Time in the new file up to which it has been written."""
        ...

    def write(self, part: Part, /) -> None:
        """Append a picture or a block of sound."""
        ...

    def finish(self) -> None:
        """Write what the encoder still holds."""
        ...


def interleave(copier: Copier, packets: Iterable[Packet], made: Made[Some], parts: Iterator[Some]) -> None:
    """Copy packets, and before each write as much of what is made anew as comes before it; then the rest of both."""
    for packet in packets:
        time = None if packet.dts is None else copier.base + packet.dts * packet.time_base
        while time is not None and made.written_until < time and (part := next(parts, None)) is not None:
            made.write(part)
        copier.copy(packet)
    for part in parts:
        made.write(part)
    copier.finish()
    made.finish()


def first_times(path: AnyPath) -> dict[int, Fraction]:
    """When each stream of sound and picture starts, by its packets: seconds on the container's own clock.

    A stream's `start_time` leaves out what a decoder throws away (the priming of AAC and Opus), but that is in the
    file too, and may not come before 0 in every container.
    """
    times, counts = dict[int, Fraction](), dict[int, int]()
    with ffmpeg.opened(path) as container:
        wanted = {s.index for s in [*ffmpeg.video_streams(container), *ffmpeg.audio_streams(container)]}
        for packet in itertools.islice(demuxed(container), _MAX_FIRST_PACKETS):
            index, ticks = packet.stream_index, packet.dts if packet.pts is None else packet.pts
            if index not in wanted or ticks is None:
                continue
            times[index] = min(times.get(index, ticks * packet.time_base), ticks * packet.time_base)
            counts[index] = counts.get(index, 0) + 1
            if all(counts.get(i, 0) >= _REORDERED for i in wanted):
                break
    return times


def copy_labels(stream: Stream, twin: Stream) -> None:
    """Copy tags, language and disposition (default, forced, attached picture …) of a stream."""
    twin.metadata.update({k: v for k, v in stream.metadata.items() if k.lower() not in _CONTAINER_TAGS})
    if "name" in stream.metadata:
        twin.metadata.setdefault("title", stream.metadata["name"])  # what MP4 calls the title of a track
    twin.disposition = stream.disposition
    if stream.disposition & Disposition.attached_pic:
        twin.disposition = Disposition.attached_pic


def _is_rewritten(stream: Stream) -> bool:
    """Whether a data stream of an MP4 is one that the muxer makes anew: from the timecode tag, or from the chapters."""
    discarded = getattr(stream, "discard", Discard.default) == Discard.all
    return stream.type == "data" and ("timecode" in stream.metadata or discarded)


def _holds_data(stream: Stream, target: OutputContainer) -> bool:
    return target.format.name == "mpegts"


class _DecodingClock:
    """Gives each packet of a stream a decoding time, each after the one before, as muxers demand.

    Matroska leaves the first ones out, and MPEG program streams repeat one.

    Parameters
    ----------
    stream : Stream
        Of the source.
    """

    def __init__(self, stream: Stream) -> None:
        rate = stream.average_rate if isinstance(stream, av.VideoStream) else None
        self._ticks = max(1, round(1 / (rate * stream.time_base))) if rate and stream.time_base else 1
        self._waiting = list[Packet]()
        self._last: int | None = None

    def timed(self, packet: Packet) -> list[Packet]:
        """The packets that have a decoding time now: none while the first one is unknown, then those that waited."""
        if packet.dts is None and self._last is None:
            self._waiting.append(packet)
            return self.rest() if len(self._waiting) > _REORDERED else []
        waited, self._waiting = self._waiting, []
        for n_before, early in enumerate(reversed(waited), start=1):
            early.dts = (packet.dts or 0) - n_before * self._ticks
        return [self._increasing(x) for x in (*waited, packet)]

    def rest(self) -> list[Packet]:
        """Packets still waiting at the end: nothing is known but when they are shown."""
        waited, self._waiting = self._waiting, []
        return [self._increasing(x) for x in waited]

    def _increasing(self, packet: Packet) -> Packet:
        dts = packet.pts if packet.dts is None else packet.dts
        assert dts is not None  # Copier.copy() lets no packet without any time through
        packet.dts = self._last = dts if self._last is None else max(dts, self._last + 1)
        return packet
