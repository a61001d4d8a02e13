"""Adobe After Effects: keyframes as text that is pasted, a script, and the text that Character Animator copies.

In all three the mouth's drawings are frames of one composition, whose time is remapped, or sliders carry the weights.

References
----------
.. [1] Text that After Effects puts on the clipboard for copied keyframes ("Adobe After Effects 8.0 Keyframe Data").
.. [2] Adobe, After Effects scripting guide: Property.setValueAtTime, setInterpolationTypeAtKey.
.. [3] Adobe, Character Animator: visemes of a mouth (Neutral, Ah, D, Ee, F, L, M, Oh, R, S, Uh, W-Oo).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.cue_track import FrameTrack, frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["CHARACTER_ANIMATOR_MOUTHS", "AfterEffectsKeys", "AfterEffectsScript", "CharacterAnimator"]

CHARACTER_ANIMATOR_MOUTHS = ("Neutral", "Ah", "D", "Ee", "F", "L", "M", "Oh", "R", "S", "Uh", "W-Oo")
"""Mouths of Character Animator, in the order of its panel."""

# Adobe names the mouths and not their sounds; this is by what the names say.
_MOUTH_OF_VISEME = {
    "sil": "Neutral", "PP": "M", "FF": "F", "TH": "L", "DD": "D", "kk": "D", "CH": "S", "SS": "S", "nn": "L",
    "RR": "R", "aa": "Ah", "E": "Uh", "ih": "Ee", "oh": "Oh", "ou": "W-Oo",
}  # fmt: skip

_SCRIPT = """// Shows the mouths of {name}: select the layer whose frames are the drawings, and run this.
// Made by visalign. Frame 0 of the layer is the first of SHAPES, frame 1 the second, and so on.
(function () {{
    var SHAPES = {shapes};
    var KEYS = {keys}; // [seconds, number of the shape]
    var comp = app.project.activeItem;
    if (!comp || !comp.selectedLayers || comp.selectedLayers.length !== 1) {{
        alert("Select the one layer whose frames are the mouths: " + SHAPES.join(" "));
        return;
    }}
    var layer = comp.selectedLayers[0];
    if (!layer.canSetTimeRemapEnabled) {{
        alert("The time of this layer can't be remapped; put the mouths into a composition of their own.");
        return;
    }}
    app.beginUndoGroup("visalign mouths");
    layer.timeRemapEnabled = true;
    var remap = layer.property("ADBE Time Remapping");
    while (remap.numKeys > 1) {{
        remap.removeKey(remap.numKeys);
    }}
    for (var i = 0; i < KEYS.length; i++) {{
        // The middle of a frame, which no rounding moves to its neighbour.
        remap.setValueAtTime(KEYS[i][0], (KEYS[i][1] + 0.5) * layer.source.frameDuration);
    }}
    for (var k = 1; k <= remap.numKeys; k++) {{
        remap.setInterpolationTypeAtKey(k, KeyframeInterpolationType.HOLD, KeyframeInterpolationType.HOLD);
    }}
    app.endUndoGroup();
}})();
"""


class AfterEffectsKeys:
    """Keyframes of a slider a channel, 0 to 100, as After Effects copies them: select a layer and paste."""

    name = "ae-keyframes"
    title = "After Effects, keyframes of sliders to paste"
    suffix = ".txt"
    family = "weights"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back by its grammar; written after texts that After Effects copied, not opened in After Effects"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        blocks = [
            (
                f"Effects\t{curve.name} #{i}\tSlider #2",
                [(f + channels.first_frame, f"{100 * value:.2f}") for f, value in curve],
            )
            for i, curve in enumerate(channels.curves(options.max_error), start=1)
        ]
        return _keyframe_text(channels.rate, blocks)


class CharacterAnimator:
    """Time remap keyframes over a composition of Character Animator's mouths, one a frame, in its order.

    It is what the program copies as "visemes for After Effects"; the composition has the file's rate. Without ``--map``
    the visemes are Oculus' fifteen, each shown by the mouth that Adobe's name fits; with one, they are the map's, and
    so is their order.
    """

    name = "character-animator"
    title = "Character Animator, visemes as time remap keyframes"
    suffix = ".txt"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back by its grammar; written after texts that After Effects copied, not opened in Adobe's programs"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rules = mouth_rules(options, "oculus_15")
        track = frame_track(utterance, options, self, rules)
        if options.mouths is None:
            order = {x: CHARACTER_ANIMATOR_MOUTHS.index(_MOUTH_OF_VISEME[x]) for x in rules.shapes}
        else:
            order = {x: i for i, x in enumerate(rules.shapes)}
        return _keyframe_text(track.rate, [("Time Remap", _held(track, order))])


def _held(track: FrameTrack, order: dict[str, int]) -> list[tuple[int, str]]:
    """Keys at both ends of each cue: text has no keys that hold, and between equal values a line stands still."""
    keys = []
    for cue in track.cues:
        seconds = f"{float((order[cue.shape] + Fraction(1, 2)) / track.rate):.6f}"
        keys += [(frame + track.first_frame, seconds) for frame in dict.fromkeys((cue.start, cue.end - 1))]
    return keys


def _keyframe_text(rate: Fraction, blocks: Iterable[tuple[str, list[tuple[int, str]]]]) -> bytes:
    head = ["Adobe After Effects 8.0 Keyframe Data", "", f"\tUnits Per Second\t{float(rate):.6g}"]
    head += ["\tSource Width\t100", "\tSource Height\t100", "\tSource Pixel Aspect Ratio\t1"]
    lines = [*head, "\tComp Pixel Aspect Ratio\t1", ""]
    for title, keys in blocks:
        unit = "seconds" if title == "Time Remap" else ""
        lines += [title, f"\tFrame\t{unit}\t", *(f"\t{frame}\t{value}\t" for frame, value in keys), ""]
    return "\r\n".join([*lines, "", "End of Keyframe Data", ""]).encode()


class AfterEffectsScript:
    """A ``.jsx`` that remaps the time of the selected layer, whose frames are the mouths: keys that hold."""

    name = "after-effects"
    title = "After Effects, script that shows mouths"
    suffix = ".jsx"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "run against a stand-in for After Effects' objects; not run in After Effects"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rules = mouth_rules(options)
        track = frame_track(utterance, options, self, rules)
        shapes = list(dict.fromkeys(options.shapes or rules.shapes))  # the user's order is that of the drawings
        order = {x: i for i, x in enumerate(shapes)}
        keys = [[round(float(frame / track.rate), 6), order[shape]] for frame, shape in track.numbered()]
        text = _SCRIPT.format(name=json.dumps(utterance.name), shapes=json.dumps(shapes), keys=json.dumps(keys))
        return text.encode()
