"""Running text to spoken words, and reading text files of doubtful origin."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import InputError, ParseError
from visalign.files.limits import LIMITS
from visalign.language.lexicon import embedded_lexicon, normalise_word
from visalign.language.transcript import parse_transcript, read_transcript


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bin blue at f two now", "bin blue at f two now"),
        ("BIN BLUE AT F TWO NOW.", "bin blue at f two now"),
        ("Well — it’s re-done, isn't it?", "well it's re done isn't it"),
        ("e-mail me the x-ray, mother-in-law", "e-mail me the x-ray mother-in-law"),
        ("He said: 'go'. \"Now!\" she said…then left", "he said go now she said then left"),
        ("'Tis 'bout rock'n'roll, the dogs' bowl", "'tis 'bout rock'n'roll the dogs' bowl"),
        ("at 9 a.m. in the U.S., Mr. Smith", "at nine a.m. in the u.s. mr. smith"),
        ("R&B & jazz, 20% + 0", "r and b and jazz twenty percent plus zero"),
        (
            "1,984 people, 3.5 miles, 10:30",
            "one thousand nine hundred eighty four people three point five miles ten thirty",
        ),
        ("caf\u00e9 cafe\u0301 na\u00efve", "cafe cafe naive"),
        ("hello\u200bworld zero\u200dwidth \ufeffmark soft\u00adhyphen", "hello world zerowidth mark softhyphen"),
        ("yes/no and/or", "yes no and or"),
        ("", ""),
        (" \t\n ... !? — “” ’ - -- ", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert parse_transcript(text, known=embedded_lexicon()) == words.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[laughs] yes (quietly) no {cough} <i>maybe</i>", "yes no maybe"),
        ("yes [he [turns] away] no", "yes no"),
        ("yes [unclosed no", "yes unclosed no"),
        ("ANNA: hello\nDR. SMITH (V.O.): hi\nOLD MAN #2: hey\n- BOB: no", "hello hi hey no"),
        ("Q: who?\nA: me", "who me"),
        ("ÉLODIE: oui", "oui"),
        ("Remember: be good", "remember be good"),
        ("I say: no. ANNA: is not at the start", "i say no anna is not at the start"),
        ("ONE TWO THREE FOUR FIVE: SIX", "one two three four five six"),
    ],
)
def test_what_is_not_spoken_is_left_out(text: str, words: str) -> None:
    assert parse_transcript(text) == words.split()


def test_without_known_words_every_hyphen_splits() -> None:
    assert parse_transcript("e-mail") == ["e", "mail"]
    assert parse_transcript("e-mail", known={"e-mail"}) == ["e-mail"]


def test_other_scripts_are_kept_as_words() -> None:
    assert parse_transcript("Привет, мир! שלום") == ["привет", "мир", "שלום"]


def test_what_is_too_long_for_a_word_is_refused_briefly() -> None:
    with pytest.raises(InputError, match="1000000 characters") as caught:
        parse_transcript("a" * 1_000_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("piece", ["\n", "(", "[(", "A ", "A. ", "A:", "-", "<", "'", "1,", "#"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(n: int) -> float:
        begin = time.process_time()
        with contextlib.suppress(InputError):
            parse_transcript(piece * n + " a")
        return time.process_time() - begin

    seconds(1000)
    assert seconds(80_000) < 2.0  # quadratic behaviour would take minutes


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_words_have_no_space_no_capitals_and_parse_to_themselves(text: str) -> None:
    words = parse_transcript(text)
    for word in words:
        assert word
        assert not any(character.isspace() for character in word)
        assert any(character.isalnum() or not character.isascii() for character in word)
        assert word == normalise_word(word)


@given(st.lists(st.sampled_from(["hello", "it's", "a.m", "x2", "naïve", "1984"]), max_size=8))
def test_parsing_parsed_words_changes_nothing(words: list[str]) -> None:
    assert parse_transcript(" ".join(words)) == words


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text.txt"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    path.write_bytes(mark + "naïve — it’s".encode(encoding))
    assert read_transcript(path) == "naïve — it’s"


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"one\ntwo\ncaf\xe9\n", 3, "UTF-8"),
        (b"\xff\xfea\x00b", 1, "UTF-16"),
        (b"one\nt\x00w\x00o\x00", 2, "zero bytes"),
        (b"one\nt\x1bwo", 2, "control characters"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, data: bytes, line: int | None, reason: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    with pytest.raises(ParseError, match=reason) as caught:
        read_transcript(path)
    assert caught.value.line == line
    assert str(path) in str(caught.value)


def test_missing_folder_and_huge_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="Check the path"):
        read_transcript(tmp_path / "none.txt")
    with pytest.raises(ParseError, match="not a regular file"):
        read_transcript(tmp_path)
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(LIMITS["text-bytes"].default + 1)
    with pytest.raises(ParseError, match="Give the text of one clip"):
        read_transcript(huge)
