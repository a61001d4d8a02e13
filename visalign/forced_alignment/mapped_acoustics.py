"""Phones of any language in the states of the English acoustic model.

Method
------
A phone of IPA is made of English phones by shares (:func:`visalign.language.articulation.weights`), and each of its
states is the mixture of theirs,

    log p(x) = log Σ over English phones of share × p(x | the state in the same place of that phone).

Shares are broader than those of one best phone, since the neighbours of a phone cover what its own realisation in
another language may be like. Phones of several targets (``tʃ``, ``ai``) are compared by their beginnings and their
ends; of those that English has nothing like (``ts``, ``ⁿd``, ``ŋǃ``) the first state is of the first target and the
last one of the last. What has no voice and would have one in English (``l̥``, ``i̥``) is an h in part. A long phone
stays longer in its states.

Stops are followed by their burst, where the spectrum changes most; people begin the vowel where its voice begins.
So boundaries from a stop into a voiced sonorant stay where the states have them (:meth:`MappedAcoustics.keeps`).

Nothing is learnt from recordings of other languages. What each step brings, and what did not help, is in
``docs/decisions/0161``.

Conventions
-----------
Phones in IPA keep the spelling in which they are given, stress included; `sounds_as` is what they are made of.
States of the English model keep their numbers, mixtures are numbered from `FIRST_MIXTURE`.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, ParseError, UnknownSymbol, quoted
from visalign.forced_alignment.acoustic_model import SphinxAcoustics
from visalign.forced_alignment.decoding_graph import PhoneHmm, Variant
from visalign.forced_alignment.sphinx_model import SphinxModel, embedded_model
from visalign.language.articulation import FEATURES, is_like_english, target_weights, targets_of, weights
from visalign.language.ipa import tidy_ipa
from visalign.language.lexicon import Lexicon, Pronunciation
from visalign.language.phone_lists import is_arpabet, respelt
from visalign.language.phones import convert, is_phone, is_silence

__all__ = ["MappedAcoustics", "is_english", "mapped_model", "sounds_as"]

SPREAD = 0.9
"""Of the shares: twice that of articulation's own, see the method."""

BREATH_SHARE = 0.3
"""Of h in sonorants without a voice (docs/decisions/0165)."""

N_STATES = 3

PAUSE_WEIGHT = math.log(0.5)
"""Log weight of a pause, and of none, after each word."""

MEAN_FRAMES = 3.0
"""Hundredths of a second in a state of an ordinary phone, the reciprocal of leaving it; a phone of three states lasts
90 ms, as phones of read speech do on average. Long ones stay twice as long (docs/decisions/0161)."""

FIRST_MIXTURE = 1 << 20

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

State = Mapping[tuple[str, int], float]
"""Shares of English phones in their states."""


class MappedAcoustics(SphinxAcoustics):
    """PocketSphinx's English model for phones of any language, in IPA or ARPABET.

    Parameters
    ----------
    model : SphinxModel
    """

    uses_context = False
    has_filler = False
    judges_words = False
    broad_share = 0.0
    change_gain = 0.0

    def __init__(self, model: SphinxModel) -> None:
        super().__init__(model)
        self.name = f"{self.name}, phones of any language"
        # Mixtures are less sharp than states, and a posterior that is flat finds the middle of what is possible.
        self.posterior_scale = 0.15
        self._mixtures: list[tuple[Integers, Floats]] = []
        self._numbers: dict[tuple[tuple[int, float], ...], int] = {}
        self._hmms: dict[str, PhoneHmm] = {}
        self._numbering = threading.Lock()

    def __getstate__(self) -> dict[str, object]:
        """To another process without the lock, which that makes anew."""
        return {name: value for name, value in vars(self).items() if name != "_numbering"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._numbering = threading.Lock()

    def broader(self, pdfs: Integers) -> Integers:
        """The pdfs themselves: they know no context."""
        return pdfs

    def variants(self, word: str, pronunciations: Sequence[Pronunciation]) -> list[Variant]:
        """Pronunciations as they are written, those in ARPABET in IPA.

        Raises
        ------
        ParseError
            If a phone is neither IPA nor ARPABET, and it is known where it stands.
        UnknownSymbol
            If it is not known.
        AlignmentError
            If a pronunciation holds nothing but silence.
        """
        found = list[Variant]()
        for pronunciation in pronunciations:
            phones = tuple(_in_ipa(x, pronunciation) for x in pronunciation.phones if not is_silence(x))
            if not phones:
                named = f"{quoted(word)}{pronunciation.where}"
                raise AlignmentError(f"a pronunciation of {named} holds only silence; correct it in the lexicon")
            found.append(Variant(phones, before_silence=PAUSE_WEIGHT, before_speech=PAUSE_WEIGHT))
        return found

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """The HMM of a phone, whatever its neighbours."""
        if phone == self.silence:
            return self.model.phone_hmm("", phone, "", "")
        if phone not in self._hmms:
            self._hmms[phone] = self._built(sounds_as(phone))
        return self._hmms[phone]

    def _built(self, ipa: str) -> PhoneHmm:
        staying = 1.0 - 1.0 / (MEAN_FRAMES * (1.0 + targets_of(ipa)[-1][FEATURES.index("long")]))
        stay, leave = math.log(staying), math.log1p(-staying)
        arcs = [(a, b, stay if a == b else leave) for a in range(N_STATES) for b in (a, a + 1)]
        return PhoneHmm(tuple(map(self._number, states_of(ipa))), tuple(arcs))

    def _number(self, state: State) -> int:
        native = {self.model.phone_hmm("", name, "", "").pdfs[at]: share for (name, at), share in state.items()}
        key = tuple(sorted(native.items()))
        with self._numbering:
            if key not in self._numbers:
                members, shares = zip(*key, strict=True)
                self._mixtures.append((np.array(members, dtype=np.int64), np.log(np.array(shares, dtype=np.float32))))
                self._numbers[key] = FIRST_MIXTURE + len(self._mixtures) - 1
            return self._numbers[key]

    def members_of(self, pdf: int) -> tuple[Integers, Floats]:
        """States of the English model that a pdf is made of, and their log shares."""
        if pdf < FIRST_MIXTURE:
            return np.array([pdf], dtype=np.int64), np.zeros(1, dtype=np.float32)
        return self._mixtures[pdf - FIRST_MIXTURE]

    def take_over(self, other: MappedAcoustics) -> None:
        """Number phones and mixtures as another model does."""
        self._mixtures, self._numbers, self._hmms = list(other._mixtures), dict(other._numbers), dict(other._hmms)

    def reshare(self, pdf: int, shares: npt.NDArray[np.float64]) -> None:
        """Give a mixture other shares, which sum to 1."""
        members, _ = self._mixtures[pdf - FIRST_MIXTURE]
        self._mixtures[pdf - FIRST_MIXTURE] = (members, np.log(shares).astype(np.float32))

    def log_likelihoods(self, frames: Floats, pdfs: Integers) -> Floats:
        """Log-likelihoods of states of the model, and of mixtures of them."""
        mixed = pdfs >= FIRST_MIXTURE
        parts = [self._mixtures[pdf - FIRST_MIXTURE] for pdf in pdfs[mixed].tolist()]
        states = np.unique(np.concatenate([pdfs[~mixed], *(members for members, _ in parts)]))
        scores = self.model.log_likelihoods(frames, states)
        out = np.empty((len(frames), len(pdfs)), dtype=np.float32)
        out[:, ~mixed] = scores[:, np.searchsorted(states, pdfs[~mixed])]
        for column, (members, shares) in zip(np.flatnonzero(mixed).tolist(), parts, strict=True):
            out[:, column] = np.logaddexp.reduce(scores[:, np.searchsorted(states, members)] + shares, axis=1)
        return out

    def keeps(self, before: str, after: str) -> bool:
        """True from a stop into a vowel, nasal, liquid or glide: the spectrum changes most at the burst."""
        if self.silence in (before, after):
            return False
        first, second = targets_of(sounds_as(before))[-1], targets_of(sounds_as(after))[0]
        return bool(first[_CLOSURE] == 1.0 and second[_FRICTION] == 0.0 and second[_CLOSURE] < 1.0)

    def label(self, phone: str) -> str:
        """The phone as it was given."""
        return phone


@cache
def mapped_model() -> MappedAcoustics:
    """The one for the embedded model; what it has made of phones it keeps.

    Raises
    ------
    BackendUnavailable
        If PocketSphinx's model is not installed.
    """
    return MappedAcoustics(embedded_model())


_CLOSURE, _FRICTION, _VOWEL, _VOICED = (FEATURES.index(x) for x in ("closure", "friction", "vowel", "voiced"))
_CONSONANTAL, _HALF_VOICED = 0.05, 0.3  # up to, and from which on, nothing is missing of a voice
_BREATH = "HH"


@cache
def sounds_as(phone: str) -> str:
    """IPA, tidy, of a phone in IPA or in ARPABET (which is written in capitals).

    Examples
    --------
    >>> sounds_as("t͡s"), sounds_as("AH0"), sounds_as("ˈy")
    ('ts', 'ʌ', 'y')

    Raises
    ------
    UnknownSymbol
        If it is neither.
    """
    if is_arpabet(phone):
        return convert(phone, "arpabet", "ipa")
    return tidy_ipa(phone)


def is_english(words: Sequence[str], lexicon: Lexicon) -> bool:
    """False where words are of another language, or in IPA that has no counterpart in English."""
    if lexicon.spoken:  # a language was named
        return False
    symbols = {x for ways in lexicon.pronounce(words) for way in ways for x in way.phones}
    foreign = [x for x in symbols if not is_phone(x, "arpabet") and not _has_counterpart(x)]
    return not foreign or not all(is_phone(x, "ipa") for x in foreign)


def _has_counterpart(ipa: str) -> bool:
    try:
        return bool(convert(ipa, "ipa", "arpabet"))
    except UnknownSymbol:
        return False


def states_of(ipa: str) -> list[State]:
    """What the states of a phone are made of."""
    return [_breathed(ipa, shares, at) for at, shares in enumerate(_shares_of(ipa))]


def _shares_of(ipa: str) -> list[dict[str, float]]:
    """Shares of English phones in each state."""
    parts = targets_of(ipa)
    if len(parts) == 1 or is_like_english(ipa):
        return [weights(ipa, spread=SPREAD)] * N_STATES
    first, last = (target_weights(part, spread=SPREAD) for part in (parts[0], parts[-1]))
    between = {name: 0.5 * (first.get(name, 0.0) + last.get(name, 0.0)) for name in {**first, **last}}
    return [first, between, last]


def _breathed(ipa: str, shares: Mapping[str, float], at: int) -> State:
    """The shares in a state; those of h are more where a sonorant has no voice."""
    found = {(name, at): share for name, share in shares.items()}
    first = targets_of(ipa)[0]
    if first[_VOWEL] <= _CONSONANTAL or first[_VOICED] >= _HALF_VOICED:
        return found
    found = {key: (1.0 - BREATH_SHARE) * share for key, share in found.items()}
    found[_BREATH, at] = found.get((_BREATH, at), 0.0) + BREATH_SHARE
    return found


def _in_ipa(phone: str, pronunciation: Pronunciation) -> str:
    """The phone as it is written, or in IPA if that is ARPABET."""
    try:
        sounds_as(phone)
    except UnknownSymbol as error:
        place = pronunciation.place
        if place is None:
            raise
        reason = f"{place.word[:40]!r} has the phone {phone[:40]!r}, which is neither ARPABET nor IPA"
        raise ParseError(place.name, place.line, reason) from error
    return respelt(phone, "ipa") if is_arpabet(phone) else phone
