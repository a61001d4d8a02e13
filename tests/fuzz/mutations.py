"""Changes of bytes that break readers, drawn from a seeded generator: the same number gives the same mutant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_BYTES = (0, 1, 0x7F, 0x80, 0xFF, 10, 13, 32, 34, 39, 44, 45, 48, 58, 60, 91, 92, 123)
_LONGEST = 1 << 20


def mutant(data: bytes, rng: np.random.Generator, words: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> bytes:
    """`data` after one to six changes; `words` may be put in, parts of `others` spliced in."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        _change(changed, rng, words, others)
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
