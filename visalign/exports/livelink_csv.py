"""Live Link Face's CSV: all ARKit channels at every frame, as the iPhone app records them."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.channels import weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.timecode import format_timecode

__all__ = ["ARKIT_CHANNELS", "LiveLinkCsv"]

_CHANNELS = (
    "eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft "
    "eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight "
    "jawForward jawRight jawLeft jawOpen mouthClose mouthFunnel mouthPucker mouthRight mouthLeft mouthSmileLeft "
    "mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight mouthStretchLeft "
    "mouthStretchRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight "
    "mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight browDownLeft browDownRight browInnerUp "
    "browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight noseSneerLeft noseSneerRight "
    "tongueOut"
)
ARKIT_CHANNELS = tuple(_CHANNELS.split())
"""Apple's 52 blend shapes in the order of the app's files."""

_ROTATIONS = "HeadYaw HeadPitch HeadRoll LeftEyeYaw LeftEyePitch LeftEyeRoll RightEyeYaw RightEyePitch RightEyeRoll"


class LiveLinkCsv:
    """``Timecode,BlendShapeCount`` and 61 columns at 60 frames a second; what the mouth does not move is 0.

    Readers go by the column names: versions of the app order left and right differently.
    """

    name = "livelink-csv"
    title = "ARKit weights, Live Link Face CSV"
    suffix = ".csv"
    family = "weights"
    rate = Fraction(60)
    first_frame = 0
    verified = "opened with OpenFaceFX 0.24 and csv, by column names; not tried in Unreal itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        columns = {name.lower(): i for i, name in enumerate(channels.names)}
        where = [columns.get(name.lower()) for name in ARKIT_CHANNELS]
        names = [name[0].upper() + name[1:] for name in ARKIT_CHANNELS] + _ROTATIONS.split()
        lines = [",".join(["Timecode", "BlendShapeCount", *names])]
        still = ["0"] * len(_ROTATIONS.split())
        for frame, row in enumerate(channels.values.tolist()):
            weights = ["0" if i is None else f"{row[i]:.4f}" for i in where]
            timecode = format_timecode(frame + channels.first_frame, channels.rate, drop_frame=False) + ".000"
            lines.append(",".join([timecode, str(len(names)), *weights, *still]))
        return ("\n".join(lines) + "\n").encode()
