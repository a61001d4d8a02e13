"""A script for Toon Boom Harmony that exposes the mouth's drawings; it needs nothing but Harmony."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.cue_track import frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["ToonBoomScript"]

_SCRIPT = """// Exposes the mouths of {name}: select the drawing node, and run this in Harmony.
// Made by visalign. The drawings are named like the shapes; frames count from {first} at {rate} a second.
function visalign_mouths() {{
    var KEYS = {keys}; // [first frame, last frame, drawing]
    if (selection.numberOfNodesSelected() !== 1) {{
        MessageBox.information("Select the one node that shows the mouths.");
        return;
    }}
    var target = node.linkedColumn(selection.selectedNode(0), "DRAWING.ELEMENT");
    if (!target) {{
        MessageBox.information("This node shows no drawings.");
        return;
    }}
    scene.beginUndoRedoAccum("visalign mouths");
    for (var i = 0; i < KEYS.length; i++) {{
        for (var frame = KEYS[i][0]; frame <= KEYS[i][1]; frame++) {{
            column.setEntry(target, 1, frame, KEYS[i][2]);
        }}
    }}
    scene.endUndoRedoAccum();
}}
visalign_mouths();
"""


class ToonBoomScript:
    """``column.setEntry`` of the selected node's drawing column, a drawing a shape, from frame 1."""

    name = "toon-boom"
    title = "Toon Boom Harmony, script that exposes drawings"
    suffix = ".js"
    family = "cues"
    rate = Fraction(24)
    first_frame = 1
    verified = "run against a stand-in for Harmony's objects; not run in Harmony"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        track = frame_track(utterance, options, self, mouth_rules(options))
        first = track.first_frame
        keys = [[x.start + first, x.end - 1 + first, x.shape] for x in track.cues]
        text = _SCRIPT.format(name=json.dumps(utterance.name), first=first, rate=track.rate, keys=json.dumps(keys))
        return text.encode()
