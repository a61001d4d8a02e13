"""Text of any age: each encoding by what it writes, and bytes that are no text."""

from __future__ import annotations

import pytest

from visalign.errors import ParseError
from visalign.files.decoding import DecodedText, decode_text

TEXT = "Ich möchte über die Straße, à côté, señor, El Niño\nnoch einmal: naïve Ärzte, façade\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-16-le with mark"]
)
def test_unicode_is_told_by_itself(encoding: str) -> None:
    data = b"\xff\xfe" + TEXT.encode("utf-16-le") if "mark" in encoding else TEXT.encode(encoding)
    assert decode_text("a", data) == DecodedText(TEXT)


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp1252", "Windows Latin-1"), ("latin-1", "Windows Latin-1"), ("mac_roman", "Mac OS Roman")]
)
def test_old_encodings_are_guessed_by_how_words_look(encoding: str, name: str) -> None:
    assert decode_text("a", TEXT.encode(encoding)) == DecodedText(TEXT, name)
    # Each word alone is enough.
    for word in ("möchte", "über", "Straße", "façade", "été", "Ärzte"):
        if not (encoding == "mac_roman" and word == "möchte"):  # its ö is Windows' š, a small letter as well
            assert decode_text("a", word.encode(encoding)).text == word


def test_quotation_marks_of_windows_are_no_letters_of_macs() -> None:
    text = "he said \u201cno\u201d \u2013 don\u2019t"
    assert decode_text("a", text.encode("cp1252")).text == text


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_ends_of_lines(end: str) -> None:
    assert decode_text("a", f"one{end}two{end}".encode()).text == "one\ntwo\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"one\ntwo\0", 2), (b"\xff\xfea\0\n\0b", 2), (b"\xe9\n\0", 2), (b"\xff\xfe\0\xd8a\0", 1), (b"\0\0\0\0", 1)],
)
def test_what_is_no_text_names_the_line(data: bytes, line: int) -> None:
    with pytest.raises(ParseError) as caught:
        decode_text("a.TextGrid", data)
    assert caught.value.line == line


def test_nothing_is_an_empty_text() -> None:
    assert decode_text("a", b"") == DecodedText("")
