"""Phone sets: the inventory, articulation, and conversion both ways."""

import pytest

from visalign.errors import ConfigError, UnknownSymbol
from visalign.language.phones import (
    ARPABET,
    BILABIALS,
    articulatory_classes,
    convert,
    fold_arpabet,
    is_phone,
    is_silence,
    is_vowel,
    normalise,
    shapes_lips,
    strip_stress,
)

SYMBOLS = sorted(ARPABET)
CMU = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
TONGUE_ONLY = "K G NG T D N L S Z TH DH Y HH"


def test_there_are_the_39_cmu_phones_and_silence():
    assert set(ARPABET) == {*CMU.split(), "SIL"}
    assert sum(phone.is_vowel for phone in ARPABET.values()) == 15


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("alphabet", ["ipa", "xsampa"])
def test_arpabet_survives_the_round_trip(symbol, alphabet):
    assert convert(convert(symbol, "arpabet", alphabet), alphabet, "arpabet") == symbol


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_table_agrees_with_the_conversion(symbol):
    assert convert(symbol, "arpabet", "ipa") == ARPABET[symbol].ipa
    assert convert(symbol, "arpabet", "xsampa") == ARPABET[symbol].xsampa
    assert convert(ARPABET[symbol].ipa, "ipa", "xsampa") == ARPABET[symbol].xsampa


def test_each_phone_has_its_own_ipa_and_xsampa():
    assert len({phone.ipa for phone in ARPABET.values()}) == len(ARPABET)
    assert len({phone.xsampa for phone in ARPABET.values()}) == len(ARPABET)


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("ɡ", "G"), ("g", "G"), ("ɹ", "R"), ("r", "R"), ("ɚ", "ER"), ("ɝ", "ER"), ("ɜː", "ER"), ("ə˞", "ER"),
        ("iː", "IY"), ("i:", "IY"), ("ˈɑː", "AA"), ("t͡ʃ", "CH"), ("ʧ", "CH"), ("d͜ʒ", "JH"), ("pʰ", "P"),
        ("n̩", "N"), ("ɫ̩", "L"), ("əʊ", "OW"), ("aj", "AY"), ("ow", "OW"), ("ə", "AH"), ("ç", "HH"), ("", "SIL"),
    ],
)  # fmt: skip
def test_spellings_of_ipa_come_to_one_phone(ipa, expected):
    assert convert(ipa, "ipa", "arpabet") == expected


def test_published_xsampa_words():
    # "rainbow" and "birthday" in General American, as SAMPA transcriptions write them.
    assert [convert(x, "xsampa", "arpabet") for x in ("r\\", "eI", "n", "b", "oU")] == ["R", "EY", "N", "B", "OW"]
    assert [convert(x, "xsampa", "arpabet") for x in ('"b', "3`", "T", "d", "eI")] == ["B", "ER", "TH", "D", "EY"]


def test_other_languages_convert_between_ipa_and_xsampa_and_not_into_english():
    assert convert("ʁ", "ipa", "xsampa") == "R"
    assert convert("2:", "xsampa", "ipa") == "øː"
    with pytest.raises(UnknownSymbol) as caught:
        convert("ø", "ipa", "arpabet")
    assert caught.value.symbol == "ø"


@pytest.mark.parametrize(
    ("symbol", "alphabet"), [("QQ", "arpabet"), ("AHX", "arpabet"), ("ж", "ipa"), ("ː", "ipa"), ("ä$", "xsampa")]
)
def test_unknown_symbols_are_refused(symbol, alphabet):
    assert not is_phone(symbol, alphabet)
    with pytest.raises(UnknownSymbol):
        normalise(symbol, alphabet)


def test_an_unknown_alphabet_names_the_known_ones():
    with pytest.raises(ConfigError, match="arpabet, ipa, xsampa"):
        convert("B", "arpabet", "kirshenbaum")


@pytest.mark.parametrize("label", ["SIL", "sil", "sp", "spn", "", " ", "<sil>", "</s>", "pau", "h#", "+SPN+"])
def test_silence_has_many_names(label):
    assert is_silence(label)


@pytest.mark.parametrize("label", ["S", "SH", "s", "IH", "sp1t"])
def test_phones_are_not_silence(label):
    assert not is_silence(label)


def test_stress_is_stripped_from_vowels_only():
    assert [strip_stress(x) for x in ("AH0", "ER1", "OY2", "NG", "B", "AH3")] == ["AH", "ER", "OY", "NG", "B", "AH3"]


def test_timit_symbols_fold_into_cmu():
    assert [fold_arpabet(x) for x in ("ax", "axr", "en", "hv", "tcl", "h#")] == ["AH", "ER", "N", "HH", "T", "SIL"]
    with pytest.raises(UnknownSymbol):
        fold_arpabet("XX")


def test_lips_make_labials_rounded_sounds_and_vowels():
    tongue_only = {symbol for symbol in ARPABET if not shapes_lips(symbol)} - {"SIL"}
    assert tongue_only == set(TONGUE_ONLY.split())
    assert [shapes_lips(x, "ipa") for x in ("y", "ɸ", "tʷ", "x", "ʁ", "ɲ")] == [True, True, True, False, False, False]


@pytest.mark.parametrize("symbol", ["i", "ɒ", "ᵻ", "ɚ", "ɑ̃ː", "aʊ"])
def test_vowels_are_told_in_any_language(symbol):
    assert is_vowel(symbol, "ipa")


def test_vowels_are_told_in_every_alphabet():
    assert {x for x in ARPABET if is_vowel(x)} == {x for x, phone in ARPABET.items() if phone.is_vowel}
    assert [is_vowel(x) for x in ("AX", "AXR", "IX", "DX", "sp")] == [True, True, True, False, False]
    assert [is_vowel(x, "xsampa") for x in ("2:", "3`", "R", "")] == [True, True, False, False]


def test_lips_close_for_the_bilabials():
    assert {x for x, phone in ARPABET.items() if phone.place == "bilabial"} == BILABIALS


def test_classes_nest_from_broad_to_fine():
    assert articulatory_classes("V") == ("consonant", "labial", "labiodental", "V")
    assert articulatory_classes("UW1") == ("vowel", "rounded", "close back", "UW")
    assert articulatory_classes("OY")[1] == "unrounding"
    parents: dict[str, tuple[str, ...]] = {}
    for symbol in ARPABET:
        *path, leaf = articulatory_classes(symbol)
        assert leaf == symbol
        for depth, name in enumerate(path):
            broader = tuple(path[:depth])
            # Vowels share heights across rounding; everything above that has one parent only.
            if depth < 2 or path[0] == "consonant":
                assert parents.setdefault(name, broader) == broader
