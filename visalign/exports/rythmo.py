"""Bande rythmo, the band of text that dubbing actors read: as subtitles that move, and as Cappella's detection file.

The text moves from right to left and is said where it crosses a line; a word is as wide as it is long in time.

References
----------
.. [1] Cappella's DetX, after files that other programs read and write; ``mpb`` marks where the lips close.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from xml.etree import ElementTree

from pysubs2 import Alignment, SSAEvent, SSAFile, SSAStyle

from visalign.exports.captions import caption_lines
from visalign.exports.exporter import ExportOptions
from visalign.exports.subtitles import WIDE
from visalign.exports.utterance import Utterance
from visalign.files.timecode import format_timecode
from visalign.language.phones import strip_stress
from visalign.timeline import Interval

__all__ = ["DetX", "Rythmo"]

_WIDTH, _HEIGHT = 1920, 1080
_LINE_X, _BAND_Y = 480, 1000
_SPEED = 300  # pixels a second, as on a band of five seconds
_FONT, _FONT_SIZE = "DejaVu Sans Mono", 48
_CHARACTER_PX = 0.602 * _FONT_SIZE  # advance of every character of that font
_CLOSED = {"P", "B", "M", "p", "b", "m"}


class Rythmo:
    """SubStation Alpha in which each word moves over the line when it is said, stretched to its duration.

    Made for a picture of 1920 × 1080, which players scale.
    """

    name = "rythmo"
    title = "Rythmo band, subtitles that move"
    suffix = ".rythmo.ass"
    family = "annotation"
    rate = Fraction(100)
    first_frame = 0
    verified = "opened with FFmpeg (PyAV 18), the place of each word at three times compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        file = SSAFile()
        file.info |= {"PlayResX": str(_WIDTH), "PlayResY": str(_HEIGHT)}
        file.styles["Band"] = SSAStyle(fontname=_FONT, fontsize=_FONT_SIZE, alignment=Alignment.TOP_LEFT)
        end = round(1000 * utterance.duration)
        line = f"m 0 0 l 4 0 4 {_FONT_SIZE} 0 {_FONT_SIZE}"
        file.append(SSAEvent(0, end, f"{{\\pos({_LINE_X},{_BAND_Y})\\p1}}{line}", style="Band"))
        for word in utterance.spoken:
            file.append(_moving(word))
        return file.to_string("ass").encode()


def _moving(word: Interval) -> SSAEvent:
    """A word from where it enters on the right to where it has left, at the band's speed."""
    width = word.duration * _SPEED
    # It may enter before the clip begins; then it is already on its way.
    enters = round(max(0.0, word.start - (_WIDTH - _LINE_X) / _SPEED), 2)
    leaves = round(word.end + _LINE_X / _SPEED, 2)
    first, last = (round(_LINE_X + _SPEED * (word.start - time)) for time in (enters, leaves))
    text = word.label.translate(WIDE)
    scale = 100 * width / (_CHARACTER_PX * max(1, len(text)))
    tags = f"{{\\move({first},{_BAND_Y},{last},{_BAND_Y})\\fscx{scale:.1f}}}"
    return SSAEvent(round(1000 * enters), round(1000 * leaves), tags + text, style="Band", name=text.replace(",", " "))


class DetX:
    """A line of text between ``in_open`` and ``out_open``, with a mark ``mpb`` at every closure of the lips."""

    name = "detx"
    title = "Cappella, DetX"
    suffix = ".detx"
    family = "annotation"
    rate = Fraction(25)
    first_frame = 0
    verified = "read back with xml.etree; written after files that other programs read, not opened in Cappella"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rate = options.rate or utterance.frame_rate or self.rate
        first = options.first_frame or self.first_frame

        def timecode(seconds: float) -> str:
            return format_timecode(max(0, round(seconds * rate)) + first, rate, drop_frame=False)

        root = ElementTree.Element("detx")
        roles = ElementTree.SubElement(root, "roles")
        ElementTree.SubElement(roles, "role", id="voice", name=utterance.name, color="#000000")
        body = ElementTree.SubElement(root, "body")
        for words in caption_lines(utterance):
            line = ElementTree.SubElement(body, "line", role="voice", track="0")
            ElementTree.SubElement(line, "lipsync", timecode=timecode(words[0].start), type="in_open")
            for text, closes in _pieces(words, utterance):
                if text:
                    ElementTree.SubElement(line, "text").text = text
                if closes is not None:
                    ElementTree.SubElement(line, "lipsync", timecode=timecode(closes), type="mpb")
            ElementTree.SubElement(line, "lipsync", timecode=timecode(words[-1].end), type="out_open")
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _pieces(words: list[Interval], utterance: Utterance) -> Iterator[tuple[str, float | None]]:
    """The text of a line up to each closure of the lips, and when they close; then the rest of it."""
    whole = " ".join(x.label for x in words)
    place = 0
    marks: list[tuple[int, float]] = []
    for word in words:
        for phone in utterance.phones:
            if strip_stress(phone.label) in _CLOSED and word.start <= phone.centre < word.end:
                inside = round(len(word.label) * (phone.start - word.start) / word.duration)
                marks.append((place + max(0, inside), max(phone.start, words[0].start)))
        place += len(word.label) + 1
    done = 0
    for at, time in marks:
        yield whole[done:at], time
        done = at
    yield whole[done:], None
