"""NVIDIA Audio2Face's weight file: JSON with a row a frame."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["Audio2Face"]


class Audio2Face:
    """``exportFps, numFrames, numPoses, facsNames, weightMat``; as Omniverse, Blender and Unreal importers read it."""

    name = "audio2face"
    title = "ARKit weights, Audio2Face JSON"
    suffix = ".json"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "read back with json; written after files of Audio2Face, not opened in Omniverse"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        rate = channels.rate
        head = {
            "exportFps": int(rate) if rate.denominator == 1 else round(float(rate), 6),
            "trackPath": utterance.media,
            "numPoses": len(channels.names),
            "numFrames": len(channels),
            "facsNames": list(channels.names),
        }
        rows = ",\n".join("    " + json.dumps(row) for row in channels.values.tolist())
        text = json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}")
        return f'{text},\n  "weightMat": [\n{rows}\n  ]\n}}\n'.encode()
