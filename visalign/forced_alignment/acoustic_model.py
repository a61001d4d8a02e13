"""What the GMM-HMM aligner asks an acoustic model, and the two kinds that answer: PocketSphinx's and MFA's.

Conventions
-----------
Frame ``i`` begins, as far as alignments are concerned, at ``first_boundary + i × frame_shift`` seconds: half way
between the middle of its window and that of the frame before.

How to add a kind of model
--------------------------
Write a class that has what `AcousticModel` names, and give it to
:class:`visalign.forced_alignment.gmm_hmm.GmmHmmAligner`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import Protocol

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, quoted
from visalign.forced_alignment import sphinx_features
from visalign.forced_alignment.decoding_graph import FILLER, PhoneHmm, SilenceCosts, Variant
from visalign.forced_alignment.kaldi_features import add_deltas, mfcc, splice, subtract_mean
from visalign.forced_alignment.mfa_archive import MfaModel
from visalign.forced_alignment.sphinx_model import SphinxModel
from visalign.hmm_training.fmllr import apply_transform, gather_statistics
from visalign.hmm_training.gaussians import DiagonalMixtures
from visalign.language.lexicon import Pronunciation, arpabet_phones
from visalign.language.phones import fold_arpabet, is_phone, strip_stress
from visalign.signals import Audio

__all__ = ["AcousticModel", "KaldiAcoustics", "SphinxAcoustics"]

SILENCE_WEIGHT = math.log(0.5)
"""Log weight of a pause, and of none, after each word for PocketSphinx's model."""

WEAK_FORM_WEIGHT = -8.0
"""Log weight of a function word without its first consonant. −4 and −8 did the same (docs/decisions/0010)."""

WEAK_FORMS = frozenset(
    ["he", "he's", "he'd", "he'll", "him", "his", "her", "had", "has", "have", "the", "them", "than", "that", "this"]
)
"""English function words that lose H or TH when they are not stressed and no pause precedes."""

CHANGE_GAIN = 3.0
"""Nats that a boundary gains at a frame whose spectrum changes twice as much as on average (docs/decisions/0011)."""

FILLER_PDF = -1
"""The pdf of a filler: whatever sound explains a frame best, at a price."""

FILLER_PRICE = 4.0
"""Nats by which a frame of a filler falls behind the best context-free state. The right words fall behind it by 0.5 to
1.7 on average, words that are not said by 4.3 to 7.4 (:mod:`visalign.forced_alignment.long_recordings`)."""

NOISES = frozenset(["sil", "sp", "spn"])
"""Phones of MFA's models that are no speech."""

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class AcousticModel(Protocol):
    """An acoustic model with its features.

    `scale` weighs acoustic log-likelihoods against all other weights in the search, `posterior_scale` in the
    probabilities of boundaries; both assume `frame_shift`. `change_gain` is what a boundary gains at a frame whose
    spectrum changes twice as much as on average, in nats. Of a model that `judges_words` it is known how well words fit
    that are not said.
    """

    name: str
    silence: str
    uses_context: bool
    phone_set: frozenset[str]
    frame_shift: float
    first_boundary: float
    scale: float
    posterior_scale: float
    silence_costs: SilenceCosts
    broad_share: float
    change_gain: float
    has_filler: bool
    judges_words: bool

    def broader(self, pdfs: Integers) -> Integers:
        """For each pdf a less specific one, which counts by `broad_share` in the probabilities of boundaries."""
        ...

    def rivals(self, pdfs: Integers) -> Integers:
        """Pdfs with which a frame's own is compared, to tell how well it fits; `pdfs` are those of the transcript."""
        ...

    def features(self, audio: Audio, pcm: npt.NDArray[np.int16]) -> Floats:
        """Frames of `audio`; `pcm` is the same at 16 kHz in 16 bits, dithered."""
        ...

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        """Pronunciations in the model's phones; those it has no phones for are left out."""
        ...

    def neighbour(self, phone: str, position: str) -> str:
        """See :meth:`visalign.forced_alignment.decoding_graph.PhoneModels.neighbour`."""
        ...

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """See :meth:`visalign.forced_alignment.decoding_graph.PhoneModels.phone_hmm`."""
        ...

    def log_likelihoods(self, frames: Floats, pdfs: Integers) -> Floats:
        """Log-likelihoods, shape (n_frames, len(pdfs))."""
        ...

    def adapted(
        self, frames: Floats, pdfs: Integers, spoken: npt.NDArray[np.bool_]
    ) -> tuple[AcousticModel, Floats] | None:
        """The model and the frames for a second pass, given which pdf each frame was aligned with; None: no need."""
        ...

    def keeps(self, before: str, after: str) -> bool:
        """True where the boundary between two phones is not where the spectrum changes most."""
        ...

    def label(self, phone: str) -> str:
        """How a phone is written in the result."""
        ...


_FILLER_HMM = PhoneHmm((FILLER_PDF,), ((0, 0, math.log(0.99)), (0, 1, math.log(0.01))))


class SphinxAcoustics:
    """PocketSphinx's model: 100 frames a second, American English, ARPABET.

    Parameters
    ----------
    model : SphinxModel
    n_phases : int
        Frames a hundredth of a second, see :mod:`visalign.forced_alignment.sphinx_features`.
    """

    uses_context = True
    has_filler = True
    judges_words = True
    silence = SphinxModel.silence
    silence_costs = SilenceCosts()
    broad_share = 0.3
    """Triphones were trained without hand-set boundaries, and each may have moved in its own way."""
    change_gain = CHANGE_GAIN

    def __init__(self, model: SphinxModel, n_phases: int = 1) -> None:
        self.model, self.n_phases = model, n_phases
        self.name = "PocketSphinx en-us"
        self.phone_set = model.phone_set
        self.frame_shift = sphinx_features.FRAME_SHIFT / n_phases
        self.first_boundary = sphinx_features.HALF_WINDOW - 0.5 * self.frame_shift
        # Neighbouring frames say much the same, those of several phases even more (docs/decisions/0011).
        self.scale, self.posterior_scale = 0.4 / n_phases, 0.25 / n_phases
        self._rivals = np.unique(model.broader)
        self._slowed: dict[tuple[str, str, str, str], PhoneHmm] = {}

    def with_model(self, model: SphinxModel) -> SphinxAcoustics:
        """The same with a model that differs in its means alone."""
        other = copy(self)
        other.model = model
        return other

    def broader(self, pdfs: Integers) -> Integers:
        """The states of the phones without context."""
        return np.asarray(np.where(pdfs == FILLER_PDF, FILLER_PDF, self.model.broader[pdfs]))

    def rivals(self, pdfs: Integers) -> Integers:
        """The states of all phones without context."""
        return self._rivals

    def features(self, audio: Audio, pcm: npt.NDArray[np.int16]) -> Floats:
        """Cepstra with their changes."""
        return sphinx_features.with_slopes(sphinx_features.cepstra(pcm, self.n_phases), self.n_phases)

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        """Pronunciations in ARPABET, and the weak forms of function words.

        Raises
        ------
        UnknownSymbol
            If a pronunciation holds a phone that English has not.
        AlignmentError
            If a pronunciation holds nothing but silence.
        """
        weights: dict[tuple[str, ...], float] = {}
        for pronunciation in pronunciations:
            phones = tuple(arpabet_phones(pronunciation))
            if not phones:
                named = f"{quoted(word)}{pronunciation.where}"
                raise AlignmentError(f"a pronunciation of {named} holds only silence; correct it in the lexicon")
            weights[phones] = 0.0
        if word in WEAK_FORMS:
            for phones in tuple(weights):
                if phones[0] in ("HH", "DH") and len(phones) > 1:
                    weights.setdefault(phones[1:], WEAK_FORM_WEIGHT)
        pause = {"before_silence": SILENCE_WEIGHT, "before_speech": SILENCE_WEIGHT}
        return [Variant(phones, weight, **pause) for phones, weight in weights.items()]

    def neighbour(self, phone: str, position: str) -> str:
        """The phone: its triphones know no place but their own."""
        return phone

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """The HMM, with loops that keep its duration in seconds."""
        if position == FILLER:
            return _FILLER_HMM
        key = (left, phone, right, position)
        if key not in self._slowed:
            self._slowed[key] = _slowed(self.model.phone_hmm(*key), self.n_phases)
        return self._slowed[key]

    def log_likelihoods(self, frames: Floats, pdfs: Integers) -> Floats:
        """Log-likelihoods of the model's states, and of a filler."""
        is_filler = pdfs == FILLER_PDF
        if not is_filler.any():
            return self.model.log_likelihoods(frames, pdfs)
        scores = np.empty((len(frames), len(pdfs)), dtype=np.float32)
        scores[:, ~is_filler] = self.model.log_likelihoods(frames, pdfs[~is_filler])
        best = self.model.log_likelihoods(frames, self._rivals).max(axis=1, keepdims=True)
        scores[:, is_filler] = best - FILLER_PRICE
        return scores

    def adapted(self, frames: Floats, pdfs: Integers, spoken: npt.NDArray[np.bool_]) -> None:
        """None: adapting this model to a few seconds brought nothing (docs/decisions/0010)."""
        return

    def keeps(self, before: str, after: str) -> bool:
        """False: all boundaries of this model are better off where the spectrum changes (docs/decisions/0011)."""
        return False

    def label(self, phone: str) -> str:
        """ARPABET as it is."""
        return phone


def _slowed(hmm: PhoneHmm, n: int) -> PhoneHmm:
    """The HMM at `n` times as many frames a second: a state is left `n` times less often a frame."""
    if n == 1:
        return hmm
    loops = {a: math.exp(weight) for a, b, weight in hmm.arcs if a == b}
    arcs = []
    for a, b, weight in hmm.arcs:
        leaving = 1.0 - loops.get(a, 0.0)
        staying = 1.0 - leaving / n
        arcs.append((a, b, math.log(staying) if a == b else weight - math.log(n)))
    return PhoneHmm(hmm.pdfs, tuple(arcs))


class KaldiAcoustics:
    """A model of the Montreal Forced Aligner.

    Parameters
    ----------
    model : MfaModel
    mixtures : DiagonalMixtures, optional
        None: those for speech that is not adapted to the speaker.
    """

    scale = 0.1
    """MFA's weight of the acoustic score in ``align_one``."""

    posterior_scale = 0.1
    broad_share = 0.0
    change_gain = CHANGE_GAIN
    has_filler = False
    judges_words = False

    def __init__(self, model: MfaModel, mixtures: DiagonalMixtures | None = None) -> None:
        self.model = model
        self.mixtures = model.first_model.mixtures if mixtures is None else mixtures
        self.name, self.silence, self.uses_context = model.name, model.silence, model.uses_context
        # A word that is spoken noise ("spn") could not be told from a pause in the result.
        self.phone_set = frozenset(model.phone_set - {model.silence, model.options.unknown_phone, *NOISES})
        self.frame_shift = model.options.features.frame_shift
        self.first_boundary = model.options.features.offset
        self.silence_costs = model.options.silence_costs
        self.is_arpabet = all(is_phone(phone, "arpabet") for phone in self.phone_set)

    def broader(self, pdfs: Integers) -> Integers:
        """The pdfs themselves: these models have no phones without context."""
        return pdfs

    def rivals(self, pdfs: Integers) -> Integers:
        """The pdfs of the transcript: all of a large model would take seconds."""
        return pdfs

    def features(self, audio: Audio, pcm: npt.NDArray[np.int16]) -> Floats:
        """What the meta file asks for: MFCC less their mean, with deltas or under the LDA transform."""
        return self.transformed(subtract_mean(mfcc(audio, self.model.options.features)))

    def transformed(self, centred: Floats) -> Floats:
        """Mean-free cepstra with deltas, or spliced under the LDA transform."""
        if self.model.lda is not None:
            return np.asarray(splice(centred, *self.model.options.splice) @ self.model.lda.T)
        return add_deltas(centred) if self.model.options.uses_deltas else centred

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        """Pronunciations whose phones the model has, with the dictionary's weights."""
        known = (self._spelt(p) for p in pronunciations)
        return [_weighed(p, self.model.options.silence_probability) for p in known if p is not None]

    def _spelt(self, pronunciation: Pronunciation) -> Pronunciation | None:
        """The pronunciation as the model writes its phones: as it stands, or ARPABET in its case and stress."""
        for change in (str, lambda symbol: strip_stress(symbol).lower(), strip_stress, _without_marks):
            phones = tuple(map(change, pronunciation.phones))
            if self.phone_set.issuperset(phones):
                return Pronunciation(phones, pronunciation.probability, pronunciation.pauses)
        return None

    def neighbour(self, phone: str, position: str) -> str:
        """The phone, with its place in its word where the model has places."""
        return self.model.neighbour(phone, position)

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """The HMM as the tree and the transition model give it."""
        return self.model.phone_hmm(left, phone, right, position)

    def log_likelihoods(self, frames: Floats, pdfs: Integers) -> Floats:
        """Log-likelihoods of the pdfs."""
        return self.mixtures.log_likelihoods(frames, pdfs)

    def adapted(
        self, frames: Floats, pdfs: Integers, spoken: npt.NDArray[np.bool_]
    ) -> tuple[AcousticModel, Floats] | None:
        """The second model and frames mapped to fit it, where the model asks for it and the speech is long enough."""
        if not self.model.options.uses_adaptation:
            return None
        final = self.model.model.mixtures
        statistics = gather_statistics(frames[spoken], pdfs[spoken], self.mixtures, final)
        transform = statistics.transform()
        return None if transform is None else (KaldiAcoustics(self.model, final), apply_transform(frames, transform))

    def keeps(self, before: str, after: str) -> bool:
        """False: all boundaries of this model are better off where the spectrum changes (docs/decisions/0011)."""
        return False

    def label(self, phone: str) -> str:
        """ARPABET in capitals without stress where all phones of the model are ARPABET; else as the model has it."""
        return fold_arpabet(phone) if self.is_arpabet else phone


def _without_marks(symbol: str) -> str:
    """IPA without its marks of stress, which the voices of other languages say and models leave out."""
    return symbol.lstrip("ˈˌ")


def _weighed(pronunciation: Pronunciation, silence_probability: float) -> Variant:
    pauses = pronunciation.pauses
    after = silence_probability if pauses is None else pauses.probability_after
    return Variant(
        pronunciation.phones,
        math.log(pronunciation.probability or 1.0),
        after_silence=0.0 if pauses is None else math.log(pauses.factor_after_pause),
        after_speech=0.0 if pauses is None else math.log(pauses.factor_after_speech),
        before_silence=math.log(after),
        before_speech=math.log1p(-after),
    )
