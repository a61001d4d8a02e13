r"""Forward-backward algorithm: the posterior of each state of a hidden Markov model, over all paths [1]_.

The recursions are hmmlearn's compiled ones. Its classes are not used: they ask for a model of emissions that they fit
themselves, and load scikit-learn, which takes as long as a short clip takes to be judged.

References
----------
.. [1] L. R. Rabiner, A tutorial on hidden Markov models and selected applications in speech recognition, Proc. IEEE
   77(2), 1989.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from hmmlearn import _hmmc

from visalign.numerics import logsumexp

__all__ = ["forward_backward"]

# Where a state explains a moment worse than the best one by more than this (natural log), its probability would sink
# below what numbers hold, and it may be the only one that can be reached.
_DEEPEST = -300.0

Floats: TypeAlias = npt.NDArray[np.float64]


def forward_backward(log_likelihoods: Floats, start: Floats, transitions: Floats, bias: Floats | float = 0.0) -> Floats:
    r"""Posterior of each state at each moment.

    With :math:`b_t(s)` the likelihood of what is observed, times :math:`e^{\mathit{bias}_s}`,

    .. math::

        \alpha_0(s) &= \mathit{start}_s\, b_0(s), &
        \alpha_t(s) &= b_t(s) \sum_r \alpha_{t-1}(r)\, \mathit{transitions}_{rs}, \\
        \beta_{T-1}(s) &= 1, &
        \beta_t(s) &= \sum_r \mathit{transitions}_{sr}\, b_{t+1}(r)\, \beta_{t+1}(r), \\
        \gamma_t(s) &\propto \alpha_t(s)\, \beta_t(s),

    in natural logs, so that no long clip underflows. :math:`\gamma` are the posteriors.

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
    logs = np.ascontiguousarray(log_likelihoods + bias, np.float64)
    logs -= logs.max(axis=1, keepdims=True)  # a constant a moment changes nothing, and small numbers round less
    if len(logs) and logs.min() > _DEEPEST:
        # Scaled moment by moment the probabilities themselves do, at an eighth of the time.
        likelihoods = np.exp(logs)
        _, forward, scaling = _hmmc.forward_scaling(start, transitions, likelihoods)
        backward = _hmmc.backward_scaling(start, transitions, likelihoods, scaling)
        with np.errstate(over="ignore", invalid="ignore"):  # what a path must be taken past may be too much after all
            both = forward * backward
            total = both.sum(axis=1, keepdims=True)
        if np.isfinite(total).all() and total.min() > 0:
            return np.asarray(both / total)
    _, forward = _hmmc.forward_log(start, transitions, logs)
    both = forward + _hmmc.backward_log(start, transitions, logs)
    return np.asarray(np.exp(both - logsumexp(both, axis=1, keepdims=True)))
