"""What a normaliser finds in a text: stretches of signs and figures, and the ways in which they may be said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Protocol

__all__ = [
    "FOREIGN_MARKS",
    "MAX_WAYS",
    "Normaliser",
    "Stretch",
    "Ways",
    "distinct",
    "sayable",
    "sequence",
    "with_ascii_figures",
]

MAX_WAYS = 10
"""Ways to say one stretch that are kept: enough for a date, few enough to compare them with the sound."""

_BLOCKS = (range(0x0370, 0x1E00), range(0x2E80, 0xA960), range(0xFE30, 0x10000))
_OF_A_WORD = "\u05f3\u05f4"  # geresh and gershayim
FOREIGN_MARKS = "".join(
    re.escape(chr(x))
    for block in _BLOCKS
    for x in block
    if unicodedata.category(chr(x)).startswith("P") and chr(x) not in _OF_A_WORD
)
"""The punctuation of scripts without Latin letters (、。 ، ؟ । ։), as a class of characters in a pattern has it."""

Ways = Sequence[str]
"""Ways to say something, the likeliest first; words in lower case, parted by blanks."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters ``[start, end)`` of a text that are not said as they are written.

    Parameters
    ----------
    start, end : int
        Places in the text.
    ways : tuple of str
        How it may be said, the likeliest first; empty where it can't be told.
    is_doubtful : bool
        There are other ways to read it, of which the user should know.
    """

    start: int
    end: int
    ways: tuple[str, ...]
    is_doubtful: bool = False


class Normaliser(Protocol):
    """Finds what a text has in signs and figures, and says how it is read aloud in one language."""

    def __call__(self, text: str, known: Container[str]) -> list[Stretch]:
        """The stretches of `text` that are not said as they stand, in order and without overlaps.

        Each figure of the text is in one of them. Of the ways to say a stretch only those are given of which `known`
        (the words that have a pronunciation) has every word, so that the text of another language is left alone. Takes
        time that grows with the length of the text and no faster, and never raises.
        """
        ...


def sequence(*parts: Ways) -> tuple[str, ...]:
    """The ways to say one part after the other; the first is made of the first of each.

    Examples
    --------
    >>> sequence(["may"], ["fifth", "the fifth"])
    ('may fifth', 'may the fifth')
    """
    joined = (" ".join(filter(None, chosen)) for chosen in product(*parts))
    return tuple(islice(dict.fromkeys(joined), MAX_WAYS))


def distinct(*parts: Iterable[str]) -> tuple[str, ...]:
    """Ways from several lists, in their order, each once."""
    return tuple(islice(dict.fromkeys(way for part in parts for way in part), MAX_WAYS))


def sayable(ways: Iterable[str], known: Container[str]) -> tuple[str, ...]:
    """Those of which every word has a pronunciation."""
    return tuple(way for way in ways if all(word in known for word in way.split()))


def with_ascii_figures(text: str) -> str:
    """Figures of other scripts as those of this one; each stays one character."""
    return text if text.isascii() else re.sub(r"(?![0-9])\d", lambda found: str(int(found[0])), text)
