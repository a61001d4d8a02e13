"""Cues: what is said from when to when, by whom; and how the lines of captions become cues.

Conventions
-----------
Seconds on the clip's clock. A cue's text is as written, but for what its format adds: tags, styles and the name of who
speaks are taken out, character references are decoded. Lines of one cue that two people speak become two cues; they
part at a time stamp between them where the format has one, and share the cue's time by the length of their text
elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from visalign.language.markup import decoded, tidy
from visalign.language.speaker_labels import SpeakerLabels, find_labels
from visalign.language.spoken_text import Remark, remarks_in_words

__all__ = ["Caption", "Cue", "Cues", "Line", "Piece", "cues_of_captions", "plain_line"]


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from `start` to `end` (seconds), by whom if that is known; `line` is where it stands in its file."""

    start: float
    end: float
    text: str
    speaker: str = ""
    line: int = field(default=0, compare=False, repr=False)


class Cues(tuple[Cue, ...]):
    """Cues in order of time, with what a user has to know of how they were read."""

    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, cues: Iterable[Cue], warnings: Iterable[str] = ()) -> Cues:
        """Cues in any order, with warnings."""
        made = cls(sorted(cues, key=lambda x: (x.start, x.end)))
        made.warnings = tuple(warnings)
        return made


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: its text, when it begins and who says it, where the line tells so."""

    text: str
    time: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a caption; `source` is what stands in the file, without the marks of time."""

    number: int
    pieces: tuple[Piece, ...]
    source: str = ""

    @property
    def text(self) -> str:
        """What the line shows."""
        return " ".join("".join(piece.text for piece in self.pieces).split())


@dataclass(frozen=True, slots=True)
class Caption:
    """What a file shows from `start` to `end` (seconds)."""

    start: float
    end: float
    lines: tuple[Line, ...]

    @property
    def shown(self) -> tuple[Line, ...]:
        """Its lines without the empty ones."""
        return tuple(line for line in self.lines if line.text)


_TAGS = re.compile(r"<([^<>]*)>")
_TIME_TAG = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,3}):([0-9]{1,2}(?:[.,][0-9]{1,9})?)")
_VOICE_TAG = re.compile(r"v(?:\.[^\s<>]*)?\s+(?P<name>\S[^<>]*)", re.IGNORECASE)
_READING_TAG = re.compile(r"<rt(?:\.[^<>]*)?>[^<>]*</rt>", re.IGNORECASE)
_IS_TAG = re.compile(r"/?[A-Za-z]|\||!--|[0-9][0-9:.,]*[0-9]$")
_STYLES = re.compile(r"\{[^{}]*\}")


def plain_line(number: int, row: str) -> Line:
    """A line of SubRip or WebVTT without tags and styles; of voices and time stamps in it the pieces tell.

    Examples
    --------
    >>> plain_line(3, "<v Anna>AT&amp;T <00:01.500><c>is</c> {\\\\i1}late")
    Line(number=3, pieces=(Piece(text='AT&T ', time=None, speaker='Anna'), Piece(text='is late', time=1.5, \
speaker='Anna')), source='<v Anna>AT&amp;T <c>is</c> {\\\\i1}late')
    """
    row = _READING_TAG.sub("", row)
    pieces: list[Piece] = []
    text, time, speaker, at = "", None, None, 0
    stamps: list[str] = []
    for tag in _TAGS.finditer(row):
        if not _IS_TAG.match(tag[1]):
            continue
        text, at = text + row[at : tag.start()], tag.end()
        stamp, voice = _TIME_TAG.fullmatch(tag[1].strip()), _VOICE_TAG.fullmatch(tag[1].strip())
        if not (stamp or voice):
            continue
        pieces += [Piece(_shown(text), time, speaker)] if text.strip() else []
        text = ""
        if stamp:
            stamps.append(tag[0])
            hours, minutes, seconds = stamp.groups()
            time = 3600.0 * int(hours or 0) + 60.0 * int(minutes) + float(seconds.replace(",", "."))
        if voice:
            speaker = decoded(voice["name"]).strip()
    pieces.append(Piece(_shown(text + row[at:]), time, speaker))
    for stamp_tag in stamps:
        row = row.replace(stamp_tag, "", 1)
    return Line(number, tuple(pieces), row)


def _shown(text: str) -> str:
    return tidy(decoded(_STYLES.sub("", text)))


def cues_of_captions(captions: Sequence[Caption], warnings: Iterable[str] = ()) -> Cues:
    """Cues with their speakers.

    Parameters
    ----------
    captions : sequence of Caption
    warnings : iterable of str
        What the reader of the format has to tell; what is said of speakers comes behind it.
    """
    rows = [(line.number, _bare(line)) for caption in captions for line in caption.shown]
    labels = find_labels(text for _, text in rows)
    remarks = [Remark("label" if x.is_label else "no label", f"{x.name}:", rows[x.line][0]) for x in labels.doubts]
    cues = [cue for caption in captions for cue in _split(caption, labels)]
    return Cues.of(cues, (*warnings, *remarks_in_words(remarks)))


def _bare(line: Line) -> str:
    """What may begin with a label: nothing where the line names its voices by a tag."""
    return "" if any(piece.speaker is not None for piece in line.pieces) else "".join(x.text for x in line.pieces)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Words of a caption and who says them; `time` is when they begin, where that is known."""

    text: str
    speaker: str
    time: float | None
    line: int


def _split(caption: Caption, labels: SpeakerLabels) -> Iterator[Cue]:
    """A cue a speaker."""
    runs = []
    for speaker, rows in groupby(_voices(caption.shown, labels), key=lambda x: x.speaker):
        mine = list(rows)
        text = " ".join(" ".join(x.text for x in mine).split())
        if text:
            runs.append(_Spoken(text, speaker, mine[0].time, mine[0].line))
    edges = _edges(caption, runs)
    for run, start, end in zip(runs, edges, edges[1:], strict=False):
        yield Cue(start, end, run.text, run.speaker, run.line)


def _voices(lines: Sequence[Line], labels: SpeakerLabels) -> Iterator[_Spoken]:
    speaker = ""
    for line in lines:
        pieces = line.pieces
        if all(piece.speaker is None for piece in pieces):
            whole = "".join(piece.text for piece in pieces)
            named, rest = labels.split(whole)
            speaker = speaker if named is None else named
            yield _Spoken(rest, speaker, pieces[0].time, line.number)
            continue
        for piece in pieces:
            speaker = speaker if piece.speaker is None else piece.speaker
            yield _Spoken(piece.text, speaker, piece.time, line.number)


def _edges(caption: Caption, runs: Sequence[_Spoken]) -> list[float]:
    """When each run begins, and the end: by its time stamp, between these by the length of texts."""
    known = [caption.start, *(run.time for run in runs[1:]), caption.end]
    known = [x if x is not None and caption.start < x < caption.end else None for x in known]
    known[0], known[-1] = caption.start, caption.end
    edges: list[float] = []
    for n in range(len(runs)):
        if known[n] is None:
            left, right = edges[-1], next(k for k in range(n, len(known)) if known[k] is not None)
            lengths = [len(run.text) for run in runs[n - 1 : right]]
            until = known[right]
            assert until is not None
            edges.append(left + (until - left) * lengths[0] / sum(lengths))
        else:
            edges.append(max(known[n] or 0.0, edges[-1] if edges else 0.0))
    return [*edges, caption.end]
