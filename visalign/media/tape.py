"""Lay decoded sound down in time: silence in gaps, overlaps cut, one sampling rate throughout.

Conventions
-----------
A block is float32 (n_samples, n_channels) between -1 and 1, all finite. Blocks that follow one another have no gap:
the first begins at the clip's origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt

from visalign.files.scratch import GrowingArray
from visalign.media import ffmpeg

__all__ = ["Block", "Energy", "Lane", "Tape", "named_layout"]

Block = npt.NDArray[np.float32]

# A jump in the audio's presentation times beyond this is a gap or overlap, below it rounding: containers store times
# to a millisecond at worst, and encoders pad by less than one 1024-sample frame (21 ms at 48 kHz) unmarked.
_MAX_AUDIO_JITTER_SECONDS = 0.020
# A jump beyond this comes from broken time stamps, and filling it with silence would fill the memory.
_MAX_AUDIO_JUMP_SECONDS = 3600.0
# Silence is made in pieces of at most this many samples.
_SILENCE_PIECE = 1 << 16


# FFmpeg's own choice for each number of channels.
_USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


def named_layout(layout: av.AudioLayout) -> str:
    """FFmpeg's name of a layout; of a file that tells only how many channels it has, the usual one."""
    if layout.name.endswith(" channels"):
        return _USUAL_LAYOUTS.get(layout.nb_channels, layout.name)
    return layout.name


class Lane:
    """Turns decoded frames into blocks that follow one another without a gap.

    Frames that follow one another run through one resampler; at a jump it is emptied and a new one takes over,
    because a resampler knows nothing of time.

    Parameters
    ----------
    rate_hz : int
        Sampling rate of the blocks.
    layout : str or None
        Channels of the blocks, by FFmpeg's names; None: stereo stays stereo, all else becomes mono.

    Attributes
    ----------
    rate_hz : int
        As given.
    n_samples : int
        Samples laid so far.
    decode_errors : int
        Damaged packets so far.
    """

    def __init__(self, rate_hz: int, layout: str | None = None) -> None:
        self.rate_hz, self._layout = rate_hz, layout
        self._resampler: av.AudioResampler | None = None
        self._setup: tuple[str, str, int] | None = None
        self._n_channels = 1
        self._expected = 0.0
        self._n_to_cut = 0
        self.n_samples = 0
        self.decode_errors = 0

    def note_damage(self) -> None:
        """Count a packet that can't be decoded."""
        self.decode_errors += 1

    def lay(self, frame: av.AudioFrame, time: float | None) -> list[Block]:
        """Blocks of a frame heard at `time` seconds; without a time, or with an absurd one, it follows the last."""
        blocks = list[Block]()
        try:
            # One by one: silence that was laid before the damage is counted, so it must be kept.
            for block in self._lay(frame, time):
                blocks.append(block)
        except ffmpeg.DAMAGE:
            self.note_damage()
            self._resampler = None
        return blocks

    def rest(self) -> list[Block]:
        """What the resampler still holds, at the end."""
        resampler, self._resampler = self._resampler, None
        return [] if resampler is None else list(self._blocks(resampler.resample(None)))

    def _lay(self, frame: av.AudioFrame, time: float | None) -> Iterator[Block]:
        setup = frame.format.name, frame.layout.name, frame.sample_rate
        if time is None or abs(time - self._expected) > _MAX_AUDIO_JUMP_SECONDS:
            time = self._expected
        if self._resampler is None or setup != self._setup or abs(time - self._expected) > _MAX_AUDIO_JITTER_SECONDS:
            yield from self.rest()
            self._setup, self._expected = setup, time
            # Planes must not be read from a decoded frame itself: with 7.1 sound PyAV reads past the last one and the
            # process dies. Packed samples from a resampler have one plane.
            layout = self._layout or ("stereo" if frame.layout.nb_channels == 2 else "mono")
            self._n_channels = av.AudioLayout(layout).nb_channels
            yield from self._move_to(round(time * self.rate_hz))
            self._resampler = av.AudioResampler("flt", layout, self.rate_hz)
        self._expected += frame.samples / frame.sample_rate
        yield from self._blocks(self._resampler.resample(frame))

    def _move_to(self, index: int) -> Iterator[Block]:
        self._n_to_cut = max(self.n_samples - index, 0)
        while self.n_samples < index:
            n = min(_SILENCE_PIECE, index - self.n_samples)
            self.n_samples += n
            yield np.zeros((n, self._n_channels), np.float32)

    def _blocks(self, frames: Iterable[av.AudioFrame]) -> Iterator[Block]:
        for frame in frames:
            packed = np.asarray(frame.to_ndarray(), np.float32)
            block = packed.reshape(-1, frame.layout.nb_channels)[self._n_to_cut :]
            self._n_to_cut -= min(self._n_to_cut, frame.samples)
            # Float formats may hold anything.
            block = np.clip(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0)
            self.n_samples += len(block)
            yield block


class Tape:
    """Records decoded sound in mono.

    Parameters
    ----------
    rate_hz : int
        Sampling rate of the result.
    channel : int or None
        The channel to keep (of stereo sound 0 left, 1 right); None mixes all.
    layout : str or None
        As of :class:`Lane`: needed to keep a channel of more than two.

    Attributes
    ----------
    energy : Energy
        Energy so far.
    """

    def __init__(self, rate_hz: int, channel: int | None, layout: str | None = None) -> None:
        self._lane, self._channel = Lane(rate_hz, layout), channel
        self._samples = GrowingArray((), np.float32)
        self.energy = Energy(0.0, 0.0, 0.0)

    @property
    def decode_errors(self) -> int:
        """Damaged packets so far."""
        return self._lane.decode_errors

    @property
    def seconds(self) -> float:
        """What was recorded so far."""
        return self._lane.n_samples / self._lane.rate_hz

    def note_damage(self) -> None:
        """Count a packet that can't be decoded."""
        self._lane.note_damage()

    def record(self, frame: av.AudioFrame, time: float | None) -> None:
        """Lay a frame down at `time` seconds; without a time, or with an absurd one, behind what is there."""
        self._append(self._lane.lay(frame, time))

    def samples(self) -> npt.NDArray[np.float32]:
        """All that was recorded, float32 (n_samples,); the tape is finished."""
        self._append(self._lane.rest())
        return self._samples.array()

    def _append(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            mono = block.mean(axis=1) if self._channel is None else block[:, min(self._channel, block.shape[1] - 1)]
            self.energy = self.energy.plus(mono, block[:, 0], block[:, -1])
            self._samples.extend(mono)


class Energy(NamedTuple):
    """Sums of squares of the mixed sound, and of its left and right channels before mixing."""

    mix: float
    left: float
    right: float

    def plus(self, *signals: npt.NDArray[np.float32]) -> Energy:
        """With the sums of squares of three more signals added."""
        return Energy(*(e + float(np.dot(x, x)) for e, x in zip(self, signals, strict=True)))
