"""Transcripts with times: SubRip, WebVTT, and the utterances of TextGrids and ELAN files.

Conventions
-----------
Seconds on the clip's clock. A cue's text is as written, without its speaker: a voice of WebVTT (``<v Anna>``) or a name
in capitals before a colon (``ANNA: …``, ``- ANNA: …``). Lines of one cue that two people speak become two cues, which
share its time by the length of their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from visalign.errors import AnyPath, ParseError
from visalign.language.annotations.reading import read_annotation
from visalign.language.transcript import SPEAKER_LABEL, read_transcript

__all__ = ["CAPTION_SUFFIXES", "Cue", "parse_captions", "read_cues", "read_spoken"]

CAPTION_SUFFIXES = (".srt", ".vtt", ".TextGrid", ".eaf")
"""Endings of the files that :func:`read_cues` knows."""

_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
# <i>, </v> and {\\an8}, but not <v Anna>
_TAGS = re.compile(r"<(?!v[.\s])[^<>]*>|\{[^{}]*\}", re.IGNORECASE)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from `start` to `end` (seconds), by whom if that is known."""

    start: float
    end: float
    text: str
    speaker: str = ""


def read_cues(path: AnyPath) -> tuple[Cue, ...]:
    """Read the cues of a ``.srt``, ``.vtt``, ``.TextGrid`` or ``.eaf``, in order of time.

    Raises
    ------
    ParseError
        If the file can't be understood, with the line where it can be told, or holds no cue.
    """
    path = Path(path)
    if path.suffix.lower() in (".srt", ".vtt"):
        cues = parse_captions(read_transcript(path), name=str(path))
    else:
        cues = _utterances(path)
    if not cues:
        raise ParseError(path, None, "there is no cue in it")
    return cues


def read_spoken(path: AnyPath) -> str | tuple[Cue, ...]:
    """What is said: the cues of a file that holds times, else its text.

    Raises
    ------
    ParseError
        If the file can't be read or understood.
    """
    timed = Path(path).suffix.lower() in [suffix.lower() for suffix in CAPTION_SUFFIXES]
    return read_cues(path) if timed else read_transcript(path)


def _utterances(path: Path) -> tuple[Cue, ...]:
    tracks = read_annotation(path).tracks
    cues = [Cue(x.start, x.end, x.label, track.speaker) for track in tracks for x in track.utterances]
    if not cues and any(track.words for track in tracks):
        raise ParseError(path, None, "it holds words and no utterances: it is an alignment; give it with --alignment")
    return tuple(sorted(cues, key=lambda x: (x.start, x.end)))


def parse_captions(text: str, *, name: str = "<captions>") -> tuple[Cue, ...]:
    """The cues of SubRip or WebVTT text, in order of time.

    Parameters
    ----------
    text : str
        A cue is a line of times (``00:01:02,500 --> 00:01:04,000``) and the lines below it, up to an empty one or,
        where that is missing, the next cue's number. Everything else (numbers, notes, styles) is left out.
    name : str
        Names the file in errors.

    Raises
    ------
    ParseError
        If a line of times makes no sense.

    Examples
    --------
    >>> parse_captions("1\\n00:00:01,000 --> 00:00:02,500\\nANNA: Hello\\n")
    (Cue(start=1.0, end=2.5, text='Hello', speaker='ANNA'),)
    """
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if "-->" in line]
    cues: list[Cue] = []
    for n, following in pairwise([*starts, len(lines)]):
        start, end = _times(name, n + 1, lines[n])
        cues += _split(start, end, _body(lines[n + 1 : following], is_last=following == len(lines)))
    return tuple(sorted(cues, key=lambda x: (x.start, x.end)))


def _times(name: str, line: int, text: str) -> tuple[float, float]:
    found = _TIMES.fullmatch(text)
    if not found:
        raise ParseError(name, line, f"{text.strip()[:60]!r} is no line of times; wanted 00:01:02,500 --> 00:01:04,000")
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
    if not end > start:
        raise ParseError(name, line, f"the cue ends at {end:g} s, not after its start at {start:g} s")
    return start, end


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0) + float(f"0.{fraction or 0}")


def _body(lines: Sequence[str], *, is_last: bool) -> list[str]:
    """The lines of text up to an empty one; without the number, or the name, of the next cue."""
    body: list[str] = []
    for line in lines:
        if not line.strip():
            return body
        body.append(_TAGS.sub("", line).strip())
    if body and not is_last and body[-1].isdigit():
        body.pop()
    return body


def _split(start: float, end: float, lines: Sequence[str]) -> Iterator[Cue]:
    """A cue a speaker."""
    spoken: list[tuple[str, str]] = []
    for line in lines:
        for speaker, text in _voices(line):
            spoken.append((speaker or (spoken[-1][0] if spoken else ""), text))
    parts = [(who, " ".join(text for _, text in rows)) for who, rows in groupby(spoken, key=lambda x: x[0])]
    parts = [(who, text.strip()) for who, text in parts if text.strip()]
    length = sum(len(text) for _, text in parts)
    at = start
    for who, text in parts:
        until = at + (end - start) * len(text) / length
        yield Cue(at, until, text, who)
        at = until


def _voices(line: str) -> Iterator[tuple[str, str]]:
    """What each speaker says in a line; the speaker is empty where nobody is named."""
    if _VOICE.search(line):
        pieces = _VOICE.split(line)  # text, name, text, name, text …
        yield from ((who.strip(), text) for who, text in zip(["", *pieces[1::2]], pieces[::2], strict=True) if text)
        return
    label = SPEAKER_LABEL.match(line)
    if label and label[1] == label[1].upper():
        yield label[1].strip(), line[label.end() :]
    else:
        yield "", line
