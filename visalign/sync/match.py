r"""Whether lips and sound belong together: how much better they fit than lips and sounds that certainly do not.

Method
------
What a sound is worth for the lips at a lag is its gain (:mod:`visalign.sync.lag_gains`), and what stands out of all
lags of the search is its *rise*, :math:`\max_L G(L) - \operatorname{median}_L G(L)`. Every sound may first adapt the
model to the clip, but on other seconds than those in which it is tried: with the even seconds, at the lag that is best
in them, each dimension gets a factor :math:`a_d` on what is expected and a variance :math:`v_d` of what is left over,

.. math:: a_d = \frac{\sum x y + \lambda}{\sum x^2 + \lambda}, \qquad v_d = \frac{\sum (y - a_d x)^2 + \nu}{n + \nu},

and the odd seconds are judged by them, and the other way round. A sound that belongs to the lips learns how these lips
and this camera show it; one that does not learns nothing that holds elsewhere. How large a rise is usual depends
on the face, the camera and the codec, so each clip brings its own yardstick: the rises of :data:`N_FOREIGN` sounds that
are not its own, sought over the same lags, so that a search that finds a best lag in any sound is counted in. There are
two kinds of them:

*other words*
    The clip's own pauses, with other people's speech wherever somebody speaks. Dubs are cut so that their phrases begin
    and end with the lips; who fits no better than these fits by the pauses alone.
*other sounds*
    Other people's speech from the first frame to the last, as if the sound of another clip had got there.

How far the own rise lies above the mean of either kind, in standard deviations, is the evidence; the lesser of the two
counts, the *standing*. Beside it stands the *support*: the share of moments that like the best lag better than nearly
all others. A dub that says some of the same words stands high by few moments; own lips that are hard to read stand as
high by many. A logistic turns both into a probability (:mod:`visalign.training.match_calibration`).

The standing of a clip's own sound grows with the root of how long somebody speaks, so that one that is not sure says
how much more speech would do.

Conventions
-----------
A clip of more than :data:`MAX_SECONDS` is represented by the stretches of `_STRETCH` seconds in which most is said.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.lip_features import LipFeatures
from visalign.numerics import expit, maximum_filter1d, uniform_filter1d
from visalign.parameters import EvidenceParams
from visalign.sound.speech import HOP
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.speech_context import OFFSETS, SpeechContext
from visalign.sync.streams import Stream, expected_lips, frame_shares, observed_lips, weighed
from visalign.sync.wide_search import SearchRange
from visalign.timeline import USUAL_STEP

__all__ = [
    "LEAST_SPEECH",
    "MAX_SECONDS",
    "N_FOREIGN",
    "STANDING",
    "MatchEvidence",
    "Stretch",
    "expected_of_foreign",
    "match_evidence",
    "match_of",
    "stretches_of",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.int64]

N_FOREIGN = 24
"""Sounds of either kind that a clip's own is compared with."""

MAX_SECONDS = 60.0
"""A longer clip is represented by so much of it."""

_STRETCH = 10.0  # seconds
_LAG_STEP = 2  # rows: rises are as wide as syllables
# Adaptation: seconds of which every other one is a half, in rows, and what the training counts beside them.
_SECOND = round(1.0 / HOP)
_PRIOR_ENERGY, _PRIOR_FRAMES, _MAX_FACTOR = 25.0, 25.0, 3.0
LEAST_SPEECH = 0.25  # seconds
"""With less speech, or without a face, there is no evidence."""

STANDING = (-2.0, 12.0)
"""Standings below and above are as good as these."""

_LEAST_STANDING = 0.7  # of a sound of which more may stand out: foreign ones vary by 1
_LEAST_SPREAD = 1e-9  # of the rises: lips that never move rise with no sound
# How many lags a moment must put behind the best one to support it, which lags count as others, and how near to speech.
_MOMENT, _OTHER_LAG, _SUPPORT_RANK, _NEAR_SPEECH = 0.2, 0.08, 0.9, 0.2  # seconds, seconds, share, seconds


@dataclass(frozen=True, slots=True)
class MatchEvidence:
    """What tells lips and sound that belong together from others.

    Parameters
    ----------
    words, sounds : float
        Standard deviations of the rises of other words, and of other sounds, by which the own rise is above their mean.
    support : float
        Share of the moments (of 0.2 s) near speech that like the best lag better than nine in ten of the others, 0..1.
    speech_seconds : float
        How long somebody speaks with a face to be seen.

    Without a face, and with less than :data:`LEAST_SPEECH`, the first three are 0.
    """

    words: float
    sounds: float
    support: float
    speech_seconds: float

    @property
    def standing(self) -> float:
        """The lesser of `words` and `sounds`; beyond the range of :data:`STANDING` more says no more."""
        return float(np.clip(min(self.words, self.sounds), *STANDING))

    def probability(self, calibration: Calibration) -> float:
        """Of lips and sound belonging together at some lag, where as many do as do not, 0..1."""
        return float(expit(self._score(calibration)))

    def log_odds_of_standing(self, calibration: Calibration) -> float | None:
        """What the standing alone adds to the log odds of belonging together; it grows with the root of the speech.

        None where the own sound does not stand out at all, so that more of it promises nothing.
        """
        by_standing = float(calibration.match_weights[0])
        return None if self.standing < _LEAST_STANDING or by_standing <= 0 else by_standing * self.standing

    def _score(self, calibration: Calibration) -> float:
        return float(calibration.match_offset + np.dot(calibration.match_weights, (self.standing, self.support)))


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some seconds of lips beside a sound.

    Parameters
    ----------
    observed : ndarray, shape (n_frames, n_dims)
        Lips in the dimensions of all streams; NaN without a face.
    shares : ndarray, shape (n_frames,)
        What each frame counts, 0..1.
    rows : ndarray of int, shape (n_frames,)
        The row of `expected` that is heard with each frame at the middle of the search; may lie outside.
    expected : ndarray, shape (n_rows, n_dims)
        Lips expected with the sound.
    voiced : ndarray of bool, shape (n_rows,)
        Rows of speech.
    """

    observed: Floats
    shares: Floats
    rows: Numbers
    expected: Floats
    voiced: Flags

    def beside(self, foreign: Floats, places: Numbers) -> Floats:
        """The own sound, then other words, then other sounds: foreign ones from some places on.

        Shape (1 + 2 · n_places, n_rows, n_dims).
        """
        spoken, n_rows = np.flatnonzero(self.voiced), len(self.expected)
        words = np.repeat(self.expected[None], len(places), axis=0)
        words[:, spoken] = foreign[(places[:, None] + np.arange(len(spoken))) % len(foreign)]
        others = foreign[(places[:, None] + np.arange(n_rows)) % len(foreign)]
        return np.concatenate([self.expected[None], words, others])

    def liking(self, lags: Numbers, best: int) -> Flags:
        """Whether each moment near speech likes lag number `best` better than nearly all others, one bool a moment."""
        far = np.abs(lags - lags[best]) > _OTHER_LAG / HOP
        heard = self._heard_at(int(lags[best]))
        near = maximum_filter1d(self.voiced.astype(np.uint8), 2 * round(_NEAR_SPEECH / HOP) + 1, mode="constant")[heard]
        frames = np.flatnonzero((near > 0) & (self.shares > 0))
        if not far.any() or not len(frames):
            return np.zeros(0, bool)
        steps = np.diff(self.rows)
        n_moment = max(round(_MOMENT / HOP / max(float(np.median(steps)), 1.0)), 1) if len(steps) else 1
        moments = uniform_filter1d(self._frame_gains(lags), n_moment, axis=0, mode="constant")[frames]
        return np.asarray(moments[:, best] >= np.quantile(moments[:, far], _SUPPORT_RANK, axis=1))

    def speech_seconds(self, lag: int) -> float:
        """How long somebody speaks with a face to be seen, where the sound is so many rows early."""
        return float(self.shares[self.voiced[self._heard_at(lag)]].sum() * USUAL_STEP)

    def _heard_at(self, lag: int) -> Numbers:
        """Row that is heard with each frame, the outermost beyond the sound."""
        return np.clip(self.rows - lag, 0, len(self.voiced) - 1)

    def _frame_gains(self, lags: Numbers) -> Floats:
        """Gain of each frame at each lag, shape (n_frames, n_lags)."""
        n_rows = len(self.expected)
        padded = np.vstack([self.expected, np.zeros((1, self.expected.shape[1]))])  # beyond the sound nothing is gained
        place = self.rows[:, None] - lags
        place = np.where((place >= 0) & (place < n_rows), place, n_rows)
        products = np.nan_to_num(self.observed) @ padded.T
        gains = np.take_along_axis(products, place, axis=1) - 0.5 * (padded**2).sum(axis=1)[place]
        return np.asarray(gains * self.shares[:, None])


def match_evidence(stretches: Sequence[Stretch], foreign: Floats, reach: float) -> MatchEvidence:
    """Measure how well lips fit their sound beside foreign ones.

    Parameters
    ----------
    stretches : sequence of Stretch
        Of one clip.
    foreign : ndarray, shape (n_rows, n_dims)
        Lips expected with foreign sounds, one after the other, without pauses.
    reach : float
        How far the search over lags goes to either side, seconds.
    """
    n_lags = round(reach / HOP) // _LAG_STEP
    lags, places = _LAG_STEP * np.arange(-n_lags, n_lags + 1), (np.arange(N_FOREIGN) * len(foreign)) // N_FOREIGN
    sounds = [part.beside(foreign, places + n * round(_STRETCH / HOP)) for n, part in enumerate(stretches)]
    halves = [_Half.of(stretches, sounds, lags, odd=odd) for odd in (False, True)]
    plain = np.sum([half.gains() for half in halves], axis=0)
    adapted = halves[0].gains(*halves[1].adapted()) + halves[1].gains(*halves[0].adapted())
    own, rises = plain[0], _rise(adapted)
    best = int(own.argmax())
    speech = sum(part.speech_seconds(int(lags[best])) for part in stretches)
    if speech < LEAST_SPEECH:
        return MatchEvidence(0.0, 0.0, 0.0, speech)
    support = float(np.mean(np.concatenate([part.liking(lags, best) for part in stretches])))
    words, others = rises[1 : 1 + N_FOREIGN], rises[1 + N_FOREIGN :]
    return MatchEvidence(_above(rises[0], words), _above(rises[0], others), support, speech)


@dataclass(frozen=True, slots=True, eq=False)
class _Half:
    """Every other second of a clip, beside several sounds.

    `products` and `energies` are of shape (n_sounds, n_dims, n_lags); `squares`, the sums of the lips' own squares, of
    shape (n_dims,); `n_frames` is the sum of all shares.
    """

    products: Floats
    energies: Floats
    squares: Floats
    n_frames: float

    @classmethod
    def of(cls, stretches: Sequence[Stretch], sounds: Sequence[Floats], lags: Numbers, *, odd: bool) -> _Half:
        """One half of all stretches, each beside its sounds."""
        total: _Half | None = None
        for part, expected in zip(stretches, sounds, strict=True):
            frames = np.flatnonzero(((part.rows // _SECOND) % 2 == odd) & (part.shares > 0))
            half = cls._of_frames(part.observed[frames], part.shares[frames], part.rows[frames], expected, lags)
            total = half if total is None else total.with_more(half)
        return total or cls(np.zeros((1, 1, len(lags))), np.zeros((1, 1, len(lags))), np.zeros(1), 0.0)

    @classmethod
    def _of_frames(cls, observed: Floats, shares: Floats, rows: Numbers, sounds: Floats, lags: Numbers) -> _Half:
        n_sounds, n_rows, n_dims = sounds.shape
        products, energies = (np.empty((n_sounds, n_dims, len(lags))) for _ in range(2))
        padded = np.concatenate([sounds, np.zeros((n_sounds, 1, n_dims))], axis=1)  # beyond it nothing is expected
        weighted = shares[:, None] * observed
        for k, lag in enumerate(lags):
            place = rows - lag
            heard = padded[:, np.where((place >= 0) & (place < n_rows), place, n_rows)]
            products[..., k] = np.einsum("std,td->sd", heard, weighted)
            energies[..., k] = shares @ heard**2
        return cls(products, energies, np.asarray(shares @ observed**2), float(shares.sum()))

    def with_more(self, other: _Half) -> _Half:
        """Both together."""
        return _Half(
            self.products + other.products,
            self.energies + other.energies,
            self.squares + other.squares,
            self.n_frames + other.n_frames,
        )

    def gains(self, factors: Floats | float = 1.0, variances: Floats | float = 1.0) -> Floats:
        """Gain of each sound at each lag, with a factor and a variance for each sound and dimension."""
        factors, variances = np.atleast_2d(factors)[..., None], np.atleast_2d(variances)[..., None]
        worth = factors * self.products - 0.5 * factors**2 * self.energies
        return np.asarray((worth / variances).sum(axis=1))

    def adapted(self) -> tuple[Floats, Floats]:
        """Factors and variances that fit this half, at the lag that is best in it; shape (n_sounds, n_dims) each."""
        best, sounds = self.gains().argmax(axis=1), np.arange(len(self.products))
        products, energies = self.products[sounds, :, best], self.energies[sounds, :, best]
        factors = np.clip((products + _PRIOR_ENERGY) / (energies + _PRIOR_ENERGY), 0.0, _MAX_FACTOR)
        left_over = self.squares - 2 * factors * products + factors**2 * energies
        return factors, (left_over + _PRIOR_FRAMES) / (self.n_frames + _PRIOR_FRAMES)


def _above(own: float, others: Floats) -> float:
    spread = float(others.std(ddof=1))
    return float((own - others.mean()) / spread) if spread > _LEAST_SPREAD else 0.0


def _rise(gains: Floats) -> Floats:
    """The best of all lags over their median."""
    return np.asarray(gains.max(axis=-1) - np.median(gains, axis=-1))


def match_of(
    model: LipModel,
    lips: LipFeatures,
    context: SpeechContext,
    search: SearchRange,
    params: EvidenceParams,
    *,
    recognised: bool,
    away: Flags | None = None,
) -> MatchEvidence:
    """Measure how well the lips of a clip fit what is heard beside foreign sounds.

    Parameters
    ----------
    model : LipModel
        Its foreign sounds are the yardstick.
    lips : LipFeatures
    context : SpeechContext
        What is heard.
    search : SearchRange
    params : EvidenceParams
    recognised : bool
        Whether the phones of `context` were recognised without a transcript.
    away : ndarray of bool, shape (n_frames,), optional
        Frames to leave out.
    """
    parts = stretches_of(weighed(model.streams, params), lips, context, search, away)
    return match_evidence(parts, expected_of_foreign(model, params, recognised=recognised), search.reach)


@functools.lru_cache(maxsize=8)
def expected_of_foreign(model: LipModel, params: EvidenceParams, *, recognised: bool) -> Floats:
    """Lips expected with the foreign sounds of a model, shape (n_rows, n_dims).

    `recognised` says which of their phones to take: those that were recognised without a transcript, or the aligned.
    """
    return expected_lips(weighed(model.streams, params), model.foreign.context(recognised=recognised))


def stretches_of(
    streams: Sequence[Stream], lips: LipFeatures, context: SpeechContext, search: SearchRange, away: Flags | None
) -> list[Stretch]:
    """A clip in stretches, or those of a long one in which most is said and seen.

    Parameters
    ----------
    streams : sequence of Stream
    lips : LipFeatures
    context : SpeechContext
        What is heard.
    search : SearchRange
        Where the lead is sought.
    away : ndarray of bool, shape (n_frames,), or None
        Frames to leave out.
    """
    is_seen = lips.has_face if away is None else lips.has_face & ~away
    shares = np.where(is_seen, frame_shares(lips), 0.0)
    centres = lips.times.centres
    rows = np.round((centres - search.leads_at(centres)) / HOP).astype(np.int64)
    voiced = context.voiced > 0.5
    inside = (rows >= 0) & (rows < len(voiced))
    said = np.where(inside, voiced[np.clip(rows, 0, len(voiced) - 1)], False) * shares
    numbers = ((centres - centres[0]) // _STRETCH).astype(np.int64)
    amounts = np.bincount(numbers, said)
    most = np.argsort(-amounts, kind="stable")[: round(MAX_SECONDS / _STRETCH)]
    chosen = sorted(most[amounts[most] > 0].tolist())
    return [
        _stretch(streams, lips, context, frames, shares[frames], rows[frames], search.reach)
        for frames in (slice(*np.searchsorted(numbers, [n, n + 1]).tolist()) for n in chosen)
    ]


def _stretch(
    streams: Sequence[Stream],
    lips: LipFeatures,
    context: SpeechContext,
    frames: slice,
    shares: Floats,
    rows: Numbers,
    reach: float,
) -> Stretch:
    beyond, margin = round(reach / HOP), round(max(OFFSETS) / HOP)
    first, last = max(int(rows.min()) - beyond, 0), min(int(rows.max()) + beyond + 1, len(context.rows))
    near = slice(max(first - margin, 0), last + margin)
    heard, own = SpeechContext(context.rows[near]), slice(first - near.start, last - near.start)
    observed = observed_lips(streams, lips, frames)
    return Stretch(observed, shares, rows - first, expected_lips(streams, heard)[own], (heard.voiced > 0.5)[own])
