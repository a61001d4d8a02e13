"""WebRTC's voice activity detector, by the wheel `webrtcvad-wheels`.

It answers yes or no, so its three stricter settings are asked too and the share of yes is taken for a probability,
smoothed over 70 ms. It was made for telephones: 16 kHz at most, frames of 10 ms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from visalign.errors import BackendUnavailable
from visalign.media.clips import resampled
from visalign.signals import Audio

__all__ = ["WebRtcDetector"]

_RATE_HZ = 16000
_FRAME = _RATE_HZ // 100
_MODES = (0, 1, 2, 3)
_SMOOTHING = 7  # frames


class WebRtcDetector:
    """Asks WebRTC's detector.

    Raises
    ------
    BackendUnavailable
        If the library is not installed.
    """

    def __init__(self) -> None:
        try:
            # optional: only for those who choose this detector
            import webrtcvad
        except ImportError as error:
            hint = 'Install it with: pip install "visalign[vad]", or use the statistical detector.'
            raise BackendUnavailable("webrtcvad", hint) from error
        self._detectors = [webrtcvad.Vad(mode) for mode in _MODES]

    def probabilities(self, audio: Audio) -> npt.NDArray[np.float64]:
        """Probability of speech, shape (n_rows,), a row each 10 ms."""
        samples = resampled(audio.samples, audio.rate_hz, _RATE_HZ)
        n_rows = int(np.ceil(audio.duration * 100 - 1e-9))
        padded = np.pad(samples, (0, max(0, n_rows * _FRAME - len(samples))))
        pcm = (32767 * np.clip(padded, -1, 1)).astype("<i2")
        frames = [pcm[i * _FRAME : (i + 1) * _FRAME].tobytes() for i in range(n_rows)]
        votes = np.array([[d.is_speech(x, _RATE_HZ) for d in self._detectors] for x in frames], np.float64)
        window = np.ones(_SMOOTHING) / _SMOOTHING
        return np.asarray(np.convolve(votes.mean(axis=1), window, mode="same")) if n_rows else np.zeros(0)
