"""Spans of an alignment that somebody should look at, as intervals that say why.

Method
------
* *Too long* or *too short*: a phone that is longer than any of its class in the clips of `LONGEST`, or a word whose
  phones are shorter on average than anybody speaks them. A wrong transcript squeezes some words and stretches others.
* *Does not sound like it*: an aligner that can tell adds these itself.
* *No voice* and *no words*: where voice activity and words disagree
  (:mod:`visalign.forced_alignment.voice_doubts`).

Conventions
-----------
Seconds. Spans may overlap. How often each is right is in ``docs/confidence.md``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from visalign.forced_alignment.voice_doubts import unheard_words, untold_speech
from visalign.language.phones import ARPABET, SILENCE
from visalign.timeline import Interval, Tier

__all__ = ["note_tier", "suspicious_spans", "unlikely_word"]

LONGEST = {"plosive": 0.35, "affricate": 0.3, "fricative": 0.4, "nasal": 0.3, "approximant": 0.3, "lateral": 0.3}
"""Seconds by manner; vowels and what is not English may have `LONGEST_OTHER`. The longest of 2,323 phones in 154 clips
of GRID and 5 of LibriVox, with their own text, are 0.38 (vowels), 0.28 (plosives), 0.16, 0.30, 0.19 and 0.18 s."""

LONGEST_OTHER = 0.5  # seconds

SHORTEST_MEAN = 0.035
"""Seconds a phone, over a word of `MIN_PHONES` or more. An HMM of three states can't go below 0.03."""

MIN_PHONES = 3

SAME_EDGE = 0.002  # seconds; nearer edges of notes are one

UNLIKELY_FIT = -6.0
"""Nats a frame by which a word falls behind the best context-free states. Of 827 words that are said 1.7 % do, of 660
words of another sentence 59 %."""


def suspicious_spans(words: Tier, phones: Tier, speech: Tier) -> tuple[Interval, ...]:
    """Spans that deserve a look, by start; the label says why.

    Parameters
    ----------
    words, phones : Tier
        An alignment.
    speech : Tier
        Where a voice is heard in the same sound (:func:`~visalign.sound.voice_activity.find_speech`).

    Examples
    --------
    >>> words = Tier("words", (0.0, 1.0, 2.0), ("", "oh"))
    >>> suspicious_spans(words, Tier("phones", (0.0, 1.0, 2.0), ("SIL", "OW")), Tier("speech", (0.0, 2.0), ("speech",)))
    (Interval(start=0.0, end=1.0, label='no words: speech without a text', score=None), \
Interval(start=1.0, end=2.0, label='too long: OW of 1.00 s', score=None))
    """
    spans = [*_long_phones(phones), *_short_words(words, phones)]
    spans += (Interval(x.start, x.end, "no voice: nobody is heard here") for x in unheard_words(words, speech))
    spans += (Interval(a, b, "no words: speech without a text") for a, b in untold_speech(words, speech))
    return tuple(sorted(spans, key=lambda x: (x.start, x.end, x.label)))


def unlikely_word(word: Interval, fit: float) -> Interval | None:
    """A note on a word whose frames fit it badly (nats a frame), None where they fit well enough."""
    if fit >= UNLIKELY_FIT:
        return None
    return Interval(word.start, word.end, "does not sound like it: low likelihood")


def note_tier(notes: Sequence[Interval], end: float) -> Tier:
    """Notes as a tier over ``[0, end]``; where they overlap, their labels stand side by side.

    Examples
    --------
    >>> notes = note_tier([Interval(0.0, 2.0, "a"), Interval(1.0, 3.0, "b")], 4.0)
    >>> notes.boundaries, notes.labels
    ((0.0, 1.0, 2.0, 3.0, 4.0), ('a', 'a; b', 'b', ''))
    """
    edges = [0.0]
    for x in sorted(x for note in notes for x in (note.start, note.end)):
        if edges[-1] + SAME_EDGE < x < end - SAME_EDGE:
            edges.append(x)
    edges.append(end)
    inside = ([x.label for x in notes if x.start < b - SAME_EDGE and x.end > a + SAME_EDGE] for a, b in pairwise(edges))
    return Tier("notes", tuple(edges), tuple("; ".join(dict.fromkeys(labels)) for labels in inside))


def _long_phones(phones: Tier) -> Iterator[Interval]:
    for phone in phones:
        if phone.label != SILENCE and phone.duration > _longest(phone.label):
            yield Interval(phone.start, phone.end, f"too long: {phone.label} of {phone.duration:.2f} s")


def _longest(label: str) -> float:
    return LONGEST.get(ARPABET[label].manner, LONGEST_OTHER) if label in ARPABET else LONGEST_OTHER


def _short_words(words: Tier, phones: Tier) -> Iterator[Interval]:
    for word in words:
        if word.label:
            n = bisect_left(phones.boundaries, word.end) - bisect_left(phones.boundaries, word.start)
            if n >= MIN_PHONES and word.duration < n * SHORTEST_MEAN:
                yield Interval(word.start, word.end, f"too short: {n} phones in {word.duration:.2f} s")
