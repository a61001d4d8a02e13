"""Sound with events, which can be found again in a recording of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, sosfilt

RATE_HZ = 48000


def scene(seconds: float = 6.0, seed: int = 0, rate_hz: int = RATE_HZ) -> npt.NDArray[np.float64]:
    """Sound with events: bursts of noise through changing filters, at irregular times."""
    rng = np.random.default_rng(seed)
    made = 0.001 * rng.normal(size=round(seconds * rate_hz))
    at = 0.1
    while at < seconds - 0.4:
        length = rng.uniform(0.05, 0.3)
        low = rng.uniform(200, 2500)
        band = butter(2, [low, 2 * low], "bandpass", fs=rate_hz, output="sos")
        burst = sosfilt(band, rng.normal(size=round(length * rate_hz))) * np.hanning(round(length * rate_hz))
        start = round(at * rate_hz)
        made[start : start + len(burst)] += burst * rng.uniform(0.2, 0.8)
        at += length + rng.uniform(0.02, 0.25)
    return made / np.abs(made).max() * 0.5
