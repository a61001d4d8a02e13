"""Phones in place of a text, in the alphabets in which people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import InputError, ParseError
from visalign.language.phone_lists import (
    aligned_alphabet,
    alphabet_of,
    parse_phones,
    read_phone_list,
    read_phones,
    respelt,
)


@pytest.mark.parametrize(
    ("written", "alphabet"),
    [
        *(("HH AH0 L OW1", "arpabet"), ("h ə l oʊ", "ipa"), ("h @ l oU", "xsampa"), ("b a t", "ipa")),
        *(("t_h A: n", "xsampa"), ("k' a ŋ", "ipa"), ("S N", "arpabet"), ("S a N", "xsampa"), ("S I N aI", "xsampa")),
    ],
)
def test_the_alphabet_is_the_one_that_has_all(written: str, alphabet: str) -> None:
    assert alphabet_of(written.split()) == alphabet


@pytest.mark.parametrize(("written", "ipa"), [("HH AY1", "h aɪ"), ("h aɪ", "h aɪ"), ("h aI", "h aɪ")])
def test_three_alphabets_say_the_same(written: str, ipa: str) -> None:
    assert [x.ipa for group in read_phone_list(written.split()) for x in group] == ipa.split()


def test_labels_stay_as_given_and_x_sampa_becomes_ipa() -> None:
    (first,), (second,) = read_phone_list(["ˈt͡ʃ"]), read_phone_list(['"tS:'])
    assert [first[0].label, second[0].label] == ["ˈt͡ʃ", "ˈtʃː"]


@pytest.mark.parametrize("pause", ["", "sil", "SIL", "sp", "_", "<sil>"])
def test_silences_part_groups(pause: str) -> None:
    assert [len(x) for x in read_phone_list(["b", "a", pause, pause, "n"])] == [2, 1]


def test_lines_and_bars_part_groups_and_comments_are_left_out() -> None:
    phones = parse_phones("# a greeting\r\nɡ uː t  # good\n\nt aː | k\n", name="x")
    assert [[p.label for p in group] for group in read_phone_list(phones)] == [["ɡ", "uː", "t"], ["t", "aː"], ["k"]]


@pytest.mark.parametrize(
    ("text", "line", "phone", "alphabet"),
    [
        *(("b a\nn 7a3! t", 2, "7a3!", "IPA"), ("HH AH\nL\n\nQX OW", 4, "QX", "ARPABET")),
        *(("h @ l\nQ* t_h E", 2, "Q*", "X-SAMPA"), ("ɡ uː t ə n hallo! t aː k", 1, "hallo!", "IPA")),
    ],
)
def test_a_phone_of_no_alphabet_is_named_with_its_line(
    text: str, line: int, phone: str, alphabet: str, tmp_path: Path
) -> None:
    path = tmp_path / "said.phones"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError) as caught:
        read_phones(path)
    assert str(caught.value).startswith(f"{path}:{line}: {phone!r} is no phone of {alphabet}")
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["", "\n \n", "# nothing", "sil | sp"])
def test_a_file_without_phones_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="no phones"):
        parse_phones(text, name="x")


def test_a_list_names_the_phone_by_its_number() -> None:
    with pytest.raises(InputError, match=r"phone 3 of 4: 'nope!' is no phone of IPA"):
        read_phone_list(["b", "ɪ", "nope!", "n"])
    with pytest.raises(InputError, match="as a list"):
        read_phone_list("bin")


def test_respelling_keeps_stress_and_what_english_has_not() -> None:
    assert [respelt(x, "arpabet") for x in ("ˈaɪ", "ˌə", "tʃ", "y", "SIL")] == ["AY1", "AH2", "CH", "y", "SIL"]
    assert [respelt(x, "ipa") for x in ("AY1", "AH0", "ˈyː")] == ["ˈaɪ", "ʌ", "ˈyː"]
    assert [respelt(x, "xsampa") for x in ("AY2", "ˈtʰ")] == ["%aI", '"t_h']


@pytest.mark.parametrize(
    ("labels", "alphabet"),
    [
        (["B", "Y", "SIL"], "arpabet"),
        (["b", "y", ""], "ipa"),
        (["h#", "b", "iy", "axr"], "arpabet"),
        (["b", "iː"], "ipa"),
        (["b", "ah1"], "arpabet"),
        (["sil"], "arpabet"),
    ],
)
def test_letters_alone_are_ipa_where_they_are_small(labels: list[str], alphabet: str) -> None:
    assert aligned_alphabet(labels) == alphabet
