"""Phones in place of a text, as people write them: in IPA, X-SAMPA or ARPABET.

Conventions
-----------
A file holds phones parted by white space. A line is a group, and so is what ``|`` or a silence (``sil``, ``sp``, ``_``)
parts: a speaker may pause between groups. What follows a ``#`` with white space around it is a comment.

All phones of a list are of one alphabet. It is ARPABET, which is written in capitals, where that has all of them, or
most of them and some are of two letters; else the first of IPA and X-SAMPA that has all, or that has most: then the
first phone that it lacks is at fault. Lower-case letters mean the same in these two.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from visalign.errors import AnyPath, InputError, ParseError, UnknownSymbol
from visalign.files.data_files import read_bytes
from visalign.files.decoding import decode_text
from visalign.language.ipa import ipa_to_xsampa
from visalign.language.phones import convert, is_phone, is_silence, strip_stress

__all__ = [
    "ListedPhone",
    "Phones",
    "aligned_alphabet",
    "alphabet_of",
    "is_arpabet",
    "parse_phones",
    "read_phone_list",
    "read_phones",
    "respelt",
]

ALPHABET_NAMES = {"arpabet": "ARPABET", "ipa": "IPA", "xsampa": "X-SAMPA"}
GROUP_MARK = "|"

_COMMENT = re.compile(r"(^|\s)#(\s.*|$)")


@dataclass(frozen=True, slots=True)
class ListedPhone:
    """A phone as an alignment writes it (as given, X-SAMPA in IPA), and the same in tidy IPA."""

    label: str
    ipa: str


class Phones(tuple[str, ...]):
    """The phones of a file, a silence between its groups; in its alphabet, as they are written."""

    __slots__ = ()


def read_phones(path: AnyPath) -> Phones:
    """The phones of a file, with a silence between its groups, as :func:`read_phone_list` takes them.

    Raises
    ------
    ParseError
        If the file can't be read, holds no phone, or one that is not of its alphabet.
    """
    return parse_phones(decode_text(path, read_bytes(path)).text, name=str(path))


def parse_phones(text: str, name: str) -> Phones:
    """The phones of a text, see :func:`read_phones`; `name` is what a message calls it.

    Examples
    --------
    >>> parse_phones("ɡ uː t ə n | t aː k  # a greeting", name="greeting.txt")
    ('ɡ', 'uː', 't', 'ə', 'n', '', 't', 'aː', 'k', '')
    """
    rows = [(number, word) for number, line in enumerate(text.splitlines(), start=1) for word in _words(line)]
    spoken = [word for _, word in rows if not is_silence(word)]
    if not spoken:
        raise ParseError(name, None, "no phones; write them with spaces between: ɡ uː t ə n t aː k")
    alphabet = alphabet_of(spoken)
    for number, word in rows:
        if not is_silence(word) and not _reads(word, alphabet):
            raise ParseError(name, number, _complaint(word, alphabet))
    return Phones(word for _, word in rows)


def _words(line: str) -> Iterator[str]:
    words = _COMMENT.sub(" ", line).replace(GROUP_MARK, " | ").split()
    yield from ("" if word == GROUP_MARK else word for word in words)
    if words:
        yield ""


def read_phone_list(phones: Iterable[str]) -> list[list[ListedPhone]]:
    """Groups of phones, parted by silences; empty groups are left out.

    Examples
    --------
    >>> [[phone.ipa for phone in group] for group in read_phone_list(["g", "u:", "t", "sil", "t_h", "A"])]
    [['ɡ', 'uː', 't'], ['tʰ', 'ɑ']]

    Raises
    ------
    InputError
        If a phone is not of the alphabet of the others; it says which one, by its number.
    """
    if isinstance(phones, str):
        raise InputError("phones are given as a list, one text a phone: ['b', 'ɪ', 'n']")
    listed = list(phones)
    alphabet = alphabet_of([x for x in listed if not is_silence(x)])
    groups: list[list[ListedPhone]] = [[]]
    for number, label in enumerate(listed, start=1):
        if is_silence(label):
            groups.append([])
        elif not _reads(label, alphabet):
            raise InputError(f"phone {number} of {len(listed)}: {_complaint(label, alphabet)}")
        else:
            groups[-1].append(_listed(label, alphabet))
    return [group for group in groups if group]


def _listed(label: str, alphabet: str) -> ListedPhone:
    ipa = convert(label, alphabet, "ipa")
    if alphabet != "xsampa":
        return ListedPhone(label, ipa)
    return ListedPhone({'"': "ˈ", "%": "ˌ"}.get(label[0], "") + ipa, ipa)


def alphabet_of(phones: Sequence[str]) -> str:
    """The alphabet in which phones are written, by this module's conventions.

    >>> alphabet_of(["B", "IH1", "N"]), alphabet_of(["b", "ɪ", "n"]), alphabet_of(["b", "I", "n"])
    ('arpabet', 'ipa', 'xsampa')
    """
    counts = {alphabet: sum(_reads(x, alphabet) for x in phones) for alphabet in ALPHABET_NAMES}
    # X-SAMPA has capitals and no spaces within a phone, so that it could read nearly any slip of ARPABET.
    if 2 * counts["arpabet"] > len(phones) and any(is_arpabet(x) and len(strip_stress(x)) > 1 for x in phones):
        return "arpabet"
    return max(counts, key=lambda x: counts[x])


def is_arpabet(symbol: str) -> bool:
    """True for ARPABET as it is told from other alphabets, in capitals.

    >>> is_arpabet("IY1"), is_arpabet("y"), is_arpabet("ɪ")
    (True, False, False)
    """
    return symbol == symbol.upper() and is_phone(symbol, "arpabet")


def aligned_alphabet(labels: Iterable[str]) -> str:
    """What the phones of an alignment are written in: ``"arpabet"`` where all but silences are, else ``"ipa"``.

    Files of others have ARPABET in small letters as well. Letters alone (``b y``) could be either, and are IPA then.

    >>> aligned_alphabet(["B", "IH1", "SIL"]), aligned_alphabet(["h#", "b", "iy"]), aligned_alphabet(["m", "y", ""])
    ('arpabet', 'arpabet', 'ipa')
    """
    spoken = {x for x in labels if not is_silence(x)}
    if not all(is_phone(x, "arpabet") for x in spoken):
        return "ipa"
    is_told = all(map(is_arpabet, spoken)) or any(len(strip_stress(x)) > 1 for x in spoken)
    return "arpabet" if is_told else "ipa"


@functools.lru_cache(1 << 14)  # a list has few symbols, many times
def _reads(symbol: str, alphabet: str) -> bool:
    return is_arpabet(symbol) if alphabet == "arpabet" else is_phone(symbol, alphabet)


def _complaint(symbol: str, alphabet: str) -> str:
    try:
        convert(symbol, alphabet, "ipa")
        hint = "ARPABET is written in capitals"
    except UnknownSymbol as error:
        hint = str(error).partition(". ")[2]
    return (
        f"{symbol[:40]!r} is no phone of {ALPHABET_NAMES[alphabet]}, in which the others are written. "
        f"{hint[:200]}".rstrip()
    )


def respelt(label: str, alphabet: str) -> str:
    """A phone, in IPA or ARPABET, in another alphabet, its stress kept where the other writes it.

    Into ARPABET, what English has no phone for stays as it is.

    Examples
    --------
    >>> respelt("AH1", "ipa"), respelt("ˈaː", "xsampa"), respelt("ˈiː", "arpabet"), respelt("y", "arpabet")
    ('ˈʌ', '"a:', 'IY1', 'y')
    """
    if is_silence(label):
        return label
    ipa = convert(label, "arpabet" if is_arpabet(label) else "ipa", "ipa")
    stress = _stress_of(label)
    if alphabet == "ipa":
        return {"1": "ˈ", "2": "ˌ"}.get(stress, "") + ipa
    if alphabet == "xsampa":
        return {"1": '"', "2": "%"}.get(stress, "") + ipa_to_xsampa(ipa)
    try:
        return convert(ipa, "ipa", "arpabet") + stress
    except UnknownSymbol:
        return label


def _stress_of(label: str) -> str:
    """``1``, ``2`` or ``0`` as ARPABET writes stress; empty where it is not known."""
    if is_arpabet(label):
        return label[-1] if label[-1] in "012" else ""
    return {"ˈ": "1", "ˌ": "2"}.get(label[:1], "")
