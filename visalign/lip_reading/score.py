"""How well a clip's words can be read off its lips: what a report says of it.

Conventions
-----------
Rates are errors a word (or viseme) said, so they can exceed 1; those of several clips are the rates of the sums of
their counts. Visemes that follow one another and are alike count once, since lips that stay can't be counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from visalign.errors import AnyPath
from visalign.language.lexicon import Lexicon
from visalign.lip_reading.error_rates import ErrorCount, chance, count_errors
from visalign.lip_reading.grammar import WordGraph, read_grammar, refuse_impossible
from visalign.lip_reading.reading import read_words
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import VisemeDecoder
from visalign.timeline import Tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["LipReader", "LipReadingScore"]


@dataclass(frozen=True, slots=True)
class LipReadingScore:
    """What was read off the lips alone, and how much of it is wrong.

    Parameters
    ----------
    grammar : str
        What might be said: a name, or a file's name without its folder.
    sentence : str
        What was read.
    words, visemes : ErrorCount or None
        Errors against the transcript, and against the visemes of its phones; None where it is not known what was said.
    word_chance : float or None
        Word error rate of sentences drawn from the grammar, by someone without eyes.
    """

    grammar: str
    sentence: str
    words: ErrorCount | None = None
    visemes: ErrorCount | None = None
    word_chance: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with the rates."""
        return {
            "grammar": self.grammar,
            "sentence": self.sentence,
            "words": _counts(self.words),
            "visemes": _counts(self.visemes),
            "word_chance": None if self.word_chance is None else round(self.word_chance, 6),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LipReadingScore:
        """The inverse of :meth:`to_dict`."""
        words, visemes = (_parse_counts(data[name]) for name in ("words", "visemes"))
        return cls(data["grammar"], data["sentence"], words, visemes, data["word_chance"])


def _counts(count: ErrorCount | None) -> dict[str, Any] | None:
    if count is None:
        return None
    return asdict(count) | {"rate": None if count.rate is None else round(count.rate, 6)}


def _parse_counts(data: Mapping[str, Any] | None) -> ErrorCount | None:
    return None if data is None else ErrorCount(**{name: n for name, n in data.items() if name != "rate"})


@dataclass(frozen=True, slots=True)
class LipReader:
    """Reads words off lips and counts what is wrong; made before the costly part of a check, so that it fails early.

    Parameters
    ----------
    grammar : WordGraph
    lexicon : Lexicon
    """

    grammar: WordGraph
    lexicon: Lexicon

    @classmethod
    def of(cls, grammar: WordGraph | AnyPath, lexicon: Lexicon) -> LipReader:
        """From a grammar, its file, or the name of a shipped one.

        Raises
        ------
        ParseError, InputError
            If the grammar can't be read, or allows no sentence.
        OutOfVocabulary
            If the lexicon lacks words of it.
        BackendUnavailable
            If jiwer, which counts the errors, is not installed.
        """
        graph = grammar if isinstance(grammar, WordGraph) else read_grammar(grammar)
        refuse_impossible(graph)
        lexicon.pronounce(graph.words)
        count_errors(["jiwer"], ["there"])
        return cls(graph, lexicon)

    def score(
        self, lips: LipFeatures, decoder: VisemeDecoder, viseme_map: VisemeMap, words: Tier, expected: Tier
    ) -> LipReadingScore:
        """Read the lips and compare.

        Parameters
        ----------
        lips : LipFeatures
        decoder : VisemeDecoder
            What phones look like; all are told apart as well as lips tell them, whatever the map.
        viseme_map : VisemeMap
            Whose visemes are counted.
        words, expected : Tier
            What was said, and its visemes; without any word, nothing is counted.

        Raises
        ------
        FaceNotFound, AlignmentError
            As :func:`~visalign.lip_reading.reading.read_words` does.
        """
        found = read_words(lips, self.grammar, decoder, lexicon=self.lexicon)
        name = Path(self.grammar.name).name
        said = [x.lower() for x in words.labels if x]
        if not said:
            return LipReadingScore(name, found.sentence)
        shown = _shown((viseme_map.lookup(x, "arpabet") for x in found.units.labels), viseme_map.silence)
        visemes = count_errors(_shown(expected.labels, viseme_map.silence), shown)
        wrong = count_errors(said, found.sentence.split())
        return LipReadingScore(name, found.sentence, wrong, visemes, chance([said], self.grammar).rate)

    def unknown(self, words: Tier) -> tuple[str, ...]:
        """Words said that the grammar never allows: nobody can read them with it."""
        known = set(self.grammar.words)
        return tuple(dict.fromkeys(x for x in words.labels if x and x.lower() not in known))


def _shown(visemes: Iterable[str], silence: str) -> Sequence[str]:
    return [label for label, _ in groupby(x for x in visemes if x != silence)]
