"""Words aligned in a stretch of a recording between two boundaries that are fixed, again and again.

The frames of the recording are computed once, over all of it, so that a stretch has the cepstral mean of the whole; a
stretch of a second then takes some hundredths of a second. Its first word begins at its start and its last one ends at
its end, but where a pause may stand there.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`; times are seconds of the whole recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError
from visalign.forced_alignment.acoustic_model import AcousticModel, SphinxAcoustics
from visalign.forced_alignment.decoding_graph import PhoneHmm, SilenceCosts, Variant
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import mapped_model
from visalign.forced_alignment.pocketsphinx import pcm_for_model
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.timeline import Interval

__all__ = ["SpokenPart", "StretchAligner"]

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_LEAST_SECONDS = 0.001
_NEVER = -np.inf


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """A word, or a part of one, that lies in a stretch.

    Parameters
    ----------
    word : str
    ways : tuple of Pronunciation
        How it may be said.
    """

    word: str
    ways: tuple[Pronunciation, ...]


class _KnownFrames:
    """An acoustic model that has heard the recording already; without fillers, as the words are known to be there."""

    has_filler = False
    judges_words = False

    def __init__(self, model: AcousticModel, frames: Floats, n_samples: int, costs: SilenceCosts) -> None:
        self._model, self._frames, self._n_samples = model, frames, n_samples
        self.silence_costs = costs
        self.name, self.silence, self.uses_context = model.name, model.silence, model.uses_context
        self.phone_set, self.frame_shift, self.first_boundary = model.phone_set, model.frame_shift, model.first_boundary
        self.scale, self.posterior_scale = model.scale, model.posterior_scale
        self.broad_share, self.change_gain = model.broad_share, model.change_gain

    def features(self, audio: Audio, pcm: npt.NDArray[np.int16]) -> Floats:
        """Those that are known; where digital silence was taken out of the sound, its own."""
        return self._frames if len(audio.samples) == self._n_samples else self._model.features(audio, pcm)

    def adapted(self, _frames: Floats, _pdfs: Integers, _spoken: npt.NDArray[np.bool_]) -> None:
        """None: a stretch is too short to adapt to."""
        return

    def broader(self, pdfs: Integers) -> Integers:
        return self._model.broader(pdfs)

    def rivals(self, pdfs: Integers) -> Integers:
        return self._model.rivals(pdfs)

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        return self._model.variants(word, pronunciations)

    def neighbour(self, phone: str, position: str) -> str:
        return self._model.neighbour(phone, position)

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        return self._model.phone_hmm(left, phone, right, position)

    def log_likelihoods(self, frames: Floats, pdfs: Integers) -> Floats:
        return self._model.log_likelihoods(frames, pdfs)

    def keeps(self, before: str, after: str) -> bool:
        return self._model.keeps(before, after)

    def label(self, phone: str) -> str:
        return self._model.label(phone)


@dataclass(frozen=True, slots=True, eq=False)
class StretchAligner:
    """Aligns stretches of one recording.

    Parameters
    ----------
    audio : Audio
        The recording.
    model : AcousticModel
    frames : ndarray of float32
        The model's features of all of it.
    """

    audio: Audio
    model: AcousticModel
    frames: Floats

    @classmethod
    def of(cls, audio: Audio, alphabet: str = "arpabet") -> StretchAligner:
        """For a recording whose phones are written in this alphabet.

        Raises
        ------
        AlignmentError
            If the recording is silent.
        """
        model: AcousticModel = SphinxAcoustics(embedded_model()) if alphabet == "arpabet" else mapped_model()
        return cls(audio, model, model.features(audio, pcm_for_model(audio)))

    def align(
        self,
        start: float,
        end: float,
        parts: Sequence[SpokenPart],
        *,
        pause_before: bool = False,
        pause_after: bool = False,
    ) -> list[list[Interval]]:
        """The phones of each part.

        Parameters
        ----------
        start, end : float
            Of the stretch.
        parts : sequence of SpokenPart
            What is said in it, at least one.
        pause_before, pause_after : bool
            Whether a pause may stand at its edges; between parts it may always.

        Raises
        ------
        AlignmentError
            If they don't fit into the stretch, or it is silent.
        UnknownSymbol
            If a phone is not one of the model's.
        """
        model = self.model
        last = len(self.frames)
        first, last = (min(max(round((t - model.first_boundary) / model.frame_shift), 0), last) for t in (start, end))
        offset, rate = first * model.frame_shift, self.audio.rate_hz
        samples = self.audio.samples[round(offset * rate) : round(max(end, offset + 0.03) * rate)]
        costs = SilenceCosts(begin_silence=0.0 if pause_before else _NEVER, end_silence=0.0 if pause_after else _NEVER)
        if last <= first or not len(samples):
            raise AlignmentError(f"there is no sound from {start:.3f} to {end:.3f} s")
        known = cast(AcousticModel, _KnownFrames(model, self.frames[first:last], len(samples), costs))
        variants = [model.variants(x.word, x.ways) for x in parts]
        if not all(variants):
            word = next(x.word for x, found in zip(parts, variants, strict=True) if not found)
            raise AlignmentError(f"{word} has no pronunciation in the phones of {model.name}")
        found = GmmHmmAligner(known).align_variants(Audio(samples, rate), [str(n) for n in range(len(parts))], variants)
        rows = list(found.phones)
        words = list(found.words)
        edges = _between([start, *(offset + x.start for x in rows[1:]), end])
        placed = [replace(x, start=a, end=b) for x, (a, b) in zip(rows, pairwise(edges), strict=True)]
        return _by_word(words, rows, placed)


def _between(times: list[float]) -> list[float]:
    """Times that increase from the first to the last one, which stay."""
    low, high, n = times[0], times[-1], len(times)
    least = min(_LEAST_SECONDS, (high - low) / max(n - 1, 1))
    floor = low + least * np.arange(n)
    ceiling = high - least * np.arange(n)[::-1]
    inner = np.maximum.accumulate(np.minimum(np.maximum(times, floor), ceiling) - floor) + floor
    return [low, *np.minimum(inner, ceiling)[1:-1].tolist(), high]


def _by_word(words: list[Interval], rows: list[Interval], placed: list[Interval]) -> list[list[Interval]]:
    """The phones of each word; `placed` are those of `rows` at their final times."""
    found = []
    for word in words:
        if word.label:
            mine = [b for a, b in zip(rows, placed, strict=True) if word.start <= a.centre < word.end]
            found.append([x for x in mine if x.label != SILENCE])
    return found
