"""The words of labels that have a time: where each is spoken within it, and its phones.

A label may be one word, whose phones then fill its time, or a phrase, whose words lie somewhere within it. Where a
label has no room for its phones, they share its time evenly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np

from visalign.config import DEFAULT_ALIGNER
from visalign.errors import AlignmentError
from visalign.forced_alignment.aligner import Aligner, explained, load_aligner
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations.rows import listed
from visalign.language.g2p.unknown_words import Vocabulary, chosen_g2p, settle_vocabulary
from visalign.language.lexicon import Lexicon, arpabet_phones
from visalign.language.phones import SILENCE
from visalign.language.transcript import parse_transcript
from visalign.signals import Audio
from visalign.timeline import Interval

__all__ = ["LabelAligner"]


class LabelAligner:
    """Aligns the words of labels, each within the time of its label.

    Parameters
    ----------
    audio : Audio
    lexicon : Lexicon
    oov, g2p : str
        What becomes of words without a pronunciation.
    """

    def __init__(self, audio: Audio, lexicon: Lexicon, oov: str, g2p: str) -> None:
        self._audio, self._lexicon, self._oov, self._g2p = audio, lexicon, oov, g2p
        self._known: Vocabulary | None = None
        self._aligner: Aligner | None = None
        self._n_phrases = 0
        self._shared: list[str] = []

    def learn(self, labels: Iterable[str]) -> None:
        """Make sure that the words of some labels have pronunciations.

        Raises
        ------
        OutOfVocabulary
            If some have none.
        """
        words = list(chain.from_iterable(parse_transcript(label, known=self._lexicon) for label in labels))
        if words:
            guesser = chosen_g2p(self._g2p, self._lexicon.spoken) if self._oov == "g2p" else None
            self._known = settle_vocabulary(words, self._lexicon, self._oov, guesser)

    def find(self, row: Interval, *, is_phrase: bool) -> tuple[list[Interval], list[Interval]]:
        """Words and phones of a label: of a phrase somewhere within its time, of a word they fill it."""
        self._n_phrases += is_phrase
        if self._known is None:
            return [], []
        skipped = set(self._known.skipped)
        words = [x for x in parse_transcript(row.label, known=self._lexicon) if x not in skipped]
        if not words:
            return [], []
        self._aligner = self._aligner or load_aligner(DEFAULT_ALIGNER)
        low, high = (round(t * self._audio.rate_hz) for t in (row.start, row.end))
        try:
            part = Audio(self._audio.samples[low:high], self._audio.rate_hz)
            found = self._aligner.align(part, words, self._known.lexicon)
        except AlignmentError:  # too short for its phones, or silent: they share it
            self._shared.append(row.label)
            return _shared_out(row, words, self._known.lexicon)
        placed = [
            [replace(x, start=row.start + x.start, end=min(row.start + x.end, row.end)) for x in tier if is_spoken(x)]
            for tier, is_spoken in ((found.words, _has_label), (found.phones, _is_sound))
        ]
        if not is_phrase:
            placed = [_filling(x, row.start, row.end) for x in placed]
        words_found, phones = placed
        return [replace(x, score=None) for x in words_found], phones

    def warnings(self) -> list[str]:
        """What to tell of what was found."""
        told = list[str]()
        if self._n_phrases:
            n = self._n_phrases
            told.append(f"{n} stretch(es) of the file have no times for their words, which were aligned within them")
        if self._shared:
            told.append(
                f"{len(self._shared)} label(s) had no room for their phones, which share it: {listed(self._shared)}"
            )
        return told

    def explained(self, found: Alignment) -> Alignment:
        """An alignment with what is to be told of guessed words."""
        return found if self._known is None else explained(found, self._known)


def _has_label(x: Interval) -> bool:
    return bool(x.label)


def _is_sound(x: Interval) -> bool:
    return x.label != SILENCE


def _filling(rows: list[Interval], start: float, end: float) -> list[Interval]:
    """Intervals without gaps between them, from the start to the end."""
    starts = [start, *(x.start for x in rows[1:])]
    return [replace(x, start=a, end=b) for x, (a, b) in zip(rows, pairwise([*starts, end]), strict=True)]


def _shared_out(row: Interval, words: Sequence[str], lexicon: Lexicon) -> tuple[list[Interval], list[Interval]]:
    """The time of a label in equal parts for the phones of its words."""
    phones = [list(arpabet_phones(ways[0])) for ways in lexicon.pronounce(words)]
    n_phones = sum(map(len, phones))
    edges = iter((row.start + row.duration * np.arange(n_phones + 1) / n_phones).tolist())
    at, spans = next(edges), list[list[Interval]]()
    for mine in phones:
        spans.append([])
        for label in mine:
            spans[-1].append(Interval(at, at := next(edges), label))
    placed = [Interval(x[0].start, x[-1].end, word) for x, word in zip(spans, words, strict=True)]
    return placed, list(chain.from_iterable(spans))
