"""SMPTE timecode of frames, non-drop and drop-frame, and the clock of a player.

Drop-frame timecode [1]_ runs at 30000/1001 or 60000/1001 frames a second and skips the numbers 0 and 1 (0 to 3 at
59.94) of each minute that is not a multiple of ten, so that it stays with the clock. No frame is dropped, only numbers.

Conventions
-----------
Frames are 0-based: frame 0 is ``00:00:00:00``. Drop-frame is written with ``;`` before the frames.

References
----------
.. [1] SMPTE ST 12-1, Time and control code.
"""

from __future__ import annotations

import re
from fractions import Fraction

from visalign.errors import ConfigError

__all__ = ["can_drop_frames", "clock", "format_timecode", "in_frames", "parse_timecode", "timecode_at"]

_NEARLY = 1e-3  # of a frame: times are written to a microsecond

_DROPS = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}


def clock(seconds: float) -> str:
    """Minutes and seconds, as a player shows them.

    Examples
    --------
    >>> clock(3.26), clock(723.25), clock(3723.0), clock(59.96)
    ('0:03.3', '12:03.2', '1:02:03.0', '1:00.0')
    """
    tenths = round(10 * seconds)
    hours, minutes = divmod(tenths // 600, 60)
    rest = f"{minutes:02d}" if hours else f"{minutes}"
    return f"{hours}:" * bool(hours) + f"{rest}:{tenths % 600 // 10:02d}.{tenths % 10}"


def in_frames(seconds: float, rate: Fraction) -> str:
    """A length in frames, to a tenth; empty where there is no rate that has frames to count.

    Examples
    --------
    >>> in_frames(0.12, Fraction(25)), in_frames(-0.127, Fraction(25)), in_frames(0.04, Fraction(25))
    ('3 frames', '3.2 frames', '1 frame')
    >>> in_frames(1.0, Fraction(0))
    ''
    """
    if rate <= 0:
        return ""
    tenths = round(10 * abs(round(seconds, 6)) * float(rate))
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest} frames" if rest else f"{whole} frame{'s' * (whole != 1)}"


def timecode_at(seconds: float, rate: Fraction) -> str:
    """Timecode of the frame that is shown at a time of the clip; of its first frame before that.

    Empty where the rate is too low for timecode, less than a frame in two seconds.

    Examples
    --------
    >>> timecode_at(1.08, Fraction(25)), timecode_at(0.0399999, Fraction(25)), timecode_at(-0.3, Fraction(25))
    ('00:00:01:02', '00:00:00:01', '00:00:00:00')
    >>> timecode_at(60.1, Fraction(30000, 1001))
    '00:01:00;03'
    """
    if round(rate) < 1:
        return ""
    return format_timecode(max(int(seconds * float(rate) + _NEARLY), 0), rate)


def can_drop_frames(rate: Fraction) -> bool:
    """Whether drop-frame timecode exists at this rate."""
    return rate in _DROPS


def format_timecode(frame: int, rate: Fraction, *, drop_frame: bool | None = None) -> str:
    """Timecode of a frame.

    Parameters
    ----------
    frame : int
        0-based, not negative.
    rate : Fraction
        Frames a second.
    drop_frame : bool, optional
        By default wherever it exists.

    Examples
    --------
    >>> format_timecode(1800, Fraction(30000, 1001)), format_timecode(17982, Fraction(30000, 1001))
    ('00:01:00;02', '00:10:00;00')
    >>> format_timecode(90, Fraction(25))
    '00:00:03:15'

    Raises
    ------
    ConfigError
        If the frame is negative, or there is no drop-frame timecode at this rate.
    """
    if frame < 0:
        raise ConfigError("frame", frame, "0 and above")
    drop = can_drop_frames(rate) if drop_frame is None else drop_frame
    nominal = round(rate)
    if drop:
        frame = _numbered(frame, nominal, rate)
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if drop else ':'}{frames:02d}"


def _numbered(frame: int, nominal: int, rate: Fraction) -> int:
    """The number that drop-frame counting gives a frame."""
    if rate not in _DROPS:
        raise ConfigError("fps", str(rate), "30000/1001 or 60000/1001 for drop-frame timecode")
    dropped = _DROPS[rate]
    per_minute = 60 * nominal - dropped
    per_ten = 10 * per_minute + dropped
    tens, rest = divmod(frame, per_ten)
    # The first minute of ten keeps all its numbers.
    minutes = max(0, (rest - dropped) // per_minute)
    return frame + dropped * (9 * tens + minutes)


def parse_timecode(text: str, rate: Fraction) -> int:
    """Frame of a timecode; ``;`` or ``.`` before the frames means drop-frame.

    Parameters
    ----------
    text : str
        As ``01:00:00:00`` or ``01:00:00;00``.
    rate : Fraction
        Frames a second.

    Examples
    --------
    >>> parse_timecode("00:01:00;02", Fraction(30000, 1001)), parse_timecode("00:00:03:15", Fraction(25))
    (1800, 90)

    Raises
    ------
    ConfigError
        If it is no timecode, or one that this rate does not have.
    """
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d):([0-5]\d)([:;.])(\d{2,3})", text.strip())
    nominal = round(rate)
    if match is None or int(match[5]) >= nominal:
        raise ConfigError("timecode", text, f"HH:MM:SS:FF with frames below {nominal}, ; before them for drop-frame")
    hours, minutes, seconds, frames = (int(match[k]) for k in (1, 2, 3, 5))
    total_minutes = 60 * hours + minutes
    frame = (60 * total_minutes + seconds) * nominal + frames
    if match[4] == ":":
        return frame
    if rate not in _DROPS:
        raise ConfigError("fps", str(rate), "30000/1001 or 60000/1001 for drop-frame timecode")
    dropped = _DROPS[rate]
    if total_minutes % 10 and seconds == 0 and frames < dropped:
        raise ConfigError("timecode", text, f"a frame from {dropped:02d} on: drop-frame timecode skips those before it")
    return frame - dropped * (total_minutes - total_minutes // 10)
