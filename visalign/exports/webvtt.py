"""WebVTT captions, with the time of each word inside the line."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape

from visalign.exports.captions import caption_lines, clock
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.timeline import Interval

__all__ = ["WebVtt"]

# Players take these for what SubStation has in braces and behind backslashes.
_STYLES = str.maketrans({"{": "&#123;", "\\": "&#92;"})


class WebVtt:
    """A cue a line; each word after the first is preceded by its timestamp, so that players can highlight it."""

    name = "webvtt"
    title = "WebVTT captions with word times"
    suffix = ".vtt"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "shown by Chromium, FFmpeg (PyAV 18) and webvtt-py 0.6.0, times and text compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        blocks = ["WEBVTT\n"]
        for line in caption_lines(utterance):
            blocks.append(f"{clock(line[0].start, '.')} --> {clock(line[-1].end, '.')}\n{_text(line)}\n")
        return "\n".join(blocks).encode()


def _text(line: Sequence[Interval]) -> str:
    first, *rest = line
    timed = [f"<{clock(x.start, '.')}>{_escaped(x.label)}" for x in rest]
    return " ".join([_escaped(first.label), *timed])


def _escaped(label: str) -> str:
    return escape(label, quote=False).translate(_STYLES)
