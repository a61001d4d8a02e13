"""Rhubarb Lip Sync's JSON."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.cue_track import cue_tier, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["RhubarbJson"]


class RhubarbJson:
    """``metadata`` and ``mouthCues``, a line each; seconds with two decimals."""

    name = "rhubarb-json"
    title = "Rhubarb Lip Sync, JSON"
    suffix = ".json"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "opened with OpenFaceFX 0.24 and json, cues compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rows = [
            f'    {{ "start": {x.start:.2f}, "end": {x.end:.2f}, "value": {json.dumps(x.label)} }}'
            for x in cue_tier(utterance, options, self, mouth_rules(options))
        ]
        head = f'    "soundFile": {json.dumps(utterance.media)},\n    "duration": {utterance.duration:.2f}'
        body = ",\n".join(rows)
        return f'{{\n  "metadata": {{\n{head}\n  }},\n  "mouthCues": [\n{body}\n  ]\n}}\n'.encode()
