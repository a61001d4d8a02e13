r"""What sounds are worth for lips at many lags at once.

Method
------
What a stream expects at a lag is worth its gain in log-likelihood over expecting nothing:

.. math:: G(L) = \sum_t y_t \cdot x_{t-L} - \tfrac12 \lVert x_{t-L} \rVert^2

with :math:`y` the lips and :math:`x` their expectation, both white where the prediction is right. Lips before and after
the sound gain nothing, so lags with little overlap have no advantage. Both sums are correlations, so the Fourier
transform gives all lags in :math:`O(n \log n)`. The gain is the likelihood of :mod:`visalign.sync.lip_model` but for
the adaptation to the clip, which the exact search adds.

Conventions
-----------
Lags are leads of the audio, in rows of :data:`~visalign.sound.speech.HOP` seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["ShownLips", "gains_at"]

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ShownLips:
    """Lips on the grid of the sound.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_dims)
        What is seen, each frame at the row of the sound that is nearest to it and times its share; 0 between them.
    shares : ndarray, shape (n_rows,)
        What the frames of each row count.
    first : int
        The row of the sound's grid that the first row is; may be negative.
    """

    values: Floats
    shares: Floats
    first: int

    @classmethod
    def on_grid(cls, observed: Floats, shares: Floats, rows: npt.NDArray[np.int64]) -> ShownLips:
        """Lips of some frames, shape (n_frames, n_dims), with the share and the row of each; NaN counts nothing."""
        first = int(rows.min())
        n_rows = int(rows.max()) - first + 1
        values, summed = np.zeros((n_rows, observed.shape[1])), np.zeros(n_rows)
        np.add.at(values, rows - first, np.nan_to_num(observed) * shares[:, None])
        np.add.at(summed, rows - first, shares)
        return cls(values, summed, first)


def gains_at(shown: ShownLips, expected: Floats, lags: npt.NDArray[np.int64]) -> Floats:
    """Gain of each of several sounds at each lag.

    Parameters
    ----------
    shown : ShownLips
    expected : ndarray, shape (n_sounds, n_rows, n_dims)
        Lips expected with each sound, from its first row on.
    lags : ndarray of int, shape (n_lags,)
        Rows by which the sound is heard before the lips that it belongs to.

    Returns
    -------
    ndarray, shape (n_sounds, n_lags)
    """
    # lips at row first + i meet the sound's row first + i - lag, so lag - first is the shift between the two arrays
    shifts = lags - shown.first
    n_fft = _power_of_two(len(shown.values) + expected.shape[1])
    transformed = -0.5 * np.fft.rfft(shown.shares, n_fft) * np.conj(_transformed((expected**2).sum(axis=-1), n_fft))
    for d in range(expected.shape[2]):  # one at a time: of a film no more need be in memory
        transformed += np.fft.rfft(shown.values[:, d], n_fft) * np.conj(_transformed(expected[:, :, d], n_fft))
    gains = np.fft.irfft(transformed, n_fft, axis=1)
    apart = (shifts >= len(shown.values)) | (shifts <= -expected.shape[1])
    return np.where(apart, 0.0, gains[:, shifts % n_fft])


def _transformed(rows: Floats, n_fft: int) -> npt.NDArray[np.complex128]:
    return np.asarray(np.fft.rfft(rows, n_fft, axis=1))


def _power_of_two(n: int) -> int:
    return 1 << (n - 1).bit_length()
