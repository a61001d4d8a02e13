"""Moving the means of a model to other speech: one affine map for all of them, and each towards what it heard.

Method
------
From the count ``n_g`` and the sum ``s_g`` of the frames that belong to each Gaussian,

* the map ``W = [A b]`` under which the frames are likeliest with the means ``A m + b`` (MLLR [1]_); each of its rows is
  a linear system, in which Gaussians count by their precision. It is held back by frames that the model itself would
  make: ``W = (n W_ml + prior [1 0]) / (n + prior)``;
* the mean a posteriori (MAP [2]_), ``(tau m_g + s_g) / (tau + n_g)``: a Gaussian that heard nothing stays.

The map reaches all Gaussians, from seconds of speech; the second moves those that heard much to where they belong.
Variances and weights stay: little speech says little of them.

References
----------
.. [1] C. Leggetter and P. Woodland, Maximum likelihood linear regression for speaker adaptation of continuous density
   hidden Markov models, Computer Speech and Language 9 (1995).
.. [2] J.-L. Gauvain and C.-H. Lee, Maximum a posteriori estimation for multivariate Gaussian mixture observations of
   Markov chains, IEEE Trans. Speech and Audio Processing 2 (1994).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["map_means", "mean_map"]

Doubles = npt.NDArray[np.float64]


def map_means(means: Doubles, counts: Doubles, sums: Doubles, tau: float) -> Doubles:
    """Means a posteriori.

    Parameters
    ----------
    means : ndarray of float64, shape (n_gaussians, n_dimensions)
        What was known before.
    counts : ndarray of float64, shape (n_gaussians,)
        Frames.
    sums : ndarray of float64, shape (n_gaussians, n_dimensions)
    tau : float
        How many frames the old mean counts for; above 0.

    Examples
    --------
    >>> map_means(np.zeros((2, 1)), np.array([10.0, 0.0]), np.array([[30.0], [0.0]]), tau=20.0).ravel().tolist()
    [1.0, 0.0]
    """
    return np.asarray((tau * means + sums) / (tau + counts)[:, None])


def mean_map(means: Doubles, precisions: Doubles, counts: Doubles, sums: Doubles, prior: float) -> Doubles:
    """The affine map of all means, shape (n_dimensions, n_dimensions + 1); the last column is what is added.

    Parameters
    ----------
    means, precisions : ndarray of float64, shape (n_gaussians, n_dimensions)
    counts : ndarray of float64, shape (n_gaussians,)
    sums : ndarray of float64, shape (n_gaussians, n_dimensions)
    prior : float
        Frames that speak for leaving the means where they are; above 0.
    """
    n_dimensions = means.shape[1]
    identity = np.eye(n_dimensions, n_dimensions + 1)
    total = float(counts.sum())
    if total <= 0.0:
        return identity
    extended = np.concatenate([means, np.ones((len(means), 1))], axis=1)
    found = np.empty_like(identity)
    for row in range(n_dimensions):
        weights = precisions[:, row]
        curvature = extended.T @ ((counts * weights)[:, None] * extended)
        target = extended.T @ (weights * sums[:, row])
        # Where fewer Gaussians were heard than a row has numbers, what nobody speaks for stays: the least step.
        step, *_ = np.linalg.lstsq(curvature, target - curvature @ identity[row], rcond=1e-9)
        found[row] = identity[row] + step
    return np.asarray((total * found + prior * identity) / (total + prior))
