"""What a model is trained on, and what is said of a training: the values that corpora, trainer and commands share.

Conventions
-----------
Phones are written as they will stand in the model's dictionary. Log-likelihoods are natural, of acoustics only and
unscaled, a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from visalign.signals import Audio

__all__ = ["NotAligned", "Progress", "Utterance"]

Pronunciations: TypeAlias = tuple[tuple[str, ...], ...]
"""The ways in which one word may be said, each as phones; at least one, none of them empty."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of sound in which some words are said, one after the other, with or without pauses.

    Parameters
    ----------
    name : str
        Unlike any other of the corpus; it stands in messages, and decides the order in which sums are made.
    speaker : str
        Whose voice it is; features are centred, and adapted, by speaker.
    sound : Audio or callable
        The sound, or what reads it. With more than one worker a callable must be picklable: a method of a frozen
        dataclass or ``functools.partial`` of a function of a module.
    words : tuple of str
        As they are written; for messages and for the dictionary of the model.
    pronunciations : tuple of Pronunciations
        Of each word. ``(("spn",),)`` stands for sound that is no word of the lexicon: laughter, a cough, a fragment.
    """

    name: str
    speaker: str
    sound: Audio | Callable[[], Audio]
    words: tuple[str, ...]
    pronunciations: tuple[Pronunciations, ...]

    def read(self) -> Audio:
        """The sound."""
        return self.sound() if callable(self.sound) else self.sound


@dataclass(frozen=True, slots=True)
class NotAligned:
    """An utterance, or part of the evidence, that was left out of the training.

    Parameters
    ----------
    utterance, speaker : str
    stage : str
        ``sound`` (it could not be read), ``first alignment``, or the stage in whose last round it was left out.
    reason : str
        One sentence: what stood against it, and what to do.
    """

    utterance: str
    speaker: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training is, after each round.

    Parameters
    ----------
    stage : str
        ``bootstrap``, ``monophone``, ``triphone``, ``lda``, ``sat``.
    round, n_rounds : int
        From 1; of the bootstrap, groups of utterances.
    log_likelihood : float
        Of the training part, a frame; NaN in stages without.
    held_out : float
        The same of the held-out part; NaN where nothing is held out or nothing was measured.
    n_gaussians, n_leaves, n_aligned : int
    """

    stage: str
    round: int
    n_rounds: int
    log_likelihood: float
    held_out: float
    n_gaussians: int
    n_leaves: int
    n_aligned: int
