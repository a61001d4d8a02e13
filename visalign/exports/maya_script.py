"""A script for Maya that keys the targets of a blend shape; it needs nothing but Maya."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["MayaScript"]

_SCRIPT = '''# Keys the mouth of {name}. Run it in Maya's Script Editor (Python).
# Made by visalign with the recipe {recipe}. Frames count from {first} at {rate} a second; set the scene to that rate.

import json

from maya import cmds

NODE = {target}  # the blendShape node
KEYS = json.loads(r"""
{keys}
""")  # target -> [[frame, value], ...]

missing = []
for name, keys in KEYS.items():
    if not cmds.attributeQuery(name, node=NODE, exists=True):
        missing.append(name)
        continue
    for frame, value in keys:
        cmds.setKeyframe(
            NODE, attribute=name, time=frame, value=value, inTangentType="linear", outTangentType="linear"
        )
if missing:
    print("no targets of these names: " + ", ".join(missing))
'''


class MayaScript:
    """Python with ``cmds.setKeyframe`` on the node ``--target`` (else ``blendShape1``), linear, from frame 1."""

    name = "maya-script"
    title = "Maya, script that keys a blend shape"
    suffix = ".py"
    family = "weights"
    rate = Fraction(24)
    first_frame = 1
    verified = "run against a stand-in for Maya's cmds module; not run in Maya"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        first = channels.first_frame
        text = _SCRIPT.format(
            name=json.dumps(utterance.name),
            recipe=json.dumps(channels.recipe),
            first=first,
            rate=channels.rate,
            target=json.dumps(options.target or "blendShape1"),
            keys=channels.format_keys(options.max_error),
        )
        return text.encode()
