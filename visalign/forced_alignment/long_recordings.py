"""Long recordings: aligned piece by piece, so that memory stays flat and an error in the transcript stays where it is.

Method
------
1. Voice activity finds the pauses; the recording is cut at the longest ones, into pieces of 6 to 20 s
   (:mod:`visalign.forced_alignment.pieces`).
2. Each piece is looked for in the transcript around the place where the last one ended
   (:mod:`visalign.forced_alignment.word_search`). A piece whose words fit is an island: its place is settled. One
   that fits nowhere is cut into parts of up to 6 s, which are looked for one by one.
3. Islands are aligned as any short clip, each by itself.
4. What lies between two islands, sound and words, does not fit together as it stands: words that nobody says, speech
   that nobody wrote down, or both. Its words are placed within it as well as they can be, no phone of them counts as
   surer than they are on average, and a warning names the place. Words for which there is no room at all are left
   out and named.

The recording comes as an array, which is all that grows with its length (230 MB an hour at 16 kHz); a long one lies in
a file (:mod:`visalign.files.scratch`), of which a piece at a time is in memory.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`; pieces follow each other without gaps, on the recording's clock.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from visalign.errors import AlignmentError
from visalign.forced_alignment.aligner import Aligner
from visalign.forced_alignment.alignment import OTHER_WORDS
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.pieces import (
    FINE_LONGEST,
    FINE_SHORTEST,
    AlignedPiece,
    Span,
    cut_at_pauses,
    on_the_clock,
    part_of,
    silent_alignment,
)
from visalign.forced_alignment.readings import align_text
from visalign.forced_alignment.word_search import FoundWords, WordFinder
from visalign.language.lexicon import Lexicon
from visalign.language.spoken_text import SpokenText
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["LONG_SECONDS", "align_pieces", "doubts_of", "other_words"]

LONG_SECONDS = 60.0
"""Recordings longer than this are aligned in pieces."""

GOOD_FIT = -3.0
"""Words that fit better than this are those that are heard, wherever in the transcript they stand. Of 27 pieces
of LibriVox, TIMIT, AE and GRID the right words have −0.5 to −1.7, the best ones of another text −4.3 to −7.4."""

VOICE_SLACK = 1.5
"""Where the islands so far fit worse than human voices do (synthetic ones: −3.2 to −4.7), as much below their median is
still good."""

KNOWN_ISLANDS, PLACE_SLACK, KNOWN_PLACE_SLACK = 1, 2.0, 0.75
"""Words that should come next may fit as much worse than that; less so where this many islands have shown how well this
voice fits."""

WORDS_A_SECOND = 5.0
"""Fast speech; decides how many words are looked at for a piece."""

LEAST_WORDS = 4
"""A piece of fewer words is not believed to be somewhere else than where the last one ended."""

FORGIVEN_WORDS = 2
"""So many words between two islands that touch go to the second one: the edge of a piece may have swallowed them."""

WIDER = (60, 250, 500)
"""Words more that are looked at for the first piece in a row that fits nowhere, the second, and all later ones."""

DOUBTFUL_SECONDS = 40.0
"""Length of the parts in which a stretch between islands is aligned."""

Progress = Callable[[str, float | None], None]


@dataclass(slots=True)
class _Islands:
    """What the search knows so far."""

    fits: list[float] = field(default_factory=list)

    def limit(self) -> float:
        """The least fit of words anywhere near."""
        return min(GOOD_FIT, statistics.median(self.fits) - VOICE_SLACK) if self.fits else GOOD_FIT

    def accepts(self, found: FoundWords, *, in_place: bool) -> bool:
        """True if the piece is where `found` says."""
        least = 1 if in_place else LEAST_WORDS
        slack = PLACE_SLACK if len(self.fits) < KNOWN_ISLANDS else KNOWN_PLACE_SLACK
        return found.last - found.first >= least and found.fit >= self.limit() - slack * in_place


def align_pieces(
    audio: Audio,
    text: SpokenText,
    lexicon: Lexicon,
    aligner: Aligner,
    speech: Tier,
    progress: Progress | None = None,
) -> Iterator[AlignedPiece]:
    """Align a long recording, a piece at a time.

    Parameters
    ----------
    audio : Audio
    text : SpokenText
        At least one word. Of what may be said in several ways each piece says which one is heard.
    lexicon : Lexicon
    aligner : Aligner
        Aligns each piece. Where the words are is found with its own acoustic model if it is a
        :class:`~visalign.forced_alignment.gmm_hmm.GmmHmmAligner`, and with the embedded one for any other.
    speech : Tier
        Where somebody speaks, over the whole recording.
    progress : callable, optional

    Yields
    ------
    AlignedPiece
        In the order of time, over the whole recording.

    Raises
    ------
    OutOfVocabulary, InputError
        If words have no pronunciation.
    """
    return _LongAlignment(audio, text, lexicon, aligner, speech).run(progress)


class _LongAlignment:
    """The state of one recording's alignment."""

    def __init__(self, audio: Audio, text: SpokenText, lexicon: Lexicon, aligner: Aligner, speech: Tier) -> None:
        self.audio, self.text, self.lexicon, self.aligner, self.speech = audio, text, lexicon, aligner, speech
        self.words = text.words
        engine = aligner if isinstance(aligner, GmmHmmAligner) else GmmHmmAligner()
        self.finder = WordFinder(engine.model, engine.variants(text.words, lexicon))
        self.islands = _Islands()

    def run(self, progress: Progress | None) -> Iterator[AlignedPiece]:
        whole = Span(0, len(self.audio.samples))
        settled, doubtful = 0, list[Span]()  # words that have their place; pieces since the last island
        waiting = list(cut_at_pauses(self.speech, self.audio.rate_hz, whole))[::-1]
        while waiting:
            span = waiting.pop()
            if progress is not None:
                progress("aligning", span.start / whole.end)
            found = self._search(span, settled, len(doubtful))
            if found is None:
                parts = self._parts(span)
                if len(parts) > 1:
                    waiting += parts[::-1]
                else:
                    doubtful.append(span)
                continue
            if not doubtful and found.first - settled <= FORGIVEN_WORDS:
                found = replace(found, first=settled)
            yield from self._between(doubtful, span.start, settled, found.first)
            yield self._island(span, found)
            settled, doubtful = found.last, []
        yield from self._between(doubtful, len(self.audio.samples), settled, len(self.words))

    def _parts(self, span: Span) -> list[Span]:
        rate, limits = self.audio.rate_hz, {"shortest": FINE_SHORTEST, "longest": FINE_LONGEST}
        return list(cut_at_pauses(self.speech, rate, span, **limits))

    def _search(self, span: Span, expected: int, n_lost: int) -> FoundWords | None:
        """Where the piece is in the transcript; None if nowhere near."""
        part, end = part_of(self.audio, span), len(self.words)
        usual = round(WORDS_A_SECOND * (span.end - span.start) / self.audio.rate_hz) + 10
        more, low = WIDER[min(n_lost, len(WIDER) - 1)], expected
        if n_lost >= len(WIDER):  # look further and further ahead, window by window
            low = min(expected + (n_lost - len(WIDER)) * more, max(expected, end - more))
        try:
            found = self.finder.find(part, expected, min(expected + usual, end), FORGIVEN_WORDS)
            in_place = self.islands.accepts(found, in_place=True)
            if not in_place:
                found = self.finder.find(part, low, min(low + usual + more, end), more)
        except AlignmentError:  # silence
            return None
        if in_place or self.islands.accepts(found, in_place=False):
            self.islands.fits.append(found.fit)
            return found
        return None

    def _island(self, span: Span, found: FoundWords) -> AlignedPiece:
        try:
            return self._aligned(span, found.first, found.last)
        except AlignmentError:
            return self._unplaced(span, found.first, found.last)

    def _aligned(self, span: Span, first: int, last: int, *, fits: bool = True) -> AlignedPiece:
        start, end = span.start / self.audio.rate_hz, span.end / self.audio.rate_hz
        found = align_text(self.aligner, part_of(self.audio, span), self.text.part(first, last), self.lexicon)
        placed = on_the_clock(found, start, end)
        if not fits:
            placed = replace(placed, phones=_capped(placed.phones))
        return AlignedPiece(start, end, first, last, placed, fits)

    def _unplaced(self, span: Span, first: int, last: int) -> AlignedPiece:
        start, end = span.start / self.audio.rate_hz, span.end / self.audio.rate_hz
        nothing = silent_alignment(start, end, self.aligner.name)
        return AlignedPiece(start, end, first, last, nothing, first == last, tuple(self.words[first:last]))

    def _between(self, spans: Sequence[Span], end: int, first: int, last: int) -> Iterator[AlignedPiece]:
        """What lies between two islands: pieces that fit nowhere (maybe none), and words (maybe none)."""
        if not spans:
            if first < last:  # words without a moment to be said in
                yield AlignedPiece(
                    end / self.audio.rate_hz,
                    end / self.audio.rate_hz,
                    first,
                    last,
                    silent_alignment(0.0, 1.0, self.aligner.name),
                    fits=False,
                    left_out=tuple(self.words[first:last]),
                )
            return
        for span, low, high in _shared_out(spans, first, last, self.audio.rate_hz):
            if low == high:
                yield self._unplaced(span, low, high)
                continue
            try:
                yield self._aligned(span, low, high, fits=False)
            except AlignmentError:
                yield self._unplaced(span, low, high)


def _capped(phones: Tier) -> Tier:
    """The tier with no score above the mean of all: one phone can't be sure where the whole is not."""
    known = [x for x in phones.scores or () if x is not None]
    if not known:
        return phones
    mean = statistics.fmean(known)
    return replace(phones, scores=tuple(None if x is None else min(x, mean) for x in phones.scores or ()))


def _shared_out(spans: Sequence[Span], first: int, last: int, rate_hz: int) -> Iterator[tuple[Span, int, int]]:
    """Parts of up to `DOUBTFUL_SECONDS`, each with its share of the words, by its length."""
    parts: list[Span] = []
    for span in spans:
        if parts and (span.end - parts[-1].start) / rate_hz <= DOUBTFUL_SECONDS:
            parts[-1] = Span(parts[-1].start, span.end)
        else:
            parts.append(span)
    begin, whole, low = parts[0].start, parts[-1].end - parts[0].start, first
    for part in parts:
        high = first + round((last - first) * (part.end - begin) / whole)
        yield part, low, high
        low = high


def other_words(pieces: Sequence[AlignedPiece]) -> tuple[Interval, ...]:
    """Notes of the pieces that the transcript does not fit."""
    return tuple(Interval(x.start, x.end, OTHER_WORDS) for x in _misfits(pieces))


def _misfits(pieces: Sequence[AlignedPiece]) -> list[AlignedPiece]:
    return [x for x in pieces if not x.fits and x.last > x.first and not x.left_out]


def doubts_of(pieces: Sequence[AlignedPiece]) -> tuple[str, ...]:
    """Warnings about the pieces that the transcript does not fit."""
    wrong = _misfits(pieces)
    lost = [x for x in pieces if x.left_out]
    warnings = list[str]()
    if wrong:
        named = "; ".join(f"{x.start:.1f} to {x.end:.1f} s" for x in wrong[:5]) + (" …" if len(wrong) > 5 else "")
        n_words = sum(x.last - x.first for x in wrong)
        warnings.append(
            f"the transcript does not say what is heard at {named}: its {n_words} words there were placed as well as "
            "they could be, and their times mean little. Correct the transcript"
        )
    if lost:
        named = "; ".join(f"{_quoted(x.left_out)} at {x.start:.1f} s" for x in lost[:5]) + (
            " …" if len(lost) > 5 else ""
        )
        n_words = sum(len(x.left_out) for x in lost)
        warnings.append(f"{n_words} word(s) of the transcript are not heard and were left out: {named}")
    return tuple(warnings)


def _quoted(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"' if len(words) <= 6 else f'"{" ".join(words[:3])} … {" ".join(words[-2:])}"'
