"""Unity's animation clip, as the YAML text of an asset: blend shapes of a SkinnedMeshRenderer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from visalign.exports.channels import Channels, Curve, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["UnityAnim"]

_HEAD = """%YAML 1.1
%TAG !u! tag:unity3d.com,2011:
--- !u!74 &7400000
AnimationClip:
  m_ObjectHideFlags: 0
  m_CorrespondingSourceObject: {{fileID: 0}}
  m_PrefabInstance: {{fileID: 0}}
  m_PrefabAsset: {{fileID: 0}}
  m_Name: {name}
  serializedVersion: 6
  m_Legacy: 0
  m_Compressed: 0
  m_UseHighQualityCurve: 1
  m_RotationCurves: []
  m_CompressedRotationCurves: []
  m_EulerCurves: []
  m_PositionCurves: []
  m_ScaleCurves: []
  m_FloatCurves:
"""
_TAIL = """  m_PPtrCurves: []
  m_SampleRate: {rate}
  m_WrapMode: 0
  m_Bounds:
    m_Center: {{x: 0, y: 0, z: 0}}
    m_Extent: {{x: 0, y: 0, z: 0}}
  m_ClipBindingConstant:
    genericBindings: []
    pptrCurveMapping: []
  m_AnimationClipSettings:
    serializedVersion: 2
    m_StartTime: 0
    m_StopTime: {stop}
    m_LoopTime: 0
  m_EditorCurves: []
  m_EulerEditorCurves: []
  m_HasGenericRootTransform: 0
  m_HasMotionFloatCurves: 0
  m_Events: []
"""
_LINEAR_TANGENTS = 136  # left linear (8) and right linear (128), in Unity's bits


class UnityAnim:
    """Curves ``blendShape.<channel>`` of the object path ``--target`` (else ``Head``), 0 to 100, linear."""

    name = "unity-anim"
    title = "Unity animation clip"
    suffix = ".anim"
    family = "weights"
    rate = Fraction(60)
    first_frame = 0
    verified = "read back with PyYAML; written after clips that Unity saved, not opened in Unity"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        channels = weight_channels(utterance, options, self)
        stop = f"{channels.seconds(len(channels) - 1):.6f}"
        lines = [_HEAD.format(name=json.dumps(utterance.name))]
        for curve in channels.curves(options.max_error):
            lines += [f"{line}\n" for line in _curve(curve, channels, options.target or "Head")]
        return "".join([*lines, _TAIL.format(rate=f"{float(channels.rate):.6g}", stop=stop)]).encode()


def _curve(curve: Curve, channels: Channels, path: str) -> Iterator[str]:
    keys = [(channels.seconds(frame), 100.0 * value) for frame, value in curve]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(keys)]
    yield from ("  - curve:", "      serializedVersion: 2", "      m_Curve:")
    for i, (time, value) in enumerate(keys):
        before = slopes[i - 1] if i else 0.0
        after = slopes[i] if i < len(slopes) else 0.0
        yield "      - serializedVersion: 3"
        yield f"        time: {time:.6f}"
        yield f"        value: {value:.2f}"
        yield f"        inSlope: {before:.4f}"
        yield f"        outSlope: {after:.4f}"
        yield f"        tangentMode: {_LINEAR_TANGENTS}"
        yield from ("        weightedMode: 0", "        inWeight: 0.33333334", "        outWeight: 0.33333334")
    yield from ("      m_PreInfinity: 2", "      m_PostInfinity: 2", "      m_RotationOrder: 4")
    yield f"    attribute: {json.dumps('blendShape.' + curve.name)}"
    yield f"    path: {json.dumps(path)}"
    yield from ("    classID: 137", "    script: {fileID: 0}")
