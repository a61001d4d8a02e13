r"""Praat's backslash trigraphs: letters that its users type as three signs (``\sw``), and that its files may hold so.

Only those are read that stand in the table; whatever else follows a backslash stays as it is [1]_.

References
----------
.. [1] P. Boersma and D. Weenink, Praat manual, "Special symbols" and "Phonetic symbols".
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["without_trigraphs"]

_TABLE = r"""
ic=ɪ yc=ʏ hs=ʊ sw=ə ef=ɛ er=ɜ kb=ɞ vt=ʌ ct=ɔ at=ɐ as=ɑ ab=ɒ ae=æ oe=œ Oe=ɶ o/=ø i-=ɨ u-=ʉ mt=ɯ rh=ɤ e-=ɘ o-=ɵ sr=ɚ
ng=ŋ sh=ʃ zh=ʒ tf=θ te=θ dh=ð gs=ɡ gf=ɣ ga=ɣ bf=β be=β ff=ɸ cf=χ ?g=ʔ fh=ɾ rt=ɹ nj=ɲ mj=ɱ yt=ʎ vs=ʋ c,=ç jc=ʝ l~=ɫ
wt=ʍ ht=ɥ ci=ɕ zc=ʑ t.=ʈ d.=ɖ n.=ɳ s.=ʂ z.=ʐ l.=ɭ r.=ɽ
:f=ː .f=ˑ '1=ˈ '2=ˌ
ao=å Ao=Å ss=ß Ae=Æ O/=Ø C,=Ç
"""
_SYMBOLS = dict(pair.split("=") for pair in _TABLE.split())
_MARKS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308"}
_TRIGRAPH = re.compile(r"\\(..)")


def without_trigraphs(label: str) -> str:
    r"""A label with letters in the place of trigraphs.

    Examples
    --------
    >>> without_trigraphs(r"caf\e' \as\:f \xx")
    'café ɑː \\xx'
    """
    return _TRIGRAPH.sub(_letter, label) if "\\" in label else label


def _letter(found: re.Match[str]) -> str:
    code = found[1]
    if known := _SYMBOLS.get(code):
        return known
    if code[0].isalpha() and code[1] in _MARKS:
        composed = unicodedata.normalize("NFC", code[0] + _MARKS[code[1]])
        return composed if len(composed) == 1 else found[0]
    return found[0]
