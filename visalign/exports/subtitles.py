"""Captions of SubStation Alpha, written by pysubs2 [1]_, and of TTML [2]_.

References
----------
.. [1] https://pysubs2.readthedocs.io
.. [2] W3C, Timed Text Markup Language 2. pysubs2 writes it, too, but its styles lack the ``xml:id`` without which
   players that keep to the standard refuse a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

from pysubs2 import SSAEvent, SSAFile

from visalign.exports.captions import caption_lines, clock
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.timeline import Interval

__all__ = ["WIDE", "SubStation", "Ttml"]

_CENTISECONDS = 100
_TTML = "http://www.w3.org/ns/ttml"

# SubStation has no way to write these in a text: braces hold styles, a backslash begins one. Their wide forms look like
# them.
WIDE = str.maketrans({"{": "\N{FULLWIDTH LEFT CURLY BRACKET}", "}": "\N{FULLWIDTH RIGHT CURLY BRACKET}",
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
        file = SSAFile()
        for line in caption_lines(utterance):
            start, end = (max(0, round(1000 * x)) for x in (line[0].start, line[-1].end))
            file.append(SSAEvent(start=start, end=end, text=_timed(line)))
        return file.to_string("ass").encode()


class Ttml:
    """A paragraph a cue, in milliseconds."""

    name = "ttml"
    title = "TTML captions"
    suffix = ".ttml"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "shown by imscJS 1.1.5, texts and times compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        root = ElementTree.Element("tt", {"xmlns": _TTML, "xml:lang": ""})
        division = ElementTree.SubElement(ElementTree.SubElement(root, "body"), "div")
        for line in caption_lines(utterance):
            times = {"begin": clock(line[0].start, "."), "end": clock(line[-1].end, ".")}
            ElementTree.SubElement(division, "p", times).text = " ".join(word.label for word in line)
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _timed(line: Sequence[Interval]) -> str:
    """Words with how long each lasts until the next begins; what is rounded off one goes to the next."""
    edges = [round(_CENTISECONDS * x) for x in (*(word.start for word in line), line[-1].end)]
    words = [word.label.translate(WIDE) for word in line]
    lasts = [after - before for before, after in pairwise(edges)]
    return " ".join(f"{{\\k{n}}}{word}" for n, word in zip(lasts, words, strict=True))
