"""Moving the lips of a still portrait: landmarks, a mesh warp, and a drawn inside of the mouth.

For previews of timing only. Nothing is learnt and nothing is generated: pixels of the portrait are moved, and where the
lips part, a dark mouth with teeth is painted. Every picture carries a watermark, and the file says what it is.

Method
------
The landmarks of the portrait and a fixed ring around the face are the corners of a triangular mesh (Delaunay, over a
pose with open lips, so that upper and lower lip are not joined). For each frame the lip and chin landmarks move as
:mod:`visalign.animation.lip_trajectory` says; each triangle is mapped back to the portrait by its barycentric
coordinates. Triangles within the inner lip contour are the inside of the mouth.

Conventions
-----------
Pixels, x right, y down. Lengths of the mouth in inter-ocular distances, along the face's own axes, so that a tilted
head works. Landmarks are of any layout (:mod:`visalign.lips.point_layouts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

from visalign.animation.lip_trajectory import REST, LipShape, lip_trajectory
from visalign.errors import AnyPath, FaceNotFound
from visalign.exports.utterance import Utterance
from visalign.face.preview import english_phones
from visalign.face.watermark import stamp
from visalign.lips.landmarks import load_detector
from visalign.lips.point_layouts import PointLayout, layout_of
from visalign.media.clips import write_clip
from visalign.media.images import read_image
from visalign.signals import Audio, Image

__all__ = ["SYNTHETIC_TAGS", "WATERMARK", "Portrait", "animate_portrait", "read_portrait"]

WATERMARK = "SYNTHETIC PREVIEW - VISALIGN"
"""What stands in every picture."""

SYNTHETIC_TAGS = {
    "title": "Synthetic lip movement (visalign animate)",
    "comment": (
        "SYNTHETIC: the lips of a still portrait were moved by image processing with visalign. This person did not say "
        "this. For previews of timing only."
    ),
}
"""What the file says about itself."""

MAX_SIDE_PX = 720  # larger portraits are scaled down
RATE = Fraction(25)

Floats = npt.NDArray[np.float64]

_JAW = (0.15, 0.45, 0.8, 0.95, 1.0, 0.95, 0.8, 0.45, 0.15)  # of a drop, for each point around the chin
_RING_POINTS, _RING_SIZE = 24, 1.45  # around the landmarks, times their extent
_OPEN_POSE = 0.3  # inter-ocular distances, for the triangulation
_UPPER_SHARE = 0.3  # of an opening is made by the upper lip, the rest by the lower
_FADE_PX = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A picture and the landmarks of its face.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB.
    points : ndarray of float64, shape (n_points, 2)
        Landmarks, pixels.
    """

    image: Image
    points: Floats

    @property
    def layout(self) -> PointLayout:
        """Which points they are."""
        return layout_of(len(self.points))

    @property
    def eyes(self) -> tuple[Floats, Floats]:
        """Centres of the right and the left eye, pixels, shape (2,) each."""
        right, left = (self.points[list(eye)].mean(axis=0) for eye in (self.layout.right_eye, self.layout.left_eye))
        return right, left

    @property
    def axes(self) -> tuple[Floats, Floats]:
        """Unit vectors of the face to the right and down, shape (2,) each."""
        right = self.eyes[1] - self.eyes[0]
        right /= np.hypot(*right)
        return right, np.asarray([-right[1], right[0]])

    @property
    def eye_distance(self) -> float:
        """Distance between the centres of the eyes, pixels."""
        return float(np.hypot(*(self.eyes[1] - self.eyes[0])))


def read_portrait(path: AnyPath) -> Portrait:
    """Read a picture, scaled down to at most 720 pixels, and find its largest face.

    Raises
    ------
    MediaError
        If it is no picture.
    FaceNotFound
        If there is no face in it.
    """
    image = _scaled(read_image(path))
    luma = np.asarray(np.round(image @ np.asarray([0.299, 0.587, 0.114])), dtype=np.uint8)
    detector = load_detector()
    boxes = detector.find_faces(luma)
    if not boxes:
        raise FaceNotFound(path, 0.0)
    largest = max(boxes, key=lambda box: (box.right - box.left) * (box.bottom - box.top))
    return Portrait(image, detector.fit(luma, largest).astype(np.float64))


def _scaled(image: Image) -> Image:
    """Halved, and halved again, by means of 2 × 2 blocks, until it is small enough; then the nearest pixels."""
    while max(image.shape[:2]) >= 2 * MAX_SIDE_PX:
        height, width = (n // 2 * 2 for n in image.shape[:2])
        blocks = image[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
        image = np.asarray(np.round(blocks.mean(axis=(1, 3))), dtype=np.uint8)
    factor = MAX_SIDE_PX / max(image.shape[:2])
    if factor >= 1:
        return image
    grid = [np.arange(round(n * factor)) / factor for n in image.shape[:2]]
    y, x = (axis.ravel() for axis in np.meshgrid(*grid, indexing="ij"))
    sampled = _sample(image.astype(np.float32), x, y).reshape(len(grid[0]), len(grid[1]), 3)
    return np.asarray(np.round(sampled), dtype=np.uint8)


def animate_portrait(
    path: AnyPath, portrait: Portrait, utterance: Utterance, audio: Audio, *, rate: Fraction = RATE
) -> Path:
    """Write a clip in which the lips of a portrait move with an utterance; watermarked and labelled as synthetic.

    Parameters
    ----------
    path : path-like
        The MP4.
    portrait : Portrait
        From :func:`read_portrait`.
    utterance : Utterance
        What is said when.
    audio : Audio
        The sound.
    rate : Fraction
        Frames a second.

    Raises
    ------
    OutputError
        If it can't be written there.
    """
    n_frames = max(1, int(np.ceil(round(utterance.duration * float(rate), 6))))
    phones = english_phones(utterance.phones, utterance.alphabet)
    shapes = lip_trajectory(phones, (np.arange(n_frames) + 0.5) / float(rate))
    warp = _Warp(portrait)
    frames = (stamp(warp.picture(LipShape(*row)), WATERMARK) for row in shapes.tolist())
    return write_clip(path, frames, rate, audio, tags=SYNTHETIC_TAGS)


class _Warp:
    """The mesh of a portrait, and the picture for a mouth."""

    def __init__(self, portrait: Portrait) -> None:
        self._portrait, self._layout = portrait, portrait.layout
        self._source = portrait.image.astype(np.float32)
        self._still = np.vstack([portrait.points, _ring(portrait)])
        pose = self._moved(LipShape(opening=_OPEN_POSE, jaw=0.0))
        triangles = Delaunay(pose).simplices
        inner = [set(x) <= set(self._layout.inner_lips) for x in triangles.tolist()]
        moving = np.any(np.hypot(*(pose - self._still).T)[triangles] > 1e-9, axis=1)
        moving |= np.isin(triangles, self._layout.jaw).any(axis=1)
        self._triangles = triangles[moving & ~np.asarray(inner)]

    def picture(self, shape: LipShape) -> Image:
        """The portrait with this mouth: uint8 RGB."""
        moved = self._moved(shape)
        canvas = self._source.copy()
        for corners in self._triangles:
            _draw_triangle(canvas, self._source, moved[corners], self._still[corners])
        self._paint_inside(canvas, moved, shape)
        return np.asarray(np.clip(np.round(canvas), 0, 255), dtype=np.uint8)

    def _moved(self, shape: LipShape) -> Floats:
        """All corners of the mesh, pixels, where `shape` puts them."""
        face = _FaceFrame.of(self._portrait)
        local = face.to_local(self._still)
        moved = local.copy()
        layout = self._layout
        right, left = local[list(layout.mouth_corners), 0]
        half, middle = 0.5 * (left - right), 0.5 * (left + right)
        stretch = shape.width / REST.width
        lips = [*layout.outer_lips, *layout.inner_lips]
        moved[lips, 0] = middle + stretch * (local[lips, 0] - middle)
        upper, lower = local[list(layout.upper_gap)], local[list(layout.lower_gap)]
        seam = 0.5 * (upper[:, 1] + lower[:, 1])
        lens = np.clip(1 - np.abs((upper[:, 0] - middle) / (0.95 * half)) ** 2.2, 0.0, 1.0) ** 0.7
        gap = max(shape.opening, 0.0)
        drops = (seam - _UPPER_SHARE * gap * lens - upper[:, 1], seam + (1 - _UPPER_SHARE) * gap * lens - lower[:, 1])
        press = 1.0 + 1.5 * min(shape.opening, 0.0) + 0.15 * max(0.0, shape.rounding - REST.rounding)
        for drop, inner, outer, edge in zip(
            drops,
            (layout.upper_gap, layout.lower_gap),
            (layout.upper_edge, layout.lower_edge),
            (upper, lower),
            strict=True,
        ):
            moved[list(inner), 1] = local[list(inner), 1] + drop
            rows = list(outer)
            line = np.interp(local[rows, 0], edge[:, 0], edge[:, 1])
            dropped = np.interp(local[rows, 0], edge[:, 0], drop)
            moved[rows, 1] = line + dropped + press * (local[rows, 1] - line)
        # Lips that draw up to the upper teeth roll inwards.
        moved[list(layout.lower_edge), 1] -= 0.03 * shape.tuck
        for k, part in zip(layout.jaw, _JAW, strict=True):
            moved[k, 1] += part * max(shape.jaw, 0.0)
        return face.to_pixels(moved)

    def _paint_inside(self, canvas: npt.NDArray[np.float32], moved: Floats, shape: LipShape) -> None:
        """Tongue, teeth and the dark between the lips."""
        face, layout = _FaceFrame.of(self._portrait), self._layout
        low = np.floor(moved[list(layout.inner_lips)].min(axis=0)).astype(int) - 2
        high = np.ceil(moved[list(layout.inner_lips)].max(axis=0)).astype(int) + 3
        rows, columns = slice(max(low[1], 0), max(high[1], 0)), slice(max(low[0], 0), max(high[0], 0))
        part = canvas[rows, columns]
        if not part.size:
            return
        y, x = np.mgrid[rows.start : rows.start + part.shape[0], columns.start : columns.start + part.shape[1]]
        local = face.to_local(np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)).reshape(*x.shape, 2)
        inner = face.to_local(moved)
        u, v = local[..., 0], local[..., 1]
        upper, lower = inner[list(layout.upper_gap)], inner[list(layout.lower_gap)]
        top, bottom = np.interp(u, upper[:, 0], upper[:, 1]), np.interp(u, lower[:, 0], lower[:, 1])
        fade = _FADE_PX / face.scale
        inside = np.clip((v - top) / fade, 0, 1) * np.clip((bottom - v) / fade, 0, 1)
        inside *= (u > upper[0, 0]) & (u < upper[-1, 0])
        light = float(self._source[rows, columns].mean()) / 128.0
        height = bottom - top
        _blend(part, inside, np.asarray([52.0, 20.0, 22.0]) * light)
        tongue = np.clip((v - bottom + (0.35 + 0.3 * shape.tongue) * height) / (3 * fade), 0, 1)
        _blend(part, 0.7 * inside * tongue, np.asarray([150.0, 70.0, 72.0]) * light)
        teeth = np.clip((top + np.minimum(0.055, 0.55 * height) - v) / fade, 0, 1)
        _blend(
            part,
            min(1.0, 0.4 + shape.teeth) * inside * teeth,
            np.minimum(np.asarray([205.0, 198.0, 188.0]) * light, 235),
        )


@dataclass(frozen=True, slots=True)
class _FaceFrame:
    """Coordinates of a face: origin between the corners of the mouth, unit the inter-ocular distance."""

    origin: Floats
    right: Floats
    down: Floats
    scale: float

    @classmethod
    def of(cls, portrait: Portrait) -> _FaceFrame:
        right, down = portrait.axes
        return cls(
            portrait.points[list(portrait.layout.mouth_corners)].mean(axis=0), right, down, portrait.eye_distance
        )

    def to_local(self, points: Floats) -> Floats:
        moved = (points - self.origin) / self.scale
        return np.asarray(np.stack([moved @ self.right, moved @ self.down], axis=-1))

    def to_pixels(self, points: Floats) -> Floats:
        return np.asarray(self.origin + self.scale * (points[:, :1] * self.right + points[:, 1:] * self.down))


def _ring(portrait: Portrait) -> Floats:
    """Corners that never move, around the face; outside of them the portrait stays as it is."""
    low, high = portrait.points.min(axis=0), portrait.points.max(axis=0)
    angles = 2 * np.pi * np.arange(_RING_POINTS) / _RING_POINTS
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    ring = 0.5 * (low + high) + 0.5 * _RING_SIZE * (high - low) * circle
    height, width = portrait.image.shape[:2]
    return np.asarray(np.clip(ring, [0, 0], [width - 1, height - 1]) + 1e-3 * circle)  # no two corners on one spot


def _draw_triangle(
    canvas: npt.NDArray[np.float32], source: npt.NDArray[np.float32], target: Floats, origin: Floats
) -> None:
    """Fill the triangle `target` of the canvas with the triangle `origin` of the source; corners of shape (3, 2)."""
    low = np.maximum(np.floor(target.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(target.max(axis=0)).astype(int), [canvas.shape[1] - 1, canvas.shape[0] - 1])
    first, second = target[1] - target[0], target[2] - target[0]
    area = first[0] * second[1] - first[1] * second[0]
    if np.any(high < low) or abs(area) < 1e-6:
        return
    y, x = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
    dx, dy = x - target[0, 0], y - target[0, 1]
    b = (dx * second[1] - dy * second[0]) / area
    c = (dy * first[0] - dx * first[1]) / area
    hit = (b >= -1e-6) & (c >= -1e-6) & (b + c <= 1 + 1e-6)
    b, c = b[hit][:, None], c[hit][:, None]
    where = origin[0] + b * (origin[1] - origin[0]) + c * (origin[2] - origin[0])
    canvas[y[hit], x[hit]] = _sample(source, where[:, 0], where[:, 1])


def _sample(image: npt.NDArray[np.float32], x: Floats, y: Floats) -> npt.NDArray[np.float32]:
    """Bilinear values at pixel coordinates, shape (n, 3)."""
    height, width = image.shape[:2]
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    i, j = y.astype(int), x.astype(int)
    s, t = (y - i)[:, None], (x - j)[:, None]
    upper = (1 - t) * image[i, j] + t * image[i, j + 1]
    lower = (1 - t) * image[i + 1, j] + t * image[i + 1, j + 1]
    return np.asarray((1 - s) * upper + s * lower, dtype=np.float32)


def _blend(part: npt.NDArray[np.float32], cover: Floats, colour: Floats) -> None:
    part += (cover[..., None] * (colour - part)).astype(np.float32)
