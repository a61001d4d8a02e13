"""Phones as a person types them: ARPABET or IPA, with spaces between or as one word of IPA."""

from __future__ import annotations

from visalign.errors import EditRefused, UnknownSymbol, quoted
from visalign.language.ipa import parted
from visalign.language.phones import convert, fold_arpabet, is_silence, normalise

__all__ = ["phones_in", "phones_of_text"]

_MOST = 60  # of a word
_STRESS = "ˈˌ'."


def phones_of_text(text: str, alphabet: str) -> list[str]:
    """The phones of a pronunciation, in the alphabet of the document.

    Examples
    --------
    >>> phones_of_text("K AE1 T", "arpabet"), phones_of_text("k æ t", "arpabet"), phones_of_text("ˈkæt", "arpabet")
    (['K', 'AE', 'T'], ['K', 'AE', 'T'], ['K', 'AE', 'T'])
    >>> phones_of_text("HH ER1", "ipa")
    ['h', 'ɝ']

    Raises
    ------
    EditRefused
        If one of them is neither ARPABET nor IPA, or there is none.
    """
    words = text.replace("/", " ").split()
    if len(words) == 1 and not _is_known(words[0], alphabet):
        words = list(parted("".join(x for x in words[0] if x not in _STRESS)))
    if not words or len(words) > _MOST:
        raise EditRefused(f"give 1 to {_MOST} phones with spaces between, as in K AE T or k æ t")
    return [phones_in(x, alphabet) for x in words]


def phones_in(symbol: str, alphabet: str) -> str:
    """One phone in the alphabet of the document.

    Raises
    ------
    EditRefused
        If it is neither ARPABET nor IPA, or English has no such phone and the document is in ARPABET.
    """
    if is_silence(symbol):
        raise EditRefused(f"{quoted(symbol)} is a pause, not a phone; delete the phone where nothing is heard")
    bare = symbol.strip(_STRESS)
    for read in _ARPABET_FIRST if alphabet == "arpabet" else _IPA_FIRST:
        try:
            return read(bare)
        except UnknownSymbol:
            continue
    wanted = "ARPABET (AE) nor the IPA of English (æ)" if alphabet == "arpabet" else "IPA (æ) nor ARPABET (AE)"
    raise EditRefused(f"{quoted(symbol)} is neither {wanted}; correct it")


def _is_known(symbol: str, alphabet: str) -> bool:
    try:
        phones_in(symbol, alphabet)
    except EditRefused:
        return False
    return True


def _english(symbol: str) -> str:
    return convert(symbol, "ipa", "arpabet")


def _ipa(symbol: str) -> str:
    return normalise(symbol, "ipa")


def _from_arpabet(symbol: str) -> str:
    if symbol != symbol.upper():
        raise UnknownSymbol(symbol, ())  # in lower case it is IPA
    return convert(fold_arpabet(symbol), "arpabet", "ipa")


_ARPABET_FIRST = (fold_arpabet, _english)
_IPA_FIRST = (_from_arpabet, _ipa)
