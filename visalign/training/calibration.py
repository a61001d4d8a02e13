"""How far the evidence of a lip model can be trusted: measured on clips that it was not fitted on.

Method
------
*Temperature*: neighbouring frames repeat each other, so the sum of their log-likelihoods claims too much. It is the
factor under which the true lead of windows of several lengths is most probable. *Scatter*: even perfect evidence misses
the true lead by the habits of a speaker and the delays of a recording. It is the least blur with which the intervals of
whole clips hold the true lead as often as they claim. *Match*: a logistic regression tells clips with their own sound
from clips with another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from visalign.sync.estimate import INTERVAL, LagEvidence, lag_density, lead_interval, match_features
from visalign.sync.lip_model import Calibration

__all__ = ["HeldOutEvidence"]

Floats: TypeAlias = npt.NDArray[np.float64]

_WINDOWS = (5, 10, 15, 25, 75)  # frames; what the calibration must be honest about
_WINDOW_STRIDE = 5  # frames
_MAX_CURVES = 600
_TEMPERATURES = tuple(np.geomspace(0.03, 1.0, 16).tolist())
_SCATTERS = tuple(np.arange(0.002, 0.0305, 0.001).tolist())  # seconds
_MATCH_PRIOR = 1e-2  # on squared weights of features of unit variance


@dataclass(slots=True, eq=False)
class HeldOutEvidence:
    """Collects what streams say of clips that they were not fitted on, and gives the calibration that fits it.

    All evidence must have the same lags.
    """

    _lags: Floats = field(default_factory=lambda: np.empty(0))
    _windows: list[Floats] = field(default_factory=list)  # sums over windows of frames, each of shape (n_lags,)
    _wholes: list[Floats] = field(default_factory=list)  # the same over whole clips
    _speakers: list[str] = field(default_factory=list)  # of the whole clips
    _together: list[tuple[Floats, float]] = field(default_factory=list)  # features of a match, weight
    _apart: list[tuple[Floats, float]] = field(default_factory=list)

    def add_own(self, evidence: LagEvidence, spoken: npt.NDArray[np.bool_], speaker: str, weight: float) -> None:
        """Add a clip with its own sound, whose true lead is 0.

        Parameters
        ----------
        evidence : LagEvidence
        spoken : ndarray of bool, shape (n_frames,)
            Frames near speech.
        speaker : str
        weight : float
            What the clip counts for the probability of a match.
        """
        self._lags = evidence.lags
        self._windows.extend(_window_sums(evidence, spoken))
        self._wholes.append(evidence.log_likelihoods.sum(axis=0))
        self._speakers.append(speaker)
        self._together.append((match_features(evidence, spoken), weight))

    def add_foreign(self, evidence: LagEvidence, spoken: npt.NDArray[np.bool_], weight: float) -> None:
        """Add a clip with the sound of another."""
        self._apart.append((match_features(evidence, spoken), weight))

    def calibration(self) -> Calibration:
        """The calibration under which all this is most probable, and the intervals hold what they claim."""
        temperature = _fit_temperature(self._lags, self._windows)
        scatter = _fit_scatter(self._lags, self._wholes, self._speakers, temperature)
        return Calibration(temperature, scatter, *_fit_match(self._together, self._apart))


def _window_sums(evidence: LagEvidence, spoken: npt.NDArray[np.bool_]) -> list[Floats]:
    """Sums over windows of frames that begin in speech, shape (n_lags,) each."""
    sums = np.vstack([np.zeros(len(evidence.lags)), np.cumsum(evidence.log_likelihoods, axis=0)])
    starts = np.flatnonzero(spoken)[::_WINDOW_STRIDE]
    whole = len(spoken)
    result = [sums[first + n] - sums[first] for n in _WINDOWS for first in starts if first + n <= whole and n < 75]
    return [*result, *([sums[whole] - sums[0]] * len(starts))]  # whole clips count as much as windows of one length


def _fit_temperature(lags: Floats, curves: Sequence[Floats]) -> float:
    """Temperature under which the true lead, the clips' own, is most probable on average."""
    stride = max(1, len(curves) // _MAX_CURVES)
    chosen = curves[::stride]

    def mean_log_density(temperature: float, scatter: float) -> float:
        densities = (lag_density(lags, curve, _density_only(temperature, scatter)) for curve in chosen)
        return float(np.mean([np.log(np.interp(0.0, fine, density) + 1e-12) for fine, density in densities]))

    temperature, scatter = 0.1, 0.01
    for _ in range(2):  # in turn: they hardly depend on each other
        temperature = float(max(_TEMPERATURES, key=lambda x: mean_log_density(x, scatter)))
        scatter = max(_SCATTERS, key=lambda x: mean_log_density(temperature, x))
    return temperature


def _fit_scatter(lags: Floats, wholes: Sequence[Floats], speakers: Sequence[str], temperature: float) -> float:
    """The least scatter with which the intervals of whole clips hold the true lead as often as they claim.

    A new clip is mostly one of a new speaker, so each speaker counts alike. The likelihood of windows would choose a
    wider scatter: it pays for the few that are far off, which no interval of 95 % needs to hold.
    """
    weights = [1 / speakers.count(speaker) for speaker in speakers]
    for scatter in _SCATTERS:
        calibration = _density_only(temperature, scatter)
        intervals = [lead_interval(*lag_density(lags, curve, calibration)) for curve in wholes]
        if np.average([low <= 0.0 <= high for low, high in intervals], weights=weights) >= INTERVAL:
            return float(scatter)
    return float(_SCATTERS[-1])


def _density_only(temperature: float, scatter: float) -> Calibration:
    return Calibration(temperature, scatter, 0.0, (0.0, 0.0, 0.0))


def _fit_match(
    together: Sequence[tuple[Floats, float]], apart: Sequence[tuple[Floats, float]]
) -> tuple[float, tuple[float, float, float]]:
    """Offset and weights of the probability of a match, by maximum likelihood with a weak prior on the weights.

    Both kinds count alike, however many there are.
    """
    if not apart:
        return 10.0, (0.0, 0.0, 0.0)  # one clip a speaker: nothing to swap, so nothing can be told
    x = np.array([row for row, _ in (*together, *apart)])
    y = np.repeat([1.0, -1.0], [len(together), len(apart)])
    parts = (np.array([weight for _, weight in kind]) for kind in (together, apart))
    counts = np.concatenate([0.5 * part / part.sum() for part in parts])
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - centre) / spread

    def cost(p: Floats) -> float:
        return float(counts @ np.logaddexp(0, -y * (p[0] + z @ p[1:])) + _MATCH_PRIOR * (p[1:] @ p[1:]))

    solution = minimize(cost, np.zeros(1 + x.shape[1])).x
    weights = solution[1:] / spread
    first, second, third = (float(weight) for weight in weights)
    return float(solution[0] - weights @ centre), (first, second, third)
