"""A file whose format is not known yet: its bytes, and what they are as text and as data, each made once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from visalign.errors import AnyPath
from visalign.files.data_files import parse_json, read_bytes
from visalign.files.decoding import DecodedText, decode_text

__all__ = ["BINARY_MARK", "Content"]

BINARY_MARK = b"ooBinaryFile"
"""The first bytes of Praat's binary files."""

_HEAD = 4096
"""Bytes in which a format's own mark stands, if it has one."""


class Content:
    """What is in an annotation file.

    Parameters
    ----------
    path : path-like
        The file, for messages.
    data : bytes
        All of it.
    """

    def __init__(self, path: AnyPath, data: bytes) -> None:
        self.path, self.data = Path(path), data

    @classmethod
    def read(cls, path: AnyPath) -> Content:
        """The content of a file.

        Raises
        ------
        ParseError
            If it can't be read, is no regular file, or is too large.
        """
        return cls(path, read_bytes(path))

    @property
    def suffix(self) -> str:
        """The ending of its name, in small letters."""
        return self.path.suffix.lower()

    @cached_property
    def decoded(self) -> DecodedText:
        """As text.

        Raises
        ------
        ParseError
            If it is none.
        """
        return decode_text(self.path, self.data)

    @property
    def text(self) -> str:
        """The text; errors are those of `decoded`."""
        return self.decoded.text

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know about the text."""
        guessed = self.decoded.guessed
        if not guessed:
            return ()
        return (f"it is no Unicode text, and was read as {guessed}; where letters look wrong, save it as UTF-8",)

    @cached_property
    def head(self) -> str:
        """The beginning of the text, from its first letter on."""
        return self.beginning[:_HEAD].lstrip()

    @property
    def beginning(self) -> str:
        """The text to look at; of a binary file nothing."""
        return "" if self.is_binary else self.text

    @property
    def is_binary(self) -> bool:
        """Whether it says of itself that it is no text, as Praat's binary files do."""
        return self.data.startswith(BINARY_MARK)

    @cached_property
    def json(self) -> Any:
        """As JSON; of a file with a document in each line, a list of them.

        Raises
        ------
        ParseError
            If it is none.
        """
        rows = [row.strip() for row in self.text.split("\n") if row.strip()]
        is_lines = len(rows) > 1 and all(row[0] == "{" and row[-1] == "}" for row in rows)
        text = "[" + ",\n".join(rows) + "]" if is_lines else self.text
        return parse_json(self.path, text, strict=False)
