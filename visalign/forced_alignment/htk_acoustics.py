"""A model of Julius as the aligner takes it: its phones without context, 16 kHz, features in the manner of HTK."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from visalign.errors import InputError
from visalign.forced_alignment.decoding_graph import PhoneHmm, SilenceCosts, Variant
from visalign.forced_alignment.htk_features import RATE_HZ
from visalign.forced_alignment.julius_model import JuliusModel
from visalign.forced_alignment.mapped_acoustics import PAUSE_WEIGHT
from visalign.language.japanese_phones import JULIUS_SIGNS, ipa_of_julius, julius_phones
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import is_silence, strip_stress
from visalign.signals import Audio

__all__ = ["HtkAcoustics"]

SILENCES = ("sil", "silB", "pau", "SIL", "silE", "sp")
"""What models call silence, the one to take first."""

NO_PHONES = frozenset([*SILENCES, "NSN", "noise", "#"])

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class HtkAcoustics:
    """Phones without context, each a mixture of Gaussians a state.

    Parameters
    ----------
    model : JuliusModel

    Raises
    ------
    InputError
        If it has no model of silence.
    """

    uses_context = False
    silence_costs = SilenceCosts()
    scale = 0.4
    """As for PocketSphinx's; with it the best path is that of Julius (docs/decisions/0165)."""

    posterior_scale = 0.05
    """Of 0.05, 0.1 and 0.25, the best for the made Japanese voice, with no gain where the spectrum changes."""

    broad_share = 0.0
    change_gain = 0.0
    has_filler = False
    judges_words = False

    def __init__(self, model: JuliusModel) -> None:
        self.model = model
        found = next((x for x in SILENCES if x in model.phones), None)
        if found is None:
            raise InputError(f"{model.name} has no model of silence, called {' or '.join(SILENCES)}")
        self.name, self.silence = model.name, found
        self.phone_set = frozenset(model.phones) - NO_PHONES
        self.is_japanese = self.phone_set >= JULIUS_SIGNS
        shift = model.features.shift / RATE_HZ
        self.frame_shift = shift
        self.first_boundary = 0.5 * model.features.window / RATE_HZ - 0.5 * shift

    def broader(self, pdfs: Integers) -> Integers:
        """The pdfs themselves: they know no context."""
        return pdfs

    def rivals(self, pdfs: Integers) -> Integers:
        """The states of all phones."""
        return np.arange(self.model.mixtures.n_mixtures)

    def features(self, audio: Audio, pcm: npt.NDArray[np.int16]) -> Floats:
        """What the model's kind of features asks for."""
        return self.model.features.of(pcm)

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        """Pronunciations in phones that the model has: as they stand, without stress, or of Japanese in IPA."""
        found = list[Variant]()
        for pronunciation in pronunciations:
            spoken = tuple(x for x in pronunciation.phones if x not in NO_PHONES and not is_silence(x))
            ways = (spoken, tuple(map(strip_stress, spoken)), self._japanese(spoken))
            phones = next((x for x in ways if x and self.phone_set.issuperset(x)), None)
            if phones is not None:
                found.append(Variant(phones, before_silence=PAUSE_WEIGHT, before_speech=PAUSE_WEIGHT))
        return found

    def _japanese(self, phones: Sequence[str]) -> tuple[str, ...] | None:
        return julius_phones(phones) if self.is_japanese else None

    def neighbour(self, phone: str, position: str) -> str:
        """The phone: it knows no context."""
        return phone

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """The HMM of a phone, whatever its neighbours."""
        return self.model.phones[phone]

    def log_likelihoods(self, frames: Floats, pdfs: Integers) -> Floats:
        """Log-likelihoods of the states."""
        return self.model.mixtures.log_likelihoods(frames, pdfs)

    def adapted(self, frames: Floats, pdfs: Integers, spoken: npt.NDArray[np.bool_]) -> None:
        """None: of these models none is adapted."""
        return

    def keeps(self, before: str, after: str) -> bool:
        """False: boundaries are moved to where the spectrum changes."""
        return False

    def label(self, phone: str) -> str:
        """In IPA from a model of Japanese; from others as the model has it."""
        return ipa_of_julius(phone) if self.is_japanese else phone
