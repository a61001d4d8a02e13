"""Moho's switch data (also read by Anime Studio): a frame and a shape a line."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.cue_track import FrameTrack, frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["MohoDat", "format_switch_data"]


class MohoDat:
    """``MohoSwitch1``, then ``frame shape``; the first frame is 1 and a last line closes the mouth."""

    name = "moho-dat"
    title = "Moho switch data"
    suffix = ".dat"
    family = "cues"
    rate = Fraction(24)
    first_frame = 1
    verified = "opened with OpenFaceFX 0.24, cues compared; not tried in Moho itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rules = mouth_rules(options)
        track = frame_track(utterance, options, self, rules)
        rest = rules.rest if options.shapes is None else rules.reduce(rules.rest, frozenset(options.shapes))
        return format_switch_data(track, rest)


def format_switch_data(track: FrameTrack, rest: str) -> bytes:
    """A track as the lines of a switch file, with `rest` at its end."""
    lines = [f"{frame} {shape}\n" for frame, shape in track.numbered()]
    return "".join(["MohoSwitch1\n", *lines, f"{track.n_frames + track.first_frame} {rest}\n"]).encode()
