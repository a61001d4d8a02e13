"""Mixtures of Gaussians with diagonal covariances: log-likelihoods of frames.

Method
------
With precisions ``p`` and means ``m``, the log-likelihood of a frame ``x`` under one Gaussian of weight ``w`` is linear
in ``(1, x, x²)``,

    log w + ½ Σ (log p − log 2π − p m²) + Σ p m x − ½ Σ p x²,

so that all Gaussians of all frames are one product of matrices; a mixture is the logarithm of a sum over its own.
Computed in single precision around the largest value, which leaves errors of about 1e-5.

Conventions
-----------
Natural logarithms. Gaussians of one mixture stand next to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DiagonalMixtures", "log_sum"]

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalMixtures:
    """Gaussian mixtures of one dimension of space.

    Parameters
    ----------
    constants : ndarray of float32, shape (n_gaussians,)
        What does not depend on the frame, weights included.
    linear, precisions : ndarray of float32, shape (n_gaussians, n_dimensions)
        Means times precisions, and precisions (inverse variances).
    starts : ndarray of int, shape (n_mixtures + 1,)
        Where each mixture's Gaussians begin.
    weights : ndarray of float32, shape (n_gaussians,)
        Those of a mixture add up to 1.
    """

    constants: Floats
    linear: Floats
    precisions: Floats
    starts: Integers
    weights: Floats

    @classmethod
    def from_precisions(cls, weights: Floats, linear: Floats, precisions: Floats, starts: Integers) -> DiagonalMixtures:
        """From weights, means times precisions, and precisions."""
        with np.errstate(divide="ignore"):  # a weight of zero is a Gaussian that never counts
            constants = np.log(weights.astype(np.float64))
        squares = linear.astype(np.float64) ** 2 / precisions
        constants += 0.5 * (np.log(precisions.astype(np.float64)) - np.log(2 * np.pi) - squares).sum(axis=1)
        return cls(constants.astype(np.float32), linear, precisions, starts, weights)

    @property
    def n_mixtures(self) -> int:
        """Mixtures."""
        return len(self.starts) - 1

    @property
    def n_dimensions(self) -> int:
        """Dimensions of a frame."""
        return int(self.linear.shape[1])

    @property
    def means(self) -> Floats:
        """Means, shape (n_gaussians, n_dimensions)."""
        return self.linear / self.precisions

    def members(self, mixtures: Integers) -> tuple[Integers, Integers]:
        """The Gaussians of `mixtures` in their order, and where each mixture's begin among them."""
        counts = np.diff(self.starts)[mixtures]
        begins = np.concatenate([[0], np.cumsum(counts)])
        within = np.arange(begins[-1]) - np.repeat(begins[:-1], counts)
        return np.repeat(self.starts[mixtures], counts) + within, begins

    def component_log_likelihoods(self, frames: Floats, gaussians: Integers) -> Floats:
        """Log of weight times density, shape (n_frames, n_gaussians)."""
        wide = np.concatenate([frames, frames**2], axis=1)
        factors = np.concatenate([self.linear[gaussians], -0.5 * self.precisions[gaussians]], axis=1)
        return np.asarray(wide @ factors.T + self.constants[gaussians])

    def log_likelihoods(self, frames: Floats, mixtures: Integers) -> Floats:
        """Log-likelihood of each frame under each of `mixtures`, shape (n_frames, len(mixtures))."""
        gaussians, begins = self.members(mixtures)
        return log_sum(self.component_log_likelihoods(frames, gaussians), begins[:-1])


def log_sum(values: npt.NDArray[np.floating], starts: Integers) -> npt.NDArray[Any]:
    """``log Σ exp`` over the stretches of the last axis that begin at `starts`.

    Examples
    --------
    >>> log_sum(np.log(np.array([[1.0, 3.0, 5.0]], dtype=np.float32)), np.array([0, 2])).round(3).tolist()
    [[1.3860000371932983, 1.6089999675750732]]
    """
    highest = np.maximum.reduceat(values, starts, axis=-1)
    counts = np.diff(np.append(starts, values.shape[-1]))
    sums = np.add.reduceat(np.exp(values - np.repeat(highest, counts, axis=-1)), starts, axis=-1)
    return np.asarray(highest + np.log(sums))
