"""A script for Blender that keys the shape keys of an object; it needs nothing but itself."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["BlenderScript"]

_SCRIPT = '''"""Keys the mouth of {name}. Run it in Blender's text editor, or: blender head.blend --python THIS_FILE

Made by visalign with the recipe {recipe}. Frames count from {first} at {rate} a second.
"""

import json

import bpy

OBJECT = {target}  # name of the mesh object; empty: the active object
FPS = ({numerator}, {denominator})
KEYS = json.loads(r"""
{keys}
""")  # shape key -> [[frame, value], ...]


def curves_of(action):
    """All curves of an action: since Blender 5 they lie in its layers alone."""
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    strips = [strip for layer in action.layers for strip in layer.strips]
    return [curve for strip in strips for bag in strip.channelbags for curve in bag.fcurves]


def run():
    head = bpy.data.objects[OBJECT] if OBJECT else bpy.context.active_object
    blocks = head.data.shape_keys.key_blocks
    render = bpy.context.scene.render
    render.fps, render.fps_base = round(FPS[0] / FPS[1]), round(FPS[0] / FPS[1]) * FPS[1] / FPS[0]
    missing = []
    for name, keys in KEYS.items():
        if name not in blocks:
            missing.append(name)
            continue
        block = blocks[name]
        path = block.path_from_id("value")
        for frame, value in keys:
            block.value = value
            block.keyframe_insert("value", frame=frame)
        for curve in curves_of(head.data.shape_keys.animation_data.action):
            if curve.data_path == path:
                for key in curve.keyframe_points:
                    key.interpolation = "LINEAR"
    if missing:
        print("no shape keys of these names:", ", ".join(missing))


run()
'''


class BlenderScript:
    """Python for Blender 2.8 and later: keys on ``key_blocks[channel].value``, linear, from frame 1."""

    name = "blender"
    title = "Blender, script that keys shape keys"
    suffix = ".py"
    family = "weights"
    rate = Fraction(24)
    first_frame = 1
    verified = "run in Blender 5.0, values compared on and between frames"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        first = channels.first_frame
        text = _SCRIPT.format(
            name=_plain(utterance.name),
            recipe=_plain(channels.recipe),
            first=first,
            rate=channels.rate,
            target=json.dumps(options.target or ""),
            numerator=channels.rate.numerator,
            denominator=channels.rate.denominator,
            keys=channels.format_keys(options.max_error),
        )
        return text.encode()


def _plain(text: str) -> str:
    """`text` without what could end a docstring."""
    return "".join(c if c.isalnum() or c in " _-.()" else "_" for c in text)
