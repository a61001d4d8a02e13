r"""Where to look in a long clip whose offset changes: the rough course of the lead, for the exact search to follow.

An episode whose sound runs at 24/23.976 of its speed is 2.7 s early after 45 minutes, and a reel that was cut in one
track only is off by seconds from there on. No search around one lag meets both ends of such a clip.

Method
------
The picture is cut into blocks of 6 s. For each, the gain in log-likelihood of every lag over expecting nothing
(:mod:`visalign.sync.wide_search`) comes from one Fourier transform. A path through the blocks, lag by lag, is then
found by dynamic programming [1]_: from block to block the lag may creep by some 10 ms, as it does with a drift and from
one sentence to the next, or jump anywhere at a price. Faster drifts come from mistaken rates, which are few; for each
of them the sound is stretched accordingly and the path is sought anew, and the best path wins. It is believed where its
gain is far above what the sound of other words reaches.

A path becomes a straight line from jump to jump (Theil and Sen, :func:`~visalign.sync.drift.find_drift`), and each jump
is put to the frame where the likelihood under one line hands over to the other.

Conventions
-----------
Seconds; *heard* is when a sound is heard, *shown* when the lips that belong to it are seen, ``shown = heard + lead``.

References
----------
.. [1] D. Talkin, A robust algorithm for pitch tracking (RAPT), 1995: candidates frame by frame, costs of changing, and
   the cheapest path; here for lags in place of pitch periods.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, release, scratch_array
from visalign.lips.lip_features import LipFeatures
from visalign.sound.speech import HOP
from visalign.sync.drift import RATES, find_drift
from visalign.sync.lip_model import Calibration
from visalign.sync.speech_context import SpeechContext
from visalign.sync.streams import Stream, frame_shares

__all__ = ["STEADY", "LeadCourse", "rough_course"]

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.float32]

_BLOCK = 6.0  # seconds: two short sentences
_SHORTEST_CLIP = 6 * _BLOCK
_MIN_PIECE = 3  # blocks
# What the lag may move by from block to block, in steps of HOP, and what it costs (log-likelihood). A block of speech
# gains 50 to 130 by its own lag, and 60 over the best other one; at this price the sound of other words hardly jumps.
_CREEP_COSTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
_JUMP_COST = 80.0
# A larger step than this, beyond the usual one of a drift, parts two pieces.
_JUMP = 0.07  # seconds
# A piece of so many blocks is parted again where its leads scatter by so much about a line, and two lines leave only
# this share of the squared error.
_MIN_PARTED, _CROOKED, _BETTER = 8, 0.02, 0.35
# Log-likelihood gained a second of voice along the best path: 19 to 47 by the own sound of seven speakers left out of
# the training, at most 2 by that of others; 10 where others say nearly the same sentences at the same pace.
_LEAST_GAIN = 12.0
_MIN_REACH = 2.0  # seconds to either side that are searched at least
_REACH_GROWTH = 0.002  # and so much more a second of clip: twice what 23.976 for 24 amounts to
_MAX_LAGS = 4000  # that a path chooses from; more are pooled
_ROWS = 1 << 14  # that are worked on at once
_RELEASE_EVERY = 16  # blocks
# A course that stays this near to one lag is none: the exact search around that lag sees all of it.
_STEADY_WITHIN = 0.1  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class LeadCourse:
    """By how much the lead differs from that of the clip on the whole, moment by moment; straight between knots.

    Parameters
    ----------
    heard, strays : ndarray, shape (n_knots,)
        When a sound is heard, and how much more it leads there, seconds; neither `heard` nor ``heard + strays`` ever
        runs back.
    """

    heard: Floats
    strays: Floats

    def at_heard(self, times: npt.ArrayLike) -> Floats:
        """What is to be added to the clip's lead for sounds heard at `times`, seconds."""
        if not len(self.heard):
            return np.zeros(np.shape(times))
        return np.asarray(np.interp(np.asarray(times, np.float64), self.heard, self.strays), np.float64)

    def at_shown(self, times: npt.ArrayLike, lead: float) -> Floats:
        """The same for lips that are seen at `times`, in a clip of this `lead`.

        Lips whose sound is missing, as behind a cut, belong to the moment of the cut.
        """
        if not len(self.heard):
            return np.zeros(np.shape(times))
        shown = np.asarray(times, np.float64) - lead
        first, last = self.strays[0], self.strays[-1]
        knots = self.heard + self.strays
        inside = shown - np.interp(shown, knots, self.heard)
        return np.where(shown < knots[0], first, np.where(shown > knots[-1], last, inside))


STEADY = LeadCourse(np.zeros(0), np.zeros(0))
"""One lead for the whole clip."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Over the frames shown in ``[start, end)`` the lead is ``at_zero + rate * t``."""

    start: float
    end: float
    at_zero: float
    rate: float

    @property
    def duration(self) -> float:
        return self.end - self.start

    @property
    def heard_start(self) -> float:
        return self.start - float(self.lead_at(self.start))

    @property
    def heard_end(self) -> float:
        return self.end - float(self.lead_at(self.end))

    def lead_at(self, shown: npt.ArrayLike) -> Floats:
        return np.asarray(self.at_zero + self.rate * np.asarray(shown, np.float64))


def rough_course(
    streams: Sequence[Stream],
    faces: Sequence[LipFeatures],
    context: SpeechContext,
    max_lag: float,
    calibration: Calibration,
) -> tuple[float, LeadCourse] | None:
    """How the lead goes on along a clip.

    Parameters
    ----------
    streams : sequence of Stream
    faces : sequence of LipFeatures
        The lips of each face, all with the same times; at each moment those count that fit best.
    context : SpeechContext
        What is heard.
    max_lag : float
        Seconds within which the lead lies at the beginning; more is searched, the longer the clip is.
    calibration : Calibration
        Its temperature tells how far gains can be trusted.

    Returns
    -------
    (float, LeadCourse) or None
        The lead in the middle of all, seconds, and what it differs by elsewhere; None where one lag serves for the
        whole clip, or nothing is certain.
    """
    duration = faces[0].times.duration
    if duration < _SHORTEST_CLIP or not any(lips.has_face.any() for lips in faces):
        return None
    sides = _Sides.of(streams, faces, context, calibration)
    reach = max(max_lag, _MIN_REACH) + _REACH_GROWTH * duration
    best = max((_best_path(sides, rate, reach) for rate in RATES), key=lambda path: path[0])
    pieces = [piece for piece in _pieces(best[1], best[2]) if sides.gain_per_second(piece) >= _LEAST_GAIN]
    pieces = _parted(sides, _in_order(pieces))
    return _course_of(pieces, sides.centres[sides.is_shown], duration, max_lag) if pieces else None


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """What one face shows, from its first frame to its last: most faces of a film are seen in few shots."""

    first: int
    shares: Floats  # (n_frames,), 0 where it is not seen
    lips: Rows  # (n_frames, n_dims)

    @classmethod
    def of(cls, lips: LipFeatures, streams: Sequence[Stream], scales: Sequence[float]) -> _Face:
        first, part = lips.while_seen()
        shares = np.where(part.has_face, frame_shares(part), 0.0)
        return cls(first, shares, _side_by_side([stream.observe(part) for stream in streams], scales))

    def within(self, frames: slice) -> tuple[slice, slice]:
        """Which of some frames of the clip are its own: where they lie among those, and among its own."""
        low, high = max(frames.start, self.first), min(frames.stop, self.first + len(self.shares))
        high = max(low, high)
        return slice(low - frames.start, high - frames.start), slice(low - self.first, high - self.first)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Lips and expectation, all streams side by side and scaled so that a gain is ``y x - x x / 2``."""

    centres: Floats  # (n_frames,)
    faces: tuple[_Face, ...]
    expected: Rows  # (n_rows, n_dims), every HOP
    voiced: Rows  # (n_rows,), 0..1

    @classmethod
    def of(
        cls, streams: Sequence[Stream], faces: Sequence[LipFeatures], context: SpeechContext, calibration: Calibration
    ) -> _Sides:
        scales = [float(np.sqrt(calibration.temperature * stream.weight)) for stream in streams]
        seen = [_Face.of(lips, streams, scales) for lips in faces]
        expected = _side_by_side([stream.expect(context) for stream in streams], scales)
        return cls(faces[0].times.centres, tuple(seen), expected, context.voiced)

    @property
    def is_shown(self) -> npt.NDArray[np.bool_]:
        """Frames with a face, shape (n_frames,)."""
        shown = np.zeros(len(self.centres), bool)
        for face in self.faces:
            shown[face.first : face.first + len(face.shares)] |= face.shares > 0
        return shown

    def rows_heard(self, frames: slice, lead: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Rows of the sound that go with frames at their leads, and whether there is such a row."""
        index = np.round((self.centres[frames] - lead) / HOP).astype(np.int64)
        return np.clip(index, 0, len(self.expected) - 1), (index >= 0) & (index < len(self.expected))

    def frame_gains(self, frames: slice, lead: Floats) -> Floats:
        """Gain of each frame at its own lead, by the face that fits best in that second; shape (n_frames,)."""
        if not len(lead):
            return np.zeros(0)
        index, known = self.rows_heard(frames, lead)
        rows = self.expected[index] * known[:, None]
        energy = 0.5 * np.einsum("nd,nd->n", rows, rows)
        seconds = np.unique(np.floor(self.centres[frames]), return_index=True)[1]
        lengths = np.diff(np.append(seconds, len(rows)))
        best, highest = np.zeros(len(rows)), np.full(len(seconds), -np.inf)
        for face in self.faces:
            here, own = face.within(frames)
            gain, shares = np.zeros(len(rows)), np.zeros(len(rows))
            shares[here] = face.shares[own]
            gain[here] = (np.einsum("nd,nd->n", face.lips[own], rows[here]) - energy[here]) * shares[here]
            total = np.where(np.add.reduceat(shares, seconds) > 0, np.add.reduceat(gain, seconds), -np.inf)
            better = np.repeat(total > highest, lengths)
            best[better], highest = gain[better], np.maximum(highest, total)
        return best

    def gain_per_second(self, piece: _Piece) -> float:
        """Log-likelihood gained a second of voice, where a face is seen."""
        frames = slice(*np.searchsorted(self.centres, [piece.start, piece.end]).tolist())
        lead = piece.lead_at(self.centres[frames])
        index, known = self.rows_heard(frames, lead)
        voice = self.voiced[index] * known * self.is_shown[frames]
        seconds = float(voice.mean() * piece.duration) if len(voice) else 0.0
        return float(self.frame_gains(frames, lead).sum()) / seconds if seconds > 1.0 else 0.0


def _side_by_side(parts: Sequence[npt.NDArray[Any]], scales: Sequence[float]) -> Rows:
    """Columns of all parts, each scaled; 0 in place of NaN."""
    widths = np.cumsum([0, *(part.shape[1] for part in parts)])
    result = scratch_array((len(parts[0]), int(widths[-1])), np.float32)
    for rows in blocks_of(len(result), _ROWS, result, *parts):
        for part, scale, first, last in zip(parts, scales, widths[:-1], widths[1:], strict=True):
            result[rows, first:last] = np.nan_to_num(scale * part[rows])
    return result


def _best_path(sides: _Sides, rate: float, reach: float) -> tuple[float, Floats, Floats]:
    """Gain of the best path where the sound leads by `rate` more each second, and its leads block by block.

    Returns
    -------
    gain : float
    times, leads : ndarray, shape (n_blocks,)
        Middle of each block as shown, and its lead, seconds.
    """
    gains, lags = _block_gains(sides, rate, reach)
    gain, path = _cheapest(gains)
    n_rows = round(_BLOCK / HOP)
    times = (np.arange(len(path)) + 0.5) * n_rows * HOP
    stretched = lags[np.arange(len(path)), path]
    leads = np.asarray(times - (times - stretched) / (1.0 + rate), np.float64)
    return gain, np.asarray(times, np.float64), leads


def _block_gains(sides: _Sides, rate: float, reach: float) -> tuple[Rows, Rows]:
    """Gain of each block at each lag, and the lag, seconds of the stretched sound; both of shape (n_blocks, n_lags)."""
    n_block, n_reach = round(_BLOCK / HOP), round(reach / HOP)
    n_fft = 1 << (2 * n_reach + 2 * n_block).bit_length()
    n_blocks = int(sides.centres[-1] / _BLOCK) + 1
    n_pool = -(-(2 * n_reach + 1) // _MAX_LAGS)
    gains, lags = [], []
    for block in range(n_blocks):
        first = block * n_block
        heard = _stretched(sides.expected, slice(first - n_reach, first + n_block + n_reach), rate)
        spectrum = np.fft.rfft(heard, n_fft, axis=0)
        energy = np.fft.rfft(0.5 * np.einsum("nd,nd->n", heard, heard), n_fft)
        frames = slice(*np.searchsorted(np.round(sides.centres / HOP), [first, first + n_block]).tolist())
        rows = np.round(sides.centres[frames] / HOP).astype(np.int64) - first
        seen = [face for face in sides.faces if face.shares[face.within(frames)[1]].any()]
        best = np.zeros(2 * n_reach + 1) if not seen else np.full(2 * n_reach + 1, -np.inf)
        for face in seen:
            here, own = face.within(frames)
            shown, shares = _on_grid(face, own, rows[here], n_block)
            products = (spectrum * np.conj(np.fft.rfft(shown, n_fft, axis=0))).sum(axis=1)
            gain = np.fft.irfft(products - energy * np.conj(np.fft.rfft(shares, n_fft)), n_fft)
            best = np.maximum(best, gain[2 * n_reach :: -1])  # the k-th is at lag k - n_reach
        pooled, index = _pooled(best, n_pool)
        gains.append(pooled.astype(np.float32))
        lags.append(((index - n_reach) * HOP).astype(np.float32))
        if block % _RELEASE_EVERY == 0:
            release(sides.expected, *(face.lips for face in sides.faces))
    return np.array(gains), np.array(lags)


def _stretched(rows: Rows, part: slice, rate: float) -> Rows:
    """What is expected, on the clock of a picture that runs so much slower than the sound; nothing beyond its ends."""
    index = np.arange(part.start, part.stop)
    index = index if rate == 0.0 else np.round(index / (1.0 + rate)).astype(np.int64)
    known = (index >= 0) & (index < len(rows))
    return np.asarray(rows[np.clip(index, 0, len(rows) - 1)] * known[:, None])


def _on_grid(face: _Face, frames: slice, rows: npt.NDArray[np.int64], n_rows: int) -> tuple[Rows, Rows]:
    """Lips of some of a face's frames, each at its row of `n_rows`, and their shares."""
    shown, shares = np.zeros((n_rows, face.lips.shape[1]), np.float32), np.zeros(n_rows, np.float32)
    np.add.at(shown, rows, (face.lips[frames] * face.shares[frames, None]).astype(np.float32))
    np.add.at(shares, rows, face.shares[frames].astype(np.float32))
    return shown, shares


def _pooled(gain: Floats, n: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The best of each `n` neighbours, and where it is."""
    if n == 1:
        return gain, np.arange(len(gain))
    groups = np.pad(gain, (0, -len(gain) % n), constant_values=-np.inf).reshape(-1, n)
    best = groups.argmax(axis=1)
    return groups[np.arange(len(groups)), best], best + n * np.arange(len(groups))


def _cheapest(gains: Rows) -> tuple[float, npt.NDArray[np.int64]]:
    """Most that a path gains, and its column in each row."""
    n_rows, n_columns = gains.shape
    back = np.empty((n_rows, n_columns), np.int32)
    total, columns = gains[0].astype(np.float64), np.arange(n_columns, dtype=np.int32)
    for row in range(1, n_rows):
        best, origin = total.copy(), columns.copy()
        for step, cost in enumerate(_CREEP_COSTS[1:], start=1):
            for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
                better = total[there] - cost > best[here]
                best[here][better] = total[there][better] - cost
                origin[here][better] = columns[there][better]
        top = int(total.argmax())
        jumps = total[top] - _JUMP_COST > best
        best[jumps], origin[jumps] = total[top] - _JUMP_COST, top
        back[row] = origin
        total = best + gains[row]
    path = [int(total.argmax())]
    for row in range(n_rows - 1, 0, -1):
        path.append(int(back[row, path[-1]]))
    return float(total.max()), np.array(path[::-1])


def _pieces(times: Floats, leads: Floats) -> list[_Piece]:
    """A straight line for each stretch without a jump that is long enough."""
    half, found = 0.5 * _BLOCK, list[_Piece]()
    usual = float(np.median(np.diff(leads)))  # of a drift
    cuts = np.flatnonzero(np.abs(np.diff(leads) - usual) > _JUMP) + 1
    stretches = np.split(np.arange(len(times)), cuts)
    for part in itertools.chain.from_iterable(_straight(times, leads, stretch) for stretch in stretches):
        if len(part) < _MIN_PIECE:
            continue
        line = find_drift(times[part], leads[part])
        at_zero, rate = (float(np.median(leads[part])), 0.0) if line is None else (line.lead_at_start, line.rate)
        found.append(_Piece(float(times[part[0]]) - half, float(times[part[-1]]) + half, at_zero, rate))
    return found


def _straight(times: Floats, leads: Floats, part: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    """A stretch, parted where two lines fit much better than one: small jumps look like creeping."""
    whole = _squared_error(times[part], leads[part])
    if len(part) >= _MIN_PARTED and whole > len(part) * _CROOKED**2:
        cuts = range(_MIN_PIECE, len(part) - _MIN_PIECE + 1)
        errors = [
            _squared_error(times[x], leads[x]) + _squared_error(times[y], leads[y]) for x, y in _halves(part, cuts)
        ]
        best = int(np.argmin(errors))
        if errors[best] < _BETTER * whole:
            for half in next(_halves(part, [cuts[best]])):
                yield from _straight(times, leads, half)
            return
    yield part


def _halves(
    part: npt.NDArray[np.int64], cuts: Iterable[int]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    return ((part[:cut], part[cut:]) for cut in cuts)


def _squared_error(x: Floats, y: Floats) -> float:
    """What the line of least squares leaves over."""
    x, y = x - x.mean(), y - y.mean()
    spread = float(x @ x)
    return float(y @ y) - (float(x @ y) ** 2 / spread if spread else 0.0)


def _in_order(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Without those that would have the sound run back by more than half of them: the shorter one of a pair goes."""
    kept = list[_Piece]()
    for piece in pieces:
        while kept and kept[-1].heard_end - piece.heard_start > 0.5 * min(kept[-1].duration, piece.duration):
            if kept[-1].duration >= piece.duration:
                break
            kept.pop()
        else:
            kept.append(piece)
    return kept


def _parted(sides: _Sides, pieces: Sequence[_Piece]) -> list[_Piece]:
    """Neighbours that meet at the frame where the likelihood hands over."""
    ends = [piece.end for piece in pieces]
    starts = [piece.start for piece in pieces]
    for k, (before, after) in enumerate(itertools.pairwise(pieces)):
        span = [before.end - _BLOCK, after.start + _BLOCK]
        frames = slice(*np.searchsorted(sides.centres, span).tolist())
        times = sides.centres[frames]
        if not len(times):
            continue
        kept = sides.frame_gains(frames, before.lead_at(times)) - sides.frame_gains(frames, after.lead_at(times))
        gained = np.concatenate([[0.0], np.cumsum(kept)])
        ends[k] = starts[k + 1] = float(np.append(times, span[1])[gained.argmax()])
    return [
        _Piece(start, end, x.at_zero, x.rate) for x, start, end in zip(pieces, starts, ends, strict=True) if end > start
    ]


def _course_of(
    pieces: Sequence[_Piece], moments: Floats, duration: float, max_lag: float
) -> tuple[float, LeadCourse] | None:
    """The lines as knots, if one lag would not do at all the `moments` that show a face."""
    pieces = [
        _Piece(
            piece.start if k else min(piece.start, 0.0),
            piece.end if k < len(pieces) - 1 else max(piece.end, duration),
            piece.at_zero,
            piece.rate,
        )
        for k, piece in enumerate(pieces)
    ]
    shown = np.array([time for piece in pieces for time in (piece.start, piece.end)])
    leads = np.array([float(piece.lead_at(time)) for piece in pieces for time in (piece.start, piece.end)])
    heard = _running_on(shown - leads, shown)
    everywhere = np.interp(moments, shown, leads)
    lead = float(np.median(everywhere))
    if np.abs(everywhere - lead).max() <= _STEADY_WITHIN and abs(lead) <= max_lag:
        return None
    return lead, LeadCourse(heard, leads - lead)


def _running_on(heard: Floats, shown: Floats) -> Floats:
    """When the sounds at both sides of a jump are heard, so that time never runs back.

    Where sound is missing, the lips of the gap hear nothing: both sides of the cut are heard at one moment.
    """
    result = heard.copy()
    for k in range(1, len(heard) - 1, 2):
        if result[k + 1] < result[k]:
            result[k] = result[k + 1] = 0.5 * (result[k] + result[k + 1])
    return np.maximum.accumulate(result)
