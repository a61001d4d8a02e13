"""Spine's JSON: attachments of a slot over time."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.cue_track import frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["SpineJson"]


class SpineJson:
    """An animation with one slot (``--target``, else ``mouth``) whose attachments are named like the shapes.

    It holds nothing else: merge it into the skeleton's JSON under ``animations``, or import it as Spine's data import
    does.
    """

    name = "spine"
    title = "Spine, slot attachments"
    suffix = ".json"
    family = "cues"
    rate = Fraction(30)
    first_frame = 0
    verified = "played by Spine's own runtime (spine-core 4.3), attachments compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        track = frame_track(utterance, options, self, mouth_rules(options))
        keys = [{"time": round(float(x.start / track.rate), 6), "name": x.shape} for x in track.cues]
        slot = options.target or "mouth"
        document = {"animations": {utterance.name: {"slots": {slot: {"attachment": keys}}}}}
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
