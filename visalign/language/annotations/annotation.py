"""What an annotation file holds, whatever its format: for each speaker words, phones and utterances in time.

Conventions
-----------
Seconds, as the file has them. Intervals without a label are left out, so that what lies between two intervals is
silence. Labels are as written, but for spaces at their edges.

Tiers say by their names what they hold and who speaks, in the ways of Praat, the Montreal Forced Aligner, MAUS and
ELAN: ``words``, ``phones``, ``anna - words``, ``anna_phones``, ``words@anna``, ``ORT-MAU``. A tier with any other name
holds utterances, and its name is the speaker's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from visalign.errors import AnyPath, ParseError
from visalign.timeline import Interval

__all__ = ["Annotation", "Track", "collect_tracks", "intervals_of", "short_decimal", "speaker_and_kind"]

SHORTEST_SECONDS = 1e-4
"""Programs write times with 4 decimals at times; what is shorter than this is rounding."""

OVERLAP_SECONDS = 0.02
"""The Montreal Forced Aligner lets phones overlap by a frame of 10 ms where the end of the recording cuts them."""

_KINDS = {
    "words": "words? ort orthography ort-mau",
    "phones": "phones? phonemes? phonetic segments? segment mau",
    "utterances": "utterances? sentences? transcripts? transcription text cues? ipus?",
    # What visalign and others derive from the above.
    "": "expected.visemes observed.visemes visemes? lead kan kan-mau mouth.cues states? syllables? notes? speakers?",
}
_KIND_NAMES = {kind: "|".join(names.split()) for kind, names in _KINDS.items()}
_NAMES = [
    (kind, re.compile(rf"(?:(?P<before>.+?)\s*[\s_:/|-]\s*)?(?:{names})(?:@(?P<after>.+))?", re.IGNORECASE))
    for kind, names in _KIND_NAMES.items()
]
# "ORT-MAU" is a name of its own and no tier of phones of somebody called ORT.
_WHOLE = [(kind, re.compile(names, re.IGNORECASE)) for kind, names in _KIND_NAMES.items()]


@dataclass(frozen=True, slots=True)
class Track:
    """What one speaker says.

    Parameters
    ----------
    speaker : str
        Name, or ``""`` where the file has none.
    words, phones, utterances : tuple of Interval
        In order of time, without overlaps; any may be empty.
    """

    speaker: str
    words: tuple[Interval, ...] = ()
    phones: tuple[Interval, ...] = ()
    utterances: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """The content of an annotation file.

    Parameters
    ----------
    source : str
        The file.
    kind : str
        The format in words: ``"Praat TextGrid"``.
    tracks : tuple of Track
        A track a speaker.
    end : float or None
        Length of the recording in seconds, where the file says it.
    """

    source: str
    kind: str
    tracks: tuple[Track, ...]
    end: float | None = None

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of the speakers, in the file's order; those of nobody are left out."""
        return tuple(track.speaker for track in self.tracks if track.speaker)


def short_decimal(seconds: float) -> float:
    """The time that was meant, where a program wrote a number of single precision with all digits of a double one.

    Examples
    --------
    >>> short_decimal(0.8100000023841858), short_decimal(0.81), short_decimal(2.0), short_decimal(0.123456789)
    (0.81, 0.81, 2.0, 0.123456789)
    """
    single = np.float32(seconds)
    return float(str(single)) if float(single) == seconds else float(seconds)


def speaker_and_kind(name: str) -> tuple[str, str]:
    """Who speaks in a tier of this name, and what it holds: words, phones, utterances, or ``""`` for none of these.

    Examples
    --------
    >>> [speaker_and_kind(x) for x in ("phones", "Anna - words", "words@Ben", "ORT-MAU", "Carla")]
    [('', 'phones'), ('Anna', 'words'), ('Ben', 'words'), ('', 'words'), ('Carla', 'utterances')]
    """
    bare = name.strip()
    for kind, pattern in _WHOLE:
        if pattern.fullmatch(bare):
            return "", kind
    for kind, pattern in _NAMES:
        if found := pattern.fullmatch(bare):
            return found["after"] or found["before"] or "", kind
    return bare, "utterances"


def collect_tracks(tiers: Iterable[tuple[str, str, Iterable[Interval]]]) -> tuple[Track, ...]:
    """Tracks from rows of speaker, kind and intervals; what is of no kind, or empty, is left out."""
    tracks: dict[str, dict[str, tuple[Interval, ...]]] = {}
    for speaker, kind, intervals in tiers:
        rows = tuple(intervals)
        if kind and rows:
            # Of two tiers for the same thing the first counts, as it stands on top in Praat and ELAN.
            tracks.setdefault(speaker, {}).setdefault(kind, rows)
    return tuple(Track(speaker, **kinds) for speaker, kinds in tracks.items())


def intervals_of(path: AnyPath, rows: Iterable[tuple[float, float, str]], *, line: int | None = None) -> list[Interval]:
    """Labelled rows (start, end, label) as intervals in order; those without a label are left out.

    Raises
    ------
    ParseError
        If a row ends before it starts, or two overlap by more than a frame.
    """
    kept = sorted(
        (start, end, label.strip())
        for start, end, label in rows
        if label.strip() and abs(end - start) > SHORTEST_SECONDS
    )
    return list(without_overlaps(path, (_interval(path, *row, line) for row in kept)))


def _interval(path: AnyPath, start: float, end: float, label: str, line: int | None) -> Interval:
    if not end > start:
        raise ParseError(path, line, f"{label!r} runs from {start} to {end} s; the end must come after the start")
    return Interval(start, end, label)


def without_overlaps(path: AnyPath, intervals: Iterable[Interval]) -> Iterator[Interval]:
    """The intervals, with ends that reach a frame or less into the next one cut there.

    Raises
    ------
    ParseError
        If two overlap by more.
    """
    rows = list(intervals)
    for a, b in pairwise(rows):
        if a.end - b.start > OVERLAP_SECONDS:
            raise ParseError(
                path,
                None,
                f"{a.label!r} ({a.start:.3f} to {a.end:.3f} s) and {b.label!r} ({b.start:.3f} to {b.end:.3f} s) "
                "overlap in one tier; correct one of them, or give each speaker a tier",
            )
        if b.start > a.start:
            yield a if a.end <= b.start else Interval(a.start, b.start, a.label, a.score)
    yield from rows[-1:]
