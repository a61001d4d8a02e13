"""Loading map files, and looking phones up."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_map import GOOD

from visalign.errors import ConfigError, ParseError, UnknownSymbol
from visalign.language.ipa import IPA_LETTERS
from visalign.language.phones import ARPABET
from visalign.visemes.comparison import ipa_coverage
from visalign.visemes.viseme_map import VisemeMap, available_maps


def test_a_file_is_loaded_whole(write):
    tiny = VisemeMap.load(write(GOOD))
    assert tiny.visemes == ("closed", "open", "narrow", "round", "rest")
    assert tiny.classes["narrow"].phones == ("i", "t")
    assert [tiny[phone] for phone in ("p", "ˈa", "iː", "k", "ø", "")] == [
        "closed",
        "open",
        "narrow",
        "narrow",
        "round",
        "rest",
    ]
    assert tiny.recipes["rig"].weights["closed"] == {"mouthPressLeft": 0.5, "mouthPressRight": 0.5, "jawOpen": 0.0}
    assert tiny.sequences["u"].split == 0.6


def test_a_map_survives_pickling(jeffers):
    assert pickle.loads(pickle.dumps(jeffers)) == jeffers


def test_an_unknown_name_suggests_near_ones_and_lists_all():
    with pytest.raises(ConfigError, match=r"the nearest is jeffers_1971\.") as caught:
        VisemeMap.load("jefers_1971")
    assert all(name in caught.value.allowed for name in available_maps())


def test_a_missing_file_is_a_parse_error_of_that_file(tmp_path):
    with pytest.raises(ParseError, match="can't be read") as caught:
        VisemeMap.load(tmp_path / "none.toml")
    assert caught.value.path.endswith("none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('id = "é"'.encode("latin-1"))
    with pytest.raises(ParseError, match="UTF-8"):
        VisemeMap.load(path)


# Look-ups


@given(st.sampled_from(sorted(ARPABET)), st.sampled_from(["", "0", "1", "2"]))
def test_stress_never_changes_a_viseme(symbol, stress):
    jeffers = VisemeMap.load("jeffers_1971")
    if ARPABET[symbol].is_vowel:
        assert jeffers[symbol + stress] == jeffers[symbol]


def test_a_stressed_map_keeps_schwa_apart(write):
    text = GOOD.replace('alphabet = "ipa"', 'alphabet = "arpabet"\nstrip_stress = false\nfallback = "rest"')
    text = text.replace('inventory = ["p", "t", "k", "a", "i", "u", "ø"]\n', "").replace('unlisted = ["k"]\n', "")
    text = text[: text.index("[fill]")].replace('["p"]', '["P"]').replace('["a"]', '["AH1", "AH2"]')
    text = text.replace('["i", "t"]', '["AH0", "T"]').replace('["u", "ø"]', '["UW1"]')
    tiny = VisemeMap.load(write(text))
    assert [tiny[x] for x in ("AH1", "AH0", "T", "K")] == ["open", "narrow", "narrow", "rest"]


def test_fallback_serves_only_real_phones(jeffers):
    assert jeffers["HH"] == "I"
    assert not jeffers.places("HH")
    with pytest.raises(UnknownSymbol):
        jeffers["QQ"]


def test_a_phone_that_a_map_is_silent_about_looks_like_those_that_are_made_like_it(write):
    tiny = VisemeMap.load(write(GOOD))
    assert tiny["x"] == tiny["t"]  # of p and t the one that leaves the lips alone
    assert tiny["ɓ"] == tiny["m"] == tiny["p"]
    assert tiny["y"] == tiny["u"]
    assert not tiny.places("x")
    with pytest.raises(UnknownSymbol, match="'☃'"):
        tiny["☃"]


# By what anybody sees: lips closed, lip on teeth, lips rounded.
_FOREIGN = {"bilabial": "ɓ mʲ pʰ bʱ ʘ", "labiodental": "ɱ fʲ vː", "rounded": "y ø œ ɥ"}


@pytest.mark.parametrize("name", available_maps())
def test_every_map_shows_the_lips_of_other_languages(name):
    found = VisemeMap.load(name)
    like = {"bilabial": "p b m", "labiodental": "f v", "rounded": "u o ɔ w ʊ ɹ ʃ"}
    for kind, phones in _FOREIGN.items():
        wanted = {found.lookup(x, "ipa") for x in like[kind].split()}
        silent_about = [x for x in phones.split() if not found.places(x, "ipa")]
        strange = [x for x in silent_about if found.lookup(x, "ipa") not in wanted]
        if kind == "rounded" and not any(x.articulator == "rounded" for x in found.classes.values()):
            continue  # Fisher's consonants at the ends of words
        assert not strange, (kind, strange)


@pytest.mark.parametrize("name", available_maps())
def test_every_map_has_a_viseme_for_every_letter_of_ipa(name):
    found = VisemeMap.load(name)
    assert {found.lookup(x, "ipa") for x in IPA_LETTERS} <= set(found.visemes)
    covered = ipa_coverage(found)
    assert sorted(x for letters in covered.values() for x in letters) == sorted(IPA_LETTERS)


def test_diphthongs_of_other_languages_show_their_two_vowels(jeffers):
    assert jeffers.sequence_of("ɔø", "ipa").visemes == (jeffers.lookup("ɔ", "ipa"), jeffers.lookup("ø", "ipa"))
    assert jeffers.sequence_of("ˈaɪ", "ipa") == jeffers.sequence_of("AY")  # English has it
    assert jeffers.sequence_of("ei", "ipa") is None  # one mouth for both
    assert jeffers.sequence_of("t", "ipa") is None


def test_finer_phones_count_as_the_one_that_holds_them():
    annosoft, neti = VisemeMap.load("annosoft_17"), VisemeMap.load("neti_2000")
    assert annosoft["AXR"] == annosoft["ER"]
    assert neti["AX"] == "V4"  # listed on its own
    assert neti["AH"] == "V1"


def test_maps_take_phones_of_another_alphabet(jeffers, write):
    assert [jeffers.lookup(x, "ipa") for x in ("b", "ɹ", "t͡ʃ", "ə")] == ["C", "B", "F", "I"]
    assert jeffers.lookup("r\\", "xsampa") == "B"
    tiny = VisemeMap.load(write(GOOD))
    assert [tiny.lookup(x, "arpabet") for x in ("P", "IY1", "UW", "SIL")] == ["closed", "narrow", "round", "rest"]
    assert tiny.lookup("2:", "xsampa") == "round"


def test_a_map_in_ipa_finds_english_diphthongs_in_any_spelling(write):
    tiny = VisemeMap.load(write(GOOD.replace('"i", "t"]', '"i", "t", "aj"]')))
    assert tiny.lookup("AY", "arpabet") == "narrow"
