"""Adapting to a speaker, or to a language, by all recordings of it: for phones placed by way of the English model.

Method
------
All recordings of a speaker are aligned once. In the spoken frames of the best paths, each dimension of the features is
then moved by the constant ``b`` that brings it nearest to the Gaussians that it was aligned with, weighed by their
precisions ``w`` (maximum a posteriori, `SHIFT_PRIOR` frames of no move),

    b_d = Σ w_d (μ_d − x_d) / (Σ w_d + SHIFT_PRIOR × mean w_d),

and of each phone's mixtures of English states the shares become those with which these states explain its frames,
beside `SHARE_PRIOR` frames of the shares that articulation gives. Then all recordings are aligned again.

Nothing else is learnt, since minutes of speech are few. What other ways brought, and that the gain is small where there
are few recordings, is in ``docs/decisions/0165``.

References
----------
.. [1] J.-L. Gauvain and C.-H. Lee, Maximum a posteriori estimation for multivariate Gaussian mixture observations of
   Markov chains, IEEE Trans. Speech and Audio Processing 2 (1994).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.aligner import Aligner
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import FIRST_MIXTURE, MappedAcoustics
from visalign.forced_alignment.sphinx_model import SphinxModel, embedded_model
from visalign.signals import Audio

__all__ = ["LEAST_FRAMES", "Pool", "may_be_pooled"]

SHIFT_PRIOR, SHARE_PRIOR = 50.0, 20.0
"""Frames. Of 50 and 200, and of 5, 20 and 80, the best in half of the languages (docs/decisions/0165)."""

LEAST_FRAMES = 500
"""Spoken frames below which nothing is adapted: five seconds of speech, as Kaldi asks for."""

LEAST_PART = 1e-3
"""Of a frame; what explains less of it is left out."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class _Gathering(MappedAcoustics):
    """The model, which keeps what its best paths say of the speaker."""

    def __init__(self, model: SphinxModel) -> None:
        super().__init__(model)
        n = model.n_streams * model.width
        self.n_frames = 0
        self.precisions, self.pulls = np.zeros(n), np.zeros(n)
        self.counts: dict[int, Doubles] = {}

    def adapted(self, frames: Floats, pdfs: Integers, spoken: npt.NDArray[np.bool_]) -> None:
        """None; the spoken frames are counted."""
        frames, pdfs = frames[spoken], pdfs[spoken]
        for pdf in np.unique(pdfs).tolist():
            rows = frames[pdfs == pdf]
            members, shares = self.members_of(pdf)
            scores = self.model.log_likelihoods(rows, members) + shares
            parts = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)).astype(np.float64)
            for part, state in zip(parts.T, members.tolist(), strict=True):
                near = part > LEAST_PART
                precisions, targets = self.model.pull(rows[near], state)
                self.precisions += part[near] @ precisions
                self.pulls += part[near] @ (targets - precisions * rows[near])
            self.counts[pdf] = self.counts.get(pdf, 0.0) + parts.sum(axis=0)
        self.n_frames += len(frames)


class _Adapted(MappedAcoustics):
    """The model with features that are moved, and mixtures with other shares."""

    def __init__(self, found: _Gathering, n_recordings: int) -> None:
        super().__init__(found.model)
        self.name = f"{found.name}, adapted to {n_recordings} recordings"
        mean = found.precisions / max(found.n_frames, 1)
        self._shift = (found.pulls / (found.precisions + SHIFT_PRIOR * mean)).astype(np.float32)
        self.take_over(found)
        for pdf, counts in found.counts.items():
            if pdf >= FIRST_MIXTURE:
                _, shares = found.members_of(pdf)
                part = (counts + SHARE_PRIOR * np.exp(shares)) / (counts.sum() + SHARE_PRIOR)
                self.reshare(pdf, part)

    def features(self, audio: Audio, pcm: npt.NDArray[np.int16]) -> Floats:
        """Cepstra with their changes, moved."""
        return super().features(audio, pcm) + self._shift


class Pool:
    """The recordings of a speaker: :attr:`first` aligns them and gathers, :meth:`second` is adapted to them.

    Parameters
    ----------
    refine : bool
        As for :class:`~visalign.forced_alignment.gmm_hmm.GmmHmmAligner`.

    Raises
    ------
    BackendUnavailable
        If PocketSphinx's model is not installed.
    """

    def __init__(self, *, refine: bool = True) -> None:
        self._found = _Gathering(embedded_model())
        self.first = GmmHmmAligner(self._found, refine=refine)
        self.n_recordings = 0

    def second(self) -> GmmHmmAligner | None:
        """The adapted aligner; None of fewer than two recordings, or less speech than `LEAST_FRAMES`."""
        if self.n_recordings < 2 or self._found.n_frames < LEAST_FRAMES:
            return None
        return GmmHmmAligner(_Adapted(self._found, self.n_recordings), refine=self.first.refine)


def may_be_pooled(aligner: str | Aligner) -> bool:
    """True for an aligner that places phones of another language by way of the English model."""
    if not isinstance(aligner, GmmHmmAligner):
        return False
    return aligner.may_change_model or isinstance(aligner.model, MappedAcoustics)
