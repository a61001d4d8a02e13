"""Timecode against an independent library, and the published counts of drop-frame."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import ConfigError
from visalign.files.timecode import format_timecode

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("frame", "text"),
    [(0, "00:00:00;00"), (1799, "00:00:59;29"), (1800, "00:01:00;02"), (17981, "00:09:59;29"), (17982, "00:10:00;00")],
)
def test_drop_frame(frame: int, text: str) -> None:
    assert format_timecode(frame, NTSC) == text


def test_an_hour_of_drop_frame_stays_with_the_clock() -> None:
    assert format_timecode(round(3600 * NTSC), NTSC) == "01:00:00;00"
    assert format_timecode(round(3600 * 2 * NTSC), 2 * NTSC) == "01:00:00;00"


@given(st.integers(0, 2_000_000), st.sampled_from(["24", "25", "29.97", "30", "59.94", "60"]))
def test_as_the_timecode_library(frame: int, rate: str) -> None:
    timecode = pytest.importorskip("timecode", reason="an independent implementation")
    ours = {"29.97": NTSC, "59.94": 2 * NTSC}.get(rate) or Fraction(rate)
    assert format_timecode(frame % (round(ours) * 86000), ours) == str(
        timecode.Timecode(rate, frames=frame % (round(ours) * 86000) + 1)
    )


def test_impossible() -> None:
    with pytest.raises(ConfigError):
        format_timecode(-1, Fraction(25))
    with pytest.raises(ConfigError, match="30000/1001"):
        format_timecode(1, Fraction(25), drop_frame=True)
