"""Sound and pictures in memory, and what a container says of itself: values that need no library but numpy.

Whoever only handles them imports them from here; reading and writing is for :mod:`visalign.media`.

Conventions
-----------
Seconds after the clip's origin, as :mod:`visalign.media.clips` reads them. Sound is float32 between -1 and 1, pictures
are uint8.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, scratch_array

__all__ = ["CANCELLED_ENERGY", "Audio", "AudioStream", "Channels", "Frame", "Image", "MediaInfo", "VideoStream"]

Image: TypeAlias = npt.NDArray[np.uint8]
"""A picture, shape (height, width) for luma or (height, width, 3) for RGB."""

CANCELLED_ENERGY = 0.05
"""Stereo whose mean keeps less than this share of its louder channel's energy has channels of opposite polarity."""

# Samples at a time: of long sound no more need be in memory.
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono sound; sample 0 is at the clip's origin.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Between -1 and 1, all finite.
    rate_hz : int
        Samples a second.
    decode_errors : int
        Damaged packets that were skipped (silence stands in their place).
    recorded_hz : int
        Rate at which the file has it; 0 where that is not known.
    tracks : tuple of str
        All sound tracks of the file, in words: index, codec, channels.
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    decode_errors: int = 0
    recorded_hz: int = 0
    tracks: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """Sound with all its channels, as it was recorded; sample 0 is at the clip's origin.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples, n_channels)
        Between -1 and 1, all finite.
    rate_hz : int
        Samples a second.
    layout : str
        What the channels are, by FFmpeg's names ("mono", "stereo", "5.1" …).
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    layout: str

    @property
    def mono(self) -> Audio:
        """The mean of all channels; where two cancel each other, the louder one."""
        mix, mixed, energy = scratch_array((len(self.samples),), np.float32), 0.0, np.zeros(self.samples.shape[1])
        for part in blocks_of(len(mix), _BLOCK, self.samples, mix):
            block = self.samples[part]
            mix[part] = block.mean(axis=1, dtype=np.float32)
            mixed += float(np.dot(mix[part], mix[part]))
            energy += np.einsum("nc,nc->c", block, block)
        if self.samples.shape[1] == 2 and mixed < CANCELLED_ENERGY * float(energy.max()):
            return self.channel(int(np.argmax(energy)))
        return Audio(mix, self.rate_hz)

    def channel(self, index: int) -> Audio:
        """One channel."""
        samples = scratch_array((len(self.samples),), np.float32)
        for part in blocks_of(len(samples), _BLOCK, self.samples, samples):
            samples[part] = self.samples[part, index]
        return Audio(samples, self.rate_hz)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a clip.

    Parameters
    ----------
    time : float
        Seconds after the clip's origin at which it appears.
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        Luma, or RGB where colour was asked for; upright.
    """

    time: float
    image: Image


@dataclass(frozen=True, slots=True)
class VideoStream:
    """What a container says about one of its video streams.

    `width_px` and `height_px` are as stored, before `rotation_degrees` (counterclockwise, to be upright) is applied;
    `start` and `duration` are seconds, the start on the clip's clock; `rate` is nominal frames a second.
    """

    index: int
    codec: str
    width_px: int
    height_px: int
    rate: Fraction
    rotation_degrees: int
    start: float
    duration: float

    def __str__(self) -> str:
        return f"{self.index} ({self.codec}, {self.width_px} x {self.height_px})"


@dataclass(frozen=True, slots=True)
class AudioStream:
    """What a container says about one of its audio streams; `start` (on the clip's clock) and `duration` in seconds."""

    index: int
    codec: str
    rate_hz: int
    n_channels: int
    start: float
    duration: float


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file holds; `duration` in seconds, from its origin to the end of its longest stream.

    `strange` are the kinds (``"video"``, ``"audio"``) that it has in a codec that can't be decoded.
    """

    path: Path
    duration: float
    container: str
    video: tuple[VideoStream, ...]
    audio: tuple[AudioStream, ...]
    strange: tuple[str, ...] = ()
