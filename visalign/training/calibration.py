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

from visalign.sync.estimate import INTERVAL, LagEvidence, lag_density, lead_interval
from visalign.sync.lip_model import Calibration

__all__ = ["HeldOutEvidence"]

Floats: TypeAlias = npt.NDArray[np.float64]

_WINDOWS = (5, 10, 15, 25, 75)  # frames; what the calibration must be honest about
_WINDOW_STRIDE = 5  # frames
_MAX_CURVES = 600
_TEMPERATURES = tuple(np.geomspace(0.03, 1.0, 16).tolist())
_SCATTERS = tuple(np.arange(0.002, 0.0305, 0.001).tolist())  # seconds


@dataclass(slots=True, eq=False)
class HeldOutEvidence:
    """Collects what streams say of clips that they were not fitted on, and gives the calibration that fits it.

    All evidence must have the same lags.
    """

    _lags: Floats = field(default_factory=lambda: np.empty(0))
    _windows: list[Floats] = field(default_factory=list)  # sums over windows of frames, each of shape (n_lags,)
    _wholes: list[Floats] = field(default_factory=list)  # the same over whole clips
    _speakers: list[str] = field(default_factory=list)  # of the whole clips

    def add(self, evidence: LagEvidence, spoken: npt.NDArray[np.bool_], speaker: str) -> None:
        """Add a clip with its own sound, whose true lead is 0.

        Parameters
        ----------
        evidence : LagEvidence
        spoken : ndarray of bool, shape (n_frames,)
            Frames near speech.
        speaker : str
        """
        self._lags = evidence.lags
        self._windows.extend(_window_sums(evidence, spoken))
        self._wholes.append(evidence.log_likelihoods.sum(axis=0))
        self._speakers.append(speaker)

    def calibration(self, match_offset: float, match_weights: tuple[float, float]) -> Calibration:
        """The calibration under which all this is most probable, and the intervals hold what they claim.

        Parameters
        ----------
        match_offset, match_weights
            What :func:`~visalign.training.match_calibration.fit_match` found.
        """
        temperature = _fit_temperature(self._lags, self._windows)
        scatter = _fit_scatter(self._lags, self._wholes, self._speakers, temperature)
        return Calibration(temperature, scatter, match_offset, match_weights)


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
    return Calibration(temperature, scatter, 0.0, (0.0, 0.0))
