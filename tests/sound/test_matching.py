"""Where a sound lies in another, to a part of a sample."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sample_sound import RATE_HZ, scene

from visalign.media.clips import Audio
from visalign.sound.matching import match_sounds


@pytest.mark.parametrize("rates_hz", [(16000, 16000), (48000, 16000), (44100, 48000)])
def test_match_is_exact_to_a_part_of_a_sample(rates_hz: tuple[int, int]) -> None:
    one = scene(6.0, 4, rates_hz[0])
    other = scene(6.0, 4, rates_hz[1]) if rates_hz[0] == rates_hz[1] else _resampled(one, *rates_hz)
    start = round(0.75 * rates_hz[1])
    first, second = (Audio(x.astype(np.float32), r) for x, r in zip((one, other[start:]), rates_hz, strict=True))
    match = match_sounds(first, second)
    assert match is not None
    assert match.is_certain
    assert match.offset_seconds == pytest.approx(0.75, abs=1e-5)
    back = match_sounds(second, first)
    assert back is not None
    assert back.offset_seconds == pytest.approx(-0.75, abs=1e-5)


def _resampled(samples: npt.NDArray[np.float64], old_hz: int, new_hz: int) -> npt.NDArray[np.float64]:
    from scipy.signal import resample_poly

    divisor = int(np.gcd(old_hz, new_hz))
    return np.asarray(resample_poly(samples, new_hz // divisor, old_hz // divisor))


def test_nothing_to_match() -> None:
    silence, short = Audio(np.zeros(RATE_HZ * 2, np.float32), RATE_HZ), Audio(np.ones(10, np.float32), RATE_HZ)
    assert match_sounds(silence, silence) is None
    assert match_sounds(short, silence) is None
