"""What editing programs get: the clip, and markers at the words that are out of sync.

Where nothing was checked (the input is a sound or a TextGrid), there are no faults to mark, and every word gets a
marker: then the file is an index of the dialogue.

Conventions
-----------
Frames are 0-based at the rate of `--fps`, else of the clip, else 25.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from visalign.exports.exporter import Exporter, ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.timecode import can_drop_frames

__all__ = ["Marker", "clip_frames", "editorial_rate", "first_record_frame", "markers"]

RECORD_HOUR = 1  # programmes begin at 01:00:00:00 by custom


@dataclass(frozen=True, slots=True)
class Marker:
    """A named stretch of frames.

    Parameters
    ----------
    frame, n_frames : int
        First frame, 0-based, and how many.
    name : str
        What it says.
    is_fault : bool
        Whether it marks a fault.
    """

    frame: int
    n_frames: int
    name: str
    is_fault: bool


def editorial_rate(utterance: Utterance, options: ExportOptions, exporter: Exporter) -> Fraction:
    """Frames a second."""
    return options.rate or utterance.frame_rate or exporter.rate


def clip_frames(utterance: Utterance, rate: Fraction) -> int:
    """Frames of the whole clip."""
    return max(1, math.ceil(round(utterance.duration * rate, 6)))


def markers(utterance: Utterance, rate: Fraction) -> list[Marker]:
    """A marker a fault; a marker a word where nothing was checked."""
    if utterance.is_checked:
        rows = [(x.interval, x.message, True) for x in utterance.faults]
    else:
        rows = [(x, x.label, False) for x in utterance.words if x.label]
    last = clip_frames(utterance, rate) - 1
    found = []
    for interval, name, is_fault in rows:
        frame = min(math.floor(interval.start * rate), last)
        found.append(Marker(frame, max(1, round(interval.duration * rate)), name, is_fault))
    return found


def first_record_frame(rate: Fraction) -> int:
    """Number of the frame at the beginning of a programme, which is at 01:00:00:00."""
    nominal = round(rate)
    numbered = 3600 * RECORD_HOUR * nominal
    # An hour of drop-frame numbers skips 108 (at 29.97) or 216.
    return numbered - RECORD_HOUR * 54 * (2 if nominal == 30 else 4) if can_drop_frames(rate) else numbered
