"""Crops with their points: what the trees learn from, and what they are measured on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from drawn import NAME as DRAWN
from heads import HeadMaker, normals
from points import EYES, INNER_LIPS, LIPS, MESH_POINTS, MIRRORED_68, OUTER_LIPS, STEADY, mirrored
from scenes import CROP_PX, Pose, background, crop_scale, developed, draw, shaded
from speakers import Seen, TurnedFace, deformed
from teacher import Teacher

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

# As visalign.lips.face_tracks draws the box of a followed face.
_BOX_DROP, _BOX_WIDTH = 0.61, 5.12


# Corners of eyes and mouth, as the mesh and as iBUG number them, and how far apart they may lie, eye distances.
_CORNERS_OF_MESH, _CORNERS_OF_68, _FAR = (33, 133, 362, 263, 61, 291), (36, 39, 42, 45, 48, 54), 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A crop, its true points and the box to start from, pixels of the crop; whose it is, and how far it is turned.

    `landmarks` are the 68 points of iBUG, which only heads have.
    """

    picture: Picture
    points: Floats
    box: Floats
    who: str
    yaw: float = 0.0
    landmarks: Floats | None = None


def box_around(points: Floats) -> tuple[float, float, float]:
    """Centre and width of the face's box, from points of the layout."""
    steady = points[STEADY].astype(np.float64)
    x, y = steady.mean(axis=0)
    size = math.sqrt(float(((steady - (x, y)) ** 2).sum(axis=1).mean()))
    return x, y + _BOX_DROP * size, _BOX_WIDTH * size


def of_speaker(seen: Seen, n: int, rng: np.random.Generator, others: list[Seen]) -> list[Sample]:
    """`n` samples of a frame, most of them with a part of another speaker's shape and looks."""
    found = list[Sample]()
    for _ in range(n):
        other = others[rng.integers(len(others))] if rng.random() < 0.75 and seen.speaker != DRAWN else None
        face, pose = TurnedFace(seen, other, rng), Pose.draw(rng)
        plane, depth = pose.project(deformed(face.points, rng))
        scale, shift, box = crop_scale(box_around(plane[MESH_POINTS]), rng)
        xy = (plane * scale + shift).astype(np.float32)
        behind = background(rng, [others[rng.integers(len(others))].luma])
        picture = face.draw(xy, depth, behind, face.tint(rng))
        who = seen.speaker if other is None else f"{seen.speaker}+{other.speaker}"
        found.append(_finished(picture, xy[MESH_POINTS], box, who, pose.yaw, rng))
    return found


def of_head(maker: HeadMaker, vertices: npt.NDArray[np.int64], who: int, n: int, others: list[Picture]) -> list[Sample]:
    """`n` samples of a person made by the number `who`."""
    rng = np.random.default_rng([who, 77])
    person, found = maker.person(rng), list[Sample]()
    for _ in range(n):
        head, pose = maker.head(rng, person), Pose.draw(rng)
        plane, depth = pose.project(head.vertices)
        points = uncrossed(plane[vertices])
        scale, shift, box = crop_scale(box_around(points), rng)
        triangles = maker.triangles if rng.random() < 0.15 else maker.triangles[~maker.is_lash]
        light = shaded(outward(np.column_stack([plane, depth]), maker), head.paint, head.gloss, rng)
        luma = 255 * np.clip(rng.uniform(0.5, 1.3) * light, 0, 1)
        xy = (plane * scale + shift).astype(np.float32)
        picture = draw(xy, depth, triangles, luma.astype(np.float32), background(rng, others), finer=2)
        landmarks = xy[maker.landmarks]
        found.append(_finished(picture, points * scale + shift, box, f"head {who}", pose.yaw, rng, landmarks))
    return found


def outward(vertices: Floats, maker: HeadMaker) -> Floats:
    """Normals of turned vertices, those of the face towards the camera."""
    turned = normals(vertices, maker.triangles)
    return turned * -np.sign(turned[maker.landmarks[30], 2])


def uncrossed(points: Floats) -> Floats:
    """Points whose inner lips touch where the mesh has them run through each other."""
    points = points.copy()
    eyes = points[EYES]
    across = eyes[6:].mean(axis=0) - eyes[:6].mean(axis=0)
    down = np.array([-across[1], across[0]]) / np.hypot(*across)
    first = LIPS.start + 20
    for k in range(1, 10):
        upper, lower = first + k, first + 20 - k
        if (gap := (points[lower] - points[upper]) @ down) < 0:
            points[upper] += 0.5 * gap * down
            points[lower] -= 0.5 * gap * down
    return points


def _finished(
    picture: Picture | Floats,
    points: Floats,
    box: Floats,
    who: str,
    yaw: float,
    rng: np.random.Generator,
    landmarks: Floats | None = None,
) -> Sample:
    result = developed(picture, rng)
    if rng.random() < 0.5:
        result = np.ascontiguousarray(result[:, ::-1])
        points = _flipped(points)[mirrored()]
        landmarks = None if landmarks is None else _flipped(landmarks)[MIRRORED_68]
        box = np.array([CROP_PX - 1 - box[2], box[1], CROP_PX - 1 - box[0], box[3]], np.float32)
    return Sample(result, points.astype(np.float32), box, who, yaw, landmarks)


def _flipped(points: Floats) -> Floats:
    return (points * [-1, 1] + [CROP_PX - 1, 0]).astype(np.float32)


def head_vertices(maker: HeadMaker, teacher: Teacher, n_pictures: int = 120) -> npt.NDArray[np.int64]:
    """The vertices of a head that are the mesh's points: those nearest to where the teacher sees them, on the average.

    The teacher looks at plain heads that face the camera, in plain light. A head whose corners of eyes and mouth it
    sees far from where ICT-FaceKit has them does not count. Points of the lips are sought on the two loops of edges
    through the landmarks that ICT-FaceKit names, which are also the border of the painted lips; all others anywhere on
    the face.
    """
    face, scale, n_seen = np.arange(9409), CROP_PX / 4.4, 0
    total, rng = np.zeros((len(MESH_POINTS), len(face)), np.float64), np.random.default_rng(5)
    for _ in range(n_pictures):
        head = maker.head(rng, maker.person(rng), plain=True)
        pose = Pose(float(rng.normal(0, 4)), float(rng.normal(0, 4)), 0.0, 20.0)
        plane, depth = pose.project(head.vertices)
        xy = (plane * scale + CROP_PX / 2).astype(np.float32)
        luma = 230 * head.paint * (0.5 + 0.5 * np.clip(-outward(np.column_stack([plane, depth]), maker)[:, 2], 0, 1))
        behind = np.full((CROP_PX, CROP_PX), 120.0, np.float32)
        picture = draw(xy, depth, maker.triangles[~maker.is_lash], luma.astype(np.float32), behind, finer=2)
        grey = np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        known = xy[maker.landmarks]
        mesh = teacher.mesh(grey, np.stack([known[36:42].mean(axis=0), known[42:48].mean(axis=0)]))
        corners = mesh[list(_CORNERS_OF_MESH), :2] - known[list(_CORNERS_OF_68)]
        if np.linalg.norm(corners, axis=1).mean() < _FAR * scale:
            total += ((mesh[MESH_POINTS, None, :2] - xy[None, face]) ** 2).sum(axis=2) / scale**2
            n_seen += 1
    if n_seen < n_pictures // 2:
        raise SystemExit(f"the teacher sees only {n_seen} of {n_pictures} heads")
    vertices = total.argmin(axis=1)
    for loop, first, ring in (
        (maker.outer_loop, LIPS.start, OUTER_LIPS),
        (maker.inner_loop, LIPS.start + 20, INNER_LIPS),
    ):
        rows = slice(first, first + len(ring))
        vertices[rows] = loop[total[rows][:, loop].argmin(axis=1)]
    return vertices
