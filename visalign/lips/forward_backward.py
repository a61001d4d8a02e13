r"""Forward-backward algorithm: the posterior of each state of a hidden Markov model, over all paths [1]_.

References
----------
.. [1] L. R. Rabiner, A tutorial on hidden Markov models and selected applications in speech recognition, Proc. IEEE
   77(2), 1989; section V.A has the scaling.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["forward_backward"]

Floats: TypeAlias = npt.NDArray[np.float64]

# Where a state explains a moment worse than the best one by more than this (natural log), it counts as this much worse:
# its likelihood would be 0, and a model that allows few transitions could then have no path at all.
_WORST = -600.0
# Expected less than this, a state has not been reached: there is nothing to divide.
_LEAST = 1e-300


def forward_backward(log_likelihoods: Floats, start: Floats, transitions: Floats, bias: Floats | float = 0.0) -> Floats:
    r"""Posterior of each state at each moment.

    With :math:`b_t(s)` the likelihood of what is observed, times :math:`e^{\mathit{bias}_s}`,

    .. math::

        \pi_0(s) &= \mathit{start}_s, &
        \pi_t(s) &= \sum_r \alpha_{t-1}(r)\, \mathit{transitions}_{rs}, \\
        \alpha_t(s) &= \pi_t(s)\, b_t(s) \Big/ \sum_r \pi_t(r)\, b_t(r), \\
        \gamma_{T-1}(s) &= \alpha_{T-1}(s), &
        \gamma_t(s) &= \alpha_t(s) \sum_r \mathit{transitions}_{sr}\, \gamma_{t+1}(r) / \pi_{t+1}(r).

    :math:`\gamma` are the posteriors. Rows sum to 1 all the way, so that no long clip underflows; and as :math:`\gamma`
    is carried backwards itself, in place of Rabiner's :math:`\beta`, no path is lost that was reached forwards.

    Parameters
    ----------
    log_likelihoods : ndarray, shape (n_times, n_states)
        Natural logs, to within a constant a moment.
    start, transitions : ndarray, shapes (n_states,) and (n_states, n_states)
        Probabilities; a row of `transitions` is where its state leads.
    bias : float or ndarray, shape (n_states,)
        Natural log by which states are preferred.

    Returns
    -------
    ndarray, shape (n_times, n_states)
        Rows sum to 1.

    Examples
    --------
    Both states explain the first moment; the second moment is known, and states stay with probability 0.9.

    >>> stay = np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> forward_backward(np.log([[0.5, 0.5], [1.0, 1e-9]]), np.array([0.5, 0.5]), stay).round(3).tolist()
    [[0.9, 0.1], [1.0, 0.0]]
    """
    logs = log_likelihoods + bias
    likelihoods = np.exp(np.maximum(logs - logs.max(axis=1, keepdims=True), _WORST))
    expected: Floats = np.empty_like(likelihoods)
    found: Floats = np.empty_like(likelihoods)
    for t, likelihood in enumerate(likelihoods):
        expected[t] = found[t - 1] @ transitions if t else start
        found[t] = _scaled(expected[t] * likelihood)
    for t in range(len(likelihoods) - 2, -1, -1):
        found[t] = _scaled(found[t] * (transitions @ (found[t + 1] / np.maximum(expected[t + 1], _LEAST))))
    return np.asarray(found, np.float64)


def _scaled(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum())
