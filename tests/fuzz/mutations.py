"""Changes of bytes that break readers, drawn from a seeded generator: the same number gives the same mutant.

Half of the changes know nothing of the format. The others know what all formats are made of: they put another number
in the place of one, a name or text of another kind in the place of one, let a piece stand within itself a hundred
times, or after itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

_BYTES = (0, 1, 0x7F, 0x80, 0xFF, 10, 13, 32, 34, 39, 44, 45, 48, 58, 60, 91, 92, 123)
_LONGEST = 1 << 20

# A number begins at no digit within one, so that a long one is looked at once.
_NUMBER = re.compile(rb"(?<![\w.])[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?")
NUMBERS = (
    *(b"0", b"-0", b"-1", b"1", b"0.0", b"-0.5", b"1e-320", b"1e-400", b"4e-324", b"0.1" + b"0" * 300 + b"1"),
    *(b"2147483647", b"2147483648", b"-2147483649", b"4294967296", b"9007199254740993"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"1" + b"0" * 18, b"-1" + b"0" * 40),
    *(b"1e15", b"1e16", b"1e17", b"1e30", b"1e100", b"1e154", b"1e155", b"1e300", b"1e308", b"1.8e308", b"-1e308"),
    *(b"1e309", b"1e999", b"-1e999", b"9" * 309, b"9" * 400, b"9" * 4301, b"1" + b"0" * 5000),
    *(b"nan", b"-nan", b"NaN", b"inf", b"-inf", b"Infinity", b"-Infinity", b"1.#INF", b"null", b"true", b'""'),
    *(b"0x10", b"0x" + b"f" * 17, b"0x" + b"f" * 5000, b"0b1", b"0o7", b"1_0", b"1e", b"1.", b".5", b"+5", b"1,5"),
    *("\u0661\u0662".encode(), "\u00b2".encode(), "\u2167".encode(), b"1/0", b"1/3", b"1 2", b"--1", b"1" * 30),
)

_NAME = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff-]*+")
NAMES = (
    *(b"", b" ", b"a", b"A" * 300, b"a" * 70_000, b" " * 5000, b"_" * 5000, b"a b", b"a\tb", b"a\nb", b"a\rb", b"a\0b"),
    *(b"\x1b[2J", b"\x9b2J", "\x9b2J".encode(), "\u202egpm".encode(), "\u2028".encode(), b"\xff\xfe", b"\xed\xb2\x9b"),
    *(b"../../x", b"/etc/passwd", b"//host/x", b"C:\\x", b"=1+1", b"@x", b"<script>", b"&amp;", b"&#0;", b"&#x110000;"),
    *(b"%s%n", b"{0}", b"{{x}}", b"\\N", b"\\u0000", b"\\ud800", b"__proto__", b"constructor", b"null", b"None", b"NO"),
    *("e\u0301".encode() * 50, "\ufb01".encode(), "\u0130".encode(), "\u05e9".encode(), "\U0001f600".encode()),
    *(b"words", b"phones", b"anna - words", b"SIL", b"sp", b"<eps>", b"B", b"AA0", b"#1", b"-->", b";;", b'"', b"'"),
)

_BRACKETS = ((b"[", b"]"), (b"{", b"}"), (b"(", b")"), (b"<a>", b"</a>"), (b'{"a":', b"}"), (b"- ", b""), (b"a.", b"a"))
_TIMES = (2, 3, 17, 101, 1000, 20_000)


def mutant(data: bytes, rng: np.random.Generator, words: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> bytes:
    """`data` after one to six changes; `words` may be put in, parts of `others` spliced in."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        if rng.random() < 0.5:
            _change(changed, rng, words, others)
        else:
            _STRUCTURAL[int(rng.integers(0, len(_STRUCTURAL)))](changed, rng)
    return bytes(changed[:_LONGEST])


def _change(data: bytearray, rng: np.random.Generator, words: Sequence[bytes], others: Sequence[bytes]) -> None:
    kind = int(rng.integers(0, 9))
    at = int(rng.integers(0, len(data) + 1))
    until = min(len(data), at + int(rng.geometric(0.1)))
    if kind == 0 and data:  # a bit
        data[at % len(data)] ^= 1 << int(rng.integers(0, 8))
    elif kind == 1 and data:  # a byte that means something
        data[at % len(data)] = _BYTES[int(rng.integers(0, len(_BYTES)))]
    elif kind == 2:  # gone
        del data[at:until]
    elif kind == 3:  # twice
        data[at:at] = data[at:until]
    elif kind == 4 and words:
        data[at:at] = words[int(rng.integers(0, len(words)))]
    elif kind == 5 and words:  # a word in place of another
        data[at:until] = words[int(rng.integers(0, len(words)))]
    elif kind == 6:  # the end is missing
        del data[at:]
    elif kind == 7 and others:
        other = others[int(rng.integers(0, len(others)))]
        first = int(rng.integers(0, len(other) + 1))
        data[at:until] = other[first : first + int(rng.integers(1, 200))]
    elif kind == 8:  # four bytes as a number of a header
        number = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1, int(rng.integers(0, 2**32))]))
        data[at : at + 4] = number.to_bytes(4, ("little", "big")[int(rng.integers(0, 2))])


def _place(data: bytearray, rng: np.random.Generator, pattern: re.Pattern[bytes]) -> tuple[int, int] | None:
    """One of the places of a pattern; None where there is none. Of a long text only the beginning is looked at."""
    places = [found.span() for found in pattern.finditer(data, 0, 50_000)]
    return places[int(rng.integers(0, len(places)))] if places else None


def _number(data: bytearray, rng: np.random.Generator) -> None:
    if (place := _place(data, rng, _NUMBER)) is not None:
        data[slice(*place)] = NUMBERS[int(rng.integers(0, len(NUMBERS)))]


def _name(data: bytearray, rng: np.random.Generator) -> None:
    if (place := _place(data, rng, _NAME)) is not None:
        data[slice(*place)] = NAMES[int(rng.integers(0, len(NAMES)))]


def _other_name(data: bytearray, rng: np.random.Generator) -> None:
    """One of the file's own names in the place of another: a reference to itself, the same twice."""
    one, other = _place(data, rng, _NAME), _place(data, rng, _NAME)
    if one is not None and other is not None:
        data[slice(*one)] = data[slice(*other)]


def _nest(data: bytearray, rng: np.random.Generator) -> None:
    opening, closing = _BRACKETS[int(rng.integers(0, len(_BRACKETS)))]
    n = _TIMES[int(rng.integers(0, len(_TIMES)))]
    at = int(rng.integers(0, len(data) + 1))
    data[at:at] = opening * n + closing * (n if rng.random() < 0.8 else 0)


def _repeat(data: bytearray, rng: np.random.Generator) -> None:
    """A line, or a piece of some bytes, again and again."""
    if rng.random() < 0.5:
        lines = bytes(data).split(b"\n")
        piece = lines[int(rng.integers(0, len(lines)))][:2000] + b"\n"
    else:
        first = int(rng.integers(0, len(data) + 1))
        piece = bytes(data[first : first + int(rng.geometric(0.15))])
    n = min(_TIMES[int(rng.integers(0, len(_TIMES)))], _LONGEST // 4 // max(1, len(piece)))
    at = int(rng.integers(0, len(data) + 1))
    data[at:at] = piece * n


_STRUCTURAL: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    *(_number, _number, _number),
    *(_name, _name, _other_name),
    *(_nest, _repeat),
)
