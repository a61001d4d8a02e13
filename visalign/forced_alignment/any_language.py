"""Words in IPA, or phones in place of a text, of any language.

Method
------
As in :mod:`visalign.forced_alignment.gmm_hmm`, with phones as :mod:`visalign.forced_alignment.mapped_acoustics` has
them. Of phones without words nobody knows where a speaker pauses: a pause may stand wherever the phones are parted by a
silence, and within such a group at a price, `PAUSE_WITHIN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from visalign.errors import AlignmentError, ConfigError, InputError, UnknownSymbol, quoted
from visalign.forced_alignment.acoustic_model import AcousticModel
from visalign.forced_alignment.aligner import Aligner
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.decoding_graph import Variant
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import PAUSE_WEIGHT, MappedAcoustics, mapped_model
from visalign.language.ipa import ipa_to_xsampa
from visalign.language.lexicon import Pronunciation
from visalign.language.phone_lists import ListedPhone, read_phone_list
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["AnyLanguageAligner", "align_phones", "phones_aligner"]

PAUSE_WITHIN = -12.0
"""Log weight of a pause within a group of phones; none has no price. The closure of a stop is no pause."""


SHORTEST_PHONE = 0.02
"""Seconds; three states of 10 ms reach over the ends of a phone. What is shorter is refused before a graph is built."""


class AnyLanguageAligner(GmmHmmAligner):
    """Aligns words whose pronunciations are IPA of any language, or ARPABET; its phones are written as given.

    Parameters
    ----------
    refine : bool
        As for :class:`~visalign.forced_alignment.gmm_hmm.GmmHmmAligner`.

    Raises
    ------
    BackendUnavailable
        If PocketSphinx's model is not installed.
    """

    name = "any_language"

    def __init__(self, *, refine: bool = True) -> None:
        super().__init__(mapped_model(), refine=refine)


def align_phones(audio: Audio, phones: Sequence[str], aligner: GmmHmmAligner | None = None) -> Alignment:
    """When each of `phones` is spoken.

    Parameters
    ----------
    audio : Audio
        Mono sound on the clip's clock.
    phones : sequence of str
        IPA, X-SAMPA or ARPABET, see :func:`visalign.language.phone_lists.read_phone_list`. Silences part groups.
    aligner : GmmHmmAligner, optional
        With a model that has these phones. None: :class:`AnyLanguageAligner`.

    Returns
    -------
    Alignment
        `phones` holds the labels as given (X-SAMPA in IPA), in this order, and silences; `words` a word for each group,
        spelt by its phones.

    Raises
    ------
    InputError
        If there is no phone.
    UnknownSymbol
        If one is none of an alphabet in which most of them are written; it says which.
    AlignmentError
        If they can't be aligned with this audio.
    """
    groups = read_phone_list(phones)
    spoken = [phone for group in groups for phone in group]
    if not spoken:
        raise InputError("no phones to align: give those that are heard in the clip")
    if audio.duration < SHORTEST_PHONE * len(spoken):
        raise AlignmentError(
            f"{len(spoken)} phones need at least {SHORTEST_PHONE * len(spoken):.2f} s, and the audio has "
            f"{audio.duration:.2f}. Check that they belong to this clip."
        )
    engine = AnyLanguageAligner() if aligner is None else aligner
    variants = [
        [replace(_variant(phone, engine.model), before_silence=PAUSE_WEIGHT if is_last else PAUSE_WITHIN)]
        for group in groups
        for phone, is_last in zip(group, [False] * (len(group) - 1) + [True], strict=True)
    ]
    found = engine.align_variants(audio, [phone.label for phone in spoken], variants)
    return _grouped(found, [[phone.label for phone in group] for group in groups])


def _variant(phone: ListedPhone, model: AcousticModel) -> Variant:
    """The phone as the model has it: as it is written, in IPA, or in X-SAMPA, which a model may call its own."""
    for symbol in (phone.label, phone.ipa, ipa_to_xsampa(phone.ipa)):
        found = [] if isinstance(model, MappedAcoustics) and symbol != phone.ipa else _known(symbol, model)
        if found:
            return Variant(found[0].phones)
    raise InputError(
        f"{model.name} has no phone {quoted(phone.label)}: give phones of this acoustic model, or leave the model out"
    )


def _known(symbol: str, model: AcousticModel) -> list[Variant]:
    try:
        return model.variants(symbol, [Pronunciation((symbol,))])
    except UnknownSymbol:
        return []


def phones_aligner(aligner: str | Aligner) -> GmmHmmAligner:
    """The aligner of phones that a user's choice of an aligner of words comes to.

    Raises
    ------
    ConfigError
        If it takes words only.
    """
    if isinstance(aligner, GmmHmmAligner):
        return AnyLanguageAligner(refine=aligner.refine) if aligner.may_change_model else aligner
    name = aligner if isinstance(aligner, str) else aligner.name
    if name not in (GmmHmmAligner.name, AnyLanguageAligner.name):
        raise ConfigError("aligner (of phones)", name, (AnyLanguageAligner.name, GmmHmmAligner.name))
    return AnyLanguageAligner()


def _grouped(found: Alignment, groups: Sequence[Sequence[str]]) -> Alignment:
    """An alignment of phones as words, with the phones as phones and a word for each group."""
    spans = [x for x in found.words if x.label]
    sure = {x.start: x.score for x in found.phones if x.label != SILENCE}
    phones = [replace(x, score=sure[x.start]) for x in spans]
    words, at = list[Interval](), 0
    for group in groups:
        mine = phones[at : at + len(group)]
        words.append(Interval(mine[0].start, mine[-1].end, "".join(group)))
        at += len(group)
    start, end = found.words.start, found.words.end
    return replace(
        found,
        words=Tier.from_intervals("words", words, start=start, end=end),
        phones=Tier.from_intervals("phones", phones, start=start, end=end, gap_label=SILENCE),
    )
