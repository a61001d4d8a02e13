r"""Is a word in step with the rest of its clip? The words are asked together, and each is held against all.

A verdict profile says how far sound and picture may be apart; a word that an editor moved by two frames may still lie
within it. What gives it away is that the other words agree on another lead.

Method
------
For each word w the evidence of its frames gives a likelihood of each lead, :math:`E_w(l)`. The clip has one lead b that
nobody knows, near the estimated one. A word is in step if its own lead scatters about b, and otherwise it is anywhere:

.. math::

   P(w \mid b) = (1 - \pi) \int E_w(l) \, N(l; b, \sigma) \, dl + \pi \, \overline{E_w}

The words are independent given b, so :math:`P(b) \propto N(b; \hat b, s) \prod_w P(w \mid b)` about the estimated lead
:math:`\hat b`. A word that strays counts as one that strays and does not draw the clip's lead with it: the product is
over mixtures, as in robust regression. What is told of a word is its share of the first term, averaged over b.

A word that nothing on the lips tells apart from any lead gets the probability that every word has beforehand.

Conventions
-----------
Probabilities, 0..1; high = in step. Leads are seconds, above 0 where the sound is early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["FLANK", "SCATTER", "STRAYS_BEFOREHAND", "in_step"]

Floats: TypeAlias = npt.NDArray[np.float64]

SCATTER = 0.015
"""Seconds by which leads of words in step scatter about the clip's (standard deviation)."""

STRAYS_BEFOREHAND = 0.2
"""Probability that a word is out of step before anything is known of it."""

FLANK = 0.03
"""Seconds about a word whose frames speak for it, less the further off: its neighbours speak for themselves."""

_REACH = 0.4  # seconds about the clip's lead in which words are looked for
_SPREAD = 0.15  # seconds: how far the estimated lead may have been drawn aside by words that stray


def in_step(lags: Floats, curves: Sequence[Floats | None], lead: float, temperature: float) -> list[float]:
    """The probability that each word is in step with all.

    Parameters
    ----------
    lags : ndarray, shape (n_lags,)
        Leads, seconds, evenly spaced.
    curves : sequence of ndarray, shape (n_lags,), or None
        Log-likelihoods of each word's frames for each lead; None where its lips can't be seen.
    lead : float
        The clip's, as estimated, seconds.
    temperature : float
        What log-likelihoods are multiplied by, so that they are those of independent frames.

    Returns
    -------
    list of float
        0..1; NaN where the lips can't be seen.

    Examples
    --------
    Three words at a lead of 0, one 0.1 s early:

    >>> lags = np.linspace(-0.4, 0.4, 81)
    >>> curves = [-0.5 * ((lags - own) / 0.02) ** 2 for own in (0.0, 0.0, 0.1, 0.0)]
    >>> [round(p, 2) for p in in_step(lags, curves, 0.02, 1.0)]
    [0.97, 0.97, 0.1, 0.97]
    """
    near = np.abs(lags - lead) <= _REACH
    seen = [k for k, curve in enumerate(curves) if curve is not None]
    told = [np.nan] * len(curves)
    if not seen or near.sum() < 2:
        return told
    at, evidence = lags[near], temperature * np.array([curves[k][near] for k in seen])  # type: ignore[index]
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    kernel = np.exp(-0.5 * ((at[:, None] - at) / SCATTER) ** 2)
    own, anywhere = likelihood @ (kernel / kernel.sum(axis=0)), likelihood.mean(axis=1, keepdims=True)
    both = (1 - STRAYS_BEFOREHAND) * own + STRAYS_BEFOREHAND * anywhere
    log_base = np.log(both).sum(axis=0) - 0.5 * ((at - lead) / _SPREAD) ** 2
    base = np.exp(log_base - log_base.max())
    for k, part in zip(seen, ((1 - STRAYS_BEFOREHAND) * own / both) @ (base / base.sum()), strict=True):
        told[k] = float(part)
    return told
