"""Godot 4's animation resource (``.tres``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction

from visalign.exports.channels import Channels, Curve, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["GodotAnimation"]


class GodotAnimation:
    """Value tracks ``<--target, else Head>:blend_shapes/<channel>``, 0 to 1, linear."""

    name = "godot"
    title = "Godot 4 animation"
    suffix = ".tres"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "read back by its grammar; written after Godot 4's text resources, not opened in Godot"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        lines = ['[gd_resource type="Animation" format=3]', "", "[resource]"]
        lines += [f"resource_name = {json.dumps(utterance.name)}", f"length = {utterance.duration:.6f}"]
        lines.append(f"step = {float(1 / channels.rate):.9f}")
        for i, curve in enumerate(channels.curves(options.max_error)):
            lines += _track(i, curve, channels, options.target or "Head")
        return ("\n".join(lines) + "\n").encode()


def _track(i: int, curve: Curve, channels: Channels, node: str) -> Iterator[str]:
    times = ", ".join(f"{channels.seconds(frame):.6f}" for frame, _ in curve)
    transitions = ", ".join("1" for _ in curve)
    values = ", ".join(f"{value:.4f}" for _, value in curve)
    yield f'tracks/{i}/type = "value"'
    yield f"tracks/{i}/imported = false"
    yield f"tracks/{i}/enabled = true"
    yield f"tracks/{i}/path = NodePath({json.dumps(f'{node}:blend_shapes/{curve.name}')})"
    yield f"tracks/{i}/interp = 1"
    yield f"tracks/{i}/loop_wrap = false"
    yield f"tracks/{i}/keys = {{"
    yield f'"times": PackedFloat32Array({times}),'
    yield f'"transitions": PackedFloat32Array({transitions}),'
    yield '"update": 0,'
    yield f'"values": [{values}]'
    yield "}"
