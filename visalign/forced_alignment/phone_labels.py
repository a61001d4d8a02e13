"""The phones of an alignment in the alphabet that somebody asks for.

Conventions
-----------
Stress is written where it is known: from the phones themselves, else from the pronunciation of the lexicon that was
heard. ARPABET writes it as a digit behind its vowel, IPA and X-SAMPA before the vowel. Where syllables begin is not
known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from visalign.errors import ConfigError
from visalign.forced_alignment.alignment import Alignment
from visalign.language.lexicon import Lexicon
from visalign.language.phone_lists import is_arpabet, respelt
from visalign.language.phones import ALPHABETS, fold_arpabet, is_silence, strip_stress

__all__ = ["with_labels"]


def with_labels(found: Alignment, alphabet: str, lexicon: Lexicon | None = None) -> Alignment:
    """An alignment whose phones are written in `alphabet`.

    Parameters
    ----------
    found : Alignment
        With phones in IPA or ARPABET.
    alphabet : {"ipa", "arpabet", "xsampa"}
        Into ARPABET, what English has no phone for stays as it is.
    lexicon : Lexicon, optional
        The pronunciations, which say where the stress is.

    Raises
    ------
    ConfigError
        If there is no such alphabet.
    """
    if alphabet not in ALPHABETS:
        raise ConfigError("phones-out", alphabet, ("ipa", "arpabet", "xsampa"))
    labels = [x if is_silence(x) else respelt(x, alphabet) for x in _stressed(found, lexicon)]
    return replace(found, phones=replace(found.phones, labels=tuple(labels)))


def _stressed(found: Alignment, lexicon: Lexicon | None) -> Iterator[str]:
    """The labels of the phones, with the stress of the pronunciation that was heard."""
    for index, phones in groupby(found.phones, lambda x: found.words.index_at(x.centre)):
        labels = [x.label for x in phones]
        word = "" if index is None else found.words.labels[index]
        yield from (word and lexicon is not None and _as_listed(word, labels, lexicon)) or labels


def _as_listed(word: str, labels: list[str], lexicon: Lexicon) -> tuple[str, ...] | None:
    """The pronunciation of a word that has these phones, as the lexicon writes it."""
    if word not in lexicon:
        return None
    for way in lexicon[word]:
        listed = tuple(x for x in way.phones if not is_silence(x))
        if all(map(is_arpabet, listed)) and [fold_arpabet(x) for x in listed] == list(map(strip_stress, labels)):
            return listed
    return None
