"""The Gaussians of an acoustic model as something whose means can be moved: PocketSphinx's codebooks, MFA's mixtures.

Conventions
-----------
Gaussians come in groups that one affine map moves; a group's are in the order of the model. A pdf is a state of
PocketSphinx's model, or a mixture of MFA's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.sphinx_model import SphinxModel
from visalign.hmm_training.gaussians import DiagonalMixtures
from visalign.hmm_training.mixtures import MixtureStatistics

__all__ = ["Gaussians", "KaldiGaussians", "MeanSums", "SphinxGaussians"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MeanSums:
    """Frames that belong to each Gaussian of a group that one map moves: how many, and their sum."""

    counts: Doubles
    sums: Doubles

    def __add__(self, other: MeanSums) -> MeanSums:
        return MeanSums(self.counts + other.counts, self.sums + other.sums)

    def __sub__(self, other: MeanSums) -> MeanSums:
        return MeanSums(np.maximum(self.counts - other.counts, 0.0), self.sums - other.sums)


@dataclass(frozen=True, slots=True, eq=False)
class SphinxGaussians:
    """The codebooks of a model of PocketSphinx; a group a stream."""

    model: SphinxModel

    takes_map: ClassVar[bool] = True

    def groups(self) -> list[tuple[Doubles, Doubles]]:
        """Means and precisions of each group."""
        width = self.model.width
        return [
            (
                self.model.means[:, stream].reshape(-1, width).astype(np.float64),
                self.model.precisions[:, stream].reshape(-1, width).astype(np.float64),
            )
            for stream in range(self.model.n_streams)
        ]

    def sums(self, frames: Floats, pdfs: Integers) -> list[MeanSums]:
        """What frames say, a group."""
        model = self.model
        shape = (len(model.means), model.n_streams, model.n_densities)
        counts, sums = np.zeros(shape), np.zeros((*shape, model.width))
        streams = frames.reshape(len(frames), model.n_streams, model.width).astype(np.float64)
        for state in np.unique(pdfs).tolist():
            rows = np.flatnonzero(pdfs == state)
            shares = model.shares(frames[rows], state).astype(np.float64)
            book = model.codebook_of[state]
            counts[book] += shares.sum(axis=0)
            sums[book] += np.einsum("nsd,nsv->sdv", shares, streams[rows])
        return [MeanSums(counts[:, s].ravel(), sums[:, s].reshape(-1, model.width)) for s in range(model.n_streams)]

    def moved(self, means: Sequence[Doubles]) -> SphinxGaussians:
        """The same with other means, a group."""
        shape = (len(self.model.means), self.model.n_densities, self.model.width)
        stacked = np.stack([x.reshape(shape) for x in means], axis=1).astype(np.float32)
        return SphinxGaussians(self.model.with_means(stacked))

    def means(self) -> Floats:
        """All means, as a file has them."""
        return self.model.means

    def log_likelihood(self, frames: Floats, pdfs: Integers) -> float:
        """Of all frames, each under its pdf."""
        return _total(frames, pdfs, self.model.log_likelihoods)


@dataclass(frozen=True, slots=True, eq=False)
class KaldiGaussians:
    """The mixtures of a model of MFA; one group."""

    mixtures: DiagonalMixtures
    takes_map: bool = True

    def groups(self) -> list[tuple[Doubles, Doubles]]:
        """Means and precisions of each group."""
        return [(self.mixtures.means.astype(np.float64), self.mixtures.precisions.astype(np.float64))]

    def sums(self, frames: Floats, pdfs: Integers) -> list[MeanSums]:
        """What frames say, a group."""
        found = MixtureStatistics.of(self.mixtures, frames, pdfs)
        return [MeanSums(found.counts, found.sums)]

    def moved(self, means: Sequence[Doubles]) -> KaldiGaussians:
        """The same with other means, a group."""
        old = self.mixtures
        linear = (means[0] * old.precisions).astype(np.float32)
        mixtures = DiagonalMixtures.from_precisions(old.weights, linear, old.precisions, old.starts)
        return KaldiGaussians(mixtures, self.takes_map)

    def means(self) -> Floats:
        """All means, as a file has them."""
        return self.mixtures.means

    def log_likelihood(self, frames: Floats, pdfs: Integers) -> float:
        """Of all frames, each under its pdf."""
        return _total(frames, pdfs, self.mixtures.log_likelihoods)


def _total(frames: Floats, pdfs: Integers, score: Callable[[Floats, Integers], Floats]) -> float:
    total = 0.0
    for pdf in np.unique(pdfs).tolist():
        total += float(score(frames[pdfs == pdf], np.array([pdf])).sum(dtype=np.float64))
    return total


Gaussians: TypeAlias = SphinxGaussians | KaldiGaussians
