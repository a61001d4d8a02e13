"""How the words of a corpus come to their phones, and which of them are guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.acoustic_training.corpus import Stretch, StretchOfSound
from visalign.acoustic_training.pronunciations import (
    NOISE,
    pronounce_words,
    read_language,
    spoken_utterances,
    write_dictionary,
)
from visalign.errors import ConfigError, InputError
from visalign.language.g2p.joint_ngram import PACKED, JointNgram
from visalign.language.g2p.unknown_words import chosen_g2p
from visalign.language.lexicon import Lexicon, parse_lexicon, read_lexicon

SYLLABLES = {"ka": "k a", "li": "l i", "mu": "m u", "ta": "t a", "so": "s o", "pi": "p i"}


def regular(change: str = "") -> Lexicon:
    """Words of two syllables that are spelt as they are said."""
    rows = [f"{a}{b} {change}{SYLLABLES[a]} {SYLLABLES[b]}" for a in SYLLABLES for b in SYLLABLES if a != b]
    return parse_lexicon("\n".join(rows), name="regular.dict")


def test_words_outside_the_dictionary_are_guessed_from_it() -> None:
    found = pronounce_words(["kali", "kalimu", "Soso"], regular())
    assert found.ways["kali"] == (("k", "a", "l", "i"),)
    assert found.ways["kalimu"][0] == ("k", "a", "l", "i", "m", "u")
    assert found.ways["soso"][0] == ("s", "o", "s", "o")
    assert (found.guessed, found.unknown) == (("kalimu", "soso"), ())


def test_what_nobody_can_say_is_named() -> None:
    found = pronounce_words(["kali", "жук"], regular())
    assert found.unknown == ("жук",)
    assert "жук" not in found.ways
    with pytest.raises(InputError, match=r"no word of the corpus has a pronunciation \('жук' …\)"):
        pronounce_words(["жук"], regular())


def test_a_dictionary_of_few_words_teaches_nothing() -> None:
    found = pronounce_words(["kali", "likali"], parse_lexicon("kali k a l i\nlika l i k a\n"))
    assert (found.unknown, found.model) == (("likali",), None)


@pytest.mark.parametrize(
    ("text", "alphabet", "phones"),
    [
        ("kali k ˈa l iː", "ipa", ("k", "a", "l", "iː")),
        ("kali K AH1 L IY0", "arpabet", ("K", "AH", "L", "IY")),
        ('kali k "a: 5 9', "xsampa", ("k", "aː", "ɫ", "œ")),
        ("kali k1x a+ l@ ~i", "other", ("k1x", "a+", "l@", "~i")),
    ],
)
def test_phones_are_written_without_stress(text: str, alphabet: str, phones: tuple[str, ...]) -> None:
    found = pronounce_words(["kali"], parse_lexicon(text))
    assert (found.alphabet, found.ways["kali"]) == (alphabet, (phones,))


def test_the_voice_of_a_language_speaks_where_the_dictionary_is_silent() -> None:
    found = pronounce_words(["jambo", "rafiki"], parse_lexicon("jambo ɟ a m b o\n"), "sw")
    assert found.ways["rafiki"] == (("r", "a", "f", "i", "k", "i"),)
    assert (found.guessed, found.unknown) == ((), ())


def test_american_english_has_its_own_guesser() -> None:
    found = pronounce_words(["blue", "zorblax"], None)
    assert found.ways["blue"] == (("B", "L", "UW"),)
    assert found.guessed == ("zorblax",)
    assert (found.model, found.packed_model()) == (None, None)


def test_in_which_language_a_text_is_read() -> None:
    assert read_language(regular(), None) == "und"
    assert read_language(regular(), "pt_BR") == "pt-br"
    assert read_language(None, None) == read_language(regular(), "en") == "en"
    with pytest.raises(ConfigError):
        read_language(None, "klingonish")


def test_the_model_is_the_same_from_an_archive(tmp_path: Path) -> None:
    import zipfile

    found = pronounce_words(["kali", "kalimu"], regular())
    packed = found.packed_model()
    assert packed is not None
    assert packed == pronounce_words(["kali", "kalimu"], regular()).packed_model()
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("final.mdl", b"x")
        archive.writestr(PACKED, packed)
    assert JointNgram.load(tmp_path / "model.zip").spell("muta")[0].phones == ("m", "u", "t", "a")
    assert chosen_g2p(str(tmp_path / "model.zip"))("muta")[0].phones == ("m", "u", "t", "a")


def test_utterances_hold_noise_for_what_cannot_be_said(tmp_path: Path) -> None:
    found = pronounce_words(["kali", "жук"], regular())
    sound = StretchOfSound(tmp_path / "one.wav")
    rows = [Stretch("one", "ana", sound, ("kali", "жук")), Stretch("two", "ana", sound, ("жук",))]
    utterances, left_out = spoken_utterances(rows, found)
    assert [x.pronunciations for x in utterances] == [((("k", "a", "l", "i"),), ((NOISE,),))]
    assert [x.name for x in left_out] == ["two"]
    assert "'жук'" in left_out[0].reason


def test_the_dictionary_is_read_back(tmp_path: Path) -> None:
    found = pronounce_words(["kali", "kalimu"], regular())
    again = read_lexicon(write_dictionary(tmp_path / "my.dict", found))
    assert again["kalimu"][0].phones == found.ways["kalimu"][0]
    assert set(again.entries) == {"kali", "kalimu"}
