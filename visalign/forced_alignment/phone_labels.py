"""The phones of an alignment in the alphabet that somebody asks for, and their syllables.

Conventions
-----------
Stress is written where it is known: from the phones themselves, else from the pronunciation of the lexicon that was
heard. ARPABET writes it as a digit behind its vowel, IPA and X-SAMPA before the vowel, and in a syllable before that.
A syllable is labelled by its phones, which ARPABET parts by blanks. Where syllables begin is said by that
pronunciation, or follows from the phones (:mod:`visalign.language.syllables`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from visalign.errors import ConfigError, UnknownSymbol
from visalign.forced_alignment.alignment import Alignment
from visalign.language.lexicon import Lexicon, Pronunciation
from visalign.language.phone_lists import aligned_alphabet, is_arpabet, respelt
from visalign.language.phones import ALPHABETS, convert, fold_arpabet, is_silence
from visalign.language.syllables import syllable_starts
from visalign.timeline import Interval, Tier

__all__ = ["with_labels"]

STRESS_MARKS = 'ˈˌ"%'
"""Of IPA and X-SAMPA."""


def with_labels(
    found: Alignment, alphabet: str | None = None, lexicon: Lexicon | None = None, *, syllables: bool = False
) -> Alignment:
    """An alignment whose phones are written in `alphabet`, with a tier of syllables where that is asked for.

    Parameters
    ----------
    found : Alignment
        With phones in IPA or ARPABET.
    alphabet : {"ipa", "arpabet", "xsampa"}, optional
        Into ARPABET, what English has no phone for stays as it is. None: phones stay as they are.
    lexicon : Lexicon, optional
        The pronunciations, which say where the stress is, and some of them where syllables begin.
    syllables : bool
        Add the tier ``syllables``. Without words, what a silence parts counts as a word.

    Raises
    ------
    ConfigError
        If there is no such alphabet.
    """
    if alphabet not in (None, *ALPHABETS):
        raise ConfigError("phones-out", alphabet, ("ipa", "arpabet", "xsampa"))
    labels, spans = list[str](), list[Interval]()
    parting = " " if (alphabet or found.alphabet) == "arpabet" else ""
    for word, phones in _by_word(found):
        heard = [x.label for x in phones]
        way = _as_listed(word, heard, lexicon) if word and lexicon is not None else None
        listed = heard if way is None else list(way.phones)
        stressed = listed if all(map(is_arpabet, listed)) else heard
        shown = heard if alphabet is None else [respelt(x, alphabet) for x in stressed]
        labels += shown
        if syllables and not is_silence(heard[0]):
            starts = _starts(listed, () if way is None else way.breaks)
            spans += (
                Interval(phones[a].start, phones[b - 1].end, _syllable(shown[a:b], parting))
                for a, b in pairwise([*starts, len(phones)])
            )
    tier = found.syllables
    if syllables:
        tier = Tier.from_intervals("syllables", spans, start=found.words.start, end=found.words.end)
    return replace(found, phones=replace(found.phones, labels=tuple(labels)), syllables=tier)


def _by_word(found: Alignment) -> Iterator[tuple[str, list[Interval]]]:
    """The phones of each word; those of no word as silences part them."""
    for (index, _), phones in groupby(found.phones, lambda x: (found.words.index_at(x.centre), is_silence(x.label))):
        yield "" if index is None else found.words.labels[index], list(phones)


def _as_listed(word: str, heard: Sequence[str], lexicon: Lexicon) -> Pronunciation | None:
    """The pronunciation of a word that was heard, as the lexicon has it."""
    if word not in lexicon:
        return None
    alphabet = aligned_alphabet(heard)
    wanted = [_bare(x, alphabet) for x in heard]
    return next((way for way in lexicon[word] if [_bare(x, alphabet) for x in way.phones] == wanted), None)


def _bare(label: str, alphabet: str) -> str:
    """A phone without stress, into ARPABET as one of the 39; as it is where it is no phone."""
    try:
        if is_arpabet(label):
            return fold_arpabet(label) if alphabet == "arpabet" else convert(label, "arpabet", alphabet)
        return convert(label, "ipa", alphabet)
    except UnknownSymbol:
        return label


def _starts(phones: Sequence[str], breaks: Sequence[int]) -> tuple[int, ...]:
    try:
        return syllable_starts(phones, breaks)
    except UnknownSymbol:  # phones of a model of somebody's own
        return (0,)


def _syllable(labels: Sequence[str], parting: str) -> str:
    """The label of a syllable; where phones are not parted its stress goes in front."""
    if parting:
        return parting.join(labels)
    stress = next((x[0] for x in labels if x[0] in STRESS_MARKS), "")
    return stress + "".join(x.lstrip(STRESS_MARKS) for x in labels)
