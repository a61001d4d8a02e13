"""Mixtures of diagonal Gaussians learnt from frames: sums that add up, the update they ask for, and splitting.

Method
------
Expectation–maximisation [1]_. Given the mixture that each frame belongs to, a frame counts for the Gaussians of that
mixture by their posteriors; counts, sums and sums of squares are all that an update needs. A Gaussian that hardly
anything belongs to is dropped. Mixtures grow by halving the Gaussian of the largest weight into two that lie a little
apart, as in Kaldi [2]_.

Conventions
-----------
Gaussians of one mixture stand next to each other; ``starts`` says where each mixture's begin, with an end. Sums are in
double precision; those of several recordings add up in the order in which they are added, so that a sum repeats.

References
----------
.. [1] A. Dempster, N. Laird and D. Rubin, Maximum likelihood from incomplete data via the EM algorithm, J. R. Statist.
   Soc. B 39 (1977).
.. [2] Kaldi, ``gmm/mle-diag-gmm``, ``gmm/model-common``: bounds, and how many Gaussians each mixture is to have.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.hmm_training.gaussians import DiagonalMixtures, log_sum

__all__ = ["MixtureStatistics", "Mixtures", "UpdateBounds", "sizes_for", "split", "updated"]

APART = 0.01
"""Standard deviations by which the halves of a Gaussian are moved, times a normal deviate a dimension."""

LEAST_WEIGHT = 1e-5
"""A Gaussian of less weight in its mixture is dropped."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Mixtures:
    """Mixtures as they are learnt.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_gaussians,)
        Those of a mixture add up to 1.
    means, variances : ndarray of float64, shape (n_gaussians, n_dimensions)
    starts : ndarray of int, shape (n_mixtures + 1,)
    """

    weights: Doubles
    means: Doubles
    variances: Doubles
    starts: Integers

    @classmethod
    def alike(cls, mean: Doubles, variance: Doubles, n_mixtures: int) -> Mixtures:
        """`n_mixtures` of one and the same Gaussian each: where a training from nothing begins."""
        means, variances = (np.tile(row.astype(np.float64), (n_mixtures, 1)) for row in (mean, variance))
        return cls(np.ones(n_mixtures), means, variances, np.arange(n_mixtures + 1))

    @property
    def n_mixtures(self) -> int:
        """Mixtures."""
        return len(self.starts) - 1

    @property
    def n_gaussians(self) -> int:
        """Gaussians, of all mixtures."""
        return len(self.weights)

    def evaluated(self) -> DiagonalMixtures:
        """The same in the form and the precision in which frames are scored, and models written."""
        precisions = 1.0 / self.variances
        linear = (self.means * precisions).astype(np.float32)
        return DiagonalMixtures.from_precisions(
            self.weights.astype(np.float32), linear, precisions.astype(np.float32), self.starts
        )

    def with_means(self, means: Doubles) -> Mixtures:
        """The same Gaussians elsewhere."""
        return Mixtures(self.weights, means, self.variances, self.starts)


@dataclass(frozen=True, slots=True, eq=False)
class MixtureStatistics:
    """What frames say about the Gaussians of some mixtures; those of several recordings add up.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_gaussians,)
    sums, squares : ndarray of float64, shape (n_gaussians, n_dimensions)
    log_likelihood : float
        Of all frames, each under its mixture.
    """

    counts: Doubles
    sums: Doubles
    squares: Doubles
    log_likelihood: float

    @classmethod
    def of(
        cls, model: DiagonalMixtures, frames: Floats, owners: Integers, *, learnt_from: Floats | None = None
    ) -> MixtureStatistics:
        """Statistics of `frames`, of which each belongs to the mixture that `owners` names.

        Parameters
        ----------
        model : DiagonalMixtures
        frames : ndarray of float32, shape (n_frames, n_dimensions)
        owners : ndarray of int, shape (n_frames,)
        learnt_from : ndarray of float32, shape (n_frames, n_other), optional
            The same frames with other features: they are what is added up, while `frames` say to which Gaussian.
        """
        values = (frames if learnt_from is None else learnt_from).astype(np.float64)
        counts, total = np.zeros(len(model.constants)), 0.0
        sums, squares = (np.zeros((len(model.constants), values.shape[1])) for _ in range(2))
        order = np.argsort(owners, kind="stable")
        found, begins = np.unique(owners[order], return_index=True)
        for mixture, rows in zip(found.tolist(), np.split(order, begins[1:]), strict=True):
            members = slice(int(model.starts[mixture]), int(model.starts[mixture + 1]))
            shares, likelihoods = _posteriors(model, frames[rows], members)
            counts[members] = shares.sum(axis=0)
            sums[members] = shares.T @ values[rows]
            squares[members] = shares.T @ values[rows] ** 2
            total += float(likelihoods.sum())
        return cls(counts, sums, squares, total)

    def __add__(self, other: MixtureStatistics) -> MixtureStatistics:
        return MixtureStatistics(
            self.counts + other.counts,
            self.sums + other.sums,
            self.squares + other.squares,
            self.log_likelihood + other.log_likelihood,
        )

    def occupancies(self, starts: Integers) -> Doubles:
        """Frames of each mixture, shape (n_mixtures,)."""
        return np.asarray(np.add.reduceat(self.counts, starts[:-1]))


def _posteriors(model: DiagonalMixtures, frames: Floats, members: slice) -> tuple[Doubles, Doubles]:
    scores = model.component_log_likelihoods(frames, np.arange(members.start, members.stop)).astype(np.float64)
    likelihoods = log_sum(scores, np.array([0]))
    return np.exp(scores - likelihoods), likelihoods[:, 0]


@dataclass(frozen=True, slots=True)
class UpdateBounds:
    """What an update keeps to.

    Parameters
    ----------
    least_count : float
        Frames; a Gaussian with fewer is dropped, unless it is the largest of its mixture: that one stays as it is.
    least_variance : float or ndarray
        Of each dimension.
    """

    least_count: float = 10.0
    least_variance: float | Doubles = 0.001


def updated(mixtures: Mixtures, statistics: MixtureStatistics, bounds: UpdateBounds = UpdateBounds()) -> Mixtures:
    """The mixtures under which the frames of `statistics` are likeliest, within `bounds`."""
    counts = statistics.counts
    totals = statistics.occupancies(mixtures.starts)
    sizes = np.diff(mixtures.starts)
    shares = counts / np.maximum(np.repeat(totals, sizes), 1e-300)
    kept = (counts >= bounds.least_count) & (shares >= LEAST_WEIGHT)
    largest = np.array([begin + counts[begin:end].argmax() for begin, end in _spans(mixtures.starts)])
    alone = largest[np.add.reduceat(kept, mixtures.starts[:-1]) == 0]
    safe = np.maximum(counts, 1e-300)[:, None]
    means = statistics.sums / safe
    variances = np.maximum(statistics.squares / safe - means**2, bounds.least_variance)
    # A mixture too rarely heard to be learnt keeps its largest Gaussian as it was.
    means[alone], variances[alone], shares[alone] = mixtures.means[alone], mixtures.variances[alone], 1.0
    kept[alone] = True
    left = np.add.reduceat(kept.astype(np.int64), mixtures.starts[:-1])
    starts = np.concatenate([[0], np.cumsum(left)])
    weights = shares[kept] / np.repeat(np.add.reduceat(shares[kept], starts[:-1]), left)
    return Mixtures(weights, means[kept], variances[kept], starts)


def _spans(starts: Integers) -> list[tuple[int, int]]:
    return list(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True))


def sizes_for(occupancies: Doubles, n_gaussians: int, *, power: float = 0.25, least_count: float = 20.0) -> list[int]:
    """How many Gaussians each mixture should have, `n_gaussians` in all: the more, the more often it is heard.

    One after the other goes to the mixture whose ``occupancy ** power`` is largest for the Gaussians that it has, as
    long as `least_count` frames are left for each.

    Examples
    --------
    >>> sizes_for(np.array([1000.0, 1000.0, 30.0]), 6)
    [3, 2, 1]
    """
    sizes = [1] * len(occupancies)
    weights = np.maximum(occupancies, 0.0) ** power
    queue = [(-float(weight), i) for i, weight in enumerate(weights)]
    heapq.heapify(queue)
    left = n_gaussians - len(sizes)
    while left > 0 and queue:
        _, i = heapq.heappop(queue)
        if (sizes[i] + 1) * least_count > occupancies[i]:
            continue
        sizes[i] += 1
        left -= 1
        heapq.heappush(queue, (-float(weights[i]) / sizes[i], i))
    return sizes


def split(mixtures: Mixtures, sizes: list[int], seed: int) -> Mixtures:
    """The mixtures with Gaussians halved until each has as many as `sizes` asks for; those that have more keep them.

    Parameters
    ----------
    mixtures : Mixtures
    sizes : list of int
        Of each mixture.
    seed : int
        Of the directions in which halves part.
    """
    rng = np.random.default_rng(seed)
    parts: list[tuple[Doubles, Doubles, Doubles]] = []
    for (begin, end), size in zip(_spans(mixtures.starts), sizes, strict=True):
        rows = (mixtures.weights[begin:end], mixtures.means[begin:end], mixtures.variances[begin:end])
        parts.append(_halved(*rows, size, rng))
    weights, means, variances = (np.concatenate([part[k] for part in parts]) for k in range(3))
    starts = np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])])
    return Mixtures(weights, means, variances, starts)


def _halved(
    weights: Doubles, means: Doubles, variances: Doubles, size: int, rng: np.random.Generator
) -> tuple[Doubles, Doubles, Doubles]:
    while len(weights) < size:
        largest = int(weights.argmax())
        step = APART * rng.standard_normal(means.shape[1]) * np.sqrt(variances[largest])
        weights = np.append(weights, weights[largest] / 2)
        weights[largest] /= 2
        means = np.concatenate([means, means[largest : largest + 1] + step])
        means[largest] -= step
        variances = np.concatenate([variances, variances[largest : largest + 1]])
    return weights, means, variances
