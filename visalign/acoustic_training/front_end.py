"""From sound to what each stage is trained on: cepstra, centred by speaker, then with slopes or under LDA.

Conventions
-----------
Frames are rows of single precision, as a model that is read back computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.utterance import NotAligned, Utterance
from visalign.errors import AlignmentError, VisalignError
from visalign.forced_alignment.kaldi_features import FeatureOptions, add_deltas, mfcc, splice
from visalign.hmm_training.fmllr import apply_transform

__all__ = ["FrontEnd", "centred", "cepstra"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def cepstra(utterance: Utterance, options: FeatureOptions) -> Floats | NotAligned:
    """The cepstra of an utterance, or why there are none."""
    try:
        return mfcc(utterance.read(), options)
    except (VisalignError, AlignmentError) as error:
        return NotAligned(utterance.name, utterance.speaker, "sound", str(error))


def centred(frames: Sequence[Floats], speakers: Sequence[str]) -> list[Floats]:
    """Cepstra less the mean of all frames of their speaker, added up in the order given."""
    sums: dict[str, tuple[float, Doubles]] = {}
    for speaker, rows in zip(speakers, frames, strict=True):
        count, total = sums.get(speaker, (0.0, np.zeros(rows.shape[1])))
        sums[speaker] = (count + len(rows), total + rows.sum(axis=0, dtype=np.float64))
    means = {speaker: (total / count).astype(np.float32) for speaker, (count, total) in sums.items()}
    return [np.asarray(rows - means[speaker]) for speaker, rows in zip(speakers, frames, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class FrontEnd:
    """What becomes of centred cepstra.

    Parameters
    ----------
    splice : (int, int)
        Frames before and after that are put beside each other under `lda`.
    lda : ndarray of float32, optional
        LDA with MLLT, shape (n_out, n_spliced). None: slopes.
    """

    splice: tuple[int, int]
    lda: Floats | None = None

    def features(self, cepstra: Floats, transform: Doubles | None = None) -> Floats:
        """The features of an utterance, adapted by `transform` where there is one."""
        if self.lda is None:
            return apply_transform(add_deltas(cepstra), transform)
        return apply_transform(np.asarray(splice(cepstra, *self.splice) @ self.lda.T), transform)

    def spliced(self, cepstra: Floats) -> Floats:
        """What LDA sees."""
        return splice(cepstra, *self.splice)
