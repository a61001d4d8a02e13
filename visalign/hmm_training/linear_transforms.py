"""Linear transforms of features: those that tell classes apart (LDA), and those that suit diagonal Gaussians (MLLT).

Method
------
LDA keeps the directions in which the means of the classes lie furthest apart, measured by the covariance within the
classes, which becomes the unit matrix [1]_.

MLLT, or semi-tied covariances [2]_, finds a square ``M`` under which Gaussians with diagonal covariances fit best: with
``G_d`` the scatter of the frames around their Gaussians' means, each over the variance in dimension d, it maximises

    β log|det M| − ½ Σ over d of m_d G_d m_dᵀ

row by row, ``m_d`` being the row of cofactors times ``G_d⁻¹``, scaled so that ``m_d G_d m_dᵀ = β``. The means are
mapped by ``M``, the variances are found anew from the frames that come.

Conventions
-----------
A transform has the shape (n_out, n_in) and multiplies columns; frames are rows, ``frames @ transform.T``. Rows of LDA
are ordered by how well they tell the classes apart; of each the largest number is positive, so that it repeats.

References
----------
.. [1] R. Haeb-Umbach and H. Ney, Linear discriminant analysis for improved large vocabulary continuous speech
   recognition, ICASSP 1992.
.. [2] M. Gales, Semi-tied covariance matrices for hidden Markov models, IEEE Trans. Speech and Audio Processing 7
   (1999), equations 19 to 22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["LdaStatistics", "MlltStatistics", "composed"]

N_ITERATIONS = 200
"""Rounds over the rows of MLLT; Kaldi's own number."""

LEAST_VARIANCE = 1e-10
"""Of the covariance within the classes, against its largest: directions that vary less are not looked at."""

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LdaStatistics:
    """Sums of the frames of each class; those of several recordings add up.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_classes,)
    sums : ndarray of float64, shape (n_classes, n_dimensions)
    products : ndarray of float64, shape (n_dimensions, n_dimensions)
        Sum of the frames' outer products, over all classes.
    """

    counts: Doubles
    sums: Doubles
    products: Doubles

    @classmethod
    def of(cls, frames: npt.NDArray[np.floating], classes: Integers, n_classes: int) -> LdaStatistics:
        """Statistics of `frames`, each of one class."""
        values = frames.astype(np.float64)
        sums = np.zeros((n_classes, values.shape[1]))
        np.add.at(sums, classes, values)
        return cls(np.bincount(classes, minlength=n_classes).astype(np.float64), sums, values.T @ values)

    def __add__(self, other: LdaStatistics) -> LdaStatistics:
        return LdaStatistics(self.counts + other.counts, self.sums + other.sums, self.products + other.products)

    def transform(self, n_out: int) -> Doubles:
        """The `n_out` best directions, shape (n_out, n_dimensions).

        Raises
        ------
        ValueError
            If the frames vary in fewer directions than that.
        """
        total = self.counts.sum()
        seen = self.counts > 0
        means = self.sums[seen] / self.counts[seen, None]
        weighted = means * self.counts[seen, None] / total
        middle = weighted.sum(axis=0)
        between = means.T @ weighted
        within = self.products / total - between
        variances, directions = np.linalg.eigh(within)
        kept = variances > LEAST_VARIANCE * variances[-1]
        if kept.sum() < n_out:
            raise ValueError(f"frames that vary in {kept.sum()} directions can't be told apart by {n_out}")
        whitening = directions[:, kept] / np.sqrt(variances[kept])
        _, best = np.linalg.eigh(whitening.T @ (between - np.outer(middle, middle)) @ whitening)
        rows = (whitening @ best[:, ::-1][:, :n_out]).T
        return np.asarray(rows * _signs(rows)[:, None])


def _signs(rows: Doubles) -> Doubles:
    largest = np.abs(rows).argmax(axis=1)
    return np.asarray(np.sign(rows[np.arange(len(rows)), largest]))


@dataclass(frozen=True, slots=True, eq=False)
class MlltStatistics:
    """Scatter of frames around the means of their Gaussians; those of several recordings add up.

    Parameters
    ----------
    count : float
        Frames.
    scatters : ndarray of float64, shape (n_dimensions, n_dimensions, n_dimensions)
        Of each dimension the matrix ``G_d``.
    """

    count: float
    scatters: Doubles

    @classmethod
    def of(cls, counts: Doubles, deviations: Doubles, precisions: Doubles) -> MlltStatistics:
        """From what was gathered by Gaussian.

        Parameters
        ----------
        counts : ndarray of float64, shape (n_gaussians,)
        deviations : ndarray of float64, shape (n_gaussians, n_dimensions, n_dimensions)
            Sums of ``(x − mean) (x − mean)ᵀ``.
        precisions : ndarray of float64, shape (n_gaussians, n_dimensions)
        """
        n = precisions.shape[1]
        return cls(float(counts.sum()), (precisions.T @ deviations.reshape(-1, n * n)).reshape(n, n, n))

    def __add__(self, other: MlltStatistics) -> MlltStatistics:
        return MlltStatistics(self.count + other.count, self.scatters + other.scatters)

    def transform(self) -> Doubles:
        """The square transform, shape (n_dimensions, n_dimensions)."""
        n = len(self.scatters)
        inverses = np.linalg.inv(self.scatters)
        found = np.eye(n)
        for _ in range(N_ITERATIONS):
            before = found.copy()
            for row in range(n):
                cofactors = np.linalg.inv(found)[:, row]
                projected = inverses[row] @ cofactors
                found[row] = projected * np.sqrt(self.count / float(projected @ cofactors))
            if np.abs(found - before).max() < 1e-9:
                break
        return found

    def objective(self, transform: Doubles) -> float:
        """Log-likelihood of the frames under `transform`, up to a constant; what :meth:`transform` maximises."""
        _, log_determinant = np.linalg.slogdet(transform)
        squares = np.einsum("di,dij,dj->", transform, self.scatters, transform)
        return float(self.count * log_determinant - 0.5 * squares)


def composed(*transforms: Doubles) -> Doubles:
    """One transform in place of several, the last one of which comes first to the frames.

    Examples
    --------
    >>> composed(np.array([[2.0]]), np.array([[1.0, 1.0]])).tolist()
    [[2.0, 2.0]]
    """
    first, *others = transforms
    for other in others:
        first = first @ other
    return first
