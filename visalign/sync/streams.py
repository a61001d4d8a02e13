r"""The streams of the lip model: what lips are expected with a sound, and how likely those seen are at each lag.

The method is described in :mod:`visalign.sync.lip_model`. Long clips are walked through piece by piece, and what is
kept of each moment lies on disk (:mod:`visalign.files.scratch`), so that memory does not grow with their length.

Conventions
-----------
A lag is the lead of the audio in seconds: positive where a sound is heard before the lips make it, so that lips at time
t belong to what is heard at t - lag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, scratch_array
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams
from visalign.sound.speech import HOP
from visalign.sync.speech_context import OFFSETS, SpeechContext, rows_at

__all__ = ["Stream", "expected_lips", "frame_shares", "observed_lips", "stream_log_likelihoods", "weighed"]

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.float32]

# A frame counts as much as 40 ms of picture at most: frames that follow faster tell less that is new.
_BEST_FRAMES = 0.9  # quantile of the visibility that is believed in full
_FULL_FRAME = 0.04  # seconds

_MAX_BLOCK = 1 << 18  # numbers that are worked on at once
_FRAMES, _ROWS = 1 << 11, 1 << 15  # that are worked on at once: a minute and a half, five minutes and a half


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One Gaussian regression of lip features on the speech context.

    Parameters
    ----------
    columns : tuple of str, length n_columns
        The lip features that it looks at.
    weights : ndarray, shape (n_channels * n_offsets, n_dims)
        Regression; offsets are the slow index.
    bias : ndarray, shape (n_dims,)
    projection : ndarray, shape (n_columns, n_dims)
        From normalised lip features to the dimensions in which what is left over is white.
    weight : float
        What its log-likelihood counts in the sum.
    """

    columns: tuple[str, ...]
    weights: Rows
    bias: Rows
    projection: Floats
    weight: float

    def observe(self, lips: LipFeatures) -> Floats:
        """Lips in the stream's dimensions, shape (n_frames, n_dims); NaN without a face."""
        result = scratch_array((len(lips), self.projection.shape[1]), np.float64)
        for part in blocks_of(len(lips), _FRAMES, lips.values, result):
            result[part] = self.observe_rows(lips, part)
        return result

    def observe_rows(self, lips: LipFeatures, frames: slice) -> Floats:
        """The same of some frames."""
        return np.asarray(lips.normalised_rows(frames, self.columns) @ self.projection)

    def expect(self, context: SpeechContext) -> Rows:
        """Prediction on the context's grid, shape (n_rows, n_dims).

        A filter over time: one product an offset, so the stacked context is never built.
        """
        n_channels, n_rows = context.rows.shape[1], len(context.rows)
        total = scratch_array((n_rows, len(self.bias)), np.float32)
        reach = round(max(OFFSETS) / HOP)
        for part in blocks_of(n_rows, _ROWS, context.rows, total):
            near = slice(max(part.start - reach, 0), min(part.stop + reach, n_rows))
            rows, own = context.rows[near], np.tile(self.bias, (part.stop - part.start, 1))
            for k, offset in enumerate(OFFSETS):
                product = rows @ self.weights[k * n_channels : (k + 1) * n_channels]
                index = np.arange(part.start, part.stop) + round(offset / HOP)
                own += product[np.clip(index, 0, n_rows - 1) - near.start]
            total[part] = own
        return total


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One stream on one clip: lips, predictions, and how far they lie apart in this clip."""

    stream: Stream
    observed: Floats
    expected: Rows
    centres: Floats
    variance: Floats  # of what is left over, by dimension; 1 is what the training found

    @classmethod
    def of(cls, stream: Stream, lips: LipFeatures, context: SpeechContext, centres: Floats) -> _Fit:
        return cls(stream, stream.observe(lips), stream.expect(context), centres, np.ones(len(stream.bias)))

    def residuals(self, frames: slice, lags: Floats) -> Floats:
        """Shape (n_frames, n_lags, n_dims)."""
        heard = rows_at(self.expected, (self.centres[frames, None] - lags).ravel())
        seen = self.observed[frames]
        return np.asarray(seen[:, None] - heard.reshape(len(seen), len(lags), -1))

    def adapted(self, lag: float, prior_frames: float) -> _Fit:
        """The same with the variances of this clip, at `lag`; the training counts as `prior_frames` frames."""
        squares, n_known = np.zeros(len(self.variance)), 0
        for frames in blocks_of(len(self.observed), _FRAMES, self.observed, self.expected):
            rows = self.observed[frames] - rows_at(self.expected, self.centres[frames] - lag)
            known = rows[np.isfinite(rows).all(axis=1)]
            squares, n_known = squares + (known**2).sum(axis=0), n_known + len(known)
        return replace(self, variance=np.asarray((prior_frames + squares) / (prior_frames + n_known)))

    def log_likelihoods(self, frames: slice, lags: Floats, persistence: float) -> Floats:
        """Shape (n_frames, n_lags)."""
        first = max(frames.start - 1, 0) if persistence else frames.start  # what is new asks for the frame before
        before = slice(first, frames.stop)
        result = np.empty((frames.stop - frames.start, len(lags)))
        block = max(1, _MAX_BLOCK // max(1, self.observed[frames].size))
        for low in range(0, len(lags), block):  # many lags at once, as long as that does not cost much memory
            part = slice(low, low + block)
            news = _news(self.residuals(before, lags[part]), persistence)[frames.start - first :]
            result[:, part] = (news**2 / self.variance).sum(axis=-1)
        return np.asarray(-0.5 * self.stream.weight * (result + np.log(self.variance).sum()))


def _news(residual: Floats, persistence: float) -> Floats:
    """What is new in each frame's residual, of the same variance; the first frame and one after a gap are all new."""
    if persistence == 0.0:
        return residual
    news = residual.copy()
    news[1:] = (residual[1:] - persistence * residual[:-1]) / np.sqrt(1.0 - persistence**2)
    return np.where(np.isnan(news), residual, news)


def stream_log_likelihoods(
    streams: Sequence[Stream],
    lips: LipFeatures,
    context: SpeechContext,
    lags: Floats,
    params: EvidenceParams,
    centres: Floats | None = None,
) -> Floats:
    """Evidence of each frame for each lag.

    Parameters
    ----------
    streams : sequence of Stream
    lips : LipFeatures
        n_frames frames.
    context : SpeechContext
        What is heard.
    lags : ndarray, shape (n_lags,)
        Leads of the audio, seconds.
    params : EvidenceParams
    centres : ndarray, shape (n_frames,), optional
        The moments that lags are counted from; by default when each frame is shown.

    Returns
    -------
    ndarray, shape (n_frames, n_lags)
        Log-likelihood of the frame's lips given what is heard `lag` earlier; 0 for a frame without a face.
    """
    share = frame_shares(lips)
    moments = lips.times.centres if centres is None else centres
    fits = [_Fit.of(stream, lips, context, moments) for stream in weighed(streams, params)]
    result = scratch_array((len(lips), len(lags)), np.float64)
    total = _weigh_in(fits, lags, params.persistence, share, result)
    adapted = [fit.adapted(float(lags[total.argmax()]), params.prior_frames) for fit in fits]
    _weigh_in(adapted, lags, params.persistence, share, result)
    return result


def _weigh_in(fits: Sequence[_Fit], lags: Floats, persistence: float, share: Floats, result: Floats) -> Floats:
    """Put the sum of the streams into `result`, each frame times its share, and give the sum of all frames.

    Frames without a face (NaN) count 0.
    """
    total = np.zeros(len(lags))
    arrays = [array for fit in fits for array in (fit.observed, fit.expected)]
    for frames in blocks_of(len(result), _FRAMES, result, *arrays):
        parts = [fit.log_likelihoods(frames, lags, persistence) for fit in fits]
        result[frames] = np.nan_to_num(np.sum(parts, axis=0)) * share[frames, None]
        total = total + result[frames].sum(axis=0)
    return total


def observed_lips(streams: Sequence[Stream], lips: LipFeatures, frames: slice) -> Floats:
    """Some frames in the dimensions of all streams, each times the root of its weight, shape (n_frames, n_dims)."""
    return np.hstack([stream.observe_rows(lips, frames) * np.sqrt(stream.weight) for stream in streams])


def expected_lips(streams: Sequence[Stream], context: SpeechContext) -> Floats:
    """What all streams expect, in the same dimensions as :func:`observed_lips`, shape (n_rows, n_dims)."""
    return np.hstack([stream.expect(context) * np.sqrt(stream.weight) for stream in streams]).astype(np.float64)


def weighed(streams: Sequence[Stream], params: EvidenceParams) -> list[Stream]:
    """The streams with the factors of `params` on their weights; those that count nothing are left out."""
    factors = [
        params.appearance_factor
        if any(name.startswith("appearance") for name in stream.columns)
        else params.geometry_factor
        for stream in streams
    ]
    found = [replace(s, weight=s.weight * factor) for s, factor in zip(streams, factors, strict=True) if factor > 0]
    return found or list(streams)


def frame_shares(lips: LipFeatures) -> Floats:
    """What each frame's evidence counts, 0..1, shape (n_frames,).

    Its time on screen over 40 ms, at most 1, times how well the mouth can be seen beside the best frames (0 without a
    face).
    """
    shown = 2.0 * (lips.times.centres - lips.times.times)
    return np.asarray(np.clip(shown / _FULL_FRAME, 0.0, 1.0)) * _belief(lips.visible)


def _belief(visible: Floats) -> Floats:
    """How far each frame is believed, beside the best ones of its clip.

    Frames that show less than the others count less. What all of them lack is a matter of the whole clip: whether
    anything can be told from it is judged by the evidence itself.
    """
    seen = visible[visible > 0]
    return np.minimum(visible / np.quantile(seen, _BEST_FRAMES), 1.0) if len(seen) else visible
