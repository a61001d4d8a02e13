"""The lips that go with timed phones, as lengths on the face.

Conventions
-----------
* Lengths of the mouth are in units of the inter-ocular distance (between the centres of the eyes), so that they
  can be compared with landmarks of any face. Times are seconds.
* ``opening <= 0`` is a closed mouth; below zero the lips press together. Bilabials aim below zero on purpose:
  real lips meet at high speed and go on compressing each other [2]_, so that the seal begins at the acoustic
  closure and the extreme comes after it.
* At rest the mouth is closed, with relaxed lips.

Method
------
Coarticulation by dominance [1]_: each phone pulls each channel towards its target with the dominance function
:math:`D_i(t)` of :mod:`visalign.animation.weight_curves`, and the channel is ``Σ D_i T_i / Σ D_i``, smoothed by a
narrow Gaussian, which has no lag. The numbers started from a least-squares fit to the lip landmarks of 173 sentences of
the GRID corpus [3]_ and were rounded; openings are about a quarter larger than in GRID's fast, relaxed speech. Moved by
GRID's phones, the modelled opening correlates .73 with the measured one, best at a lag of 0.005 s; the width .52, best
at 0.015 s.

References
----------
.. [1] M. M. Cohen and D. W. Massaro, Modeling coarticulation in synthetic visual speech, in Models and Techniques in
   Computer Animation, Springer 1993, 139–156.
.. [2] A. Löfqvist and V. L. Gracco, Lip and jaw kinematics in bilabial stop consonant production, J. Speech Lang.
   Hear. Res. 40(4), 1997, 877–893.
.. [3] M. Cooke, J. Barker, S. Cunningham and X. Shao, An audio-visual corpus for speech perception and automatic
   speech recognition, J. Acoust. Soc. Am. 120(5), 2006, 2421–2424.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields

import numpy as np
import numpy.typing as npt

from visalign.animation.weight_curves import LIP_DYNAMICS, dominance, plateau
from visalign.errors import UnknownSymbol
from visalign.language.articulation import weights
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import SILENCE, is_phone, is_silence, strip_stress
from visalign.numerics import gaussian_filter1d
from visalign.timeline import Interval, Tier

__all__ = ["LIP_CHANNELS", "REST", "LipShape", "lip_trajectory"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LipShape:
    """The mouth at one moment.

    Parameters
    ----------
    opening : float
        Height of the gap between the lips at the middle, inter-ocular distances; 0 and below is closed.
    width : float
        From corner to corner, inter-ocular distances.
    rounding : float
        0 spread .. 1 rounded and pushed forward.
    tuck : float
        0 .. 1 lower lip drawn up to the upper teeth, as in F and V.
    teeth : float
        0 .. 1 how much the teeth show where the mouth is open.
    tongue : float
        0 .. 1 how far the tip of the tongue is raised to where it can be seen, as in L and TH.
    jaw : float
        How far the chin has dropped, inter-ocular distances.
    """

    opening: float = -0.02
    width: float = 0.84
    rounding: float = 0.15
    tuck: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    jaw: float = 0.0


LIP_CHANNELS = tuple(field.name for field in fields(LipShape))
REST = LipShape()


# Phones, class of movement, then the targets: opening, width, rounding, tuck, teeth, tongue.
_TABLE: list[tuple[str, str, tuple[float, float, float, float, float, float]]] = [
    (SILENCE, "pause", (REST.opening, REST.width, REST.rounding, 0.0, 0.0, 0.0)),
    ("P B", "bilabial plosive", (-0.10, 0.82, 0.20, 0.0, 0.0, 0.0)),
    ("M", "bilabial nasal", (-0.10, 0.82, 0.20, 0.0, 0.0, 0.0)),
    ("F V", "labiodental", (0.030, 0.85, 0.05, 1.0, 0.8, 0.0)),
    ("W", "rounded", (0.035, 0.71, 1.00, 0.0, 0.0, 0.0)),
    ("R", "rounded", (0.070, 0.77, 0.65, 0.0, 0.3, 0.1)),
    ("SH ZH CH JH", "rounded", (0.110, 0.76, 0.75, 0.0, 1.0, 0.0)),
    ("S Z", "sibilant", (0.095, 0.87, 0.00, 0.0, 1.0, 0.0)),
    ("T D N", "tongue", (0.120, 0.85, 0.10, 0.0, 0.7, 0.4)),
    ("L", "tongue", (0.140, 0.84, 0.15, 0.0, 0.5, 1.0)),
    ("TH DH", "tongue", (0.100, 0.84, 0.10, 0.0, 0.6, 1.0)),
    ("K G NG", "tongue", (0.155, 0.85, 0.10, 0.0, 0.4, 0.0)),
    ("Y", "tongue", (0.130, 0.88, 0.00, 0.0, 0.6, 0.2)),
    ("HH", "breath", (0.150, 0.84, 0.10, 0.0, 0.3, 0.0)),
    ("AA", "vowel", (0.270, 0.82, 0.15, 0.0, 0.3, 0.0)),
    ("AE", "vowel", (0.270, 0.87, 0.00, 0.0, 0.5, 0.0)),
    ("AH", "vowel", (0.180, 0.83, 0.10, 0.0, 0.4, 0.0)),
    ("EH", "vowel", (0.220, 0.87, 0.00, 0.0, 0.5, 0.1)),
    ("IH", "vowel", (0.165, 0.86, 0.00, 0.0, 0.5, 0.2)),
    ("IY", "vowel", (0.150, 0.91, 0.00, 0.0, 0.7, 0.2)),
    ("AO", "rounded vowel", (0.190, 0.75, 0.70, 0.0, 0.1, 0.0)),
    ("UH ER", "rounded vowel", (0.120, 0.78, 0.60, 0.0, 0.3, 0.0)),
    ("UW", "rounded vowel", (0.070, 0.72, 0.95, 0.0, 0.0, 0.0)),
]
_TARGETS = {phone: (kind, target) for phones, kind, target in _TABLE for phone in phones.split()}

# Diphthongs move from one target to another; the first takes 55 % of the time (the split of OpenFaceFX).
_DIPHTHONGS = {"AY": ("AA", "IH"), "AW": ("AA", "UH"), "EY": ("EH", "IY"), "OW": ("AO", "UW"), "OY": ("AO", "IH")}
_DIPHTHONG_SPLIT = 0.55
_DRAWN = (*_TARGETS, *_DIPHTHONGS)

_GRID_HZ = 500  # the trajectory is computed on this grid and interpolated
_REACH_SECONDS = 0.6  # a phone's pull is nil beyond: ten time constants
_SMOOTHING_SECONDS = 0.010
_JAW_PART = 0.55  # chin drop over lip opening; .55–.6 in the GRID landmarks
_JAW_SMOOTHING_SECONDS = 0.035  # the jaw is heavier than the lips
_BASE_STRENGTH = 1e-3  # rest, where nothing pulls


def lip_trajectory(phones: Tier, times: npt.ArrayLike) -> Floats:
    """Lip shapes that go with timed phones.

    Parameters
    ----------
    phones : Tier
        ARPABET, with or without stress digits, or IPA of any language; any silence label.
    times : array-like of float, shape (n,)
        Seconds at which the shape is wanted; anywhere, also outside the tier, where the mouth is at rest.

    Returns
    -------
    ndarray of float64, shape (n, 7)
        One row a time, the columns named by `LIP_CHANNELS`; ``LipShape(*row)`` makes a shape of a row.

    Raises
    ------
    UnknownSymbol
        If a label is neither a phone of ARPABET or IPA nor silence.
    """
    wanted = np.asarray(times, dtype=float)
    grid = np.arange(phones.start - _REACH_SECONDS, phones.end + _REACH_SECONDS, 1.0 / _GRID_HZ)
    pulled, strength = _dominance(phones, grid)
    rest = np.asarray(astuple(REST)[:6])
    shapes = (pulled + _BASE_STRENGTH * rest) / (strength + _BASE_STRENGTH)
    shapes = gaussian_filter1d(shapes, _SMOOTHING_SECONDS * _GRID_HZ, axis=0, mode="nearest")
    drop = _JAW_PART * np.maximum(shapes[:, 0], 0.0)
    jaw = gaussian_filter1d(drop, _JAW_SMOOTHING_SECONDS * _GRID_HZ, mode="nearest")
    return np.stack([np.interp(wanted, grid, channel) for channel in (*shapes.T, jaw)], axis=-1)


def _dominance(phones: Tier, grid: Floats) -> tuple[Floats, Floats]:
    """Weighted sum of the targets, and sum of the weights, of six channels on the grid: two (n, 6) arrays."""
    pulled, total = np.zeros((len(grid), 6)), np.zeros((len(grid), 6))
    for segment in _segments(phones):
        kind, target = _TARGETS[segment.label]
        dynamics = LIP_DYNAMICS[kind]
        hold_start, hold_end, weight = plateau(segment, dynamics)
        low, high = np.searchsorted(grid, [hold_start - _REACH_SECONDS, hold_end + _REACH_SECONDS])
        strengths = np.array([dynamics.opening_strength] + [dynamics.shape_strength] * 5)
        near = dominance(grid[low:high], hold_start, hold_end, dynamics)
        weights = weight * near[:, None] * strengths
        total[low:high] += weights
        pulled[low:high] += weights * np.asarray(target)
    return pulled, total


def _segments(phones: Tier) -> Iterator[Interval]:
    """The tier in English phones, pauses merged and diphthongs split into their two targets."""
    alphabet = aligned_alphabet(phones.labels)
    for phone in phones.relabel(lambda label: _drawn_as(label, alphabet)).merge_equal():
        if phone.label in _DIPHTHONGS:
            middle = phone.start + _DIPHTHONG_SPLIT * phone.duration
            first, second = _DIPHTHONGS[phone.label]
            yield Interval(phone.start, middle, first)
            yield Interval(middle, phone.end, second)
        else:
            yield phone


def _drawn_as(label: str, alphabet: str) -> str:
    """The English phone that a phone of any language is drawn as: the one that looks most like it."""
    if is_silence(label):
        return SILENCE
    if alphabet == "ipa" and is_phone(label, "ipa"):
        return next(iter(weights(label, sense="eye")))
    bare = strip_stress(label).upper()
    if bare not in _DRAWN:
        raise UnknownSymbol(label, _DRAWN)
    return bare
