"""Words gathered into lines that can be read: what captions show.

A line ends at a pause, or where it would become longer than broadcasters' 42 characters [1]_.

References
----------
.. [1] EBU Tech 3264 and the guidelines of broadcasters: about 37 to 42 characters a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from visalign.exports.utterance import Utterance
from visalign.timeline import Interval

__all__ = ["caption_lines", "clock", "unmistakable"]

MAX_CHARACTERS = 42
PAUSE_SECONDS = 0.5

# What a reader of captions takes for something else than text: references, tags, styles, arrows, new lines.
_MISTAKABLE = re.compile(r"&(?=#?\w+;)|<(?=[A-Za-z0-9/|!])|\{|(?<=--)>|\\(?=[Nnh])")
_NAMES = {"&": "amp", "<": "lt", ">": "gt", "{": "#123", "\\": "#92"}


def caption_lines(utterance: Utterance) -> Iterator[list[Interval]]:
    """The words of each line; where there are no words, the phones."""
    line: list[Interval] = []
    for word in utterance.spoken:
        length = sum(len(x.label) + 1 for x in line) + len(word.label)
        if line and (length > MAX_CHARACTERS or word.start - line[-1].end > PAUSE_SECONDS):
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def unmistakable(text: str) -> str:
    """`text` with references for the signs that would be read as something else: tags, styles, arrows.

    SubRip has no way to write those; references are what most readers know. Others stay as they are.

    Examples
    --------
    >>> [unmistakable(x) for x in ("AT&T", "<b>", "-->", "3<5")]
    ['AT&T', '&lt;b>', '--&gt;', '3&lt;5']
    """
    return _MISTAKABLE.sub(lambda sign: f"&{_NAMES[sign[0]]};", text)


def clock(seconds: float, separator: str) -> str:
    """``HH:MM:SS`` with milliseconds after `separator`.

    Examples
    --------
    >>> clock(3661.0049, ",")
    '01:01:01,005'
    """
    whole, milliseconds = divmod(round(1000 * max(0.0, seconds)), 1000)
    minutes, second = divmod(whole, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}{separator}{milliseconds:03d}"
