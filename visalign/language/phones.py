"""Phone sets: the CMU phones with their articulation, and conversion between ARPABET, IPA and X-SAMPA.

Everything about phone symbols stands here, so that aligners, lexicons, viseme maps and exporters agree on it; the
letters of IPA and X-SAMPA stand in :mod:`visalign.language.ipa`.

Conventions
-----------
* The home alphabet is ARPABET as in CMUdict: 39 phones, upper case, without stress digits, and ``SIL``.
* `convert` goes through IPA. X-SAMPA and IPA correspond letter by letter, for any language; ARPABET names English
  phones only, so an IPA symbol without an English counterpart raises :class:`~visalign.errors.UnknownSymbol`.
* IPA is read tolerantly (``g`` for ``ɡ``, ``r`` for ``ɹ``, tie bars, ligatures, length and stress marks, the
  diphthongs written ``aj aw ej ow ɔj``) and written in one way.
* Silence is ``SIL`` in ARPABET and the empty string in IPA and X-SAMPA.
* Vowels are described at their nucleus; a diphthong names the phone that it glides to in `Phone.offglide`.

References
----------
.. [1] Carnegie Mellon University, The CMU Pronouncing Dictionary 0.7b, phone table.
.. [2] International Phonetic Association, Handbook of the International Phonetic Association, CUP 1999.
.. [3] K.-F. Lee and H.-W. Hon, Speaker-independent phone recognition using hidden Markov models, IEEE Trans. ASSP
   37(11), 1989: how the finer TIMIT symbols fold into the coarser ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from visalign.errors import ConfigError, UnknownSymbol
from visalign.language.ipa import (
    LIP_LETTERS,
    VOWEL_LETTERS,
    ipa_to_xsampa,
    pairs,
    tidy_ipa,
    without_marks,
    xsampa_to_ipa,
)

__all__ = [
    "ALPHABETS",
    "ARPABET",
    "BILABIALS",
    "SILENCE",
    "Phone",
    "articulatory_classes",
    "convert",
    "fold_arpabet",
    "is_phone",
    "is_silence",
    "is_vowel",
    "normalise",
    "seen_as_english",
    "shapes_lips",
    "strip_stress",
    "without_places",
]

ALPHABETS = ("arpabet", "ipa", "xsampa")
SILENCE = "SIL"
BILABIALS = frozenset({"P", "B", "M"})
"""Phones of ARPABET for which the lips close."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone and how it is made.

    Parameters
    ----------
    symbol : str
        ARPABET, without stress.
    ipa, xsampa : str
        The same phone in the other alphabets.
    example : str
        An English word that holds it.
    is_vowel : bool
        Vowel (or diphthong), as opposed to consonant or silence.
    manner : str
        ``plosive``, ``affricate``, ``fricative``, ``nasal``, ``approximant``, ``lateral``, ``monophthong``,
        ``diphthong`` or ``silence``.
    place : str or None
        ``bilabial``, ``labiodental``, ``labial-velar``, ``dental``, ``alveolar``, ``postalveolar``, ``palatal``,
        ``velar`` or ``glottal``; None for vowels and silence.
    is_voiced : bool
        The vocal folds vibrate.
    is_rounded : bool
        The lips are rounded or protruded; for ``SH ZH CH JH R`` as a secondary articulation of English.
    height, backness : str or None
        Of a vowel's nucleus: ``close`` … ``open`` and ``front``, ``central``, ``back``.
    offglide : str or None
        The ARPABET vowel that a diphthong ends on.
    """

    symbol: str
    ipa: str
    xsampa: str
    example: str
    is_vowel: bool
    manner: str
    place: str | None = None
    is_voiced: bool = True
    is_rounded: bool = False
    height: str | None = None
    backness: str | None = None
    offglide: str | None = None

    @property
    def shapes_lips(self) -> bool:
        """True if making the phone moves the lips; False where the tongue or the glottis does the work.

        Vowels, labials and rounded consonants do; ``K G NG T D N L S Z TH DH Y HH`` take the lips as they find them.
        """
        return self.is_vowel or self.is_rounded or REGIONS.get(self.place or "") == "labial"


# The part of the vocal tract that each place belongs to: the broad class for a phone that was seldom seen.
REGIONS = {
    "bilabial": "labial",
    "labiodental": "labial",
    "labial-velar": "labial",
    "dental": "coronal",
    "alveolar": "coronal",
    "postalveolar": "coronal",
    "palatal": "dorsal",
    "velar": "dorsal",
    "glottal": "laryngeal",
}

# symbol, IPA, X-SAMPA, example, manner, place, voiced, rounded
_CONSONANTS = r"""
P   p   p   pea      plosive      bilabial      -  -
B   b   b   bee      plosive      bilabial      +  -
T   t   t   tea      plosive      alveolar      -  -
D   d   d   day      plosive      alveolar      +  -
K   k   k   key      plosive      velar         -  -
G   ɡ   g   go       plosive      velar         +  -
CH  tʃ  tS  cheese   affricate    postalveolar  -  +
JH  dʒ  dZ  joy      affricate    postalveolar  +  +
F   f   f   fee      fricative    labiodental   -  -
V   v   v   vine     fricative    labiodental   +  -
TH  θ   T   thin     fricative    dental        -  -
DH  ð   D   this     fricative    dental        +  -
S   s   s   sea      fricative    alveolar      -  -
Z   z   z   zoo      fricative    alveolar      +  -
SH  ʃ   S   she      fricative    postalveolar  -  +
ZH  ʒ   Z   measure  fricative    postalveolar  +  +
HH  h   h   he       fricative    glottal       -  -
M   m   m   me       nasal        bilabial      +  -
N   n   n   no       nasal        alveolar      +  -
NG  ŋ   N   sing     nasal        velar         +  -
L   l   l   lee      lateral      alveolar      +  -
R   ɹ   r\  red      approximant  postalveolar  +  +
W   w   w   we       approximant  labial-velar  +  +
Y   j   j   yes      approximant  palatal       +  -
"""

# symbol, IPA, X-SAMPA, example, height, backness, rounded, offglide
_VOWELS = r"""
IY  i   i   fleece  close       front    -  -
IH  ɪ   I   kit     near-close  front    -  -
EH  ɛ   E   dress   open-mid    front    -  -
AE  æ   {   trap    near-open   front    -  -
AA  ɑ   A   lot     open        back     -  -
AO  ɔ   O   thought open-mid    back     +  -
UH  ʊ   U   foot    near-close  back     +  -
UW  u   u   goose   close       back     +  -
AH  ʌ   V   strut   open-mid    central  -  -
ER  ɝ   3`  nurse   open-mid    central  +  -
EY  eɪ  eI  face    close-mid   front    -  IH
AY  aɪ  aI  price   open        central  -  IH
OY  ɔɪ  OI  choice  open-mid    back     +  IH
AW  aʊ  aU  mouth   open        central  -  UH
OW  oʊ  oU  goat    close-mid   back     +  UH
"""


def _consonants() -> Iterator[Phone]:
    for row in _CONSONANTS.split("\n")[1:-1]:
        symbol, ipa, xsampa, example, manner, place, voiced, rounded = row.split()
        yield Phone(symbol, ipa, xsampa, example, False, manner, place, voiced == "+", rounded == "+")


def _vowels() -> Iterator[Phone]:
    for row in _VOWELS.split("\n")[1:-1]:
        symbol, ipa, xsampa, example, height, backness, rounded, glide = row.split()
        offglide = None if glide == "-" else glide
        manner = "diphthong" if offglide else "monophthong"
        yield Phone(symbol, ipa, xsampa, example, True, manner, None, True, rounded == "+", height, backness, offglide)


ARPABET: dict[str, Phone] = {
    phone.symbol: phone
    for phone in (*_consonants(), *_vowels(), Phone(SILENCE, "", "", "", False, "silence", is_voiced=False))
}

# Finer symbols of TIMIT and older ARPABET, and the CMU phone that holds them [3]_. The flap DX goes to T, its
# commonest origin in CMUdict; closures go to their plosive.
_FOLDED = pairs(
    """
    AX AH  AX-H AH  AXR ER  IX IH  UX UW  EL L  EM M  EN N  ENG NG  NX N  DX T  HV HH  WH W
    BCL B  PCL P  DCL D  TCL T  GCL G  KCL K
    """
)

# Other ways to write an English phone in IPA: dictionaries of MFA, Wiktionary and eSpeak, British and American.
# Marks that `without_marks` strips need no entry, except where the length tells two English phones apart.
_IPA_VARIANTS = {
    variant: symbol
    for symbol, variants in {
        "AA": "ɒ aː",
        "AE": "a",
        "AH": "ə ɐ",
        "AO": "ɒː",
        "AW": "aw au ɑʊ æʊ",
        "AY": "aj ai ɑɪ",
        "EH": "e",
        "ER": "ɚ ɜ ɜɹ",
        "EY": "ej ei ɛɪ",
        "G": "ɟ",
        "HH": "ɦ ç",
        "IH": "ɨ ᵻ",
        "K": "c",
        "L": "ɫ ʎ",
        "M": "ɱ",
        "N": "ɲ",
        "OW": "ow ou əʊ əw o",
        "OY": "ɔj ɔi oɪ",
        "R": "r ɻ",
        "T": "ʔ ɾ",
        "UW": "ʉ",
        "V": "ʋ",
        "W": "ʍ",
    }.items()
    for variant in variants.split()
}
_IPA_TO_ARPABET = {phone.ipa: phone.symbol for phone in ARPABET.values()} | _IPA_VARIANTS

_PAUSES = "sil sp spn nsn pau h# # epi _ <sil> <s> </s> <eps> [sil] [noise] [breath] +nsn+ +spn+ +breath+ +noise+"
_SILENCES = frozenset(_PAUSES.split())
_PLACES = frozenset(["_B", "_I", "_E", "_S"])


def is_silence(label: str) -> bool:
    """True for the empty string and for the names that corpora and aligners give to pauses and noises.

    >>> [is_silence(x) for x in ("SIL", "sp", "", "<sil>", "S")]
    [True, True, True, True, False]
    """
    bare = label.strip().lower()
    return not bare or bare in _SILENCES


def strip_stress(symbol: str) -> str:
    """An ARPABET vowel without its stress digit; anything else as it is.

    >>> strip_stress("AH0"), strip_stress("NG")
    ('AH', 'NG')
    """
    return symbol[:-1] if len(symbol) > 2 and symbol[-1] in "012" else symbol


def without_places(labels: Sequence[str]) -> list[str]:
    """Phones without their place in the word, which Kaldi's labels may hold: ``_B``, ``_I``, ``_E``, single ``_S``.

    Labels stay as they are unless all but silences have one, and not the beginning alone: X-SAMPA writes a tone so.

    Examples
    --------
    >>> without_places(["sil", "B_B", "IH_I", "N_E", "R_S"]), without_places(["a_B"])
    (['sil', 'B', 'IH', 'N', 'R'], ['a_B'])
    """
    spoken = [x for x in labels if not is_silence(x)]
    if all(x[-2:] in _PLACES and len(x) > 2 for x in spoken) and any(x[-2:] != "_B" for x in spoken):
        return [x if is_silence(x) else x[:-2] for x in labels]
    return list(labels)


def fold_arpabet(symbol: str) -> str:
    """The CMU phone that holds a finer ARPABET or TIMIT symbol.

    Examples
    --------
    >>> fold_arpabet("axr"), fold_arpabet("IH1"), fold_arpabet("bcl")
    ('ER', 'IH', 'B')

    Raises
    ------
    UnknownSymbol
        If it is neither one of the 39 phones nor one that folds into them.
    """
    if is_silence(symbol):
        return SILENCE
    bare = strip_stress(symbol.strip().upper())
    bare = _FOLDED.get(bare, bare)
    if bare not in ARPABET:
        raise UnknownSymbol(symbol, (*ARPABET, *_FOLDED))
    return bare


def normalise(symbol: str, alphabet: str) -> str:
    """A symbol in the spelling that its alphabet writes here; finer phones are kept apart.

    ARPABET goes to upper case without stress. IPA loses stress marks, syllable dots and tie bars, and its
    look-alike letters become the IPA ones. X-SAMPA takes the first spelling of Wells's table and loses stress.

    Examples
    --------
    >>> normalise("t͡ʃ", "ipa"), normalise("ax", "arpabet"), normalise("v\\\\", "xsampa")
    ('tʃ', 'AX', 'P')

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such symbol.
    ConfigError
        If there is no such alphabet.
    """
    _check_alphabet(alphabet)
    if is_silence(symbol):
        return SILENCE if alphabet == "arpabet" else ""
    if alphabet == "arpabet":
        bare = strip_stress(symbol.strip().upper())
        if bare not in ARPABET and bare not in _FOLDED:
            raise UnknownSymbol(symbol, (*ARPABET, *_FOLDED))
        return bare
    if alphabet == "ipa":
        return tidy_ipa(symbol)
    return ipa_to_xsampa(xsampa_to_ipa(symbol))


def is_phone(symbol: str, alphabet: str) -> bool:
    """True if `symbol` can be read in `alphabet`; silence counts.

    >>> is_phone("AX", "arpabet"), is_phone("ʏ", "ipa"), is_phone("QX", "arpabet")
    (True, True, False)
    """
    try:
        normalise(symbol, alphabet)
    except UnknownSymbol:
        return False
    return True


def convert(symbol: str, source: str, target: str) -> str:
    """The same phone in another alphabet.

    Parameters
    ----------
    symbol : str
        One phone; a diphthong or an affricate is one phone.
    source, target : {"arpabet", "ipa", "xsampa"}
        Alphabets. Into ARPABET, the nearest English phone is given where English writes it in several ways;
        length and other marks are dropped for that.

    Examples
    --------
    >>> convert("CH", "arpabet", "ipa"), convert("aj", "ipa", "arpabet"), convert("3`", "xsampa", "arpabet")
    ('tʃ', 'AY', 'ER')

    Raises
    ------
    UnknownSymbol
        If the symbol is not of the source alphabet, or has no counterpart in ARPABET.
    ConfigError
        If an alphabet is not one of the three.
    """
    _check_alphabet(target)
    bare = normalise(symbol, source)
    if source == target:
        return bare
    return _WRITERS[target](_READERS[source](bare))


def shapes_lips(symbol: str, alphabet: str = "arpabet") -> bool:
    """True if making the phone moves the lips, in any language; False for silence and tongue-only sounds.

    English phones are judged by :attr:`Phone.shapes_lips`; others by their IPA letters: vowels, labials,
    labialised sounds and ʃ ʒ do.

    Examples
    --------
    >>> shapes_lips("P"), shapes_lips("K"), shapes_lips("y", "ipa"), shapes_lips("x", "ipa")
    (True, False, True, False)

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such symbol.
    """
    ipa = convert(symbol, alphabet, "ipa")
    if "ʷ" in ipa:
        return True
    try:
        return ARPABET[_ipa_to_arpabet(ipa)].shapes_lips
    except UnknownSymbol:
        return not LIP_LETTERS.isdisjoint(ipa)


def seen_as_english(symbol: str, alphabet: str) -> str:
    """The phone of English (ARPABET) that has the lips of another one.

    Examples
    --------
    >>> seen_as_english("ˈaɪ", "ipa"), seen_as_english("ʎ", "ipa"), seen_as_english("axr", "arpabet")
    ('AY', 'L', 'ER')

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such symbol, or English has none with these lips: also for ɱ, which sounds like M and has
        the lip at the teeth, and for a vowel that stays where its English counterpart glides (o).
    """
    found = fold_arpabet(convert(symbol, alphabet, "arpabet"))
    if alphabet != "arpabet":
        ipa = convert(symbol, alphabet, "ipa")
        stays = sum(x in VOWEL_LETTERS for x in ipa) == 1 and not set(ipa) & set("jw")
        if "ɱ" in ipa or (stays and ARPABET[found].offglide is not None):
            raise UnknownSymbol(symbol, tuple(ARPABET))
    return found


def is_vowel(symbol: str, alphabet: str = "arpabet") -> bool:
    """True for vowels and diphthongs, in any language; False for consonants and silence.

    Examples
    --------
    >>> is_vowel("AX"), is_vowel("ɔʏ", "ipa"), is_vowel("tʃ", "ipa"), is_vowel("SIL")
    (True, True, False, False)

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such symbol.
    """
    return not VOWEL_LETTERS.isdisjoint(convert(symbol, alphabet, "ipa"))


def articulatory_classes(symbol: str) -> tuple[str, ...]:
    """Nested classes of an ARPABET phone, from broad to fine, ending with the phone itself.

    A model that has not seen a phone often enough backs off along them. Consonants go by what the lips and tongue
    do (region, place); vowels by rounding, then height and backness of the nucleus.

    Examples
    --------
    >>> articulatory_classes("M")
    ('consonant', 'labial', 'bilabial', 'M')
    >>> articulatory_classes("AW")
    ('vowel', 'rounding', 'open central', 'AW')
    >>> articulatory_classes("sp")
    ('silence', 'SIL')

    Raises
    ------
    UnknownSymbol
        If it is not an ARPABET phone.
    """
    phone = ARPABET[fold_arpabet(symbol)]
    if phone.manner == "silence":
        return ("silence", phone.symbol)
    if phone.place is not None:
        return ("consonant", REGIONS[phone.place], phone.place, phone.symbol)
    return ("vowel", _rounding(phone), f"{phone.height} {phone.backness}", phone.symbol)


def _rounding(vowel: Phone) -> str:
    glide_rounded = vowel.is_rounded if vowel.offglide is None else ARPABET[vowel.offglide].is_rounded
    return {
        (False, False): "unrounded",
        (True, True): "rounded",
        (False, True): "rounding",
        (True, False): "unrounding",
    }[vowel.is_rounded, glide_rounded]


def _check_alphabet(alphabet: str) -> None:
    if alphabet not in ALPHABETS:
        raise ConfigError("alphabet", alphabet, ALPHABETS)


def _arpabet_to_ipa(symbol: str) -> str:
    # Schwa and its rhotic have letters of their own in IPA, and no CMU phone of their own.
    return {"AX": "ə", "AXR": "ɚ"}.get(symbol) or ARPABET[fold_arpabet(symbol)].ipa


def _ipa_to_arpabet(ipa: str) -> str:
    for spelling in (ipa, without_marks(ipa)):
        if spelling in _IPA_TO_ARPABET:
            return _IPA_TO_ARPABET[spelling]
    raise UnknownSymbol(ipa, _IPA_TO_ARPABET)


_READERS: dict[str, Callable[[str], str]] = {"arpabet": _arpabet_to_ipa, "ipa": str, "xsampa": xsampa_to_ipa}
_WRITERS: dict[str, Callable[[str], str]] = {"arpabet": _ipa_to_arpabet, "ipa": str, "xsampa": ipa_to_xsampa}
