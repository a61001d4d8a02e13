"""The letters of IPA and X-SAMPA, and what can be told from a letter alone.

References
----------
.. [1] J. C. Wells, Computer-coding the IPA: a proposed extension of SAMPA, UCL 1995.
"""

from __future__ import annotations

import re
import unicodedata

from visalign.errors import UnknownSymbol

__all__ = [
    "IPA_LETTERS",
    "LIP_LETTERS",
    "VOWEL_LETTERS",
    "ipa_to_xsampa",
    "pairs",
    "parted",
    "tidy_ipa",
    "without_marks",
    "xsampa_to_ipa",
]


def pairs(table: str) -> dict[str, str]:
    """A table of two columns, several rows a line, as they are written here."""
    cells = table.split()
    return dict(zip(cells[::2], cells[1::2], strict=True))


# X-SAMPA and IPA, letter by letter [1]_. Where X-SAMPA has two spellings, the one to write comes first.
_XSAMPA_LETTERS = pairs(
    r"""
    i i  y y  1 ɨ  } ʉ  M ɯ  u u  I ɪ  Y ʏ  U ʊ  e e  2 ø  @\ ɘ  8 ɵ  7 ɤ  o o  @ ə  E ɛ  9 œ  3 ɜ  3\ ɞ  V ʌ  O ɔ
    { æ  6 ɐ  a a  & ɶ  A ɑ  Q ɒ  I\ ᵻ  U\ ᵿ  3` ɝ  @` ɚ
    p p  b b  t t  d d  t` ʈ  d` ɖ  c c  J\ ɟ  k k  g ɡ  q q  G\ ɢ  ? ʔ  m m  F ɱ  n n  n` ɳ  J ɲ  N ŋ  N\ ɴ
    B\ ʙ  r r  R\ ʀ  4 ɾ  r` ɽ  p\ ɸ  B β  f f  v v  T θ  D ð  s s  z z  S ʃ  Z ʒ  s` ʂ  z` ʐ  C ç  j\ ʝ  x x  G ɣ
    X χ  R ʁ  X\ ħ  ?\ ʕ  h h  h\ ɦ  K ɬ  K\ ɮ  P ʋ  v\ ʋ  r\ ɹ  r\` ɻ  j j  M\ ɰ  l l  l` ɭ  L ʎ  L\ ʟ  5 ɫ
    w w  W ʍ  H ɥ  s\ ɕ  z\ ʑ  l\ ɺ  x\ ɧ  H\ ʜ  <\ ʢ  >\ ʡ  b_< ɓ  d_< ɗ  J\_< ʄ  g_< ɠ  G\_< ʛ
    O\ ʘ  |\ ǀ  !\ ǃ  =\ ǂ  |\|\ ǁ
    """
)
_MARK_CODES = pairs(
    r"""
    : ː  :\ ˑ  " ˈ  % ˌ  ` ˞  _h ʰ  _w ʷ  _j ʲ  ' ʲ  _G ˠ  _?\ ˤ  _l ˡ  _n ⁿ  _> ʼ
    ~ U+0303  _~ U+0303  = U+0329  _= U+0329  _0 U+0325  _v U+032C  _t U+0324  _k U+0330  _d U+032A  _a U+033A
    _m U+033B  _^ U+032F  _} U+031A  _" U+0308  _x U+033D  _o U+031E  _r U+031D  _+ U+031F  _- U+0320  _O U+0339
    _c U+031C  _A U+0318  _q U+0319  _N U+033C
    """
)
_XSAMPA_MARKS = {ascii_: chr(int(x[2:], 16)) if x[0] == "U" else x for ascii_, x in _MARK_CODES.items()}
_XSAMPA_TO_IPA = _XSAMPA_LETTERS | _XSAMPA_MARKS
_IPA_TO_XSAMPA = {ipa: ascii_ for ascii_, ipa in reversed(_XSAMPA_TO_IPA.items())}
_XSAMPA_TOKEN = re.compile("|".join(map(re.escape, sorted(_XSAMPA_TO_IPA, key=len, reverse=True))))

_LETTERS = frozenset(_XSAMPA_LETTERS.values())
IPA_LETTERS = tuple(dict.fromkeys(_XSAMPA_LETTERS.values()))
"""Every letter of IPA that is read here: vowels, then consonants."""

_MARKS = frozenset(_XSAMPA_MARKS.values())
# Marks that say how syllables are stressed, joined or sung (tones), and nothing about how the phone is made: dropped
# when IPA is read.
_TONES = "˥˦˧˨˩ꜛꜜ↗↘\u0300\u0301\u0302\u0304\u030b\u030c\u030f\u1dc4\u1dc5\u1dc8"
_PROSODY = frozenset("ˈˌ.͜͡ ‿|" + _TONES)
# Other spellings; the glottalised ones go to creaky voice, and what stands above a letter for want of room to below it.
_SPELLINGS = {
    **{"g": "ɡ", "ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz", "ʨ": "tɕ", "ʥ": "dʑ", ":": "ː", "c\u0327": "ç"},
    **{"'": "ʼ", "ˀ": "\u0330", "ʱ": "\u0324", "ᵐ": "m", "ᵑ": "ŋ", "ᶮ": "ɲ"},
    **{"\u030a": "\u0325", "\u0331": "\u0320", "\u030d": "\u0329"},
}
_PRENASAL = "ⁿ"

VOWEL_LETTERS = frozenset("iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒᵻᵿɝɚ")
"""Letters of vowels."""

LIP_LETTERS = frozenset("pbmɸβfvʋɱʙwʍɥʘɓʃʒʷ") | VOWEL_LETTERS
"""Letters that need the lips: labials, the postalveolars that languages protrude, and every vowel."""


def tidy_ipa(symbol: str) -> str:
    """IPA as it is written here: marks apart from their letters, look-alikes replaced, no stress, dots or tie bars.

    Raises
    ------
    UnknownSymbol
        If a letter is none of IPA's, or a mark stands first.
    """
    text = unicodedata.normalize("NFD", symbol.strip()).lstrip("'")  # before a phone it is stress
    for spelling, letter in _SPELLINGS.items():
        text = text.replace(spelling, letter)
    if text.startswith(_PRENASAL):
        text = f"n{text.removeprefix(_PRENASAL)}"
    text = "".join(c for c in text if c not in _PROSODY).replace("ə˞", "ɚ").replace("ɜ˞", "ɝ")
    if not text or text[0] in _MARKS or any(c not in _LETTERS and c not in _MARKS for c in text):
        raise UnknownSymbol(symbol, sorted(_LETTERS))
    return text


def without_marks(ipa: str) -> str:
    """IPA without length, diacritics and other modifiers: the letters alone.

    >>> without_marks("tʰ"), without_marks("ɑ̃ː")
    ('t', 'ɑ')
    """
    return "".join(c for c in ipa if c not in _MARKS)


# A stop with the fricative that it opens into, at the same place: one phone.
_STOPS_OPENED = "ts dz tʃ dʒ tɕ dʑ ʈʂ ɖʐ tʂ dʐ tɬ dɮ pf bv tθ dð kx ɡɣ qχ cç ɟʝ pɸ bβ"
_AFFRICATES = frozenset(_STOPS_OPENED.split())
_LONGEST_GLIDE = 3  # letters of a vowel that moves: iou


def parted(ipa: str) -> tuple[str, ...]:
    """The phones in a stretch of tidy IPA that is written without blanks.

    A letter with the marks behind it is a phone. So are the two letters of an affricate, and two or three vowels in a
    row; a vowel with the colour of an r stays by itself behind another one.

    Examples
    --------
    >>> parted("ɔːɹ"), parted("aɪɚ"), parted("tʃʰuo"), parted("bɛllo")
    (('ɔː', 'ɹ'), ('aɪ', 'ɚ'), ('tʃʰ', 'uo'), ('b', 'ɛ', 'l', 'l', 'o'))
    """
    found: list[str] = []
    letters = ""  # of the last phone, without its marks
    for character in ipa:
        if character in _MARKS and found:
            found[-1] += character
            continue
        is_glide = letters and letters + character not in _AFFRICATES and len(letters) < _LONGEST_GLIDE
        both_vowels = {*letters, character} <= VOWEL_LETTERS and character not in "ɚɝ"
        if letters + character in _AFFRICATES or (is_glide and both_vowels):
            found[-1] += character
            letters += character
        else:
            found.append(character)
            letters = character
    return tuple(found)


def xsampa_to_ipa(symbol: str) -> str:
    """The same phone in IPA.

    Raises
    ------
    UnknownSymbol
        If it is not X-SAMPA.
    """
    text = symbol.strip()
    pieces = _XSAMPA_TOKEN.findall(text)
    if "".join(pieces) != text:
        raise UnknownSymbol(symbol, _XSAMPA_TO_IPA)
    return tidy_ipa("".join(_XSAMPA_TO_IPA[piece] for piece in pieces)) if text else ""


def ipa_to_xsampa(ipa: str) -> str:
    """The same phone in X-SAMPA; `ipa` is tidy."""
    return "".join(_IPA_TO_XSAMPA[c] for c in ipa)
