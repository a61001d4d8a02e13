r"""How much of each viseme the mouth shows over time: dense curves for rigs and for models of the lips.

A step track says which mouth is shown when; a curve says how far the lips have come. Each target pulls the mouth
towards its viseme with a dominance function [1]_, and the weight of a viseme is its share of all the pull.

Conventions
-----------
* Weights lie between 0 and 1, and those of one moment sum to 1. Silence is a viseme like any other, and has the whole
  weight where nothing is said, also outside the targets.
* Times are seconds. A curve has a value at each of the times that are asked for: a grid (:func:`frame_grid`), or the
  frames of a clip.

Method
------
Target i pulls with the strength

.. math::
   D_i(t) = \alpha_i \cdot \begin{cases}
       e^{-(a_i - t) / \lambda_i} & t < a_i \\
       1 & a_i \le t \le b_i \\
       e^{-(t - b_i) / \mu_i} & t > b_i
   \end{cases}

and the weight of viseme v is :math:`\sum_{i: v_i = v} D_i / \sum_i D_i`. It differs from [1]_ in the plateau from
:math:`a_i` to :math:`b_i`, which keeps a closure closed for as long as it sounds. :data:`LIP_DYNAMICS` has the numbers.

Then the hard rules of JALI [2]_, as clamps on the plateau of each sound that fade beside it: bilabials close the lips,
labiodentals touch the teeth, sibilants narrow the jaw, and no other sound shows closed lips. A closure that falls
between two frames is shown on the nearer one, so that no frame rate misses it.

References
----------
.. [1] M. M. Cohen and D. W. Massaro, Modeling coarticulation in synthetic visual speech, in Models and Techniques in
   Computer Animation, Springer 1993, 139–156.
.. [2] P. Edwards, C. Landreth, E. Fiume and K. Singh, JALI: an animator-centric viseme model for expressive lip
   synchronization, ACM Trans. Graphics 35(4), 2016. The limits are those of its public re-implementations (jali_sing,
   OpenFaceFX).
.. [3] M. Cooke, J. Barker, S. Cunningham and X. Shao, An audio-visual corpus for speech perception and automatic
   speech recognition, J. Acoust. Soc. Am. 120(5), 2006, 2421–2424.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from visalign.animation.coarticulation import split_sequences, time_closures
from visalign.errors import TimelineError
from visalign.language.phones import is_silence
from visalign.timeline import Interval
from visalign.visemes.expected import VisemeTarget
from visalign.visemes.viseme_map import VisemeMap

__all__ = [
    "LIP_DYNAMICS",
    "LipDynamics",
    "WeightCurves",
    "dominance",
    "frame_grid",
    "plateau",
    "tongue_curves",
    "weight_curves",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LipDynamics:
    """How strongly and how long a class of sounds pulls the lips.

    Parameters
    ----------
    opening_strength, shape_strength : float
        α of the opening, and of width, rounding and the rest.
    lead, lag : float
        Time constants λ and μ, seconds: of the approach and of the release.
    hold : tuple of float
        Where the plateau begins and ends, as parts of the sound's duration.
    """

    opening_strength: float
    shape_strength: float
    lead: float
    lag: float
    hold: tuple[float, float]

    @property
    def strength(self) -> float:
        """α of a whole mouth shape: of what the class insists on most."""
        return max(self.opening_strength, self.shape_strength)


# Least-squares fit to the lip landmarks of 173 sentences of the GRID corpus [3]_ by the model of avatar.py, rounded.
LIP_DYNAMICS = {
    "bilabial plosive": LipDynamics(9.0, 1.5, 0.026, 0.020, (0.12, 0.42)),
    "bilabial nasal": LipDynamics(9.0, 1.5, 0.022, 0.018, (0.15, 0.85)),
    "labiodental": LipDynamics(7.0, 3.0, 0.030, 0.030, (0.25, 0.85)),
    "rounded": LipDynamics(3.0, 5.0, 0.045, 0.050, (0.30, 0.70)),
    "sibilant": LipDynamics(2.0, 2.0, 0.060, 0.040, (0.25, 0.75)),
    "tongue": LipDynamics(0.6, 0.5, 0.060, 0.040, (0.30, 0.70)),
    "breath": LipDynamics(0.2, 0.2, 0.040, 0.030, (0.30, 0.70)),
    "vowel": LipDynamics(2.2, 2.2, 0.070, 0.035, (0.25, 0.65)),
    "rounded vowel": LipDynamics(2.2, 3.5, 0.060, 0.060, (0.25, 0.80)),
    "pause": LipDynamics(1.2, 1.0, 0.080, 0.060, (0.0, 1.0)),
}
# For weights, closures are held where the lips of GRID are closed: half of the weight then comes and goes with them
# (docs/coarticulation.md has the figures). Of plosives it is a part of the whole closure, silence included.
_HOLDS = {"bilabial plosive": (0.12, 0.70), "bilabial nasal": (0.40, 1.00), "labiodental": (0.50, 1.00)}
_DYNAMICS = LIP_DYNAMICS | {kind: replace(LIP_DYNAMICS[kind], hold=hold) for kind, hold in _HOLDS.items()}
_BY_ARTICULATOR = {
    "labiodental": "labiodental", "dental": "tongue", "sibilant": "sibilant", "rounded": "rounded vowel",
    "spread": "vowel", "open": "vowel", "tongue-only": "tongue", "other": "vowel", "silence": "pause",
}  # fmt: skip

_OF_THE_TONGUE = ("dental", "tongue-only")

# The lips come to rest soon after the last sound and leave it well before the next: means over GRID's pauses.
_REST_AFTER_SECONDS, _REST_BEFORE_SECONDS = 0.09, 0.22
_REACH_SECONDS = 0.6  # a pull is nil beyond: ten time constants
_BASE_STRENGTH = 1e-3  # rest, where nothing pulls

# The limits of [2]_, as parts of full weight.
_FLOORS = {"bilabial": 0.90, "labiodental": 0.80}
_OPEN_CAP_OF_SIBILANTS = 0.35
_CLOSED_CAP = 0.30

_SLACK_SECONDS = 1e-6  # a duration and the time of a frame differ in the last bits


@dataclass(frozen=True, slots=True, eq=False)
class WeightCurves:
    """A weight of every viseme at every time.

    Parameters
    ----------
    visemes : tuple of str, length n_visemes
        Names of the columns: the ids of the map, in its order.
    times : ndarray of float64, shape (n_times,)
        Seconds, strictly increasing.
    values : ndarray of float64, shape (n_times, n_visemes)
        Between 0 and 1; each row sums to 1.
    """

    visemes: tuple[str, ...]
    times: Floats
    values: Floats

    def __len__(self) -> int:
        return len(self.times)

    def column(self, viseme: str) -> Floats:
        """The curve of one viseme, shape (n_times,)."""
        return np.asarray(self.values[:, self.visemes.index(viseme)])

    @property
    def dominant(self) -> list[str]:
        """The viseme with the most weight at each time."""
        return [self.visemes[i] for i in np.argmax(self.values, axis=1)]


def frame_grid(duration: float, rate: Fraction, start: float = 0.0) -> Floats:
    """Times of the frames that begin within a stretch of time.

    Frame k begins at ``start + k / rate``, computed from integers, so that nothing adds up at 24000/1001.

    Parameters
    ----------
    duration : float
        Seconds from `start`; a frame that would begin at the end is left out.
    rate : Fraction
        Frames a second.
    start : float
        Time of the first frame, seconds.

    Returns
    -------
    ndarray of float64, shape (n_frames,)

    Examples
    --------
    >>> frame_grid(0.1, Fraction(25))
    array([0.  , 0.04, 0.08])
    >>> len(frame_grid(3600.0, Fraction(24000, 1001)))
    86314

    Raises
    ------
    TimelineError
        If the rate is not positive, or a time is not finite.
    """
    if rate <= 0 or not (math.isfinite(duration) and math.isfinite(start)):
        raise TimelineError(f"no grid of {rate} frames a second from {start} s over {duration} s")
    n_frames = max(0, math.ceil((duration - _SLACK_SECONDS) * rate))
    return np.asarray(start + np.arange(n_frames) * rate.denominator / rate.numerator, dtype=np.float64)


def weight_curves(
    targets: Sequence[VisemeTarget], viseme_map: VisemeMap, times: npt.ArrayLike, *, alphabet: str = "arpabet"
) -> WeightCurves:
    """The weight of each viseme at each of `times`.

    Parameters
    ----------
    targets : sequence of VisemeTarget
        As :func:`~visalign.visemes.expected.expected_visemes` gives them, with the times of the phones: the steps of
        a mouth track are for drawings, and what curves need of them is done here.
    viseme_map : VisemeMap
        The map that they were made with: its articulators decide how each viseme moves.
    times : array-like of float, shape (n_times,)
        Seconds, strictly increasing; anywhere.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the targets' phones.

    Raises
    ------
    TimelineError
        If the times do not increase.
    UnknownSymbol
        If a phone beside a closure is not of the alphabet.
    """
    wanted = np.asarray(times, dtype=np.float64)
    if wanted.ndim != 1 or np.any(np.diff(wanted) <= 0):
        raise TimelineError("the times of weight curves must be increasing seconds in one dimension")
    pieces = time_closures(split_sequences(targets, viseme_map, alphabet), viseme_map, alphabet)
    pulls = [_Pull.of(target, viseme_map) for target in pieces]
    strength = np.zeros((len(wanted), len(viseme_map.visemes)))
    strength[:, viseme_map.visemes.index(viseme_map.silence)] = _BASE_STRENGTH
    for pull in pulls:
        rows, near = pull.near(wanted)
        strength[rows, pull.column] += pull.strength * near
    values = strength / strength.sum(axis=1, keepdims=True)
    _clamp(values, wanted, pulls, viseme_map)
    return WeightCurves(viseme_map.visemes, wanted, values)


def tongue_curves(targets: Sequence[VisemeTarget], viseme_map: VisemeMap, times: Floats) -> WeightCurves:
    """How far the tongue has come to each of its own visemes (``dental`` and ``tongue-only``), 0 to 1.

    A TH, L or N between two vowels hardly changes the lips, and has little of their weight. The tongue gets all the way
    there, also behind lips that close: these are the dominance of its sounds alone. For channels that move the tongue.

    Parameters
    ----------
    targets, viseme_map, times
        As in :func:`weight_curves`.

    Returns
    -------
    WeightCurves
        Rows do not sum to 1; visemes of other articulators are 0.
    """
    values = np.zeros((len(times), len(viseme_map.visemes)))
    for target in targets:
        if viseme_map.classes[target.viseme].articulator in _OF_THE_TONGUE and not is_silence(target.phone):
            pull = _Pull.of(target, viseme_map)
            rows, near = pull.near(times)
            if len(near) and near.max() < 1.0 and times[0] <= pull.end and times[-1] >= pull.start:
                near[near.argmax()] = 1.0  # between two frames: shown on the nearer one
            values[rows, pull.column] = np.maximum(values[rows, pull.column], near)
    return WeightCurves(viseme_map.visemes, times, values)


def dominance(times: Floats, start: float, end: float, dynamics: LipDynamics) -> Floats:
    """The pull of a plateau from `start` to `end` at each of `times`, as a part of its strength; shape as `times`."""
    reach = np.maximum(start - times, 0.0) / dynamics.lead + np.maximum(times - end, 0.0) / dynamics.lag
    return np.asarray(np.exp(-reach))


def plateau(interval: Interval, dynamics: LipDynamics) -> tuple[float, float, float]:
    """Start and end of a sound's full pull, and a factor that is below 1 for pauses too short to rest in."""
    if dynamics is not LIP_DYNAMICS["pause"]:
        start, end = (interval.start + part * interval.duration for part in dynamics.hold)
        return start, end, 1.0
    weight = min(1.0, interval.duration / (_REST_AFTER_SECONDS + _REST_BEFORE_SECONDS))
    rest = interval.start + weight * _REST_AFTER_SECONDS
    return rest, max(rest, interval.end - _REST_BEFORE_SECONDS), weight


@dataclass(frozen=True, slots=True)
class _Pull:
    """One target as the model sees it."""

    column: int
    articulator: str
    dynamics: LipDynamics
    start: float
    end: float
    strength: float

    @classmethod
    def of(cls, target: VisemeTarget, viseme_map: VisemeMap) -> _Pull:
        articulator = viseme_map.classes[target.viseme].articulator
        dynamics = _DYNAMICS[_kind(target, articulator)]
        start, end, weight = plateau(target.interval, dynamics)
        column = viseme_map.visemes.index(target.viseme)
        return cls(column, articulator, dynamics, start, end, weight * dynamics.strength)

    def near(self, times: Floats) -> tuple[slice, Floats]:
        """The times within reach, and the dominance there as a part of its strength."""
        low, high = np.searchsorted(times, [self.start - _REACH_SECONDS, self.end + _REACH_SECONDS])
        return slice(int(low), int(high)), dominance(times[low:high], self.start, self.end, self.dynamics)


def _kind(target: VisemeTarget, articulator: str) -> str:
    """Which entry of `_DYNAMICS` moves the lips to a target."""
    if is_silence(target.phone):
        return "pause"
    if articulator == "bilabial":  # of the bilabials only the nasals are written with an m, in every alphabet
        return "bilabial nasal" if "m" in target.phone.lower() else "bilabial plosive"
    if not target.is_visible and articulator != "sibilant":
        return "breath" if target.phone.lower() in ("hh", "hv", "h", "ɦ") else "tongue"
    return _BY_ARTICULATOR[articulator]


def _clamp(values: Floats, times: Floats, pulls: Sequence[_Pull], viseme_map: VisemeMap) -> None:
    """The hard rules, in place; closures come last, so that they win.

    A rule holds in full on the plateau of its sound and fades with the sound's dominance, so that no curve jumps.
    """
    articulators = np.array([viseme_map.classes[viseme].articulator for viseme in viseme_map.visemes])
    closed, open_ = articulators == "bilabial", articulators == "open"
    for pull in pulls:
        rows, near = pull.near(times)
        if pull.articulator not in ("bilabial", "silence"):
            _cap(values[rows], closed, 1.0 - (1.0 - _CLOSED_CAP) * near, pull.column)
        if pull.articulator == "sibilant":
            _cap(values[rows], open_, 1.0 - (1.0 - _OPEN_CAP_OF_SIBILANTS) * near, pull.column)
    for pull in pulls:
        if pull.articulator in _FLOORS:
            rows, near = pull.near(times)
            if len(near) and near.max() < 1.0 and times[0] <= pull.end and times[-1] >= pull.start:
                near[near.argmax()] = 1.0  # between two frames: shown on the nearer one
            _raise(values[rows], pull.column, _FLOORS[pull.articulator] * near)


def _cap(part: Floats, columns: npt.NDArray[np.bool_], cap: Floats, own: int) -> None:
    """Limit the sum of some visemes, in place; what they lose goes to the sound's own viseme."""
    total = part[:, columns].sum(axis=1)
    excess = np.maximum(total - cap, 0.0)
    part[:, columns] *= (1.0 - excess / np.maximum(total, 1e-12))[:, None]
    part[:, own] += excess


def _raise(part: Floats, own: int, floor: Floats) -> None:
    """Give a viseme at least `floor`, in place; the others make room in proportion."""
    before = part[:, own].copy()
    after = np.maximum(before, floor)
    part *= ((1.0 - after) / np.maximum(1.0 - before, 1e-12))[:, None]
    part[:, own] = after
