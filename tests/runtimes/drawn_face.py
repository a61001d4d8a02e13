"""A mouth in three dimensions that a rig might have: skin, lips, what is behind them, and some of ARKit's shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

N_AROUND = 48
SHAPES = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthStretchLeft", "mouthStretchRight", "mouthLowerDownLeft",
          "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")  # fmt: skip

Points = npt.NDArray[np.float32]


def _ring(width: float, height: float, depth: float) -> Points:
    angle = np.linspace(0, 2 * np.pi, N_AROUND, endpoint=False)
    return np.column_stack([width * np.cos(angle), height * np.sin(angle), np.full(N_AROUND, depth)]).astype("f4")


def _moved(points: Points, shape: str, outside: float) -> Points:
    """How far a shape moves each point; rings further out move less."""
    x, y = points[:, 0], points[:, 1]
    below, above = np.clip(0.5 - 8 * y, 0, 1), np.clip(0.5 + 8 * y, 0, 1)
    inward, middle = -x * outside, np.clip(1 - x**2, 0.2, 1)
    still = np.zeros_like(x)
    moves = {
        "jawOpen": (0.15 * inward, -1.3 * below * middle * outside, still),
        "mouthFunnel": (0.35 * inward, (0.22 * above - 0.22 * below) * middle * outside, 0.3 * outside + still),
        "mouthPucker": (0.45 * inward, still, 0.35 * outside + still),
        "mouthLowerDown": (still, -0.25 * below * middle * outside, still),
        "mouthUpperUp": (still, 0.25 * above * middle * outside, still),
        "mouthStretch": (0.3 * x * outside, still, still),
    }
    move = np.column_stack(moves[shape.removesuffix("Left").removesuffix("Right")])
    side = 0.5 if shape.endswith(("Left", "Right")) else 1.0
    return (side * move).astype("f4")


def _strip(inner: int, outer: int) -> npt.NDArray[np.uint16]:
    i = np.arange(N_AROUND)
    j = (i + 1) % N_AROUND
    quads = np.column_stack([inner + i, outer + i, outer + j, inner + i, outer + j, inner + j])
    return quads.ravel().astype("<u2")


def drawn_face(path: Path) -> Path:
    """A GLB with the mesh ``Head``: three rings about the mouth, dark inside, lips in red, skin outside."""
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib makes the face")
    rings = [_ring(0.62, 0.008, 0.1), _ring(0.8, 0.2, 0.16), _ring(3.2, 2.8, -0.1)]
    points = np.vstack([*rings, np.zeros((1, 3), dtype="f4")])
    weights = np.repeat([1.0, 0.75, 0.0, 0.6], [N_AROUND] * 3 + [1])
    moves = [_moved(points, shape, weights) for shape in SHAPES]  # type: ignore[arg-type]
    centre, i = 3 * N_AROUND, np.arange(N_AROUND)
    inside = np.column_stack([np.full(N_AROUND, centre), i, (i + 1) % N_AROUND]).ravel().astype("<u2")
    faces = [inside, _strip(0, N_AROUND), _strip(N_AROUND, 2 * N_AROUND)]
    gltf = pygltflib.GLTF2(asset=pygltflib.Asset(version="2.0"))
    blob = b""
    for data in [points, *moves, *faces]:
        _add(pygltflib, gltf, data, len(blob))
        blob += data.tobytes() + bytes(-data.nbytes % 4)
    targets = [{"POSITION": 1 + k} for k in range(len(SHAPES))]
    for colour in ([0.12, 0.02, 0.03, 1], [0.75, 0.22, 0.24, 1], [0.93, 0.76, 0.65, 1]):
        look = pygltflib.PbrMetallicRoughness(baseColorFactor=colour, metallicFactor=0, roughnessFactor=0.9)
        gltf.materials.append(pygltflib.Material(pbrMetallicRoughness=look, doubleSided=True))
    primitives = [
        pygltflib.Primitive(
            attributes=pygltflib.Attributes(POSITION=0), indices=1 + len(SHAPES) + k, targets=targets, material=k
        )
        for k in range(3)
    ]
    mesh = pygltflib.Mesh(name="Head", primitives=primitives, weights=[0.0] * len(SHAPES))
    mesh.extras = {"targetNames": list(SHAPES)}
    gltf.meshes, gltf.nodes = [mesh], [pygltflib.Node(name="Head", mesh=0)]
    gltf.scenes, gltf.scene = [pygltflib.Scene(nodes=[0])], 0
    gltf.buffers = [pygltflib.Buffer(byteLength=len(blob))]
    gltf.set_binary_blob(blob)
    gltf.save_binary(str(path))
    return path


def _add(pygltflib: Any, gltf: Any, data: npt.NDArray[Any], offset: int) -> None:
    is_index = data.dtype == np.uint16
    gltf.bufferViews.append(pygltflib.BufferView(buffer=0, byteOffset=offset, byteLength=data.nbytes))
    row = pygltflib.Accessor(bufferView=len(gltf.bufferViews) - 1, componentType=5123 if is_index else 5126)
    row.count, row.type = (data.size, "SCALAR") if is_index else (len(data), "VEC3")
    if not is_index:
        row.min, row.max = data.min(0).tolist(), data.max(0).tolist()
    gltf.accessors.append(row)
