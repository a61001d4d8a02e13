"""glTF 2.0: an animation of morph weights, put into the user's own model."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from visalign.errors import ConfigError, quoted
from visalign.exports.channels import Channels, weight_channels
from visalign.exports.exporter import ExportOptions
from visalign.exports.glb import Glb, read_glb
from visalign.exports.utterance import Utterance

__all__ = ["Gltf"]


class Gltf:
    """A ``.glb`` like ``--rig``, with one animation more, of every mesh (or the ``--target`` mesh or node) that has
    morph targets of the recipe's names; upper and lower case do not matter. Other targets keep their default weight.

    Without a model, the animation is put on a flat square with a morph target a channel: something to copy it from.
    """

    name = "gltf"
    title = "glTF 2.0 morph weights"
    suffix = ".glb"
    family = "weights"
    rate = Fraction(30)
    first_frame = 0
    verified = "played in three.js 0.187 and Blender 5.0, weights compared; glTF-Validator has no complaint"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`.

        Raises
        ------
        ConfigError
            If no mesh of the model has a morph target that the recipe moves.
        ParseError
            If the model can't be read.
        """
        channels = weight_channels(utterance, options, self)
        glb = _placeholder(channels) if options.model is None else read_glb(options.model)
        keys = channels.common_keys(options.max_error)
        seconds = np.asarray([channels.seconds(int(k) + channels.first_frame) for k in keys])
        times = glb.append(seconds.astype(np.float32), is_times=True)
        animation: dict[str, Any] = {"name": utterance.name, "samplers": [], "channels": []}
        for mesh, nodes in _wanted(glb, options.target):
            weights = _weights(glb.document["meshes"][mesh], channels, keys.tolist())
            if weights is None:
                continue
            output = glb.append(weights.astype(np.float32).ravel())
            sampler = {"input": times, "output": output, "interpolation": "LINEAR"}
            for node in nodes:
                target = {"node": node, "path": "weights"}
                animation["channels"].append({"sampler": len(animation["samplers"]), "target": target})
            animation["samplers"].append(sampler)
        if not animation["channels"]:
            raise ConfigError("target", options.target or "", f"a mesh with targets of the recipe; {_inventory(glb)}")
        glb.document.setdefault("animations", []).append(animation)
        return glb.to_bytes()


def _wanted(glb: Glb, target: str | None) -> Iterator[tuple[int, list[int]]]:
    """Meshes to animate, and the nodes that show them."""
    nodes = glb.document.get("nodes", [])
    for i, mesh in enumerate(glb.document.get("meshes", [])):
        users = [k for k, node in enumerate(nodes) if node.get("mesh") == i]
        if target is not None and mesh.get("name") != target:
            users = [k for k in users if nodes[k].get("name") == target]
        if users:
            yield i, users


def _target_names(mesh: dict[str, Any]) -> list[str]:
    n_targets = len(mesh["primitives"][0].get("targets", ()))
    names = list(mesh.get("extras", {}).get("targetNames", ()))
    return (names + [""] * n_targets)[:n_targets]


def _weights(mesh: dict[str, Any], channels: Channels, keys: list[int]) -> np.ndarray | None:
    names = _target_names(mesh)
    columns = {name.lower(): i for i, name in enumerate(channels.names)}
    found = {k: columns[name.lower()] for k, name in enumerate(names) if name.lower() in columns}
    if not found:
        return None
    still = (list(mesh.get("weights", ())) + [0.0] * len(names))[: len(names)]
    weights = np.tile(np.asarray(still, dtype=np.float64), (len(keys), 1))
    for k, column in found.items():
        weights[:, k] = channels.values[keys, column]
    return weights


def _inventory(glb: Glb) -> str:
    rows = [
        f"mesh {quoted(mesh.get('name', i))} has "
        + (", ".join(x for x in _target_names(mesh)[:8] if x) or "no named targets")
        for i, mesh in enumerate(glb.document.get("meshes", []))
    ]
    return "; ".join(rows[:6]) or "this model has no mesh"


def _placeholder(channels: Channels) -> Glb:
    glb = Glb({"asset": {"version": "2.0", "generator": "visalign"}, "buffers": [{}]}, bytearray())
    square = np.asarray([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=np.float32)
    position = glb.append(square, is_times=True)
    targets = []
    for i in range(len(channels.names)):
        moved = np.zeros_like(square)
        moved[i % len(square), 2] = 1.0
        targets.append({"POSITION": glb.append(moved, is_times=True)})
    mesh = {
        "name": "Head",
        "primitives": [{"attributes": {"POSITION": position}, "targets": targets}],
        "weights": [0.0] * len(targets),
        "extras": {"targetNames": list(channels.names)},
    }
    glb.document |= {"meshes": [mesh], "nodes": [{"name": "Head", "mesh": 0}], "scenes": [{"nodes": [0]}], "scene": 0}
    return glb
