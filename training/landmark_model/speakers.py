"""Frames of GRID's speakers (CC BY 4.0) with the teacher's mesh, and the same frames turned, repainted and relit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import dlib
import numpy as np
import numpy.typing as npt
from rasteriser import interpolate, rasterise
from scenes import CROP_PX
from scipy.spatial import Delaunay
from teacher import LEFT_EYE, RIGHT_EYE, Teacher

import visalign.models

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

# Names of the clips that do not say whose they are (data/README.md).
_UNNAMED = {"bbaf2n": "s1", "pwij3p": "s2", "lbax4n": "s5", "lbbc2a": "s22", "sbwe5n": "s32"}
FINDER = Path(visalign.models.__file__).with_name("frontal_faces.svm")
# Where dlib's detector has the eyes: parts of its box's width from the left and top.
_EYES_IN_BOX = np.array([[0.3, 0.32], [0.7, 0.32]], np.float32)
_RINGS = ((1.2, 0.12), (1.5, 0.45), (2.1, 0.8))  # around the face: size, and depth in eye distances
_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150),
    *(136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_LIPS_OUT = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_LIPS_IN = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame and its mesh."""

    speaker: str
    luma: Picture
    mesh: Floats  # (468, 3), pixels


def clips_of_speakers(grid: Path) -> dict[str, list[Path]]:
    """The clips of each speaker, by name."""
    found: dict[str, list[Path]] = {}
    for path in sorted(grid.rglob("*.mpg")):
        name = path.stem
        speaker = _UNNAMED.get(name) or ("s1" if path.parent.name == "s1" else name.split("_")[0])
        found.setdefault(speaker, []).append(path)
    return found


def frames_of(path: Path, numbers: set[int]) -> Iterator[tuple[int, Picture]]:
    """Some frames of a clip, RGB; as many as a damaged clip gives."""
    try:
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number in numbers:
                    yield number, frame.to_ndarray(format="rgb24")
    except av.error.FFmpegError:
        return


def seen_frames(speaker: str, clips: list[Path], n_frames: int, teacher: Teacher, seed: int) -> list[Seen]:
    """`n_frames` frames of a speaker over all clips, drawn by `seed`."""
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.permutation(len(clips))[:40].tolist())
    share = -(-n_frames // len(chosen))
    finder, found = dlib.fhog_object_detector(str(FINDER)), list[Seen]()
    for clip in chosen:
        numbers = set(rng.choice(75, min(share, 75), replace=False).tolist())
        for _, image in frames_of(clips[clip], numbers):
            luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            if (mesh := mesh_of(image, luma, finder, teacher)) is not None:
                found.append(Seen(speaker, luma, mesh))
    return found[:n_frames]


def mesh_of(image: Picture, luma: Picture, finder: dlib.fhog_object_detector, teacher: Teacher) -> Floats | None:
    """The teacher's mesh of the largest face, or None."""
    boxes = finder(luma, 0) or finder(luma, 1)
    if not boxes:
        return None
    box = max(boxes, key=lambda x: x.area())
    mesh = teacher.mesh(image, np.array([box.left(), box.top()], np.float32) + box.width() * _EYES_IN_BOX)
    return teacher.mesh(image, np.stack([mesh[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]))


class TurnedFace:
    """A frame as a mesh that can be turned: the face's 468 points and rings of the picture around it."""

    def __init__(self, seen: Seen, other: Seen | None = None, rng: np.random.Generator | None = None) -> None:
        self.luma = seen.luma
        self.source, self.points = _with_rings(seen.mesh)
        self.triangles = Delaunay(self.source).simplices.astype(np.int64)
        self.paint_masks = _masks(self.points)
        self._other, self._share = other, np.zeros(len(self.points), np.float32)
        if other is not None and rng is not None:
            self._other_source, points = _with_rings(other.mesh)
            # The face of both, but the expression of the first: the second's shape counts where lips and lids do not.
            still = 1 - _expressive(self.points)
            shape, look = rng.uniform(0, 1), rng.uniform(0, 1)
            moved = self.points - _flat(self.points, still) + _flat(points, still)
            self.points = ((1 - shape) * self.points + shape * moved).astype(np.float32)
            self._share = (look * still).astype(np.float32)
            gain = float(np.mean(seen.luma)) / max(float(np.mean(other.luma)), 1.0)
            self._other_luma = np.clip(other.luma * gain, 0, 255).astype(np.uint8)

    def draw(self, xy: Floats, depth: Floats, behind: Floats, tint: Floats) -> Floats:
        """Luma of the crop where the points lie at `xy`; `tint` (n_points,) multiplies the picture."""
        shown, weights = rasterise(xy, depth, self.triangles, CROP_PX, CROP_PX)
        others = self.source if self._other is None else self._other_source
        values = np.column_stack([self.source, tint, others, self._share])
        where = interpolate(values.astype(np.float32), self.triangles, shown, weights)
        pixels = _looked_up(self.luma, where[..., :2])
        if self._other is not None:
            pixels += where[..., 5] * (_looked_up(self._other_luma, where[..., 3:5]) - pixels)
        cover = (shown >= 0).astype(np.float32)
        cover = cv2.GaussianBlur(cv2.erode(cover, np.ones((3, 3), np.uint8)), (0, 0), 1.0)
        return (cover * pixels * where[..., 2] + (1 - cover) * behind).astype(np.float32)

    def tint(self, rng: np.random.Generator) -> Floats:
        """Other skin, lips and hair of the face, and other light: factors of the points."""
        masks, tint = self.paint_masks, np.ones(len(self.points), np.float32)
        if rng.random() < 0.5:
            tint *= 1 + masks["skin"] * (np.exp(rng.uniform(-1.1, 0.1)) - 1)
        if rng.random() < 0.5:
            tint *= 1 + masks["lips"] * (rng.uniform(0.6, 1.3) - 1)
        if rng.random() < 0.2:
            tint *= 1 - masks["moustache"] * rng.uniform(0.2, 0.7) * rng.uniform(0.6, 1.0, len(tint))
        if rng.random() < 0.2:
            tint *= 1 - masks["beard"] * rng.uniform(0.2, 0.7) * rng.uniform(0.6, 1.0, len(tint))
        if rng.random() < 0.5:  # a lamp from a side: by the curve of the face
            x, y = self.points[:, 0], self.points[:, 1]
            side, high = rng.normal(0, 0.35), rng.normal(0, 0.2)
            tint *= np.clip(1 + side * np.clip(x, -1.3, 1.3) + high * np.clip(y - 0.4, -1, 1.3), 0.15, 1.8)
        return tint.astype(np.float32)


def deformed(points: Floats, rng: np.random.Generator) -> Floats:
    """Another person's proportions: wider, longer, and moved smoothly by some places, alike on both sides."""
    grown = points * np.array([rng.normal(1, 0.05), rng.normal(1, 0.06), rng.normal(1, 0.1)])
    change = np.zeros_like(grown)
    for _ in range(5):
        x, y = rng.uniform(0, 1.1), rng.uniform(-0.8, 1.9)
        size, move = rng.uniform(0.3, 0.9), rng.normal(0, 0.05, 3)
        for side in (-1, 1):
            weight = np.exp(-((points[:, 0] - side * x) ** 2 + (points[:, 1] - y) ** 2) / (2 * size**2))
            change += weight[:, None] * move * [side, 1, 1]
    return (grown + change).astype(np.float32)


def _with_rings(mesh: Floats) -> tuple[Floats, Floats]:
    """The mesh and the rings around it: in pixels, and in eye distances from the middle between the eyes."""
    right, left = (mesh[list(eye)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE))
    unit, middle = float(np.hypot(*(left - right)[:2])), (right + left) / 2
    oval = mesh[list(_OVAL)]
    centre = oval[:, :2].mean(axis=0)
    rings = [
        np.column_stack([centre + size * (oval[:, :2] - centre), oval[:, 2] + deep * unit]) for size, deep in _RINGS
    ]
    every = np.concatenate([mesh, *rings]).astype(np.float32)
    return every[:, :2], ((every - middle) / unit).astype(np.float32)


def _looked_up(luma: Picture, where: Floats) -> Floats:
    x, y = np.ascontiguousarray(where[..., 0]), np.ascontiguousarray(where[..., 1])
    return cv2.remap(luma, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _expressive(points: Floats) -> Floats:
    """1 on the lips, falling to 0 around them: what moves in speech."""
    mouth = points[[*_LIPS_OUT, *_LIPS_IN], :2]
    distance = np.linalg.norm(points[:, None, :2] - mouth[None], axis=2).min(axis=1)
    return np.clip(1.5 - distance / 0.12, 0, 1).astype(np.float32)


def _flat(points: Floats, still: Floats) -> Floats:
    """Where a face has its points, that of lips taken from the middle of the mouth, as they are moved together."""
    middle = points[[0, 17, 61, 291]].mean(axis=0)
    return still[:, None] * points + (1 - still[:, None]) * middle


def _masks(points: Floats) -> dict[str, Floats]:
    x, y = points[:, 0], points[:, 1]
    face = (np.arange(len(points)) < 468).astype(np.float32)
    lips = np.zeros(len(points), np.float32)
    lips[list(_LIPS_OUT)] = 0.5
    lips[list(_LIPS_IN)] = 1.0
    inner = (11, 12, 15, 16, 38, 41, 42, 62, 72, 73, 74, 76, 77, 85, 86, 89, 90, 96, 179, 180, 183, 184)
    other = (268, 271, 272, 292, 302, 303, 304, 306, 307, 315, 316, 319, 320, 325, 403, 404, 407, 408)
    lips[[*inner, *other]] = 1.0
    eyes = np.zeros(len(points), bool)
    for eye in (RIGHT_EYE, LEFT_EYE):
        eyes |= np.hypot(*(points[:, :2] - points[list(eye), :2].mean(axis=0)).T) < 0.19
    skin = face * ~eyes
    nose_y, mouth_y = points[2, 1], points[[13, 14], 1].mean()
    bare = skin * (1 - lips)
    moustache = bare * (y > nose_y + 0.05) * (y < mouth_y + 0.1) * (np.abs(x - points[2, 0]) < 0.5)
    beard = bare * (y > mouth_y - 0.15) * ((y > points[17, 1] + 0.02) | (np.abs(x - points[2, 0]) > 0.5))
    return {
        k: v.astype(np.float32) for k, v in {"skin": skin, "lips": lips, "moustache": moustache, "beard": beard}.items()
    }
