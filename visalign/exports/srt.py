"""SubRip captions."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.captions import caption_lines, clock, unmistakable
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["SubRip"]


class SubRip:
    """A numbered cue a line; milliseconds after a comma."""

    name = "srt"
    title = "SubRip captions"
    suffix = ".srt"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "shown by FFmpeg (PyAV 18) and srt 3.5.3, times and text compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        blocks = [
            f"{i}\n{clock(x[0].start, ',')} --> {clock(x[-1].end, ',')}\n"
            f"{' '.join(unmistakable(word.label) for word in x)}\n"
            for i, x in enumerate(caption_lines(utterance), start=1)
        ]
        return "\n".join(blocks).encode()
