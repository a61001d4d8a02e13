"""Phones as chains of states, left to right, where it is given what is shown.

The decoder's states may follow one another in any order. Where a sequence is given, each of its phones becomes
:data:`PARTS` states, of which each emits what the decoder's state of that part emits, and which together last as long
as the phone did in the training.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.language.phones import SILENCE
from visalign.lips.viseme_decoder import STEP, VisemeDecoder
from visalign.numerics import logsumexp

__all__ = ["PARTS", "common_share", "log_stay", "members_of"]

Floats: TypeAlias = npt.NDArray[np.float64]

PARTS = 3
"""States of a phone."""


def members_of(phones: Collection[str], decoder: VisemeDecoder, common: Floats) -> Floats:
    """Log share of each state of the decoder in each part of what may be any of `phones`.

    Parameters
    ----------
    phones : collection of str
        ARPABET. Those that the model never met count only where it met none of them.
    decoder : VisemeDecoder
    common : ndarray, shape (n_states,)
        How common its states are (:func:`common_share`).

    Returns
    -------
    ndarray, shape (PARTS, n_states)
    """
    result = np.full((PARTS, len(decoder.phones)), -np.inf)
    for phone in _known(phones, decoder):
        own = np.flatnonzero(np.array(decoder.phones) == phone)
        for part in range(PARTS):
            state = own[min(part * len(own) // PARTS, len(own) - 1)]
            result[part, state] = np.log(common[own].sum())
    return np.asarray(result - logsumexp(result, axis=1, keepdims=True))


def log_stay(phones: Collection[str], decoder: VisemeDecoder, common: Floats, step: float) -> float:
    """Log-probability to stay in a state for another `step` seconds.

    The parts together last as long as these phones do on average, but none shorter than a step.
    """
    names = np.array(decoder.phones)
    inside, same = np.isin(names, _known(phones, decoder)), names[:, None] == names
    left = float((common[inside] * (decoder.transitions * ~same)[inside].sum(axis=1)).sum() / common[inside].sum())
    moments = (1 / max(left, 1e-3)) * STEP / step / PARTS  # in each part
    return float(np.log(np.clip(1 - 1 / max(moments, 1.0), 0.05, 0.999)))


def common_share(transitions: Floats) -> Floats:
    """How common each state is: the stationary distribution of the bigrams, by powers of the matrix."""
    share = np.full(len(transitions), 1 / len(transitions))
    for _ in range(200):
        share = share @ transitions
    return np.asarray(share / share.sum())


def _known(phones: Collection[str], decoder: VisemeDecoder) -> list[str]:
    """Those of the phones that the model has met; all that it has met but silence, where it has met none."""
    met = set(decoder.phones)
    return [x for x in phones if x in met] or sorted(met - {SILENCE}) or sorted(met)
