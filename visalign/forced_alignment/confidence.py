"""How sure a phone's start is, and whether the transcript is what is heard at all.

Method
------
The confidence of a phone is the probability that its start lies within 25 ms of where a person would put it,

    logit p = b₀ + b₁ ln(spread + 2 ms) + b₂ ln(change + 0.1) + b₃ fit,

`spread` the standard deviation of its boundary along the phones of the best path, with all scores at a quarter so that
alternatives count; `change` how much the spectrum changes there, 1 on average; `fit` the mean log-likelihood of the
phone's frames less that of the best context-free state of any phone. A word's confidence is a logistic of that of its
first phone.

The coefficients were learnt without hand labels, which would not be ours to give away: from where another engine
(PocketSphinx's own search) starts the same phones in clips of GRID [1]_ and LibriVox, clean and under noise, and
from GRID's clips with another clip's sentence. The reliability against hand labels that the coefficients never saw is
in ``docs/confidence.md``; ``benchmarks/confidence.py`` repeats both.

Conventions
-----------
Seconds and natural logarithms. The figures hold for PocketSphinx's American English model; with another acoustic model
confidences are an order and no probability, and no transcript is suspected.

References
----------
.. [1] M. Cooke, J. Barker, S. Cunningham and X. Shao, An audio-visual corpus for speech perception and automatic speech
   recognition, JASA 120 (2006). CC BY 4.0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = [
    "CONTROL_BELOW",
    "FLATTENING",
    "START_TOLERANCE_SECONDS",
    "StartEvidence",
    "fit_doubt",
    "phone_confidence",
    "word_confidence",
]

START_TOLERANCE_SECONDS = 0.025
"""A confidence is the probability that a start is nearer than this to where a person would put it."""

FLATTENING = 0.25
"""Factor on the scores of the boundaries when their spread is measured. At 1 the spread tells good starts from bad ones
with an AUC of .69 against hand labels, at 0.25 of .71."""

PHONE_COEFFICIENTS = (-7.23, -2.22, 0.32, 0.15)
"""b₀ to b₃, from 6,258 starts with the right sentence and 2,926 with another, which count a tenth."""

WORD_COEFFICIENTS = (-0.25, 0.92)
"""Constant, and factor of the logit of its first phone's confidence: words begin after pauses and in liaisons, where
engines agree less. The other phones of a word add nothing (a factor of −0.03 beside it)."""

SUSPECT_FIT = -1.7
"""A transcript is suspected where `fit` + `CONTROL_WEIGHT` · `gain` falls below it; see `fit_doubt`."""

CONTROL_WEIGHT = 0.42
CONTROL_BELOW = -1.5
"""Only a fit below this asks for the control. Of 879 wrong transcripts none that was suspected lies above, and of 127
right ones 24 % lie below."""


@dataclass(frozen=True, slots=True)
class StartEvidence:
    """What speaks for a phone's start.

    Parameters
    ----------
    spread : float
        Seconds, standard deviation of the boundary.
    change : float
        Change of the spectrum at the start, 1 on average over the recording.
    fit : float
        Mean over the phone's frames of the log-likelihood less that of the best context-free state.
    """

    spread: float
    change: float
    fit: float


def phone_confidence(evidence: StartEvidence) -> float:
    """Probability that the phone starts within `START_TOLERANCE_SECONDS` of where a person would put it.

    Examples
    --------
    >>> sharp, blurred = StartEvidence(0.008, 2.0, 1.0), StartEvidence(0.035, 0.4, -4.0)
    >>> [round(phone_confidence(x), 2) for x in (sharp, blurred)]
    [0.97, 0.32]
    """
    constant, spread, change, fit = PHONE_COEFFICIENTS
    worth = constant + spread * math.log(evidence.spread + 0.002) + change * math.log(evidence.change + 0.1)
    return _logistic(worth + fit * evidence.fit)


def word_confidence(first_phone: float) -> float:
    """Probability that a word starts within the tolerance, from the confidence of its first phone.

    Examples
    --------
    >>> round(word_confidence(0.9), 2)
    0.85
    """
    constant, factor = WORD_COEFFICIENTS
    bounded = min(max(first_phone, 1e-6), 1.0 - 1e-6)
    return _logistic(constant + factor * math.log(bounded / (1.0 - bounded)))


def fit_doubt(fit: float, gain: float | None) -> bool:
    """Whether a transcript probably belongs to other audio.

    Parameters
    ----------
    fit : float
        Mean over the spoken frames of their log-likelihood less that of the best context-free state.
    gain : float or None
        By how much a spoken frame is likelier under the transcript than under the same phones backwards: a control that
        hears the same voice, room and noise. None: not known.
    """
    return gain is not None and fit + CONTROL_WEIGHT * gain < SUSPECT_FIT


def _logistic(worth: float) -> float:
    return 1.0 / (1.0 + math.exp(min(700.0, -worth)))
