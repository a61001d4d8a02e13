"""Captions of SubStation Alpha and TTML, written by pysubs2 [1]_.

References
----------
.. [1] https://pysubs2.readthedocs.io
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from pysubs2 import SSAEvent, SSAFile

from visalign.exports.captions import caption_lines
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.timeline import Interval

__all__ = ["SubStation", "Ttml"]

_CENTISECONDS = 100

# SubStation has no way to write these in a text: braces hold styles, a backslash begins one. Their wide forms look like
# them.
_WIDE = str.maketrans({"{": "\N{FULLWIDTH LEFT CURLY BRACKET}", "}": "\N{FULLWIDTH RIGHT CURLY BRACKET}",
                       "\\": "\N{FULLWIDTH REVERSE SOLIDUS}"})  # fmt: skip


class SubStation:
    """A line a cue, each word with the karaoke tag of its duration, so that players can highlight it.

    Hundredths of a second, which is what the format has.
    """

    name = "ass"
    title = "SubStation Alpha captions with word times"
    suffix = ".ass"
    family = "annotation"
    rate = Fraction(_CENTISECONDS)
    first_frame = 0
    verified = "opened with FFmpeg (PyAV) and pysubs2 1.8, times and text compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        return _rendered(utterance, _timed, "ass")


class Ttml:
    """A paragraph a cue, in milliseconds."""

    name = "ttml"
    title = "TTML captions"
    suffix = ".ttml"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "written by pysubs2 1.8, read back with xml.etree and by visalign; opened in no player"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        return _rendered(utterance, _plain, "ttml")


def _rendered(utterance: Utterance, text: Callable[[Sequence[Interval]], str], form: str) -> bytes:
    file = SSAFile()
    for line in caption_lines(utterance):
        start, end = (max(0, round(1000 * x)) for x in (line[0].start, line[-1].end))
        file.append(SSAEvent(start=start, end=end, text=text(line)))
    return file.to_string(form).encode()


def _plain(line: Sequence[Interval]) -> str:
    return " ".join(word.label.translate(_WIDE) for word in line)


def _timed(line: Sequence[Interval]) -> str:
    """Words with how long each lasts until the next begins; what is rounded off one goes to the next."""
    edges = [round(_CENTISECONDS * x) for x in (*(word.start for word in line), line[-1].end)]
    words = [word.label.translate(_WIDE) for word in line]
    lasts = [after - before for before, after in pairwise(edges)]
    return " ".join(f"{{\\k{n}}}{word}" for n, word in zip(lasts, words, strict=True))
