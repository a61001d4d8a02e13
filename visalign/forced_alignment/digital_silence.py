"""Digital silence in a recording: left out before an aligner listens, and put back into what it found.

Why
---
Acoustic models take the mean of all frames for the sound of the room and the microphone, and subtract it. Beside 20 s
of zeros the right words fit 2 nats a frame worse, as badly as those of another text, and PocketSphinx loses its path at
200 frames a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError
from visalign.forced_alignment.alignment import Alignment
from visalign.signals import Audio
from visalign.sound.silence import Cut, silent_stretches, without_stretches
from visalign.timeline import Interval, Tier

__all__ = ["without_digital_silence"]


def without_digital_silence(audio: Audio, listen: Callable[[Audio], Alignment]) -> Alignment:
    """What `listen` finds in a recording without its digital silence, on the recording's own clock.

    Raises
    ------
    AlignmentError
        If `listen` does.
    """
    cuts = silent_stretches(audio)
    if not cuts:
        return listen(audio)
    try:
        found = listen(without_stretches(audio, cuts))
    except AlignmentError as error:
        seconds = sum(x.end - x.start for x in cuts) / audio.rate_hz
        raise AlignmentError(f"{error} ({seconds:.1f} s of digital silence were left out.)") from error
    clock = _Clock.of(audio, cuts)
    words, phones = (clock.tier(x, audio.duration) for x in (found.words, found.phones))
    speakers = None if found.speakers is None else clock.tier(found.speakers, audio.duration)
    notes = tuple(clock.interval(x) for x in found.notes)
    return replace(found, words=words, phones=phones, speakers=speakers, notes=notes)


@dataclass(frozen=True, slots=True)
class _Clock:
    """From seconds without the stretches to seconds with them: places of the cuts, and what they left out so far."""

    places: npt.NDArray[np.float64]
    left_out: npt.NDArray[np.float64]

    @classmethod
    def of(cls, audio: Audio, cuts: Sequence[Cut]) -> _Clock:
        lengths = np.cumsum([x.end - x.start for x in cuts])
        places = np.array([x.start for x in cuts]) - np.concatenate([[0], lengths[:-1]])
        return cls(places / audio.rate_hz, np.concatenate([[0], lengths]) / audio.rate_hz)

    def at(self, seconds: float) -> float:
        """The time on the recording's clock."""
        return seconds + float(self.left_out[np.searchsorted(self.places, seconds, side="left")])

    def tier(self, tier: Tier, end: float) -> Tier:
        """A tier on the recording's clock."""
        return replace(tier, boundaries=(*map(self.at, tier.boundaries[:-1]), end))

    def interval(self, x: Interval) -> Interval:
        """An interval on the recording's clock."""
        return replace(x, start=self.at(x.start), end=self.at(x.end))
