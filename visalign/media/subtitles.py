"""The subtitles inside a clip, as cues of a transcript.

Conventions
-----------
As in :mod:`visalign.language.annotations.cues`: seconds on the clip's clock, whose origin is that of sound and
picture. Where the author of a subtitle names who speaks (ASS has a place for that), that is the speaker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from visalign.errors import AnyPath, ConfigError, MediaError
from visalign.files.limits import excess
from visalign.language.annotations.captions import cues_of_file
from visalign.language.annotations.cues import Caption, Cues
from visalign.language.annotations.subrip import CaptionFile
from visalign.language.annotations.substation import event_lines
from visalign.media import ffmpeg

__all__ = ["SubtitleStream", "list_subtitles", "read_subtitles"]

DEFAULT = "default"
"""What asks for the stream that the file marks as default, or its first one."""

_PICTURES = frozenset({"dvd_subtitle", "dvdsub", "hdmv_pgs_subtitle", "pgssub", "dvb_subtitle", "dvbsub", "xsub"})
_LAST_SECONDS = 5.0  # a subtitle whose end is not told is shown until the next one, at most so long
_FIELDS = 8  # commas before the text of an event of ASS


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """What a container says about one of its streams of subtitles; `is_text`: not pictures of letters."""

    index: int
    codec: str
    language: str
    is_default: bool
    is_text: bool

    def __str__(self) -> str:
        kind = "" if self.is_text else ", pictures"
        return f"{self.index} ({self.language or self.codec}{kind})"


def list_subtitles(path: AnyPath) -> tuple[SubtitleStream, ...]:
    """The subtitles in a clip.

    Raises
    ------
    MediaError
        If the file can't be read.
    """
    with ffmpeg.opened(path) as container:
        return _listed(container)


def _listed(container: ffmpeg.InputContainer) -> tuple[SubtitleStream, ...]:
    return tuple(_described(s) for s in container.streams if s.type == "subtitle" and s.codec_context)


def _described(stream: Any) -> SubtitleStream:
    codec, language = stream.codec_context.name, str(stream.metadata.get("language") or "").lower()
    is_default, is_text = bool(stream.disposition & ffmpeg.DEFAULT), codec not in _PICTURES
    return SubtitleStream(stream.index, codec, "" if language == "und" else language, is_default, is_text)


def read_subtitles(path: AnyPath, which: str | int = DEFAULT) -> Cues:
    """The cues of a clip's own subtitles, in order of time.

    Parameters
    ----------
    path : path-like
        The clip.
    which : str or int
        Index of the stream, its language as the file writes it (``"eng"``; ``"en"`` will do), or ``"default"``.

    Raises
    ------
    MediaError
        If the file can't be read, or holds no subtitles, or only pictures of letters.
    ConfigError
        If none of its subtitles is what `which` says.
    """
    with ffmpeg.opened(path) as container:
        chosen = _chosen(path, _listed(container), str(which).strip())
        origin = ffmpeg.origin_of(container)
        events = sorted(_events(path, container, chosen.index, origin), key=lambda x: x.start)
    shown = [Caption(start, end, tuple(event_lines(0, x.text, x.speaker))) for start, end, x in _with_ends(events)]
    cues = cues_of_file(path, CaptionFile(tuple(caption for caption in shown if caption.shown)))
    if not cues:
        raise MediaError(path, f"its subtitles {chosen} say nothing", "Give what is said with --transcript or --text.")
    return cues


def _chosen(path: AnyPath, streams: Sequence[SubtitleStream], which: str) -> SubtitleStream:
    texts = [s for s in streams if s.is_text]
    if not texts:
        reason = "no subtitles in this file" if not streams else "its subtitles are pictures of letters, and no text"
        raise MediaError(path, reason, "Give what is said with --transcript or --text.")
    if which.lower() == DEFAULT:
        return next((s for s in texts if s.is_default), texts[0])
    for stream in texts:
        if which == str(stream.index) or (len(which) > 1 and stream.language.startswith(which.lower())):
            return stream
    raise ConfigError("subtitles", which, [DEFAULT, *map(str, texts)])


@dataclass(frozen=True, slots=True)
class _Event:
    """A subtitle as it stands in the stream; `end` is None where nothing tells it."""

    start: float
    end: float | None
    text: str
    speaker: str


def _events(path: AnyPath, container: ffmpeg.InputContainer, index: int, origin: Fraction) -> Iterator[_Event]:
    stream, n_characters = container.streams[index], 0
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            continue
        start = float(packet.pts * packet.time_base - origin)
        end = start + float(packet.duration * packet.time_base) if packet.duration else None
        try:
            found: Sequence[Any] = list(packet.decode())
        except ffmpeg.DAMAGE:
            continue
        for subtitle in found:
            data = getattr(subtitle, "ass", None)
            if not data:
                continue
            n_characters += len(data)
            if (fault := excess("text-bytes", n_characters)) is not None:
                raise MediaError(path, f"its subtitles are too long; a text that {fault}", "Give a shorter clip.")
            yield _event(start, end, data.decode("utf-8", "replace"))


def _event(start: float, end: float | None, event: str) -> _Event:
    """From an event of ASS, which FFmpeg makes of every kind: ``0,0,Default,Anna,0,0,0,,Hello {\\i1}there``."""
    fields = event.split(",", _FIELDS)
    return _Event(start, end, fields[-1], fields[3].strip() if len(fields) > _FIELDS else "")


def _with_ends(events: Sequence[_Event]) -> Iterator[tuple[float, float, _Event]]:
    """Subtitles with their times, each up to the next one where it does not tell its end."""
    for n, event in enumerate(events):
        start, end = max(event.start, 0.0), event.end
        if end is None:
            following = next((x.start for x in events[n + 1 :] if x.start > event.start), math.inf)
            end = min(following, event.start + _LAST_SECONDS)
        if end > start:
            yield start, end, event
