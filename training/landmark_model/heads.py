"""Heads rendered from USC ICT-FaceKit (MIT): random persons, expressions, paint and light; their landmarks are exact.

The mesh has no skin. Each head is painted by vertices: skin of any tone with blotches, lips, brows, eyes, teeth, hair,
and on some of them beard and moustache. Pictures are luma, so paint is one number, the part of the light that returns.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# Parts of the mesh by the first and last of their vertices (ICT-FaceKit, README).
_FACE, _NECK, _SOCKET = (0, 9408), (9409, 11247), (11248, 13293)
_EYE_SOCKETS, _GUMS, _TEETH = (13294, 14061), (14062, 17038), (17039, 21450)
_EYES, _LASHES = ((21451, 23020), (23021, 24590)), (25351, 26718)

_MODES = 100  # of identity; their weights are standard normal, and far tails make no faces


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A head in distances between the eyes: x to the picture's right, y down, z away from the camera."""

    vertices: Floats  # (n_vertices, 3)
    paint: Floats  # (n_vertices,), 0..1
    gloss: Floats  # (n_vertices,), 0..1


class HeadMaker:
    """Makes heads from the mesh file."""

    def __init__(self, file: Path) -> None:
        with np.load(file, allow_pickle=False) as data:
            self._neutral = data["neutral"].astype(np.float32)
            self._identities = data["identities"].astype(np.float32)
            self._expressions = data["expressions"].astype(np.float32)
            self._names = [str(name) for name in data["expression_names"]]
            self.landmarks = data["index_idx_to_landmark_verts"].astype(np.int64)
            triangles = data["triangles"].astype(np.int64)
        first = triangles.min(axis=1)
        kept = (first <= _EYES[1][1]) | (first >= _LASHES[0])  # no tears, no veils before the eyes
        self.triangles = triangles[kept]
        self.is_lash = self.triangles.min(axis=1) >= _LASHES[0]
        self._neighbours = _neighbours(self._neutral, triangles)
        self.outer_loop = self._loop(self.landmarks[48:60])
        self.inner_loop = self._loop(self.landmarks[60:68])
        self._lips = self._region_of_lips()
        self._regions = self._other_regions()
        ring = self._neutral[np.concatenate([self.outer_loop, self.inner_loop])]
        gap = np.linalg.norm(self._neutral[: _FACE[1] + 1, None] - ring[None], axis=2).min(axis=1)
        self._near_lips = np.zeros(len(self._neutral), np.float32)
        self._near_lips[: _FACE[1] + 1] = np.exp(-((gap / 0.7) ** 2))

    # ---- the mesh ----

    def _loop(self, corners: Ints) -> Ints:
        """The vertices along the edges from each corner to the next, and round to the first."""
        ends = zip(corners.tolist(), np.roll(corners, -1).tolist(), strict=True)
        return np.array([vertex for a, b in ends for vertex in self._path(a, b)[:-1]])

    def _path(self, start: int, end: int) -> list[int]:
        best, came, waiting = {start: 0.0}, dict[int, int](), [(0.0, start)]
        while waiting:
            so_far, vertex = heapq.heappop(waiting)
            if vertex == end:
                break
            for other, length in self._neighbours[vertex]:
                if so_far + length < best.get(other, np.inf):
                    best[other], came[other] = so_far + length, vertex
                    heapq.heappush(waiting, (best[other], other))
        path = [end]
        while path[-1] != start:
            path.append(came[path[-1]])
        return path[::-1]

    def _region_of_lips(self) -> Floats:
        """1 on the red of the lips, soft at its border: all that the outer loop encloses."""
        border, inside = set(self.outer_loop.tolist()), set(self.inner_loop.tolist())
        waiting = list(inside)
        while waiting:
            for other, _ in self._neighbours[waiting.pop()]:
                if other not in inside and other not in border and other <= _FACE[1]:
                    inside.add(other)
                    waiting.append(other)
        mask = np.zeros(len(self._neutral), np.float32)
        mask[list(inside)] = 1.0
        mask[list(border)] = 0.5
        return mask

    def _other_regions(self) -> dict[str, Floats]:
        x, y, z = self._neutral.T
        index = np.arange(len(x))
        skin = (index <= _NECK[1]).astype(np.float32)
        at = self._neutral[self.landmarks]
        brows = np.zeros(len(x), np.float32)
        for brow in (at[17:22], at[22:27]):
            dense = np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(brow)])
            distance = np.linalg.norm(self._neutral[:, None] - dense[None, :, :], axis=2).min(axis=1)
            brows = np.maximum(brows, np.clip(1.6 - distance / 0.28, 0, 1))
        nose_y, mouth_y = float(at[33, 1]), float(at[48:60, 1].mean())
        front = np.clip(z - float(at[0, 2]) + 1, 0, 1)
        beard = (
            np.clip((mouth_y + 0.6 - y) / 0.8 + np.clip((np.abs(x) - 4.0) / 2, 0, 2), 0, 1) * (y < nose_y + 1) * front
        )
        moustache = np.clip((nose_y - 0.15 - y) / 0.3, 0, 1) * np.clip((3.2 - np.abs(x)) / 0.6, 0, 1)
        moustache *= np.clip((y - mouth_y + 0.3) / 0.4, 0, 1) * front
        free = skin * (1 - self._lips)
        crown = np.clip((y - float(at[17:27, 1].max()) - 3.6) / 0.8, 0, 1)
        back = np.clip((float(at[16, 2]) + 0.5 - z) / 1.5, 0, 1) * np.clip((y - nose_y) / 2, 0, 1)
        return {
            "brows": brows * skin,
            "beard": beard * free,
            "moustache": moustache * free,
            "hair": np.maximum(crown, back) * skin,
        }

    # ---- a head ----

    def person(self, rng: np.random.Generator) -> Floats:
        """A random person, neutral, shape (n_vertices, 3), in the mesh's centimetres."""
        scale = rng.uniform(0.7, 1.2)
        weights = np.clip(rng.standard_normal(_MODES) * scale, -2.4, 2.4).astype(np.float32)
        person = self._neutral + np.tensordot(weights, self._identities[:_MODES], 1)
        # The modes know few full lips: these grow away from the line where they meet, and forward.
        fuller = float(rng.normal(0.15, 0.25))
        line = person[self.inner_loop].mean(axis=0)
        person[:, 1] += self._near_lips * fuller * np.clip(person[:, 1] - line[1], -0.9, 0.9)
        person[:, 2] += self._near_lips * 0.4 * max(fuller, 0.0)
        return person

    def head(self, rng: np.random.Generator, person: Floats, *, plain: bool = False) -> Head:
        """A person with a random expression, painted; a `plain` one is neither dark nor bearded."""
        vertices = person + self._expression(rng)
        eyes = [vertices[a : b + 1].mean(axis=0) for a, b in _EYES]
        unit = float(np.linalg.norm(eyes[0] - eyes[1]))
        centred = (vertices - (eyes[0] + eyes[1]) / 2) / unit
        gloss = np.zeros(len(person), np.float32)
        gloss[: _NECK[1] + 1] = rng.beta(1.0, 2.5)
        gloss = np.maximum(gloss, self._lips * rng.beta(1.0, 1.5))
        gloss[_EYES[0][0] : _EYES[1][1] + 1] = 1.0
        gloss[_TEETH[0] : _TEETH[1] + 1] = 0.5
        return Head((centred * [1, -1, -1]).astype(np.float32), self._paint(rng, person, plain=plain), gloss)

    def _expression(self, rng: np.random.Generator) -> Floats:
        weights = dict.fromkeys(self._names, 0.0)
        jaw = float(rng.choice([0.0, rng.beta(1.2, 2.5), rng.uniform(0, 1)], p=[0.25, 0.5, 0.25]))
        weights["jawOpen"] = jaw
        if rng.random() < 0.25:  # the lips stay closed over a falling jaw
            weights["mouthClose"] = min(jaw, 0.5)
            weights["jawOpen"] = min(jaw, 0.5)
        mouth = [name for name in self._names if name.startswith(("mouth", "jaw")) and name not in weights_fixed]
        for name in rng.choice(mouth, rng.integers(0, 6), replace=False).tolist():
            value = float(rng.beta(1.3, 1.8))
            weights[name] = value
            if name.endswith(("_L", "_R")):  # mostly on both sides
                other = name[:-1] + ("R" if name.endswith("L") else "L")
                weights[other] = value * float(rng.uniform(0.7, 1.0)) if rng.random() < 0.85 else 0.0
        if rng.random() < 0.35:
            weights["mouthPucker"] = float(rng.uniform(0, 1))
        if rng.random() < 0.2:
            weights["mouthFunnel"] = float(rng.uniform(0, 1))
        blink = float(rng.choice([0.0, rng.uniform(0, 0.5), 1.0], p=[0.5, 0.35, 0.15]))
        weights["eyeBlink_L"] = weights["eyeBlink_R"] = blink
        for name in self._names:
            if name.startswith(("brow", "cheek", "nose", "eyeSquint", "eyeWide", "eyeLook")) and rng.random() < 0.15:
                weights[name] = float(rng.beta(1.2, 2.0))
        return np.tensordot(np.array([weights[x] for x in self._names], np.float32), self._expressions, 1)

    def _paint(self, rng: np.random.Generator, person: Floats, *, plain: bool) -> Floats:
        skin = float(rng.uniform(0.5, 0.8) if plain else np.exp(rng.uniform(np.log(0.1), np.log(0.85))))
        paint = np.full(len(person), skin, np.float32)
        centres = person[rng.integers(0, _FACE[1], 20)]
        sizes, heights = rng.uniform(0.3, 4.0, 20).astype(np.float32), rng.normal(0, 0.1, 20).astype(np.float32)
        skin_part = person[: _NECK[1] + 1]
        for centre, size, height in zip(centres, sizes, heights, strict=True):  # blotches
            paint[: _NECK[1] + 1] *= 1 + height * np.exp(-(((skin_part - centre) / size) ** 2).sum(axis=1))
        paint *= 1 + rng.normal(0, 0.015, len(paint))
        lips = skin * rng.uniform(0.5, 1.0) if rng.random() < 0.85 else skin * rng.uniform(1.0, 1.25)
        self._cover(paint, self._lips, lips)
        if rng.random() < 0.4:  # a lower lip of another tone
            lower = self._lips * (person[:, 1] < person[self.inner_loop, 1].mean())
            self._cover(paint, lower, lips * rng.uniform(0.8, 1.6))
        dark = float(rng.uniform(0.02, 0.35)) * min(1.0, skin * 2)
        hairy = 0.0 if plain else 0.25
        for name, chance in (("brows", 0.95), ("hair", 0.8), ("beard", hairy), ("moustache", hairy)):
            if rng.random() < chance:
                tuft = (
                    self._regions[name] * rng.uniform(0.35, 1.0) * rng.uniform(0.55, 1.0, len(paint)).astype(np.float32)
                )
                self._cover(paint, tuft, dark)
        shade = float(rng.uniform(0.3, 1.0))
        depth = person[self.inner_loop, 2].mean() - person[:, 2]
        gloom = np.clip(1.1 - depth * rng.uniform(0.12, 0.35), 0.08, 1.0)
        for (first, last), tone in (
            (_SOCKET, 0.25),
            (_GUMS, float(rng.uniform(0.25, 0.5))),
            (_TEETH, float(rng.uniform(0.6, 0.95))),
        ):
            paint[first : last + 1] = tone * shade * gloom[first : last + 1]
        paint[_EYE_SOCKETS[0] : _EYE_SOCKETS[1] + 1] = 0.6 * skin
        iris, white = float(rng.uniform(0.05, 0.45)), float(rng.uniform(0.55, 0.9))
        for first, last in _EYES:
            ball = self._neutral[first : last + 1]
            front = (ball - ball.mean(axis=0))[:, 2] / np.linalg.norm(ball - ball.mean(axis=0), axis=1)
            paint[first : last + 1] = np.where(front > 0.985, 0.03, np.where(front > 0.89, iris, white))
        paint[_LASHES[0] :] = 0.05
        return np.clip(paint, 0.01, 1.0)

    @staticmethod
    def _cover(paint: Floats, mask: Floats, tone: float) -> None:
        paint += mask * (tone - paint)


weights_fixed = {"jawOpen", "mouthClose", "mouthPucker", "mouthFunnel"}


def normals(vertices: Floats, triangles: Ints) -> Floats:
    """Unit normals of the vertices, out of the mesh, shape (n_vertices, 3)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(faces[:, k], 3), len(vertices)) for k in range(3)], axis=1
    )
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _neighbours(vertices: Floats, triangles: Ints) -> dict[int, list[tuple[int, float]]]:
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(pairs, axis=1), axis=0)
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for (a, b), length in zip(edges.tolist(), lengths.tolist(), strict=True):
        found[a].append((b, length))
        found[b].append((a, length))
    return found
