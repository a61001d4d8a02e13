"""Live2D Cubism's motion (``.motion3.json``)."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from visalign.exports.channels import Channels, Curve, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["Live2dMotion"]

_LINEAR = 0


class Live2dMotion:
    """Linear curves of ``ParamMouthOpenY`` and ``ParamMouthForm``; the counts in ``Meta`` match the curves."""

    name = "live2d"
    title = "Live2D motion3"
    suffix = ".motion3.json"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "played by Cubism's own motion class (pixi-live2d-display 0.4), parameters compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self, default_recipe="live2d")
        curves = channels.curves(options.max_error)
        document = {
            "Version": 3,
            "Meta": {
                "Duration": round(utterance.duration, 6),
                "Fps": round(float(channels.rate), 6),
                "Loop": False,
                "AreBeziersRestricted": True,
                "CurveCount": len(curves),
                "TotalSegmentCount": sum(len(x.frames) - 1 for x in curves),
                "TotalPointCount": sum(len(x.frames) for x in curves),
                "UserDataCount": 0,
                "TotalUserDataSize": 0,
            },
            "Curves": [_curve(x, channels) for x in curves],
        }
        return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _curve(curve: Curve, channels: Channels) -> dict[str, Any]:
    segments: list[float] = []
    for frame, value in curve:
        point = [round(channels.seconds(frame), 6), round(value, 4)]
        segments += [_LINEAR, *point] if segments else point
    return {"Target": "Parameter", "Id": curve.name, "Segments": segments}
