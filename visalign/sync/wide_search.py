"""Where to search: a quick look at lags of seconds and minutes, for the exact search to follow where it points.

Method
------
The gain of every lag (:mod:`visalign.sync.lag_gains`), to which the exact search adds the adaptation to the clip. In
long clips the offset may change, and the course of it is sought first (:mod:`visalign.sync.lead_course`).

Conventions
-----------
Lags are leads of the audio, seconds, :data:`~visalign.sound.speech.HOP` apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.config import Config
from visalign.lips.lip_features import LipFeatures
from visalign.sound.speech import HOP
from visalign.sync.lag_gains import ShownLips, gains_at
from visalign.sync.lead_course import STEADY, LeadCourse, rough_course
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.speech_context import SpeechContext
from visalign.sync.streams import Stream, frame_shares, weighed

__all__ = ["SearchRange", "lag_gains", "rough_lead", "search_range"]

Floats: TypeAlias = npt.NDArray[np.float64]

_SAME_PEAK = 0.1  # seconds: lags this near are one and the same candidate
# Seconds of search beyond which a quick look at every lag comes first, and what the exact search then covers.
_WIDE_SEARCH, _EXACT_REACH = 1.0, 0.6


@dataclass(frozen=True, slots=True, eq=False)
class SearchRange:
    """Where the exact search looks.

    Parameters
    ----------
    centre, reach : float
        Middle of the lags and how far they go to either side, seconds.
    certainty : float
        Probability that the true lead lies there.
    course : LeadCourse
        What is to be added to them along a clip whose offset changes.
    """

    centre: float
    reach: float
    certainty: float = 1.0
    course: LeadCourse = STEADY

    def leads_at(self, shown: Floats) -> Floats:
        """The middle for lips that are seen at these moments, seconds."""
        return np.asarray(self.centre + self.course.at_shown(shown, self.centre))


def search_range(
    model: LipModel, faces: Sequence[LipFeatures], context: SpeechContext, settings: Config
) -> SearchRange:
    """Where to search for the lead of a clip, with the model weighed as the settings ask.

    Parameters
    ----------
    model : LipModel
    faces : sequence of LipFeatures
        The lips of each face.
    context : SpeechContext
        What is heard.
    settings : Config
    """
    streams, max_lag = weighed(model.streams, settings.evidence), settings.sync.max_lag_seconds
    calibration = model.calibration.trusted(settings.evidence)
    found = rough_course(streams, faces, context, max_lag, calibration)
    if found is not None:
        return SearchRange(found[0], _EXACT_REACH, course=found[1])
    if max_lag <= _WIDE_SEARCH:
        return SearchRange(0.0, max_lag)
    centre, certainty = rough_lead(streams, faces, context, max_lag, calibration)
    return SearchRange(centre, _EXACT_REACH, certainty)


def rough_lead(
    streams: Sequence[Stream],
    faces: Sequence[LipFeatures],
    context: SpeechContext,
    max_lag: float,
    calibration: Calibration,
) -> tuple[float, float]:
    """The lag that gains most, and the probability that the true one is near it rather than elsewhere.

    Parameters
    ----------
    streams : sequence of Stream
    faces : sequence of LipFeatures
        The lips of each face; at each lag those count that fit best.
    context : SpeechContext
        What is heard.
    max_lag : float
        Seconds to either side.
    calibration : Calibration
        Its temperature tells how far gains can be trusted.

    Returns
    -------
    lead : float
        Seconds.
    certainty : float
        0..1.
    """
    found = [lag_gains(streams, lips, context, max_lag) for lips in faces]
    lags, gains = found[0][0], np.max([gains for _, gains in found], axis=0)
    best = int(gains.argmax())
    likelihood = np.exp(calibration.temperature * (gains - gains[best]))
    near = np.abs(lags - lags[best]) <= _SAME_PEAK
    return float(lags[best]), float(likelihood[near].sum() / likelihood.sum())


def lag_gains(
    streams: Sequence[Stream], lips: LipFeatures, context: SpeechContext, max_lag: float
) -> tuple[Floats, Floats]:
    """Gain in log-likelihood of every lag within ±`max_lag` seconds.

    Returns
    -------
    lags, gains : ndarray, shape (n_lags,)
    """
    shares = np.where(lips.has_face, frame_shares(lips), 0.0)
    rows = np.round(lips.times.centres / HOP).astype(np.int64)
    reach = math.floor(max_lag / HOP + 1e-9)
    lags = np.arange(max(-reach, rows.min() - len(context.rows) + 1), min(reach, rows.max()) + 1)
    total = np.zeros(len(lags))
    for stream in streams:
        shown = ShownLips.on_grid(stream.observe(lips), shares, rows)
        expected = stream.expect(context).astype(np.float64)
        total += stream.weight * gains_at(shown, expected[None], lags)[0]
    return lags * HOP, total
