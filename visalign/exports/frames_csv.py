"""A row a frame, for programs that import tables (After Effects, Toon Boom, Character Animator), and for people."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.cue_track import frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.text_files import format_table

__all__ = ["FramesCsv"]


class FramesCsv:
    """``frame,time_seconds,shape,phone,word`` for each frame; phone and word are those heard at the frame's middle."""

    name = "frames-csv"
    title = "a row a frame, CSV"
    suffix = ".csv"
    family = "cues"
    rate = Fraction(24)
    first_frame = 1
    verified = "read back with csv"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        track = frame_track(utterance, options, self, mouth_rules(options))
        rows = []
        for i, (frame, shape) in enumerate(track.shapes()):
            middle = float((i + Fraction(1, 2)) / track.rate)
            heard = (utterance.phones.label_at(middle) or "", utterance.words.label_at(middle) or "")
            rows.append((frame, float(i / track.rate), shape, *heard))
        return format_table(("frame", "time_seconds", "shape", "phone", "word"), rows).encode()
