"""Text of strangers where somebody looks at it: on a terminal, in a message.

A terminal obeys what is printed on it. A name with an escape sequence in it can set the title of the window, clear the
screen, write into the clipboard or hide what follows [1]_, and the codes from 128 to 159 do the same on some; marks of
the direction of writing turn the order of the letters, so that ``exe.4pm`` is read as ``mp4.exe`` [2]_. Whatever is
shown goes through here, once, whichever command shows it.

References
----------
.. [1] CWE-150, Improper neutralization of escape, meta, or control sequences.
.. [2] N. Boucher and R. Anderson, Trojan Source: invisible vulnerabilities, USENIX Security 2023.
"""

from __future__ import annotations

import re

from visalign.files.outputs import legible

__all__ = ["harmless", "harmless_json", "one_line"]

_BREAKS = "\\t\\n\\v\\f\\r\\x1c-\\x1f\\x85\\u2028\\u2029"
_DIRECTIONS = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"
_BREAK = re.compile(f"[{_BREAKS}]+")
_ORDER = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029{_DIRECTIONS}]")

_ORDER_IN_JSON = re.compile(f"[\x7f-\x9f{_DIRECTIONS}]")


def harmless(text: str) -> str:
    """`text` with everything that a terminal would obey written as its number; lines and tabs stay.

    Examples
    --------
    >>> print(harmless("a\\x1b[2Jb"), harmless("a\\x9bb"), harmless("exe.\\u202e4pm"), harmless("שלום"))
    a\\x1b[2Jb a\\x9bb exe.\\u202e4pm שלום
    """
    return text if text.isascii() and text.isprintable() else _ORDER.sub(_numbered, legible(text))


def one_line(text: str) -> str:
    """`text` as one line, harmless: a break of the line in a name would let it say something in a line of its own.

    Examples
    --------
    >>> print(one_line("new\\nline\\x1b.mp4"))
    new line\\x1b.mp4
    """
    return text if text.isascii() and text.isprintable() else harmless(_BREAK.sub(" ", text))


def harmless_json(text: str) -> str:
    """The same JSON with such characters as JSON writes their numbers.

    Examples
    --------
    >>> print(harmless_json('{"word": "a\\x9bb\\u202e"}'))
    {"word": "a\\u009bb\\u202e"}
    """
    return _ORDER_IN_JSON.sub(lambda mark: f"\\u{ord(mark[0]):04x}", text)


def _numbered(mark: re.Match[str]) -> str:
    code = ord(mark[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
