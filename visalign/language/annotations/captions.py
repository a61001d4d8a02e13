"""Transcripts with times: SubRip, WebVTT, SubStation Alpha, TTML, and the utterances of TextGrids and ELAN files.

Conventions
-----------
As in :mod:`visalign.language.annotations.cues`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from visalign.errors import AnyPath, ConfigError, ParseError
from visalign.files.data_files import read_bytes
from visalign.language.annotations.cues import Caption, Cue, Cues, cues_of_captions
from visalign.language.annotations.reading import is_annotation, read_annotation
from visalign.language.annotations.rolling import without_repeats
from visalign.language.annotations.subrip import CaptionFile, has_times, read_subrip
from visalign.language.annotations.substation import is_substation, read_substation
from visalign.language.annotations.ttml import is_ttml, read_ttml
from visalign.language.markup import tidy
from visalign.language.transcript import TranscriptText, read_text

__all__ = ["CAPTION_SUFFIXES", "cues_of_file", "parse_captions", "read_cues", "read_spoken", "spoken_in", "spoken_of"]

CAPTION_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp", ".TextGrid", ".eaf")
"""Endings of the files that :func:`read_cues` knows."""

_TEXTS, _DOCUMENTS = (".srt", ".vtt", ".ass", ".ssa"), (".ttml", ".dfxp")

_NOT_READ = {"Scenarist_SCC": "captions of Scenarist (SCC)", '{"': "JSON", "[{": "JSON"}
"""How files begin that hold no text for people, and what they are."""

TAPE_HOURS = 10
"""Where the clock of a programme begins by custom in Europe [EBU R 27]."""

MOST_NAMED = 5
"""Places that a warning lists; it counts the others."""


def read_cues(path: AnyPath) -> Cues:
    """Read the cues of a file whose name ends as one of :data:`CAPTION_SUFFIXES` does, in order of time.

    Raises
    ------
    ParseError
        If the file can't be understood, with the line where it can be told, or holds no cue.
    """
    path = Path(path)
    if path.suffix.lower() in _TEXTS:
        return _cues_of_text(path, read_text(path))
    if path.suffix.lower() in _DOCUMENTS:
        return _any_of(path, cues_of_file(path, read_ttml(path, read_bytes(path, "text-bytes"))))
    return _utterances(path)


def read_spoken(path: AnyPath) -> TranscriptText | Cues:
    """What is said: the cues of a file that holds times, whatever it is called, else its text.

    Raises
    ------
    ParseError
        If the file can't be read or understood.
    """
    is_captions = Path(path).suffix.lower() in [suffix.lower() for suffix in CAPTION_SUFFIXES]
    # A pipe can't be read twice.
    if is_captions or (Path(path).is_file() and is_annotation(path)):
        return read_cues(path)
    return spoken_of(path, read_text(path))


def spoken_in(given: str | PathLike[str] | Sequence[Cue] | None) -> str | Sequence[Cue] | None:
    """What is said, of a text, the cues of a file, or the file itself: a path is read, and a text is what is said.

    Raises
    ------
    ConfigError
        If a text is the name of a file that exists: its name is hardly what is said.
    ParseError
        If a file can't be read or understood.

    Examples
    --------
    >>> spoken_in("bin blue at f two now")
    'bin blue at f two now'
    """
    if isinstance(given, PathLike):
        return read_spoken(given)
    if isinstance(given, str) and _is_name_of_file(given):
        raise ConfigError("transcript", given, f"the text itself, or Path({given!r}) for what stands in that file")
    return given


def _is_name_of_file(text: str) -> bool:
    if not text or len(text) > _LONGEST_NAME or not text.isprintable() or not Path(text).suffix:
        return False
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


_LONGEST_NAME = 1000


def spoken_of(name: AnyPath, text: TranscriptText) -> TranscriptText | Cues:
    """The cues of a text that holds times, else the text itself; `name` is for messages.

    Raises
    ------
    ParseError
        If its times can't be understood, or it is data and no text.
    """
    for beginning, what in _NOT_READ.items():
        if text.lstrip("\ufeff \t\n").startswith(beginning):
            raise ParseError(name, 1, f"{what}, which is no transcript; give plain text, SubRip or WebVTT")
    is_timed = has_times(text) or is_substation(text) or is_ttml(text)
    return _cues_of_text(name, text) if is_timed else text


def parse_captions(text: str, *, name: AnyPath = "<captions>") -> Cues:
    """The cues of SubRip, WebVTT or SubStation text, in order of time.

    Parameters
    ----------
    text : str
        What no words can be placed in is left out, and told in the cues' warnings.
    name : path-like
        Names the file in errors.

    Raises
    ------
    ParseError
        If no caption of it has times that make sense.

    Examples
    --------
    >>> parse_captions("1\\n00:00:01,000 --> 00:00:02,500\\nANNA: Hello\\n")[0]
    Cue(start=1.0, end=2.5, text='Hello', speaker='ANNA')
    """
    rows = text.replace("\r\n", "\n").replace("\r", "\n")
    return cues_of_file(name, read_substation(rows) if is_substation(rows) else read_subrip(rows))


def _cues_of_text(path: AnyPath, text: TranscriptText) -> Cues:
    found = cues_of_file(path, read_ttml(path, text)) if is_ttml(text) else parse_captions(text, name=path)
    return _any_of(path, Cues.of(found, (*text.warnings, *found.warnings)))


def _any_of(path: AnyPath, cues: Cues) -> Cues:
    if not cues:
        raise ParseError(path, None, "there is no cue in it")
    return cues


def cues_of_file(name: AnyPath, file: CaptionFile) -> Cues:
    """The cues of captions, each line once; `name` is for messages.

    Raises
    ------
    ParseError
        If something was left out, and nothing else shows anything.
    """
    if file.left_out and not any(caption.shown for caption in file.captions):
        line, reason = file.left_out[0]
        raise ParseError(name, line or None, f"{reason}; wanted 00:01:02,500 --> 00:01:04,000 and text below")
    once = list(
        {(x.start, x.end, tuple(line.source or line.text for line in x.shown)): x for x in file.captions}.values()
    )
    shown, hours = _from_the_tape(once)
    captions, n_again = without_repeats(shown)
    warnings = [*file.warnings, *_told(file.left_out)]
    if hours:
        warnings.append(f"its times begin at {hours}:00:00, as those of a tape do; they were taken from there")
    if n_twice := len(file.captions) - len(once):
        warnings.append(f"{n_twice} caption(s) stand there twice, and were taken once")
    if n_again:
        warnings.append(f"the captions roll: {n_again} line(s) that are shown again were taken once")
    return cues_of_captions(captions, warnings)


def _from_the_tape(captions: Sequence[Caption]) -> tuple[Sequence[Caption], int]:
    """Captions on the clip's clock, and the hours that were taken off: programmes on tape begin at ten o'clock."""
    if min((x.start for x in captions), default=0.0) < 3600 * TAPE_HOURS:
        return captions, 0
    return [_earlier(x, 3600.0 * TAPE_HOURS) for x in captions], TAPE_HOURS


def _earlier(caption: Caption, seconds: float) -> Caption:
    lines = tuple(
        replace(x, pieces=tuple(replace(y, time=None if y.time is None else y.time - seconds) for y in x.pieces))
        for x in caption.lines
    )
    return Caption(caption.start - seconds, caption.end - seconds, lines)


def _told(left_out: Sequence[tuple[int, str]]) -> list[str]:
    """One warning for all that was left out."""
    if not left_out:
        return []
    shown = "; ".join(f"line {line}: {reason}" if line else reason for line, reason in left_out[:MOST_NAMED])
    more = f" and {len(left_out) - MOST_NAMED} more" if len(left_out) > MOST_NAMED else ""
    return [f"{len(left_out)} place(s) of the cues were left out: {shown}{more}"]


def _utterances(path: Path) -> Cues:
    found = read_annotation(path)
    cues = [Cue(x.start, x.end, tidy(x.label), track.speaker) for track in found.tracks for x in track.utterances]
    if not cues and any(track.is_aligned for track in found.tracks):
        raise ParseError(path, None, "it holds words and no utterances: it is an alignment; give it with --alignment")
    return _any_of(path, Cues.of(cues, found.warnings))
