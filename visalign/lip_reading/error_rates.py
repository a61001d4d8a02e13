"""Error rates of what was read: words and visemes, as counts that add up.

Method
------
The fewest substitutions, deletions and insertions that turn what was said into what was read, by jiwer [1]_. What a
reader without eyes would get is measured by the same count on sentences drawn from the grammar.

References
----------
.. [1] jiwer, https://github.com/jitsi/jiwer
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from visalign.errors import BackendUnavailable
from visalign.language.lexicon import Lexicon, arpabet_phones, embedded_lexicon
from visalign.lip_reading.grammar import Arc, WordGraph
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["ErrorCount", "chance", "count_errors", "viseme_forms"]

N_GUESSES = 200
"""Sentences that are drawn for each clip: the mean rate is then known to about one per cent."""

_MAX_FORMS = 64
_MAX_WORDS = 500


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Errors among some words or visemes.

    Parameters
    ----------
    n_said : int
        Words or visemes of the transcript.
    substitutions, deletions, insertions : int

    Examples
    --------
    >>> total = ErrorCount(6, 1, 0, 0) + ErrorCount(6, 0, 2, 0)
    >>> total.rate
    0.25
    """

    n_said: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(
            self.n_said + other.n_said,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )

    @property
    def n_errors(self) -> int:
        """Errors of all kinds."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """Errors a word or viseme said, above 1 where more was read than said; None where nothing was said."""
        return self.n_errors / self.n_said if self.n_said else None


def count_errors(said: Sequence[str], read: Sequence[str]) -> ErrorCount:
    """Errors in `read` against `said`.

    Raises
    ------
    BackendUnavailable
        If jiwer is not installed.
    """
    if not said:
        return ErrorCount(insertions=len(read))
    try:
        # optional
        import jiwer
    except ImportError as error:
        raise BackendUnavailable("jiwer", 'Install it: pip install "visalign[lipread]".') from error
    # Each label becomes a word of its own without spaces, which is what jiwer splits at.
    names = {label: f"w{k}" for k, label in enumerate(dict.fromkeys((*said, *read)))}
    found = jiwer.process_words(" ".join(names[x] for x in said), " ".join(names[x] for x in read))
    return ErrorCount(len(said), found.substitutions, found.deletions, found.insertions)


def viseme_forms(
    words: Sequence[str], viseme_map: VisemeMap | None, *, lexicon: Lexicon | None = None
) -> list[tuple[str, ...]]:
    """The sequences of visemes (phones, without a map) that a sentence can show, one a choice of pronunciations.

    At most 64 of them; which pronunciation was spoken is not known, so the one with the fewest errors counts.

    Raises
    ------
    OutOfVocabulary
        If the lexicon lacks words.
    """
    said = (lexicon or embedded_lexicon()).pronounce(words)
    ways = [list(dict.fromkeys(_shown(tuple(arpabet_phones(x)), viseme_map) for x in options)) for options in said]
    n_ways = 1
    for k, options in enumerate(ways):
        n_ways *= len(options)
        if n_ways > _MAX_FORMS:
            ways[k:] = [options[:1] for options in ways[k:]]
            break
    return [tuple(x for part in way for x in part) for way in product(*ways)]


def _shown(phones: tuple[str, ...], viseme_map: VisemeMap | None) -> tuple[str, ...]:
    return phones if viseme_map is None else tuple(viseme_map.lookup(phone, "arpabet") for phone in phones)


def chance(sentences: Iterable[Sequence[str]], grammar: WordGraph) -> ErrorCount:
    """Errors of guesses drawn from the grammar, 200 for each sentence; the same ones each time.

    Raises
    ------
    BackendUnavailable
        If jiwer is not installed.
    """
    random = np.random.default_rng(0)
    leaving: dict[int, list[Arc]] = {}
    for arc in grammar.arcs:
        leaving.setdefault(arc.start, []).append(arc)
    total = ErrorCount()
    for said in sentences:
        for _ in range(N_GUESSES):
            total += count_errors(said, _drawn(leaving, grammar.final, random))
    return total


def _drawn(leaving: dict[int, list[Arc]], final: int, random: np.random.Generator) -> list[str]:
    node, words = 0, list[str]()
    while node != final and node in leaving and len(words) < _MAX_WORDS:
        arcs = leaving[node]
        weights = np.exp([arc.log_weight for arc in arcs])
        arc = arcs[int(random.choice(len(arcs), p=weights / weights.sum()))]
        node = arc.end
        words += [arc.word] if arc.word is not None else []
    return words
