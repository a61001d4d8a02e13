"""VRM Animation 1.0: lip expressions for any VRM avatar."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from visalign.errors import ConfigError
from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.glb import Glb
from visalign.exports.utterance import Utterance

__all__ = ["Vrma"]

EXTENSION = "VRMC_vrm_animation"
LIP_PRESETS = ("aa", "ih", "ou", "ee", "oh")


class Vrma:
    """The presets ``aa ih ou ee oh``; as the extension has it, a weight is the x translation of the preset's node."""

    name = "vrma"
    title = "VRM Animation 1.0"
    suffix = ".vrma"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "played on a VRM 1.0 avatar in three-vrm 3.5, expressions and morphs compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`.

        Raises
        ------
        ConfigError
            If the recipe has other channels than the presets.
        """
        channels = weight_channels(utterance, options, self, default_recipe="vrm1")
        strange = [name for name in channels.names if name not in LIP_PRESETS]
        if strange:
            raise ConfigError("recipe", channels.recipe, f"channels among {', '.join(LIP_PRESETS)}, not {strange[0]}")
        nodes = [{"name": name} for name in channels.names]
        document = {
            "asset": {"version": "2.0", "generator": "visalign"},
            "extensionsUsed": [EXTENSION],
            "extensions": {
                EXTENSION: {
                    "specVersion": "1.0",
                    "expressions": {"preset": {name: {"node": i} for i, name in enumerate(channels.names)}},
                }
            },
            "nodes": nodes,
            "scenes": [{"nodes": list(range(len(nodes)))}],
            "scene": 0,
            "buffers": [{}],
        }
        glb = Glb(document, bytearray())
        samplers, targets = [], []
        for i, curve in enumerate(channels.curves(options.max_error)):
            seconds = np.asarray([channels.seconds(f + channels.first_frame) for f, _ in curve], dtype=np.float32)
            moves = np.zeros((len(seconds), 3), dtype=np.float32)
            moves[:, 0] = curve.values
            sampler = {"input": glb.append(seconds, is_times=True), "output": glb.append(moves)}
            samplers.append(sampler | {"interpolation": "LINEAR"})
            targets.append({"sampler": i, "target": {"node": i, "path": "translation"}})
        glb.document["animations"] = [{"name": utterance.name, "samplers": samplers, "channels": targets}]
        return glb.to_bytes()
