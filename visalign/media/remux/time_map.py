"""Sound at other times: delayed, cut into pieces with a delay each, or stretched a little.

Conventions
-----------
A :class:`Piece` says where the sound from `start` on (seconds on the source's clock) is heard: what was at time t comes
at ``start + delay_seconds + (t - start) * stretch``. It reaches to the start of the next piece, the last one to the
end. Where a piece is to begin before the one before it has ended, the end of that one is cut off; where it begins
later, there is silence between. What would come before 0 is cut off.

The method
----------
Without stretch samples are only moved (delays are rounded to whole samples), so they stay what they were. With stretch
each new sample is interpolated between the 2 * 32 around it by a Kaiser-windowed sinc (Smith and Gossett 1984), whose
cutoff falls with the stretch where sound gets faster. The pitch changes with the speed, as on tape: drift comes from
clocks that ran at different speeds, and to undo it is to undo that change of pitch too.

References
----------
J. O. Smith and P. Gossett, "A flexible sampling-rate conversion method", ICASSP 1984.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.errors import TimelineError
from visalign.files.scratch import GrowingArray, release
from visalign.media.tape import Block

__all__ = ["Piece", "Retimer", "check_pieces", "retimed"]

_HALF_WIDTH = 32
# Weights are kept for this many positions between two samples and interpolated linearly: an error below -100 dB.
_N_PHASES = 512
_KAISER_BETA = 9.0  # side lobes below -90 dB
_BLOCK = 4096
# Cuts are faded over this time, so that they do not click.
_FADE_SECONDS = 0.005
# 25/24, film at television speed, is 4 %; more is not drift.
_MAX_STRETCH = 1.1


@dataclass(frozen=True, slots=True)
class Piece:
    """From `start` on, sound is heard `delay_seconds` later, and `stretch` times as slowly; see the module's text."""

    start: float
    delay_seconds: float
    stretch: float = 1.0

    @property
    def target(self) -> float:
        """Where it begins in the new sound, seconds."""
        return self.start + self.delay_seconds


def check_pieces(pieces: Sequence[Piece]) -> None:
    """Check that pieces follow one another in the old sound and in the new.

    Raises
    ------
    TimelineError
        If not, or if a stretch is beyond 10 %.
    """
    if not pieces:
        raise TimelineError("a correction needs at least one piece")
    for piece in pieces:
        if not (math.isfinite(piece.start) and math.isfinite(piece.delay_seconds)):
            raise TimelineError(f"piece at {piece.start} s with delay {piece.delay_seconds} s: both must be finite")
        if not 1 / _MAX_STRETCH <= piece.stretch <= _MAX_STRETCH:
            raise TimelineError(f"a stretch of {piece.stretch} is no drift; at most 10 % can be undone")
    for before, after in itertools.pairwise(pieces):
        if not (after.start > before.start and after.target > before.target):
            raise TimelineError(f"the piece at {after.start} s would be heard before the one at {before.start} s")


def retimed(samples: Block, rate_hz: int, pieces: Sequence[Piece], n_samples: int | None = None) -> Block:
    """Sound with its pieces at their new times, as long as before (or `n_samples`).

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples, n_channels)
        The sound.
    rate_hz : int
        Samples a second.
    pieces : sequence of Piece
        What is heard when.
    n_samples : int, optional
        Length of the result.

    Raises
    ------
    TimelineError
        As :func:`check_pieces`.

    Examples
    --------
    >>> sound = np.arange(1, 6, dtype=np.float32)[:, None]
    >>> retimed(sound, 10, [Piece(0.0, 0.2)])[:, 0].tolist()
    [0.0, 0.0, 1.0, 2.0, 3.0]
    """
    retimer = Retimer(rate_hz, pieces)
    made = GrowingArray(samples.shape[1:], np.float32)
    for block in itertools.chain(
        retimer.push(samples), retimer.finish(len(samples) if n_samples is None else n_samples)
    ):
        made.extend(block)
        release(samples)
    return made.array()


class Retimer:
    """Does the work of :func:`retimed` block by block, in the memory of a few blocks.

    Parameters
    ----------
    rate_hz : int
        Samples a second.
    pieces : sequence of Piece
        What is heard when.
    """

    def __init__(self, rate_hz: int, pieces: Sequence[Piece]) -> None:
        check_pieces(pieces)
        self._rate_hz, self._pieces = rate_hz, [_Span.of(pieces, i, rate_hz) for i in range(len(pieces))]
        self._starts = np.array([x.target for x in self._pieces])
        self._n_fade = max(1, round(_FADE_SECONDS * rate_hz))
        self._held: Block | None = None  # source samples that may still be needed
        self._n_dropped = self._n_source = self._n_done = 0

    def push(self, block: Block) -> Iterator[Block]:
        """New sound, as far as it can be made now that `block` of the old is known too."""
        self._held = block if self._held is None else np.concatenate([self._held, block])
        self._n_source += len(block)
        while True:
            wanted = np.arange(self._n_done, self._n_done + _BLOCK)
            positions, gains, sharp = self._positions(wanted)
            if np.nanmax(positions, initial=-np.inf) + _HALF_WIDTH + self._n_fade >= self._n_source:
                return
            if self._n_source == 0 or self._beyond(wanted):
                return
            yield self._render(positions, gains, sharp)

    def finish(self, n_samples: int | None = None) -> Iterator[Block]:
        """The rest, up to `n_samples` in all (as many as went in, if None)."""
        end = self._n_source if n_samples is None else n_samples
        while self._n_done < end and self._held is not None:
            wanted = np.arange(self._n_done, min(end, self._n_done + _BLOCK))
            yield self._render(*self._positions(wanted))

    def _beyond(self, wanted: npt.NDArray[np.int64]) -> bool:
        # Silence for which no source is needed is not made before its time: the end is not known yet.
        return bool(wanted[-1] >= self._n_source)

    def _positions(
        self, wanted: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32], bool]:
        """Source positions of new samples (NaN: silence), their gains, and whether they lie on samples."""
        positions, gains = np.full(len(wanted), np.nan), np.zeros(len(wanted), np.float32)
        which, sharp = np.searchsorted(self._starts, wanted, side="right") - 1, True
        for index in np.unique(which[which >= 0]):
            span, rows = self._pieces[index], which == index
            at = span.source + (wanted[rows] - span.target) / span.stretch
            heard = (at < span.source_end) & (at >= 0)
            positions[rows] = np.where(heard, at, np.nan)
            gains[rows] = np.where(heard, span.gain(wanted[rows], at, self._n_fade), 0.0)
            sharp = sharp and span.stretch == 1.0
        return positions, gains, sharp

    def _render(self, positions: npt.NDArray[np.float64], gains: npt.NDArray[np.float32], sharp: bool) -> Block:
        assert self._held is not None  # finish() and push() see to it
        self._n_done += len(positions)
        result = np.zeros((len(positions), self._held.shape[1]), np.float32)
        heard = positions < self._n_source  # not where it is NaN
        if heard.any():
            at = positions[heard]
            first = max(int(at[0]) - _HALF_WIDTH - self._n_dropped, 0)
            self._held, self._n_dropped = self._held[first:], self._n_dropped + first
            within = at - self._n_dropped
            taken = _at_samples(self._held, within) if sharp else _between_samples(self._held, within)
            result[heard] = taken * gains[heard, None]
        return result


@dataclass(frozen=True, slots=True)
class _Span:
    """A piece in samples; `source_end` and `target_end` are where it stops in the old and the new sound."""

    source: int
    target: float
    stretch: float
    source_end: float
    target_end: float
    is_first: bool

    @classmethod
    def of(cls, pieces: Sequence[Piece], index: int, rate_hz: int) -> _Span:
        piece, is_last = pieces[index], index == len(pieces) - 1
        after = None if is_last else pieces[index + 1]
        source = round(piece.start * rate_hz)
        target = source + round(piece.delay_seconds * rate_hz)
        source_end = math.inf if after is None else float(round(after.start * rate_hz))
        target_end = math.inf if after is None else round(after.start * rate_hz) + round(after.delay_seconds * rate_hz)
        if index == 0:
            # Sound before the first piece's start goes with it.
            shift = math.ceil(source + max(0, target) + 1)
            return cls(
                source - shift, target - shift * piece.stretch, piece.stretch, source_end, float(target_end), True
            )
        return cls(source, float(target), piece.stretch, source_end, float(target_end), False)

    def gain(self, wanted: npt.NDArray[np.int64], at: npt.NDArray[np.float64], n_fade: int) -> npt.NDArray[np.float64]:
        """Fades at both ends; none at the very beginning and end of the sound."""
        rising = np.full(len(wanted), np.inf) if self.is_first else (wanted - self.target + 0.5) / n_fade
        falling = np.minimum((self.target_end - wanted - 0.5) / n_fade, (self.source_end - at - 0.5) / n_fade)
        return np.clip(np.minimum(rising, falling), 0.0, 1.0)


def _at_samples(held: Block, positions: npt.NDArray[np.float64]) -> Block:
    rows = np.round(positions).astype(np.int64)
    present = (rows >= 0) & (rows < len(held))
    return np.where(present[:, None], held[np.clip(rows, 0, len(held) - 1)], np.float32(0.0))


def _between_samples(held: Block, positions: npt.NDArray[np.float64]) -> Block:
    """Sound at any positions, by windowed sinc; silence is assumed beyond what is held."""
    step = float(np.median(np.diff(positions))) if len(positions) > 1 else 1.0
    table = _sinc_table(round(min(1.0, 1.0 / step), 4))
    whole = np.floor(positions)
    phases = (positions - whole) * _N_PHASES
    row = phases.astype(np.int64)
    mix = (phases - row).astype(np.float32)[:, None]
    weights = (1 - mix) * table[row] + mix * table[row + 1]
    padded = np.pad(held, ((_HALF_WIDTH, _HALF_WIDTH + 2), (0, 0)))
    first = np.clip(whole.astype(np.int64) + 1, 0, len(padded) - 2 * _HALF_WIDTH)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF_WIDTH, axis=0)[first]
    return np.asarray(np.einsum("nt,nct->nc", weights, windows, optimize=True), np.float32)


@functools.lru_cache(maxsize=8)
def _sinc_table(cutoff: float) -> Block:
    """Weights of the 2 * _HALF_WIDTH samples around a position, for _N_PHASES + 1 positions between two samples."""
    taps = np.arange(1 - _HALF_WIDTH, _HALF_WIDTH + 1)
    distances = np.linspace(0.0, 1.0, _N_PHASES + 1)[:, None] - taps
    inside = np.sqrt(np.clip(1.0 - (distances / _HALF_WIDTH) ** 2, 0.0, 1.0))
    return (cutoff * np.sinc(cutoff * distances) * np.i0(_KAISER_BETA * inside) / np.i0(_KAISER_BETA)).astype(
        np.float32
    )
