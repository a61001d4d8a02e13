"""Speech of other people, ready to be laid under any lips: what a match is measured against.

Whether lips and sound belong together can't be told from how well they fit: a cropped face, an old codec or a moustache
fit their own sound badly, and well-lit lips fit any speech that begins and ends with them. It can be told from how much
better they fit than with sounds that are certainly not theirs (:mod:`visalign.sync.match`). A lip model brings such
sounds along: a minute of the speech that it was learnt from, without its pauses, as rows of speech context. No words
can be heard in them: a row holds twenty rounded band energies and the number of a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.sound.speech import HOP, N_BANDS
from visalign.sync.speech_context import PHONES, SpeechContext

__all__ = ["ForeignSounds"]

SECONDS = 60.0
"""How much speech is kept."""

_STEP = 0.125  # of the bands, in deviations of the clip's level: what a sum over frames never notices
_MIN_ROWS = round(5.0 / HOP)


@dataclass(frozen=True, slots=True, eq=False)
class ForeignSounds:
    """Speech of several people, one after the other, on the grid of a speech context.

    Parameters
    ----------
    aligned, recognised : ndarray of uint8, shape (n_rows,)
        Numbers of the phones (:data:`~visalign.sync.speech_context.PHONES`) as they were found with the transcript,
        and without it: a clip is compared with what was found in the way that its own were.
    bands : ndarray of float16, shape (n_rows, N_BANDS)
        Mel bands as :class:`~visalign.sync.speech_context.SpeechContext` has them.
    """

    aligned: npt.NDArray[np.uint8]
    recognised: npt.NDArray[np.uint8]
    bands: npt.NDArray[np.float16]

    def __post_init__(self) -> None:
        n_rows = len(self.bands)
        if self.bands.shape != (n_rows, N_BANDS) or not np.isfinite(self.bands).all():
            raise ValueError(
                f"the bands of foreign sounds have shape {self.bands.shape}, or values that are not finite"
            )
        for phones in (self.aligned, self.recognised):
            if phones.shape != (n_rows,) or phones.dtype != np.uint8 or (phones >= len(PHONES)).any():
                raise ValueError("the phones of foreign sounds do not fit them")
        if n_rows < _MIN_ROWS:
            raise ValueError(f"foreign sounds of {n_rows * HOP:.1f} s are too short to compare with")

    def __len__(self) -> int:
        return len(self.bands)

    @classmethod
    def of(cls, spoken: Iterable[tuple[SpeechContext, SpeechContext]]) -> ForeignSounds:
        """The speech of some clips, one after the other, until there are :data:`SECONDS`.

        Parameters
        ----------
        spoken : iterable of (SpeechContext, SpeechContext)
            Of each clip: with the phones that were aligned, and with those that were recognised.
        """
        columns = list[tuple[npt.NDArray[Any], ...]]()
        n_rows = 0
        for aligned, recognised in spoken:
            if n_rows >= round(SECONDS / HOP):
                break
            columns.append(_speech_of(aligned, recognised))
            n_rows += len(columns[-1][0])
        return cls(*(np.concatenate(column) for column in zip(*columns, strict=True)))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a file of a lip model."""
        return {"aligned": self.aligned, "recognised": self.recognised, "bands": self.bands}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> ForeignSounds:
        """What :meth:`to_arrays` gave.

        Raises
        ------
        ValueError, KeyError
            If it did not.
        """
        bands = np.asarray(arrays["bands"], np.float16)
        return cls(np.asarray(arrays["aligned"]), np.asarray(arrays["recognised"]), bands)

    def context(self, *, recognised: bool) -> SpeechContext:
        """As something that is heard, with the phones of one kind or the other."""
        return SpeechContext.of_rows(self.recognised if recognised else self.aligned, self.bands.astype(np.float32))


def _speech_of(
    aligned: SpeechContext, recognised: SpeechContext
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Rows of speech: where the phones that were aligned say so."""
    n_rows = min(len(aligned.rows), len(recognised.rows))
    speech = aligned.voiced[:n_rows] > 0.5
    bands = np.round(aligned.bands[:n_rows][speech] / _STEP) * _STEP
    return aligned.phones[:n_rows][speech], recognised.phones[:n_rows][speech], bands.astype(np.float16)
