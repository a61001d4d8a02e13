r"""The lead of one line and how it goes on from its first word to its last.

A line that was spoken too slowly begins in sync and ends late; one that was laid too late is late from beginning to
end. One lead a line does not tell these apart, and a lead at each end alone rests on too few frames.

Method
------
Along a line the lead is a straight line over time, :math:`L(t) = L_c + r (t - c)` about its centre c. Each frame's
log-likelihood at the lag that this gives it, summed over the line and tempered
(:class:`~visalign.sync.lip_model.Calibration`), is the evidence for the pair :math:`(L_c, r)`. Beforehand all leads of
the search are alike, and rates are normal about 0 with :data:`RATE_SPREAD`: speakers of a dub take a tenth more or less
time than the lips. The posterior over the grid of both gives the probabilities of the lead in the middle, and at either
end; like every lead these are blurred by the scatter that even perfect evidence has.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.numerics import gaussian_filter1d
from visalign.sync.estimate import LagEvidence, lead_interval
from visalign.sync.lip_model import Calibration
from visalign.timeline import Interval

__all__ = ["RATE_SPREAD", "LeadBelief", "LineCourse", "line_course"]

Floats: TypeAlias = npt.NDArray[np.float64]

RATE_SPREAD = 0.06
"""Standard deviation of how much faster or slower a line is spoken than its lips move, before anything is known."""

_RATES = np.linspace(-0.24, 0.24, 25)
_REACH = 0.3  # seconds about a line in which its lips may move: what a lead of so much moves them by
_LEAST_FRAMES = 8  # a third of a second


@dataclass(frozen=True, slots=True, eq=False)
class LeadBelief:
    """What is known of a lead at one place.

    Parameters
    ----------
    leads : ndarray, shape (n_leads,)
        Seconds, evenly spaced.
    probabilities : ndarray, shape (n_leads,)
        They sum to 1.
    """

    leads: Floats
    probabilities: Floats

    @property
    def seconds(self) -> float:
        """The median: half of the probability lies to either side."""
        return float(np.interp(0.5, np.cumsum(self.probabilities), self.leads))

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds of the 95 % interval, seconds."""
        return lead_interval(self.leads, self.probabilities)

    def beyond(self, max_lead: float, max_lag: float) -> float:
        """The probability that it is more than `max_lead` seconds early or `max_lag` seconds late."""
        outside = (self.leads > max_lead) | (self.leads < -max_lag)
        return float(self.probabilities[outside].sum())


@dataclass(frozen=True, slots=True, eq=False)
class LineCourse:
    """The lead of a line in its middle and at its ends.

    Parameters
    ----------
    middle, start, end : LeadBelief
    rate : float
        What the lead grows by each second of the line; above 0 where it is spoken faster than its lips move.
    """

    middle: LeadBelief
    start: LeadBelief
    end: LeadBelief
    rate: float


def line_course(
    line: Interval, evidence: LagEvidence, lead: float, calibration: Calibration, *, own_bias: float = 0.0
) -> LineCourse | None:
    """How the lead goes on along a line.

    Parameters
    ----------
    line : Interval
        Where it is heard.
    evidence : LagEvidence
        Of the clip.
    lead : float
        Of the clip about the line, seconds: where its lips are looked for.
    calibration : Calibration
    own_bias : float
        Of speaker and camera, seconds; taken off the leads.

    Returns
    -------
    LineCourse or None
        None where its lips are not seen.
    """
    start, end = line.start + lead, line.end + lead
    reach = _REACH if line.duration > _REACH else line.duration
    near = slice(*np.searchsorted(evidence.centres, [start - reach, end + reach]).tolist())
    centres, rows = evidence.centres[near], evidence.log_likelihoods[near]
    seen = np.any(rows, axis=1)
    if seen[(centres >= start) & (centres < end)].sum() < _LEAST_FRAMES:
        return None
    lags = evidence.lags
    total = np.stack([_along(rows[seen], centres[seen], lags, rate, line.centre + lead) for rate in _RATES])
    total = calibration.temperature * total - 0.5 * (_RATES[:, None] / RATE_SPREAD) ** 2
    joint = np.exp(total - total.max())
    joint /= joint.sum()
    offset = float(evidence.lags_at(line)[0] - lags[0]) - own_bias
    half = 0.5 * line.duration
    middle, first, last = (_belief(lags, joint, away, calibration, offset) for away in (0.0, -half, half))
    return LineCourse(middle, first, last, float(joint.sum(axis=1) @ _RATES))


def _along(rows: Floats, centres: Floats, lags: Floats, rate: float, middle: float) -> Floats:
    """Log-likelihood of each lead in the middle, at one rate; shape (n_lags,)."""
    step = lags[1] - lags[0]
    shifts = rate * (centres - middle) / step
    whole = np.floor(shifts).astype(np.int64)
    part = (shifts - whole)[:, None]
    place = np.arange(len(lags)) + whole[:, None]
    low, high = (np.clip(place + k, 0, len(lags) - 1) for k in (0, 1))
    below, above = (np.take_along_axis(rows, index, axis=1) for index in (low, high))
    return np.asarray(((1 - part) * below + part * above).sum(axis=0))


def _belief(lags: Floats, joint: Floats, away: float, calibration: Calibration, offset: float) -> LeadBelief:
    """What the pairs of lead and rate say of the lead `away` seconds from the middle."""
    step = lags[1] - lags[0]
    margin = round(float(np.abs(_RATES).max()) * abs(away) / step) + 1
    wide = lags[0] + step * np.arange(-margin, len(lags) + margin)
    spread = np.zeros(len(wide))
    for rate, row in zip(_RATES, joint, strict=True):
        shift = rate * away / step + margin
        whole = int(np.floor(shift))
        spread[whole : whole + len(lags)] += (1 - (shift - whole)) * row
        spread[whole + 1 : whole + 1 + len(lags)] += (shift - whole) * row
    fine = np.linspace(wide[0], wide[-1], 5 * (len(wide) - 1) + 1)
    density = np.interp(fine, wide, spread)
    blurred = gaussian_filter1d(density, calibration.lag_scatter / (fine[1] - fine[0]), mode="constant")
    return LeadBelief(fine + offset, blurred / blurred.sum())
