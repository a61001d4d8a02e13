"""The subtitles inside a clip, as cues of a transcript.

Conventions
-----------
As in :mod:`visalign.language.annotations.captions`: seconds on the clip's clock, whose origin is that of sound and
picture. Where the author of a subtitle names who speaks (ASS has a place for that), that is the speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from visalign.errors import AnyPath, ConfigError, MediaError
from visalign.files.limits import excess
from visalign.language.annotations.captions import parse_captions
from visalign.language.annotations.cues import Cue
from visalign.media import ffmpeg

__all__ = ["SubtitleStream", "list_subtitles", "read_subtitles"]

DEFAULT = "default"
"""What asks for the stream that the file marks as default, or its first one."""

_PICTURES = frozenset({"dvd_subtitle", "dvdsub", "hdmv_pgs_subtitle", "pgssub", "dvb_subtitle", "dvbsub", "xsub"})
_STYLES = re.compile(r"\{[^{}]*\}")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}")
_LAST_SECONDS = 5.0  # a subtitle whose end is not told is shown until the next one, at most so long
_SHORTEST_SECONDS = 0.002  # what is shorter is no time on a clock of milliseconds
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


def read_subtitles(path: AnyPath, which: str | int = DEFAULT) -> tuple[Cue, ...]:
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
        events = list(_events(path, container, chosen.index, origin))
    cues = [cue for event in _with_ends(events) for cue in _cues(path, event)]
    if not cues:
        raise MediaError(path, f"its subtitles {chosen} say nothing", "Give what is said with --transcript or --text.")
    return tuple(sorted(cues, key=lambda x: (x.start, x.end)))


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
    """From an event of ASS, which FFmpeg makes of every kind: ``0,0,Default,Anna,0,0,0,,Hello {\\\\i1}there``."""
    fields = event.split(",", _FIELDS)
    text, speaker = fields[-1], fields[3].strip() if len(fields) > _FIELDS else ""
    if _DRAWING.search(text):
        return _Event(start, end, "", speaker)
    plain = re.sub(r"\\[Nn]", "\n", _STYLES.sub("", text)).replace("\\h", " ")
    return _Event(start, end, plain, speaker)


def _with_ends(events: Sequence[_Event]) -> Iterator[_Event]:
    """Subtitles that say something, each up to the next one where it does not tell its end."""
    starts = sorted(x.start for x in events)
    for event in events:
        if not event.text.strip():
            continue
        end = event.end
        if end is None:
            following = next((x for x in starts if x > event.start), event.start + _LAST_SECONDS)
            end = min(following, event.start + _LAST_SECONDS)
        start = max(event.start, 0.0)
        if end - start > _SHORTEST_SECONDS:
            yield replace(event, start=start, end=end)


def _cues(path: AnyPath, event: _Event) -> Iterator[Cue]:
    """The cues of a subtitle, by the rules for captions: speakers' names, tags, what is not spoken."""
    lines = [line.replace("-->", "\u2192") for line in event.text.splitlines() if line.strip()]
    body = "\n".join(lines)
    text = f"1\n{_clock(event.start)} --> {_clock(event.end or 0.0)}\n{body}\n"
    for cue in parse_captions(text, name=str(path)):
        # The clock of captions has milliseconds only; of several cues the text was shared out.
        yield replace(cue, speaker=event.speaker or cue.speaker)


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"
