"""What an annotation file holds, whatever its format: for each speaker words, phones and utterances in time.

Conventions
-----------
Seconds, as the file has them. Intervals without a label are left out, so that what lies between two intervals is
silence. Labels are as written, but for spaces at their edges.

A time is one that somebody, or a program that listened, has set. Where a file says only that some words lie within a
stretch (a subdivision without times of its own, words that a recogniser could not place), they are a *phrase*: one
interval that holds all of them, and whoever needs their times finds them within it.

Tiers say by their names what they hold and who speaks, in the ways of Praat, the Montreal Forced Aligner, MAUS and
ELAN: ``words``, ``phones``, ``anna - words``, ``anna_phones``, ``words@anna``, ``ORT-MAU``. A tier with any other name
holds utterances, and its name is the speaker's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from visalign.timeline import Interval

__all__ = ["KINDS", "Annotation", "Track", "short_decimal", "speaker_and_kind", "tracks_of"]

KINDS = ("words", "phones", "utterances", "phrases")
"""What a track may hold, by the names of its fields."""

_KIND_NAMES = {
    "words": "word words ort orthography ort-mau",
    "phones": "phone phones phoneme phonemes phonetic segment segments mau",
    "utterances": "utterance utterances sentence sentences transcript transcripts transcription text cue cues ipu ipus",
    # What visalign and others derive from the above.
    "": "expected,visemes observed,visemes viseme visemes lead kan kan-mau mouth,cues state states syllable syllables "
    "note notes speaker speakers",
}
# "ORT-MAU" is a name of its own and no tier of phones of somebody called ORT: longer names are looked for first.
_NAMES = sorted(
    ((name.replace(",", " "), kind) for kind, names in _KIND_NAMES.items() for name in names.split()),
    key=lambda row: (-len(row[0]), row),
)
_LONGEST_NAME = len(_NAMES[0][0])
_SEPARATORS = "_:/|-"


@dataclass(frozen=True, slots=True)
class Track:
    """What one speaker says.

    Parameters
    ----------
    speaker : str
        Name, or ``""`` where the file has none.
    words, phones, utterances : tuple of Interval
        In order of time, without overlaps; any may be empty.
    phrases : tuple of Interval
        Stretches whose words have no time of their own, see this module; they share none with `words`.
    """

    speaker: str
    words: tuple[Interval, ...] = ()
    phones: tuple[Interval, ...] = ()
    utterances: tuple[Interval, ...] = ()
    phrases: tuple[Interval, ...] = ()

    @property
    def is_aligned(self) -> bool:
        """Whether anything of it is smaller than an utterance."""
        return bool(self.words or self.phones or self.phrases)


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
    warnings : tuple of str
        What was left out, mended or guessed in reading it.
    """

    source: str
    kind: str
    tracks: tuple[Track, ...]
    end: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of the speakers, in the file's order; those of nobody are left out."""
        return tuple(track.speaker for track in self.tracks if track.speaker)

    def shifted(self, seconds: float) -> Annotation:
        """The same, all times `seconds` later (negative: earlier)."""
        if not seconds:
            return self
        tracks = tuple(
            Track(x.speaker, *(_moved(rows, seconds) for rows in (x.words, x.phones, x.utterances, x.phrases)))
            for x in self.tracks
        )
        return replace(self, tracks=tracks, end=None if self.end is None else self.end + seconds)


def _moved(rows: tuple[Interval, ...], seconds: float) -> tuple[Interval, ...]:
    return tuple(replace(x, start=x.start + seconds, end=x.end + seconds) for x in rows)


def short_decimal(seconds: float) -> float:
    """The time that was meant, where a program wrote a number of single precision with all digits of a double one.

    Examples
    --------
    >>> short_decimal(0.8100000023841858), short_decimal(0.81), short_decimal(2.0), short_decimal(0.123456789)
    (0.81, 0.81, 2.0, 0.123456789)
    """
    if not math.isfinite(seconds) or abs(seconds) > float(np.finfo(np.float32).max):
        return float(seconds)
    with np.errstate(over="ignore"):  # a time that no recording has
        single = np.float32(seconds)
    return float(str(single)) if float(single) == seconds else float(seconds)


def speaker_and_kind(name: str) -> tuple[str, str]:
    """Who speaks in a tier of this name, and what it holds: words, phones, utterances, or ``""`` for none of these.

    The time that it takes grows with the length of the name, not faster.

    Examples
    --------
    >>> [speaker_and_kind(x) for x in ("phones", "Anna - words", "words@Ben", "ORT-MAU", "Carla")]
    [('', 'phones'), ('Anna', 'words'), ('Ben', 'words'), ('', 'words'), ('Carla', 'utterances')]
    """
    bare = name.strip()
    at = bare.find("@", 1)
    while 0 <= at < len(bare) - 1:
        if (found := _before_kind(bare, at)) is not None:
            return bare[at + 1 :], found[1]
        at = bare.find("@", at + 1)
    found = _before_kind(bare, len(bare))
    return (bare, "utterances") if found is None else found


def _before_kind(name: str, end: int) -> tuple[str, str] | None:
    """What stands before the kind with which the first `end` letters of a name end, and that kind; None without one."""
    tail = name[max(0, end - _LONGEST_NAME) : end].lower()
    for known, kind in _NAMES:
        start = end - len(known)
        if start < 0 or not tail.endswith(known):
            continue
        if start == 0:
            return "", kind
        stop = start
        while stop > 0 and name[stop - 1].isspace():
            stop -= 1
        has_separator = stop > 1 and name[stop - 1] in _SEPARATORS
        if has_separator or stop < start:
            return name[: stop - has_separator].rstrip(), kind
    return None


def tracks_of(tiers: Iterable[tuple[str, str, Iterable[Interval]]]) -> tuple[Track, ...]:
    """Tracks from rows of speaker, kind (one of `KINDS`, else left out) and intervals, which may come in any order."""
    found: dict[str, dict[str, list[Interval]]] = {}
    for speaker, kind, intervals in tiers:
        if kind in KINDS and (rows := list(intervals)):
            found.setdefault(speaker, {}).setdefault(kind, []).extend(rows)
    return tuple(Track(speaker, **{kind: tuple(x) for kind, x in kinds.items()}) for speaker, kinds in found.items())
