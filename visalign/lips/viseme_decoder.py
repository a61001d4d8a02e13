r"""What the lips show: visemes decoded from the picture alone, by a hidden Markov model.

Method
------
The states are the phones that the training met, or parts of them. Each emits a Gaussian over the lip features of
several moments around a time, reduced by linear discriminant analysis; all states share one covariance, as the
discriminant analysis assumes. Transitions are the bigrams of the training, counted frame by frame, so they carry
durations too. The forward-backward algorithm (:mod:`visalign.lips.forward_backward`) gives the posterior of each phone
at each time; those of the phones that a map puts into one viseme are added up, and the most probable viseme is the
observed one. One model thus serves every map, and a user's own map needs no training.

Far from their mean the features differ by speaker and by fault of the landmarks more than by phone. Each is therefore
bounded before it is reduced, :math:`s \tanh(x / s)` of s = `saturation` standard deviations of the clip.

Neighbouring frames repeat each other, which a hidden Markov model does not know; the log-likelihoods are therefore
scaled down by `evidence_scale`, which widens the shared covariance.

*The speaker.* A first pass tells which state each moment of the clip probably belongs to. The means of the states are
then drawn towards those of the clip, each as far as it was met (maximum a posteriori, [1]_),

.. math:: \mu_s' = \frac{\tau \mu_s + \sum_t \gamma_t(s) y_t}{\tau + \sum_t \gamma_t(s)}

and a second pass decodes. All of it comes from the picture.

*Closed lips.* The states of P, B and M are preferred by `closure_bias` (natural log): a closure that is overlooked is
the worse fault. Their posterior is also given by itself, whatever the map.

*How sure.* The posteriors choose well and are far too sure of it: neighbouring frames repeat each other, and strangers
differ from whom the model has met. As probabilities that hold, they are raised to the power `sharpness` and summed to 1
again; which viseme is the most probable does not change.

Conventions
-----------
Decoding runs on a grid of :data:`STEP` seconds (the frame rate of the training) from the first frame to the last.
Where there is no face the label is :data:`UNSEEN`.

References
----------
.. [1] J.-L. Gauvain and C.-H. Lee, Maximum a posteriori estimation for multivariate Gaussian mixture observations of
   Markov chains, IEEE Transactions on Speech and Audio Processing 2(2), 1994.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.language.phones import BILABIALS
from visalign.lips.forward_backward import forward_backward
from visalign.lips.lip_features import LipFeatures
from visalign.timeline import Interval, Tier, runs
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["STEP", "UNSEEN", "DecodedVisemes", "VisemeDecoder", "grid", "stacked"]

Floats: TypeAlias = npt.NDArray[np.float64]

STEP = 0.04
"""Seconds from one decoded moment to the next."""

UNSEEN = ""
"""Label of a stretch without a face."""

MOMENTS = (-0.08, -0.04, 0.0, 0.04, 0.08)
"""Where the features are looked at around each time, seconds, where nothing else is said."""

_SUM_TOLERANCE = 1e-6

# Long clips are decoded a minute at a time, so that memory stays; what lies four seconds away tells nothing of a state.
_BLOCK, _OVERLAP = 1500, 100  # moments


@dataclass(frozen=True, slots=True, eq=False)
class DecodedVisemes:
    """Visemes seen on the lips.

    Parameters
    ----------
    tier : Tier
        The most probable viseme over time, its mean probability as the score; :data:`UNSEEN` without a face.
    times : ndarray, shape (n_times,)
        Middles of the grid cells, seconds.
    visemes : tuple of str
        Columns of `posteriors`.
    posteriors : ndarray, shape (n_times, n_visemes)
        What the model makes of each viseme, to be compared with one another; rows of NaN without a face.
    closed : ndarray, shape (n_times,)
        The same of lips that close for P, B or M, whatever the map; NaN without a face.
    sharpness : float
        Power by which these become probabilities that hold, above 0.
    """

    tier: Tier
    times: Floats
    visemes: tuple[str, ...]
    posteriors: Floats
    closed: Floats
    sharpness: float = 1.0

    @property
    def probabilities(self) -> Floats:
        """How often each viseme would be right, shape (n_times, n_visemes); rows of NaN without a face."""
        return _calibrated(self.posteriors, self.sharpness)

    @property
    def closed_probabilities(self) -> Floats:
        """How often the lips would be closed, shape (n_times,); NaN without a face."""
        return _calibrated(np.column_stack([self.closed, 1 - self.closed]), self.sharpness)[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class VisemeDecoder:
    """The trained hidden Markov model.

    Parameters
    ----------
    columns : tuple of str
        Lip features that it looks at.
    phones : tuple of str, length n_states
        ARPABET phone of each state; several states may have the same.
    centre : ndarray, shape (n_columns * n_moments,)
    projection : ndarray, shape (n_columns * n_moments, n_dims)
        Discriminant directions, scaled so that the shared covariance is the identity.
    means : ndarray, shape (n_states, n_dims)
    start, transitions : ndarray, shapes (n_states,) and (n_states, n_states)
        Probabilities; rows sum to 1.
    evidence_scale : float
        Factor on the emissions' log-likelihoods, 0..1.
    moments : tuple of float, length n_moments
        Where the features are looked at around each time, seconds.
    closure_bias : float
        Natural log by which the states of P, B and M are preferred; 0 or more.
    adaptation_frames : float
        Frames that the means of the training count against those of the clip; 0: no second pass.
    saturation : float
        Standard deviations of the clip towards which a normalised feature is bounded; infinite: it is not.
    sharpness : float
        Power by which posteriors become probabilities that hold, above 0.
    """

    columns: tuple[str, ...]
    phones: tuple[str, ...]
    centre: Floats
    projection: Floats
    means: Floats
    start: Floats
    transitions: Floats
    evidence_scale: float
    moments: tuple[float, ...] = MOMENTS
    closure_bias: float = 0.0
    adaptation_frames: float = 0.0
    saturation: float = np.inf
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        if self.means.ndim != 2:
            raise ValueError(f"the decoder's means have shape {self.means.shape}; they must be a matrix")
        n, d = self.means.shape
        shapes = (self.projection.shape, self.centre.shape, self.start.shape, self.transitions.shape)
        width = len(self.columns) * len(self.moments)
        if len(self.phones) != n or shapes != ((width, d), (width,), (n,), (n, n)):
            raise ValueError(f"the decoder's arrays do not fit one another: {n} states, {shapes}")
        sums = np.append(self.transitions.sum(axis=1), self.start.sum())
        least = min(self.transitions.min(initial=0.0), self.start.min(initial=0.0))
        if not np.all(np.abs(sums - 1) < _SUM_TOLERANCE) or least < 0:
            raise ValueError("the decoder's probabilities do not sum to 1, or are negative")
        numbers = (self.centre, self.projection, self.means)
        if not (all(np.isfinite(x).all() for x in numbers) and 0 < self.evidence_scale < np.inf):
            raise ValueError("the decoder's means, projection or scale are not finite")
        if not (0 <= self.closure_bias < np.inf and 0 <= self.adaptation_frames < np.inf and self.moments):
            raise ValueError("the decoder's moments, bias or adaptation are impossible")
        if not self.saturation > 0:
            raise ValueError(f"the decoder's features saturate at {self.saturation:g} standard deviations; above 0")
        if not 0 < self.sharpness < np.inf:
            raise ValueError(f"the decoder's posteriors have the power {self.sharpness:g}; above 0")

    def decode(self, lips: LipFeatures, viseme_map: VisemeMap) -> DecodedVisemes:
        """Decode the visemes of `viseme_map` from `lips`.

        Parameters
        ----------
        lips : LipFeatures
            At least one frame.
        viseme_map : VisemeMap
            In any alphabet; the states' ARPABET phones are looked up in it.
        """
        times, seen = grid(lips)
        visemes = tuple(viseme_map.visemes)
        membership = np.zeros((len(self.phones), len(visemes) + 1))
        column = [visemes.index(viseme_map.lookup(phone, "arpabet")) for phone in self.phones]
        membership[np.arange(len(self.phones)), column] = 1.0
        membership[self._closing, -1] = 1.0
        stretches = [slice(*run) for run in runs(seen)]
        rows = [self.rows(lips, times[run]) for run in stretches]
        sums = np.full((len(times), len(visemes) + 1), np.nan)
        means = self._adapted_means(rows)
        for run, sequence in zip(stretches, rows, strict=True):
            for part, posteriors in self._pass(sequence, means, self.closure_bias):
                sums[run][part] = posteriors @ membership
        posteriors, closed = sums[:, :-1], sums[:, -1]
        tier = _tier(lips, times, visemes, _calibrated(posteriors, self.sharpness))
        return DecodedVisemes(tier, times, visemes, posteriors, closed, self.sharpness)

    @property
    def _closing(self) -> npt.NDArray[np.bool_]:
        return np.array([phone in BILABIALS for phone in self.phones])

    def rows(self, lips: LipFeatures, times: Floats) -> Floats:
        """What the states emit at `times` (seconds), shape (n_times, n_dims)."""
        parts = [times[first : first + _BLOCK] for first in range(0, max(len(times), 1), _BLOCK)]
        rows = (stacked(lips, part, self.columns, self.moments, self.saturation) - self.centre for part in parts)
        return np.vstack([part @ self.projection for part in rows])

    def _adapted_means(self, sequences: Sequence[Floats]) -> Floats:
        """Means drawn towards those of the clip."""
        if self.adaptation_frames == 0 or not sequences:
            return self.means
        total, weight = np.zeros_like(self.means), np.zeros((len(self.means), 1))
        for rows in sequences:
            for part, posteriors in self._pass(rows, self.means, 0.0):  # what is preferred is not yet seen
                total, weight = total + posteriors.T @ rows[part], weight + posteriors.sum(axis=0)[:, None]
        return np.asarray((self.adaptation_frames * self.means + total) / (self.adaptation_frames + weight))

    def _pass(self, rows: Floats, means: Floats, bias: float) -> Iterator[tuple[slice, Floats]]:
        """Posteriors of the states, a stretch of the rows at a time; `bias` prefers those that close."""
        preferred = np.where(self._closing, bias, 0.0)
        for first in range(0, len(rows), _BLOCK):
            low, last = max(first - _OVERLAP, 0), min(first + _BLOCK, len(rows))
            evidence = self._evidence(rows[low : last + _OVERLAP], means)
            known = forward_backward(evidence, self.start, self.transitions, preferred)
            yield slice(first, last), known[first - low : last - low]

    def _evidence(self, rows: Floats, means: Floats) -> Floats:
        """Log-likelihood of each state for each row, without what all states share: the row's own length."""
        # the projection has made the shared covariance the identity
        return np.asarray(self.evidence_scale * (rows @ means.T - 0.5 * (means**2).sum(axis=1)))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays, for a model file."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return arrays | {
            "columns": np.array(self.columns),
            "phones": np.array(self.phones),
            "moments": np.array(self.moments),
            **{name: np.array(getattr(self, name)) for name in _NUMBERS},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> VisemeDecoder:
        """Build from what :meth:`to_arrays` gave.

        Raises
        ------
        ValueError, KeyError
            If the arrays do not fit one another, or one is missing.
        """
        numbers: dict[str, Any] = {name: float(arrays[name]) for name in _NUMBERS}
        numbers |= {name: np.asarray(arrays[name], np.float64) for name in _ARRAYS}
        return cls(
            columns=tuple(map(str, arrays["columns"])),
            phones=tuple(map(str, arrays["phones"])),
            moments=tuple(np.asarray(arrays["moments"], np.float64).tolist()),
            **numbers,
        )


_ARRAYS = ("centre", "projection", "means", "start", "transitions")
_NUMBERS = ("evidence_scale", "closure_bias", "adaptation_frames", "saturation", "sharpness")


def grid(lips: LipFeatures) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Times :data:`STEP` apart from the first frame's middle on, and whether the frame shown there has a face."""
    centres = lips.times.centres
    n = max(1, round((centres[-1] - centres[0]) / STEP) + 1)
    times = centres[0] + STEP * np.arange(n)
    shown = np.clip(np.searchsorted(lips.times.times, times, side="right") - 1, 0, len(centres) - 1)
    return times, lips.has_face[shown]


def stacked(
    lips: LipFeatures,
    times: Floats,
    columns: tuple[str, ...],
    moments: tuple[float, ...] = MOMENTS,
    saturation: float = np.inf,
) -> Floats:
    """Normalised features at `moments` (seconds) around each of `times`, shape (n_times, n_columns * n_moments).

    Each is bounded towards `saturation` standard deviations.

    Frames in between are interpolated, frames without a face bridged; beyond either end the outermost frame holds.
    """
    frames = np.flatnonzero(lips.has_face)
    around = (times[:, None] + np.array(moments)).ravel()
    near = np.searchsorted(lips.times.centres[frames], [around.min(initial=np.inf), around.max(initial=-np.inf)])
    frames = frames[max(int(near[0]) - 1, 0) : int(near[1]) + 1]
    known, values = lips.times.centres[frames], lips.normalised_rows(frames, columns)
    rows = np.column_stack([np.interp(around, known, column) for column in values.T])
    return _bounded(rows, saturation).reshape(len(times), -1)


def _calibrated(posteriors: Floats, sharpness: float) -> Floats:
    raised = np.maximum(posteriors, 0.0) ** sharpness  # 1 - p may be a little less than 0
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _bounded(values: Floats, saturation: float) -> Floats:
    return values if np.isinf(saturation) else np.asarray(saturation * np.tanh(values / saturation))


def _tier(lips: LipFeatures, times: Floats, visemes: tuple[str, ...], posteriors: Floats) -> Tier:
    edges = np.append(times - STEP / 2, times[-1] + STEP / 2)
    # the grid hangs on the frames: the first cell begins and the last one ends with them
    edges[0] = lips.times.times[0]
    edges[-1] = max(edges[-1], min(lips.times.duration, edges[-1] + STEP))
    seen: npt.NDArray[np.bool_] = np.asarray(np.isfinite(posteriors).all(axis=1))
    best = np.where(seen[:, None], posteriors, -1.0).argmax(axis=1)
    cells = [
        Interval(a, b, visemes[k] if s else UNSEEN, float(p[k]) if s else None)
        for a, b, k, s, p in zip(edges[:-1].tolist(), edges[1:].tolist(), best, seen, posteriors, strict=True)
    ]
    return Tier.from_intervals("observed visemes", cells).merge_equal()
