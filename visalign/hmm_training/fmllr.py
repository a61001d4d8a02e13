"""Adapting to a speaker: an affine map of the features that makes his frames more likely (fMLLR).

Method
------
Given which Gaussian each frame belongs to, find ``W = [A b]`` that maximises

    β log|det A| − ½ Σ over dimensions d of (w_d G_d w_dᵀ − 2 w_d k_d),

row by row: each row has a closed form while the others stay [1]_. With ``A`` diagonal each dimension stands by itself
and has one closed form. What is not to be adapted to, such as silence, is left out of the statistics.

For little data, `prior_statistics` gives those of frames that the model itself would make: the identity maximises
them, and added to those of a speaker they hold the transform back, the more the fewer frames there are [3]_.

Conventions
-----------
A transform has the shape (n_dimensions, n_dimensions + 1); the last column is what is added.

References
----------
.. [1] M. Gales, Maximum likelihood linear transformations for HMM-based speech recognition, Computer Speech and
   Language 12 (1998).
.. [2] Kaldi, ``transform/fmllr-diag-gmm``: number of iterations, least count.
.. [3] X. Lei, J. Hamaker and X. He, Robust feature space adaptation for telephony speech recognition, Interspeech 2006:
   a prior for fMLLR.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.hmm_training.gaussians import DiagonalMixtures, log_sum

__all__ = ["FmllrStatistics", "apply_transform", "gather_statistics", "prior_statistics", "total_statistics"]

MIN_FRAMES = 500.0
"""With fewer spoken frames nothing is adapted: the transform has too many free numbers. Kaldi's own bound."""

N_ITERATIONS = 40
"""Rounds over the rows; Kaldi's own number."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def apply_transform(frames: Floats, transform: Doubles | None) -> Floats:
    """`frames` under the transform; as they are where there is none."""
    if transform is None:
        return frames
    return np.asarray(frames @ transform[:, :-1].T + transform[:, -1], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FmllrStatistics:
    """What the transform is found from; those of several recordings of a speaker add up.

    Parameters
    ----------
    count : float
        Frames, weighted.
    k : ndarray of float64, shape (n_dimensions, n_dimensions + 1)
    g : ndarray of float64, shape (n_dimensions, n_dimensions + 1, n_dimensions + 1)
    """

    count: float
    k: Doubles
    g: Doubles

    def __add__(self, other: FmllrStatistics) -> FmllrStatistics:
        return FmllrStatistics(self.count + other.count, self.k + other.k, self.g + other.g)

    def transform(self, least: float = MIN_FRAMES) -> Doubles | None:
        """The transform, or None where fewer than `least` frames were gathered."""
        if self.count < least:
            return None
        n = len(self.k)
        inverses = np.linalg.inv(self.g)
        found = np.eye(n, n + 1)
        for _ in range(N_ITERATIONS):
            for row in range(n):
                found[row] = self._row(found, row, inverses[row])
        return found

    def diagonal_transform(self, least: float = 0.0) -> Doubles | None:
        """The best transform that scales and moves each dimension by itself, as a full one; None as for `transform`.

        Of a dimension with scale ``a`` and offset ``b`` what is maximised is
        ``β log a − ½ (a² G_aa + 2 a b G_ab + b² G_bb) + a k_a + b k_b``; ``b`` follows from ``a``, which solves a
        quadratic equation.
        """
        if self.count < least:
            return None
        rows = np.arange(len(self.k))
        g_aa, g_ab, g_bb = self.g[rows, rows, rows], self.g[rows, rows, -1], self.g[rows, -1, -1]
        k_a, k_b = self.k[rows, rows], self.k[rows, -1]
        curve, slope = g_aa - g_ab**2 / g_bb, k_a - k_b * g_ab / g_bb
        scales = (slope + np.sqrt(slope**2 + 4.0 * self.count * curve)) / (2.0 * curve)
        return np.concatenate([np.diag(scales), ((k_b - scales * g_ab) / g_bb)[:, None]], axis=1)

    def objective(self, transform: Doubles) -> float:
        """Log-likelihood of the frames under `transform`, up to a constant; what :meth:`transform` maximises."""
        _, log_determinant = np.linalg.slogdet(transform[:, :-1])
        squares = np.einsum("di,dij,dj->", transform, self.g, transform)
        return float(self.count * log_determinant - 0.5 * squares + (transform * self.k).sum())

    def _row(self, transform: Doubles, row: int, inverse: Doubles) -> Doubles:
        cofactors = np.zeros(len(self.k) + 1)
        cofactors[:-1] = np.linalg.inv(transform[:, :-1])[:, row]
        projected = inverse @ cofactors
        e1, e2 = float(projected @ cofactors), float(projected @ self.k[row])
        root = np.sqrt(e2 * e2 + 4 * e1 * self.count)
        roots = [(-e2 + root) / (2 * e1), (-e2 - root) / (2 * e1)]
        best = max(roots, key=lambda a: self.count * np.log(abs(a * e1 + e2)) - 0.5 * a * a * e1)
        return np.asarray(inverse @ (best * cofactors + self.k[row]))


def gather_statistics(
    frames: Floats,
    pdfs: Integers,
    first_model: DiagonalMixtures,
    model: DiagonalMixtures,
) -> FmllrStatistics:
    """Statistics of `frames` that were aligned with `pdfs`.

    Parameters
    ----------
    frames : ndarray of float32, shape (n_frames, n_dimensions)
        Not adapted, without silence.
    pdfs : ndarray of int, shape (n_frames,)
        The distribution each belongs to.
    first_model : DiagonalMixtures
        Says which Gaussian of it; the model that made the alignment.
    model : DiagonalMixtures
        The model that the transform is to fit.
    """
    n = frames.shape[1]
    extended = np.concatenate([frames, np.ones((len(frames), 1))], axis=1).astype(np.float64)
    weights, targets = np.zeros((len(frames), n)), np.zeros((len(frames), n))
    for pdf in np.unique(pdfs).tolist():
        rows = np.flatnonzero(pdfs == pdf)
        gaussians, _ = first_model.members(np.array([pdf]))
        scores = first_model.component_log_likelihoods(frames[rows], gaussians)
        shares = np.exp(scores - log_sum(scores, np.array([0])))
        weights[rows] = shares @ model.precisions[gaussians]
        targets[rows] = shares @ model.linear[gaussians]
    g = np.stack([extended.T @ (weights[:, d, None] * extended) for d in range(n)])
    return FmllrStatistics(float(len(frames)), targets.T @ extended, g)


def prior_statistics(occupancies: Doubles, means: Doubles, variances: Doubles, count: float) -> FmllrStatistics:
    """Statistics of `count` frames as the model would make them; the identity is the transform that they ask for.

    Parameters
    ----------
    occupancies : ndarray of float64, shape (n_gaussians,)
        How often each Gaussian is heard; any scale.
    means, variances : ndarray of float64, shape (n_gaussians, n_dimensions)
    count : float
        Frames that a speaker's own are weighed against.
    """
    shares = count * occupancies / occupancies.sum()
    n = means.shape[1]
    extended = np.concatenate([means, np.ones((len(means), 1))], axis=1)
    g = np.empty((n, n + 1, n + 1))
    for d in range(n):
        weights = shares / variances[:, d]
        g[d] = extended.T @ (weights[:, None] * extended)
        g[d][np.arange(n), np.arange(n)] += weights @ variances
    return FmllrStatistics(count, (shares[:, None] * means / variances).T @ extended, g)


def total_statistics(parts: Iterable[FmllrStatistics]) -> FmllrStatistics:
    """The sum of the statistics of at least one recording."""
    first, *others = parts
    for other in others:
        first = first + other
    return first
