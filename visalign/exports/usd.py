"""USD as text (``.usda``): a SkelAnimation with blend-shape weights over time."""

from __future__ import annotations

import json
import re
from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["Usd"]


class Usd:
    """``SkelRoot`` with a ``Skeleton`` and a ``SkelAnimation``; reference it over a head with the same blend shapes.

    The time codes are frames; ``timeCodesPerSecond`` says how many a second. Unit and axis are those that USD takes
    where a stage does not say; its checker wants them said.
    """

    name = "usd"
    title = "USD, SkelAnimation"
    suffix = ".usda"
    family = "weights"
    rate = Fraction(24)
    first_frame = 0
    verified = "evaluated by usd-core 26.11, weights compared; no complaint of its validators"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        first = channels.first_frame
        names = ", ".join(json.dumps(x, ensure_ascii=False) for x in channels.names)
        keys = channels.common_keys(options.max_error).tolist()
        rows = (", ".join(f"{x:.4f}" for x in channels.values[k]) for k in keys)
        samples = "\n".join(f"                {k + first}: [{row}]," for k, row in zip(keys, rows, strict=True))
        name = _identifier(options.target or "Face")
        rate = float(channels.rate)
        text = f"""#usda 1.0
(
    defaultPrim = "{name}"
    endTimeCode = {first + len(channels) - 1}
    framesPerSecond = {rate:.9g}
    metersPerUnit = 0.01
    startTimeCode = {first}
    timeCodesPerSecond = {rate:.9g}
    upAxis = "Y"
)

def SkelRoot "{name}"
{{
    def Skeleton "Skeleton" (
        prepend apiSchemas = ["SkelBindingAPI"]
    )
    {{
        rel skel:animationSource = </{name}/Skeleton/Mouth>

        def SkelAnimation "Mouth"
        {{
            uniform token[] blendShapes = [{names}]
            float[] blendShapeWeights.timeSamples = {{
{samples}
            }}
        }}
    }}
}}
"""
        return text.encode()


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return found if found[:1].isalpha() or found[:1] == "_" else f"_{found}"
