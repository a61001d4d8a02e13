"""What stands in a text beside its words, and keeps its line when it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.language.lexicon import embedded_lexicon
from visalign.language.markup import decoded, tidy, without_directions, without_tags
from visalign.language.transcript import parse_transcript, read_aloud

LEXICON = embedded_lexicon()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Questions &amp; answers", "questions and answers"),
        ("Questions &#38; answers", "questions and answers"),
        ("Questions &#x26; answers", "questions and answers"),
        ("Questions &amp;amp; answers", "questions and answers"),
        ("it&apos;s five&nbsp;kg &lt;i&gt;now&lt;/i&gt;", "it's five kg now"),
        ("she said &quot;yes&quot; &ndash; twice&hellip;", "she said yes twice"),
        ("caf&eacute; &lrm;", "cafe"),
        ("AT&T and R&D; yes", "a t and t and r and d yes"),
    ],
)
def test_character_references_are_characters(text: str, words: str) -> None:
    assert parse_transcript(text, LEXICON) == words.split()


def test_what_is_no_reference_stays() -> None:
    assert decoded("AT&T &nosuch; & &#; &amp") == "AT&T &nosuch; & &#; &amp"
    assert decoded("one&#10;two&#0;three") == "one two\ufffdthree"  # no end of a line that the text has not


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("un\u00adknown", "unknown"),
        ("su&shy;it", "suit"),
        ("un\u00ad\nknown word", "unknown word"),
        ("zero\u200dwidth wo\u2060rd \ufeffmark", "zerowidth word mark"),
        ("\u202bleft\u202c to\u061c right", "left to right"),
        ("hello\u200bworld", "hello world"),
        ("one\u2028two\u0085three\vfour", "one two three four"),
        ("\ufb01ne \ufb02ow \uff21\uff22\uff23\uff01 \U0001d41b\U0001d428\U0001d425\U0001d41d", "fine flow abc bold"),
        ("hello\U0001f600world \u2764\ufe0f \U0001f44d\U0001f3fd 1\ufe0f\u20e3", "hello world one"),
    ],
)
def test_invisible_characters(text: str, words: str) -> None:
    assert parse_transcript(text, LEXICON) == words.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<i>she</i> had<br>your<br/>suit", "she had your suit"),
        ("<font color='red'>she</font> <00:01.500><c.yellow>had</c>", "she had"),
        ("<|0.00|> she had <|2.50|>", "she had"),
        ("<unk> she <laugh> had", "she had"),
        ("<!-- no --> she had", "she had"),
        ("i <3 you", "i less than three you"),
        ("three < five > two", "three five two"),
        ("<she had> [//] she has", "she had she has"),
        ("<b>H</b>ello <span class='x'>sh</span>e hel<00:01.200>lo", "hello she hello"),
        ("<td>she</td><td>had</td><unknown>your</unknown><h1>suit</h1>dark", "she had your suit dark"),
        ("<?xml version='1.0'?><!DOCTYPE html><transcript><text start='1'>she</text><text>had</text>", "she had"),
        ("<head><title>no</title></head><style>p { x }</style>she<SCRIPT src='x'>if (a<b) {}</SCRIPT>had", "she had"),
        ("<script>she had", "she had"),
    ],
)
def test_tags(text: str, words: str) -> None:
    assert parse_transcript(text, LEXICON) == words.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*laughs* she had", "she had"),
        ("*clears throat* she *nervous laughter* had", "she had"),
        ("she **really** had", "she really had"),
        ("&=laughs she &=clears:throat had", "she had"),
        ("she &-uh had &+fr from +...", "she uh had fr from"),
        ('she had +/. your +"/. suit +//?', "she had your suit"),
        ("[music] she (quietly) had {cough}", "she had"),
        ("call (555) 123-4567", "call five five five one two three four five six seven"),
        ("a 401(k) plan", "a four hundred one k plan"),
        ("@UTF8\n@Begin\n*CHI:\tshe had .\n%mor:\tpro|she v|have\n@End", "she had"),
    ],
)
def test_what_is_done_and_not_said(text: str, words: str) -> None:
    assert parse_transcript(text, LEXICON) == words.split()


def test_in_doubt_it_is_told() -> None:
    starred, noted = (read_aloud(x, LEXICON) for x in ("one\nthe *door* is open", "one\n\nborn (1905) in may [12:30]"))
    assert "door" in starred.words
    assert "line 2: '*door*'" in starred.warnings()[0]
    assert noted.words == ("one", "born", "in", "may")
    assert "2 note(s) in brackets hold figures" in noted.warnings()[0]
    assert "line 3: '(1905)'; line 3: '[12:30]'" in noted.warnings()[0]


@given(st.text(alphabet="ab1<>&;#[](){}*\n -+=/|!\u00ad\u200b\r", max_size=60))
def test_lines_stay_where_they_are(text: str) -> None:
    plain = tidy(text)
    assert without_directions(plain)[0].count("\n") == plain.count("\n")
    assert len(without_directions(plain)[0]) == len(plain)
    assert without_tags(plain).count("\n") == plain.count("\n")
    assert decoded(plain).count("\n") == plain.count("\n")
