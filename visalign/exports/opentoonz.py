"""Switch data with the names of Preston Blair's mouths, for OpenToonz, Tahoma2D and Moho's own mouth sets."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from visalign.animation.cue_layout import FrameCue
from visalign.exports.cue_track import frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.moho_dat import format_switch_data
from visalign.exports.utterance import Utterance

__all__ = ["OpenToonz"]

SCHOOL = "preston_blair"


class OpenToonz:
    """As ``moho-dat``, with the shapes named ``MBP etc E AI O U FV L rest``; OpenToonz wants exactly these."""

    name = "opentoonz"
    title = "OpenToonz and Tahoma2D, Preston Blair names"
    suffix = ".dat"
    family = "cues"
    rate = Fraction(24)
    first_frame = 1
    verified = "opened with OpenFaceFX 0.24, cues compared; not tried in OpenToonz itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rules = mouth_rules(options)
        names = rules.names.get(SCHOOL, {})
        track = frame_track(utterance, options, self, rules)
        renamed = tuple(FrameCue(x.start, x.end, names.get(x.shape, x.shape)) for x in track.cues)
        return format_switch_data(replace(track, cues=renamed), names.get(rules.rest, rules.rest))
