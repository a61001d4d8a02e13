"""Text for MFA, and its words among those of the transcript."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.forced_alignment.mfa_text import Mismatch, is_noise, match_words, spoken_form, words_as_written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Das ist schön.", ["Das", "ist", "schön."]),
        ("«¿Qué?»  – 3\tT-Shirts …", ["«¿Qué?»", "3", "T-Shirts"]),
        ("ANNA: Well.\nDR. SMITH: Remember: go!", ["Well.", "Remember:", "go!"]),
        ("[door slams] A (quietly) b [laughs]", ["[door slams] A", "(quietly) b [laughs]"]),
        ("[laughs]Well", ["[laughs] Well"]),
        ("word(s) <unk> <cutoff-hel>", ["word(s)", "<unk> <cutoff-hel>"]),
        ("<i>so</i> <v Anna>go</v> <00:01.500>now {\\an8}yes", ["so", "go", "now", "yes"]),
        ("Tom &amp; Jerry &#233;t&#xE9;", ["Tom", "Jerry", "été"]),
        ("un\u00adknown \ufeffword \u200eleft", ["unknown", "word", "left"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("", []),
        ("[laughs] — !", []),
        ("日本語です。", ["日本語です。"]),
    ],
)
def test_what_is_left_of_a_text(text: str, words: list[str]) -> None:
    assert words_as_written(text) == words


@given(st.text(max_size=80))
def test_any_text_becomes_words_that_are_found_again(text: str) -> None:
    words = words_as_written(text)
    assert words_as_written(" ".join(words)) == words or "&" in text or "<" in text or ":" in text
    assert match_words(words, [spoken_form(word) for word in words]) == [range(n, n + 1) for n in range(len(words))]


@pytest.mark.parametrize(
    ("words", "labels", "found"),
    [
        (["Das", "schön!"], ["das", "schön"], [(0, 1), (1, 2)]),
        (["T-Shirt", "x"], ["t-shirt", "x"], [(0, 1), (1, 2)]),
        (["T-Shirt", "x"], ["t", "shirt", "x"], [(0, 2), (2, 3)]),
        (["L\u2019homme"], ["l'", "homme"], [(0, 2)]),
        (["z.B.", "so"], ["z", "b", "so"], [(0, 2), (2, 3)]),
        (["日本語です。"], ["日本語", "です"], [(0, 2)]),
        (["zorblax"], ["<unk>"], [(0, 1)]),
        (["a", "zorb-lax", "b"], ["a", "<unk>", "b"], [(0, 1), (1, 2), (2, 3)]),
        (["a-zorb", "a"], ["a", "<unk>", "a"], [(0, 2), (2, 3)]),
        (["zorb-a", "a"], ["<unk>", "a", "a"], [(0, 2), (2, 3)]),
        (["zorb", "a", "lax"], ["<unk>", "a", "<unk>"], [(0, 1), (1, 2), (2, 3)]),
        (["[a] x", "y [b]"], ["[bracketed]", "x", "y", "<laugh>"], [(1, 2), (2, 3)]),
        (["x", "y"], ["x", "[bracketed]", "[bracketed]", "y"], [(0, 1), (3, 4)]),
        (["ﬁne", "½"], ["fine", "1⁄2"], [(0, 1), (1, 2)]),
        (["İstanbul"], ["istanbul"], [(0, 1)]),
    ],
)
def test_words_of_mfa_are_matched(words: list[str], labels: list[str], found: list[tuple[int, int]]) -> None:
    assert match_words(words, labels) == [range(*x) for x in found]


@pytest.mark.parametrize(
    ("words", "labels", "n_matched"),
    [
        (["a", "b"], ["a"], 1),
        (["a"], ["a", "b"], 1),
        (["a", "b", "c"], ["a", "c"], 1),
        (["Straße"], ["strasse"], 0),
        (["ab", "c"], ["a", "bc"], 0),
        (["a", "b"], [], 0),
        (["a", "b", "c"], ["<unk>", "<unk>"], 2),
    ],
)
def test_other_words_are_noticed(words: list[str], labels: list[str], n_matched: int) -> None:
    with pytest.raises(Mismatch) as caught:
        match_words(words, labels)
    assert caught.value.n_matched == n_matched


def test_a_long_text_of_unknown_words_takes_no_time() -> None:
    words = ["zorb-lax-quux"] * 2000
    assert len(match_words(words, ["<unk>"] * 2000)) == 2000


def test_noises_stand_in_brackets_as_a_whole() -> None:
    assert [is_noise(x) for x in ("[bracketed]", "<laugh>", "<unk>", "word(s)", "a", "")] == [True, True, *[False] * 4]
