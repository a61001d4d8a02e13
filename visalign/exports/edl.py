"""CMX 3600 edit decision list: one event, and a locator at each marker."""

from __future__ import annotations

import re
from fractions import Fraction

from visalign.exports.editorial import clip_frames, editorial_rate, first_record_frame, markers
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.timecode import can_drop_frames, format_timecode

__all__ = ["Edl"]


class Edl:
    """Drop-frame timecode at 29.97 and 59.94. ``* LOC:`` lines carry the markers, as Avid and Resolve read them.

    The source begins at 00:00:00:00, the record at 01:00:00:00.
    """

    name = "edl"
    title = "CMX 3600 EDL with locators"
    suffix = ".edl"
    family = "editorial"
    rate = Fraction(25)
    first_frame = 0
    verified = "opened with OpenTimelineIO's CMX 3600 adapter, markers compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rate = editorial_rate(utterance, options, self)
        drops = can_drop_frames(rate)
        first = first_record_frame(rate)
        n_frames = clip_frames(utterance, rate)
        source = f"{format_timecode(0, rate)} {format_timecode(n_frames, rate)}"
        record = f"{format_timecode(first, rate)} {format_timecode(first + n_frames, rate)}"
        lines = [f"TITLE: {utterance.name}", f"FCM: {'DROP FRAME' if drops else 'NON-DROP FRAME'}", ""]
        lines += [f"001  AX       AA/V  C        {source} {record}", f"* FROM CLIP NAME: {utterance.media}"]
        for marker in markers(utterance, rate):
            colour = "RED" if marker.is_fault else "GREEN"
            text = re.sub(r"\s+", " ", marker.name)
            lines.append(f"* LOC: {format_timecode(first + marker.frame, rate)} {colour:<7} {text}")
        return ("\n".join(lines) + "\n").encode()
