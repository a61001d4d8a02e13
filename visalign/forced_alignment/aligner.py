"""What an aligner is, what it returns, and which there are.

Conventions
-----------
Both tiers of an :class:`Alignment` span ``[0, audio.duration]``. Silence is ``""`` among the words and ``SIL`` among
the phones. Words are lower case; phones are ARPABET without stress. Scores of phones are confidences, 0..1, and None
for silence.

How to add an aligner
---------------------
1. Write ``forced_alignment/<name>.py`` with a class that has a `name` and an `align` as in :class:`Aligner`.
2. Add it to `ALIGNERS`.
3. Add it to ``tests/contracts/test_aligners.py``: the suite there says what each aligner has to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Protocol, cast, runtime_checkable

from visalign.config import DEFAULT_ALIGNER
from visalign.errors import ConfigError, TimelineError
from visalign.forced_alignment.suspects import suspicious_spans
from visalign.forced_alignment.voice_doubts import voice_doubts
from visalign.language.g2p.unknown_words import Vocabulary
from visalign.language.lexicon import Lexicon, embedded_lexicon, read_lexicon
from visalign.language.phones import is_phone
from visalign.registry import find_class
from visalign.signals import Audio
from visalign.sound.voice_activity import find_speech
from visalign.timeline import Interval, Tier

__all__ = [
    "ALIGNERS",
    "Aligner",
    "Alignment",
    "CueTimes",
    "chosen_aligner",
    "explained",
    "heard",
    "load_aligner",
    "whole_lexicon",
]

ALIGNERS = {
    "pocketsphinx": "visalign.forced_alignment.pocketsphinx:PocketSphinxAligner",
    "gmm_hmm": "visalign.forced_alignment.gmm_hmm:GmmHmmAligner",
    "mfa": "visalign.forced_alignment.mfa:MfaAligner",
    "precomputed": "visalign.forced_alignment.precomputed:PrecomputedAligner",
}
"""Name of each aligner and where its class stands."""

MODEL_ALIGNER = "gmm_hmm"
"""The aligner that takes acoustic models of the user's."""


@dataclass(frozen=True, slots=True)
class CueTimes:
    """A cue of a transcript with times, and where its words were found.

    Parameters
    ----------
    start, end : float
        Seconds, as the cue says.
    text, speaker : str
        As the cue says.
    found_start, found_end : float or None
        Where its first word begins and its last one ends; None if they could not be placed.
    """

    start: float
    end: float
    text: str
    speaker: str = ""
    found_start: float | None = None
    found_end: float | None = None

    @property
    def start_error(self) -> float | None:
        """Seconds that the cue begins after its first word; negative: before."""
        return None if self.found_start is None else self.start - self.found_start


@dataclass(frozen=True, slots=True)
class Alignment:
    """Words and phones on the clip's clock.

    Parameters
    ----------
    words, phones : Tier
        Spans and labels as in this module's conventions. Each boundary of a word is one of a phone too.
    engine : str
        Who placed the boundaries, and how: ``"pocketsphinx 5.1.1, 200 frames/s"``.
    warnings : tuple of str
        What a careful user should know before relying on it.
    speakers : Tier or None
        Who says the words, where that is known; ``""`` where nobody speaks.
    cues : tuple of CueTimes
        The cues of a transcript with times, and what was found.
    notes : tuple of Interval
        Spans that somebody should look at, the label says why (:mod:`visalign.forced_alignment.suspects`); they may
        overlap.

    Raises
    ------
    TimelineError
        If the tiers span different times, or a word begins where no phone does.
    """

    words: Tier
    phones: Tier
    engine: str
    warnings: tuple[str, ...] = ()
    speakers: Tier | None = None
    notes: tuple[Interval, ...] = ()
    cues: tuple[CueTimes, ...] = ()

    def __post_init__(self) -> None:
        if (self.words.start, self.words.end) != (self.phones.start, self.phones.end):
            raise TimelineError(
                f"words span {self.words.start} to {self.words.end} s and phones {self.phones.start} to "
                f"{self.phones.end} s; both must span the whole audio"
            )
        if self.speakers is not None and (self.speakers.start, self.speakers.end) != (self.words.start, self.words.end):
            raise TimelineError("the tier of speakers must span the whole audio")
        stray = set(self.words.boundaries) - set(self.phones.boundaries)
        if stray:
            raise TimelineError(f"a word begins or ends at {min(stray)} s, where no phone does")

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(label for label in self.words.labels if label)

    @property
    def alphabet(self) -> str:
        """``"arpabet"`` where all phones are, else ``"ipa"``."""
        return "arpabet" if all(is_phone(x, "arpabet") for x in set(self.phones.labels)) else "ipa"


@runtime_checkable
class Aligner(Protocol):
    """Places the words of a transcript, and their phones, in time.

    An aligner that sets `pronounces_itself` to True is given words that the lexicon lacks too. One that sets
    `takes_any_length` to True gets recordings of any length whole; others get long ones in pieces
    (:mod:`visalign.forced_alignment.long_recordings`).
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


def chosen_aligner(name: str | None = None, acoustic_model: str | PathLike[str] | None = None) -> Aligner:
    """The aligner that a user's words ask for.

    Parameters
    ----------
    name : str, optional
        One of `ALIGNERS`. None: `DEFAULT_ALIGNER`, or, with a model, the aligner that can use it.
    acoustic_model : path-like, optional
        An acoustic model of the Montreal Forced Aligner.

    Raises
    ------
    ConfigError
        If there is none of that name, or it can't use the model.
    ParseError
        If the model can't be used.
    """
    if acoustic_model is None:
        return load_aligner(DEFAULT_ALIGNER if name is None else name)
    if name not in (None, MODEL_ALIGNER):
        raise ConfigError("aligner (with an acoustic model)", name, (MODEL_ALIGNER,))
    return cast(Aligner, find_class(ALIGNERS, MODEL_ALIGNER, "aligner")(acoustic_model))


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
    notes = (*found.notes, *suspicious_spans(found.words, found.phones, speech))
    warnings = (*found.warnings, *voice_doubts(found.words, speech))
    return replace(found, warnings=warnings, notes=tuple(sorted(notes, key=lambda x: (x.start, x.end, x.label))))


def whole_lexicon(
    lexicon: Lexicon | str | PathLike[str] | None, dictionary: Lexicon | str | PathLike[str] | None
) -> Lexicon:
    """`lexicon` over `dictionary`, or over the embedded one."""
    base = embedded_lexicon() if dictionary is None else _read(dictionary)
    return base if lexicon is None else _read(lexicon).over(base)


def _read(lexicon: Lexicon | str | PathLike[str]) -> Lexicon:
    return lexicon if isinstance(lexicon, Lexicon) else read_lexicon(lexicon)
