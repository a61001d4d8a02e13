"""Phones of any language as those of American English whose lips they have."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from visalign.errors import UnknownSymbol
from visalign.language.articulation import weights
from visalign.language.phone_lists import is_arpabet
from visalign.language.phones import fold_arpabet, is_phone, is_silence, seen_as_english

__all__ = ["english_lips"]


@lru_cache(maxsize=4096)
def english_lips(label: str) -> str:
    """The phone of American English (ARPABET) that looks most like one of an alignment, or silence.

    Parameters
    ----------
    label : str
        ARPABET, in capitals or finer than its 39 phones, or IPA of any language.

    Raises
    ------
    UnknownSymbol
        If it is neither.

    Examples
    --------
    >>> english_lips("UW1"), english_lips("y"), english_lips("ɓ"), english_lips("pf"), english_lips("")
    ('UW', 'UH', 'P', 'V', 'SIL')
    """
    if is_silence(label) or is_arpabet(label) or not is_phone(label, "ipa"):
        return fold_arpabet(label)
    with suppress(UnknownSymbol):
        return seen_as_english(label, "ipa")
    return next(iter(weights(label, sense="eye")))
