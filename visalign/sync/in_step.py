r"""Is a word in step with the rest of its clip? The words are asked together, and each is held against all.

A verdict profile says how far sound and picture may be apart; a word that an editor moved by two frames may still lie
within it. What gives it away is that the other words agree on another lead. And a word that somebody said anew may lie
where it should, and be another: then the lips show at no lead what is heard.

Method
------
For each word w the evidence of its frames gives a likelihood of each lead, :math:`E_w(l)`. If the word goes with a lead
b, its own scatters about it; otherwise it is anywhere:

.. math::

   P(w \mid b) = (1 - \pi) \int E_w(l) \, N(l; b, \sigma) \, dl + \pi \, \overline{E_w}

*A clip* has one lead b that nobody knows, near the estimated one and, as half of all clips that somebody checks, within
the limits. The words are independent given b, so :math:`P(b) \propto P_0(b) \prod_w P(w \mid b)`. A word that strays
counts as one that strays and does not draw the clip's lead with it: the product is over mixtures, as in robust
regression. How much better a word goes with b than with any lead, :math:`r_w`, is the log ratio of both terms, averaged
over b. With how badly the lips show its visemes at the clip's lead, :math:`c_w` (the mean over its visible moments of
:math:`-\log` of the probability of all acceptable visemes), it gives the log odds of being in step:

.. math:: \mathrm{logit}\, p_w = a + \beta \, r_w - \gamma \, c_w

*A run* of words may have a lead of its own: a hidden Markov chain whose states are leads stays from word to word, or
goes anywhere. Forward and backward recursions give each word the probability of each lead of the run about it, to which
it contributes itself; one stray word moves nothing.

Weights and odds are those of decision 173, of speakers that the lip model was not trained on, where 3 % of the words
are at fault.

Conventions
-----------
Probabilities, 0..1; high = in step. Leads are seconds, above 0 where the sound is early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.forward_backward import forward_backward
from visalign.numerics import expit
from visalign.sync.estimate import lead_interval

__all__ = [
    "FLANK",
    "LOG_ODDS",
    "SCATTER",
    "STRAYS_BEFOREHAND",
    "TYPICAL_MISFIT",
    "WordStep",
    "WordsInStep",
    "probability",
]

Floats: TypeAlias = npt.NDArray[np.float64]

SCATTER = 0.015
"""Seconds by which leads of words in step scatter about the clip's (standard deviation)."""

STRAYS_BEFOREHAND = 0.2
"""Probability that a word strays before anything is known of it, for the lead of the others."""

FLANK = 0.03
"""Seconds about a word whose frames speak for it, less the further off: its neighbours speak for themselves."""

LOG_ODDS = (1.08, 1.84, 0.22)
"""Of being in step: without evidence; for each unit of the log ratio; against it for each unit of misfit."""

TYPICAL_MISFIT = 1.2
"""Misfit of words in step, for one of which no moment is told."""

_REACH = 0.4  # seconds about the clip's lead in which words are looked for
_SPREAD = 0.15  # seconds: how far the estimated lead may have been drawn aside by words that stray
_WITHIN_LIMITS = 5.0  # how much likelier a lead within the limits is beforehand than one beside them
_STAYS = 0.97  # probability that the next word has the lead of the run
_MARGIN = 0.02  # seconds beyond the limits that belong to neither side
_RATIOS = (-4.0, 3.0)  # log ratios beyond say no more


@dataclass(frozen=True, slots=True)
class WordStep:
    """How a word stands to the others of its clip; NaN where its lips can't be seen.

    Parameters
    ----------
    log_ratio : float
        How much better it goes with the lead of the clip than with any lead.
    beyond : float
        Probability, 0..1, that the lead of the run about it lies beyond the limits.
    run_lead : float
        The lead of that run, seconds.
    own_lead : float
        The lead at which its own frames fit best, seconds.
    own_interval : (float, float)
        Its 95 % interval.
    """

    log_ratio: float = np.nan
    beyond: float = np.nan
    run_lead: float = np.nan
    own_lead: float = np.nan
    own_interval: tuple[float, float] = (np.nan, np.nan)


def probability(log_ratio: float, misfit: float) -> float:
    """The probability that a word is in step.

    Parameters
    ----------
    log_ratio : float
        Of :class:`WordStep`.
    misfit : float
        How badly the lips show its visemes at the clip's lead; NaN where no moment tells it.

    Examples
    --------
    >>> [round(probability(ratio, misfit), 3) for ratio, misfit in ((2.0, 0.5), (-1.5, 1.2), (0.5, 6.9))]
    [0.991, 0.125, 0.618]
    """
    if np.isnan(log_ratio):
        return np.nan
    alone, by_ratio, by_misfit = LOG_ODDS
    cost = TYPICAL_MISFIT if np.isnan(misfit) else misfit
    return float(expit(alone + by_ratio * float(np.clip(log_ratio, *_RATIOS)) - by_misfit * cost))


@dataclass(frozen=True, slots=True, eq=False)
class WordsInStep:
    """What the words of a clip say of its lead, and of one another.

    Parameters
    ----------
    at : ndarray, shape (n_leads,)
        Leads near the clip's, seconds.
    likelihood : ndarray, shape (n_words, n_leads)
        Of each word's own frames, 1 where they fit best.
    own : ndarray, shape (n_words, n_leads)
        Likelihood of a word that scatters about each lead.
    anywhere : ndarray, shape (n_words, 1)
        Likelihood of one that may be anywhere.
    beforehand : ndarray, shape (n_leads,)
        Probability of each lead before any word is known.
    """

    at: Floats
    likelihood: Floats
    own: Floats
    anywhere: Floats
    beforehand: Floats

    @classmethod
    def of(
        cls, lags: Floats, curves: Sequence[Floats], lead: float, temperature: float, limits: tuple[float, float]
    ) -> WordsInStep:
        """The words with these curves.

        Parameters
        ----------
        lags : ndarray, shape (n_lags,)
            Leads, seconds, evenly spaced.
        curves : sequence of ndarray, shape (n_lags,)
            Log-likelihoods of each word's frames for each lead.
        lead : float
            The clip's, as estimated, seconds.
        temperature : float
            What log-likelihoods are multiplied by, so that they are those of independent frames.
        limits : (float, float)
            Seconds that the audio may lead, and lag.
        """
        near = np.abs(lags - lead) <= _REACH
        at, evidence = lags[near], temperature * np.array([curve[near] for curve in curves])
        likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        kernel = np.exp(-0.5 * ((at[:, None] - at) / SCATTER) ** 2)
        own = likelihood @ (kernel / kernel.sum(axis=0))
        before = np.exp(-0.5 * ((at - lead) / _SPREAD) ** 2) * np.where(_beyond(at, limits, 0.0), 1.0, _WITHIN_LIMITS)
        return cls(at, likelihood, own, likelihood.mean(axis=1, keepdims=True), before / before.sum())

    @property
    def mixtures(self) -> Floats:
        """Likelihood of each word, given each lead, shape (n_words, n_leads)."""
        return np.asarray((1 - STRAYS_BEFOREHAND) * self.own + STRAYS_BEFOREHAND * self.anywhere)

    def base(self) -> Floats:
        """Probability of each lead of the clip, shape (n_leads,)."""
        log_base = np.log(self.mixtures).sum(axis=0) + np.log(self.beforehand)
        base = np.exp(log_base - log_base.max())
        return np.asarray(base / base.sum())

    def runs(self) -> Floats:
        """Probability of each lead of the run about each word, shape (n_words, n_leads)."""
        stay = _STAYS * np.eye(len(self.at)) + (1 - _STAYS) * self.beforehand
        return forward_backward(np.log(self.mixtures), self.beforehand, stay)

    def told(self, limits: tuple[float, float], offsets: Floats | None = None) -> list[WordStep]:
        """How each word stands.

        Parameters
        ----------
        limits : (float, float)
            Seconds that the audio may lead, and lag.
        offsets : ndarray, shape (n_words,), optional
            What is to be added to the leads of each word, where the clip's lead changes along it.
        """
        shift = np.zeros(len(self.own)) if offsets is None else offsets
        ratios, runs = np.log(self.own / self.anywhere) @ self.base(), self.runs()
        return [
            WordStep(
                float(ratio),
                float(run[_beyond(self.at + offset, limits, _MARGIN)].sum()),
                float(run @ self.at + offset),
                float(self.at[alone.argmax()] + offset),
                _shifted(lead_interval(self.at, alone / alone.sum()), float(offset)),
            )
            for ratio, run, alone, offset in zip(ratios, runs, self.own, shift, strict=True)
        ]


def _beyond(leads: Floats, limits: tuple[float, float], margin: float) -> npt.NDArray[np.bool_]:
    return np.asarray((leads > limits[0] + margin + 1e-9) | (leads < -limits[1] - margin - 1e-9))


def _shifted(interval: tuple[float, float], offset: float) -> tuple[float, float]:
    return interval[0] + offset, interval[1] + offset
