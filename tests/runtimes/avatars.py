"""Faces for the players to move, made with pygltflib: as little as each player takes for an avatar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

LIP_MORPHS = ("aa", "ih", "ou", "ee", "oh")

# Bones that VRM 1.0 wants of every avatar.
_BONES = """hips spine head leftUpperLeg leftLowerLeg leftFoot rightUpperLeg rightLowerLeg rightFoot
leftUpperArm leftLowerArm leftHand rightUpperArm rightLowerArm rightHand"""
VRM_BONES = tuple(_BONES.split())


def _face(morphs: tuple[str, ...]) -> Any:
    """A triangle with a morph target a name, as a glTF with one mesh."""
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib makes the avatar")
    points = np.asarray([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype="<f4")
    moved = np.asarray([[0, 0, 0], [0, 0, 0], [0, 0.5, 0]], dtype="<f4")
    gltf = pygltflib.GLTF2(
        asset=pygltflib.Asset(version="2.0"),
        buffers=[pygltflib.Buffer(byteLength=72)],
        bufferViews=[pygltflib.BufferView(buffer=0, byteOffset=36 * i, byteLength=36) for i in range(2)],
        accessors=[
            pygltflib.Accessor(
                bufferView=i, componentType=5126, count=3, type="VEC3", min=x.min(0).tolist(), max=x.max(0).tolist()
            )
            for i, x in enumerate((points, moved))
        ],
    )
    primitive = pygltflib.Primitive(
        attributes=pygltflib.Attributes(POSITION=0), targets=[{"POSITION": 1}] * len(morphs)
    )
    gltf.meshes = [
        pygltflib.Mesh(name="Head", primitives=[primitive], weights=[0.0] * len(morphs),
                       extras={"targetNames": list(morphs)})
    ]  # fmt: skip
    gltf.set_binary_blob(points.tobytes() + moved.tobytes())
    return gltf


def vrm_avatar(path: Path) -> Path:
    """A VRM 1.0 avatar whose five lip expressions each bind one morph."""
    gltf = _face(LIP_MORPHS)
    pygltflib = pytest.importorskip("pygltflib")
    gltf.nodes = [pygltflib.Node(name=x) for x in VRM_BONES] + [pygltflib.Node(name="Face", mesh=0)]
    gltf.nodes[0].children = list(range(1, len(gltf.nodes)))
    gltf.scenes, gltf.scene = [pygltflib.Scene(nodes=[0])], 0
    face = len(VRM_BONES)
    presets = {x: {"morphTargetBinds": [{"node": face, "index": i, "weight": 1.0}]} for i, x in enumerate(LIP_MORPHS)}
    meta = {"name": "triangle", "authors": ["visalign's tests"], "licenseUrl": "https://vrm.dev/licenses/1.0/"}
    gltf.extensionsUsed = ["VRMC_vrm"]
    gltf.extensions = {
        "VRMC_vrm": {
            "specVersion": "1.0",
            "meta": meta,
            "humanoid": {"humanBones": {x: {"node": i} for i, x in enumerate(VRM_BONES)}},
            "expressions": {"preset": presets},
        }
    }
    gltf.save_binary(str(path))
    return path
