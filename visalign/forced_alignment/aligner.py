"""What an aligner is, and which there are; what it returns is in :mod:`visalign.forced_alignment.alignment`.

How to add an aligner
---------------------
1. Write ``forced_alignment/<name>.py`` with a class that has a `name` and an `align` as in :class:`Aligner`.
2. Add it to `ALIGNERS`.
3. Add it to ``tests/contracts/test_aligners.py``: the suite there says what each aligner has to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Protocol, cast, runtime_checkable

from visalign.config import DEFAULT_ALIGNER
from visalign.errors import ConfigError
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.suspects import suspicious_spans
from visalign.forced_alignment.voice_doubts import voice_doubts
from visalign.language.g2p.unknown_words import Vocabulary
from visalign.language.languages import chosen_language, language_lexicon
from visalign.language.lexicon import Lexicon, read_lexicon
from visalign.registry import find_class
from visalign.signals import Audio
from visalign.sound.voice_activity import find_speech
from visalign.timeline import Tier

__all__ = [
    "ALIGNERS",
    "Aligner",
    "SelfPronouncing",
    "chosen_aligner",
    "explained",
    "heard",
    "load_aligner",
    "whole_lexicon",
]

ALIGNERS = {
    "pocketsphinx": "visalign.forced_alignment.pocketsphinx:PocketSphinxAligner",
    "gmm_hmm": "visalign.forced_alignment.gmm_hmm:GmmHmmAligner",
    "any_language": "visalign.forced_alignment.any_language:AnyLanguageAligner",
    "mfa": "visalign.forced_alignment.mfa:MfaAligner",
    "precomputed": "visalign.forced_alignment.precomputed:PrecomputedAligner",
}
"""Name of each aligner and where its class stands."""

MODEL_ALIGNER = "gmm_hmm"
"""The aligner that takes acoustic models of the user's."""


@runtime_checkable
class Aligner(Protocol):
    """Places the words of a transcript, and their phones, in time.

    An aligner that sets `pronounces_itself` to True is given no lexicon, and the words that its `words_of` makes of the
    transcript. One that sets `takes_any_length` to True gets recordings of any length whole; others get long ones in
    pieces (:mod:`visalign.forced_alignment.long_recordings`).
    """

    name: str

    def align(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> Alignment:
        """Align `words`, at least one, in the pronunciations that `lexicon` has for them.

        Raises
        ------
        OutOfVocabulary
            If words have no pronunciation; it names all of them.
        AlignmentError
            If they can't be aligned with this audio.
        """
        ...


@runtime_checkable
class SelfPronouncing(Aligner, Protocol):
    """An aligner that pronounces words itself, by a dictionary of its own."""

    pronounces_itself: bool

    def words_of(self, text: str) -> list[str]:
        """The words of a transcript that are spoken, as `align` wants them."""
        ...


def load_aligner(name: str) -> Aligner:
    """The aligner of that name, with its default settings.

    Raises
    ------
    ConfigError
        If there is none of that name.
    BackendUnavailable
        If what it needs is not installed.
    """
    return cast(Aligner, find_class(ALIGNERS, name, "aligner")())


def chosen_aligner(
    name: str | None = None, acoustic_model: str | PathLike[str] | None = None, *, refine: bool = True
) -> Aligner:
    """The aligner that a user's words ask for.

    Parameters
    ----------
    name : str, optional
        One of `ALIGNERS`. None: `DEFAULT_ALIGNER`, or, with a model, the aligner that can use it.
    acoustic_model : path-like, optional
        An acoustic model of the Montreal Forced Aligner.
    refine : bool
        False: boundaries as the model has them, see :class:`visalign.forced_alignment.gmm_hmm.GmmHmmAligner`.

    Raises
    ------
    ConfigError
        If there is none of that name, or it can't use the model, or can't leave its boundaries.
    ParseError
        If the model can't be used.
    """
    if acoustic_model is None and refine:
        return load_aligner(DEFAULT_ALIGNER if name is None else name)
    if name not in (None, MODEL_ALIGNER):
        wish = "an acoustic model" if acoustic_model is not None else "boundaries that are not refined"
        raise ConfigError(f"aligner (with {wish})", name, (MODEL_ALIGNER,))
    return cast(Aligner, find_class(ALIGNERS, MODEL_ALIGNER, "aligner")(acoustic_model, refine=refine))


def explained(found: Alignment, vocabulary: Vocabulary) -> Alignment:
    """`found` with the notes and warnings on words that were guessed or left out."""
    return replace(
        found,
        notes=found.notes + vocabulary.notes(found.words, found.phones),
        warnings=found.warnings + vocabulary.warnings(found.words, found.phones),
    )


def heard(found: Alignment, audio: Audio, speech: Tier | None = None) -> Alignment:
    """`found` with the warnings and notes that listening to its sound adds: voice without words, odd durations …"""
    speech = find_speech(audio) if speech is None else speech
    notes = dict.fromkeys((*found.notes, *suspicious_spans(found.words, found.phones, speech)))
    warnings = dict.fromkeys((*found.warnings, *voice_doubts(found.words, speech)))
    by_time = sorted(notes, key=lambda x: (x.start, x.end, x.label))
    return replace(found, warnings=tuple(warnings), notes=tuple(by_time))


def whole_lexicon(
    lexicon: Lexicon | str | PathLike[str] | None,
    dictionary: Lexicon | str | PathLike[str] | None,
    language: str | None = None,
) -> Lexicon:
    """`lexicon` over `dictionary`, or over the pronunciations of `language`."""
    own = None if lexicon is None else _read(lexicon)
    if dictionary is None:
        base = language_lexicon(language or (own.spoken if own else None))
    else:
        base = _read(dictionary)
        base = base.in_language(chosen_language(language).code) if language else base
    return base if own is None else own.over(base)


def _read(lexicon: Lexicon | str | PathLike[str]) -> Lexicon:
    return lexicon if isinstance(lexicon, Lexicon) else read_lexicon(lexicon)
