"""Transcripts with times: each cue is aligned inside its own window.

Method
------
A cue's window is its own time and `SLACK` seconds on either side, but never beyond the pause that parts it from its
neighbours: the longest pause within reach of both. Cues that no pause parts are aligned together, as one. Two people
who talk at once share their time: the window of the first ends in the middle of what they share.

What lies outside all windows has no words.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`; pieces as in :mod:`visalign.forced_alignment.pieces`, a piece for each
window and each stretch between windows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from visalign.errors import AlignmentError, ConfigError, InputError
from visalign.forced_alignment.aligner import Aligner
from visalign.forced_alignment.alignment import Alignment, CueTimes
from visalign.forced_alignment.pieces import AlignedPiece, Span, on_the_clock, part_of, silent_alignment
from visalign.forced_alignment.readings import align_text
from visalign.language.annotations.cues import Cue
from visalign.language.lexicon import Lexicon
from visalign.language.spoken_text import SpokenText, joined_texts
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["SLACK", "align_cues", "cues_of", "late_cues", "with_cues"]

SLACK = 0.5
"""Seconds that a cue's words may begin before it, and end after it."""

SHORTEST_WINDOW = 0.1
"""A cue that begins less than this many seconds before the recording ends, or later, is not in it."""

MIN_PAUSE = 0.05
"""Seconds; the shortest pause that parts two cues."""

NOTABLE_SECONDS = 0.25
"""A cue further than this from its words is warned of. Subtitles are shown a little before they are heard and stay
longer, so that only a start counts; guidelines for subtitlers allow about as much."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Seconds ``[start, end)`` and the cues, by number, whose words are looked for there."""

    start: float
    end: float
    cues: tuple[int, ...]


def cues_of(
    cues: Sequence[Cue], speaker: str | None, read: Callable[[Cue], SpokenText]
) -> tuple[list[Cue], list[SpokenText]]:
    """The cues with words that are spoken (by `speaker`, if one is named), and the words of each.

    `read` tells which words of a cue are spoken (:func:`visalign.language.transcript.read_aloud`).

    Raises
    ------
    ConfigError
        If nobody of that name speaks.
    InputError
        If no cue has a word.
    """
    names = [name for name in dict.fromkeys(x.speaker for x in cues) if name]
    if speaker is not None and speaker not in names:
        raise ConfigError("speaker", speaker, names or "none is named in these cues")
    mine = [x for x in cues if speaker is None or x.speaker == speaker]
    rows = [(cue, said) for cue in mine if (said := read(cue)).words]
    if not rows:
        raise InputError("the cues hold no word that could be spoken. Give those of this clip.")
    return [cue for cue, _ in rows], [said for _, said in rows]


def align_cues(
    audio: Audio, cues: Sequence[Cue], texts: Sequence[SpokenText], lexicon: Lexicon, aligner: Aligner, speech: Tier
) -> Iterator[AlignedPiece]:
    """Align each cue in its window.

    Parameters
    ----------
    audio : Audio
    cues, texts
        From :func:`cues_of`.
    lexicon : Lexicon
    aligner : Aligner
    speech : Tier
        Where somebody speaks.

    Yields
    ------
    AlignedPiece
        In the order of time, over the whole recording; `first` and `last` count the words of all cues.
    """
    at, count = 0, 0
    for window in _windows(cues, [n for n, cue in enumerate(cues) if _inside(cue, audio)], speech, audio.duration):
        span = Span(round(window.start * audio.rate_hz), round(window.end * audio.rate_hz))
        n_words = sum(len(texts[n].words) for n in window.cues)
        if span.start > at:
            yield _silent(audio, Span(at, span.start), count, aligner)
        mine = [cues[n] for n in window.cues]
        yield _aligned(audio, span, count, mine, [texts[n] for n in window.cues], lexicon, aligner)
        at, count = span.end, count + n_words
    whole = len(audio.samples)
    if at < whole:
        yield _silent(audio, Span(at, whole), count, aligner)
    beyond = tuple(
        word for cue, said in zip(cues, texts, strict=True) if not _inside(cue, audio) for word in said.words
    )
    if beyond:
        lost = silent_alignment(0.0, 1.0, aligner.name)
        yield AlignedPiece(audio.duration, audio.duration, count, count + len(beyond), lost, False, beyond)


def _inside(cue: Cue, audio: Audio) -> bool:
    return cue.start < audio.duration - SHORTEST_WINDOW


def _windows(cues: Sequence[Cue], inside: Sequence[int], speech: Tier, end: float) -> Iterator[_Window]:
    pauses = [x for x in speech if not x.label and x.duration >= MIN_PAUSE]
    group: list[int] = []
    low = 0.0
    followers: list[int | None] = [*inside[1:], None]
    for n, following in zip(inside, followers[: len(inside)], strict=True):  # none, where all cues come too late
        group.append(n)
        cut = end if following is None else _cut(cues[n], cues[following], pauses)
        if cut is None:  # they are aligned together
            continue
        start = max(low, min(cues[k].start for k in group) - SLACK)
        stop = min(cut, end, max(cues[k].end for k in group) + SLACK)
        if stop > start:
            yield _Window(start, stop, tuple(group))
            low = stop
            group = []


def _cut(cue: Cue, following: Cue, pauses: Sequence[Interval]) -> float | None:
    """Where two cues part; None if nothing does."""
    if following.start < cue.end:
        return None if following.speaker == cue.speaker else 0.5 * (following.start + cue.end)
    low, high = cue.end - SLACK, following.start + SLACK
    if high - low > 4 * SLACK:
        return 0.5 * (low + high)
    first, last = bisect_right(pauses, low, key=lambda x: x.end), bisect_left(pauses, high, key=lambda x: x.start)
    near = [(min(x.end, high) - max(x.start, low), x) for x in pauses[first:last]]
    if not near:
        return None
    _, pause = max(near, key=lambda row: row[0])
    return 0.5 * (max(pause.start, low) + min(pause.end, high))


def _silent(audio: Audio, span: Span, count: int, aligner: Aligner) -> AlignedPiece:
    start, end = span.start / audio.rate_hz, span.end / audio.rate_hz
    return AlignedPiece(start, end, count, count, silent_alignment(start, end, aligner.name))


def _aligned(
    audio: Audio,
    span: Span,
    count: int,
    cues: Sequence[Cue],
    texts: Sequence[SpokenText],
    lexicon: Lexicon,
    aligner: Aligner,
) -> AlignedPiece:
    start, end = span.start / audio.rate_hz, span.end / audio.rate_hz
    said = joined_texts(texts)
    last = count + len(said.words)
    try:
        found = on_the_clock(align_text(aligner, part_of(audio, span), said, lexicon), start, end)
    except AlignmentError:
        lost = silent_alignment(start, end, aligner.name)
        times = tuple(CueTimes(x.start, x.end, x.text, x.speaker) for x in cues)
        return AlignedPiece(start, end, count, last, replace(lost, cues=times), False, said.words)
    fits = not any("may not belong" in warning for warning in found.warnings)
    return AlignedPiece(start, end, count, last, with_cues(found, cues, texts), fits)


def with_cues(found: Alignment, cues: Sequence[Cue], texts: Sequence[SpokenText]) -> Alignment:
    """The alignment of all words of these cues with what was found for each, and with speakers where they are named."""
    words = [x for x in found.words if x.label]
    rows, at = [], 0
    for text in texts:
        n_words = len(text.as_said([x.label for x in words[at : at + text.most_words]]).words)
        rows.append(words[at : at + n_words])
        at += n_words
    times = tuple(
        CueTimes(cue.start, cue.end, cue.text, cue.speaker, mine[0].start, mine[-1].end)
        for cue, mine in zip(cues, rows, strict=True)
    )
    if not any(cue.speaker for cue in cues):
        return replace(found, cues=times)
    named = [Interval(x.start, x.end, cue.speaker) for cue, mine in zip(cues, rows, strict=True) for x in mine]
    speakers = Tier.from_intervals("speakers", named, start=found.words.start, end=found.words.end)
    return replace(found, cues=times, speakers=_bridged(speakers))


def _bridged(speakers: Tier) -> Tier:
    """Pauses between two words of one speaker are the speaker's."""
    labels = list(speakers.labels)
    for n in range(1, len(labels) - 1):
        if not labels[n] and labels[n - 1] == labels[n + 1]:
            labels[n] = labels[n - 1]
    return replace(speakers, labels=tuple(labels)).merge_equal()


def late_cues(cues: Sequence[CueTimes]) -> tuple[str, ...]:
    """Warnings about cues that begin elsewhere than their words, that were not found, or that overlap."""
    off = [x for x in cues if x.start_error is not None and abs(x.start_error) > NOTABLE_SECONDS]
    lost = [x for x in cues if x.found_start is None]
    warnings = list[str]()
    if off:
        named = ", ".join(f"{x.start:.2f} s ({1000 * (x.start_error or 0):+.0f} ms)" for x in off[:5])
        more = f" and {len(off) - 5} more" if len(off) > 5 else ""
        warnings.append(
            f"{len(off)} of {len(cues)} cues begin more than {1000 * NOTABLE_SECONDS:.0f} ms from their words (+ = the "
            f"cue is late): {named}{more}"
        )
    if lost:
        named = ", ".join(f"{x.start:.2f} s" for x in lost[:5])
        warnings.append(f"the words of {len(lost)} cue(s) could not be placed: those at {named}")
    both = [b for a, b in pairwise(cues) if b.start < a.end and a.speaker != b.speaker]
    if both:
        named = ", ".join(f"{x.start:.2f} s" for x in both[:5])
        warnings.append(f"two people talk at once at {named}: choose one with --speaker to have all that one says")
    return tuple(warnings)
