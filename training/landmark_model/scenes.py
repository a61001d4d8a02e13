"""A textured mesh put before a camera: pose, lens, light, background, and the crop that the trees learn from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from rasteriser import interpolate, rasterise

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

BOX_PX = 144
"""Width of the face's box in the crops."""

MARGIN = 0.4
"""What a crop shows around the box, box widths."""

CROP_PX = 2 * round(BOX_PX * (0.5 + MARGIN))


@dataclass(frozen=True, slots=True)
class Pose:
    """Angles in degrees, and the camera's distance in distances between the eyes."""

    yaw: float
    pitch: float
    roll: float
    distance: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Pose:
        """A pose of ±45° in depth, more of them near the frontal one.

        In the plane a head is turned as far as its box may be wrong: a followed face's box is turned with it, a found
        one's is not.
        """
        kind = rng.random()
        if kind < 0.4:
            yaw, pitch = rng.normal(0, 7), rng.normal(0, 6)
        elif kind < 0.7:
            yaw, pitch = rng.normal(0, 20), rng.normal(0, 10)
        else:
            yaw, pitch = rng.uniform(-48, 48), rng.uniform(-20, 20)
        roll = rng.normal(0, 3.5) if rng.random() < 0.75 else rng.uniform(-22, 22)
        return cls(float(np.clip(yaw, -50, 50)), float(pitch), float(roll), float(rng.uniform(5, 25)))

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Picture coordinates (n, 2) and depth (n,) of points about the head's centre, in eye distances."""
        yaw, pitch, roll = np.radians([self.yaw, self.pitch, self.roll])
        about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        pivot = np.array([0, 0.4, 1.0])
        turned = (points - pivot) @ (about_z @ about_x @ about_y).T
        depth = turned[:, 2] + self.distance
        return (turned[:, :2] * (self.distance / depth)[:, None]).astype(np.float32), depth.astype(np.float32)


def crop_scale(box: tuple[float, float, float], rng: np.random.Generator | None) -> tuple[float, Floats, Floats]:
    """How plane coordinates become pixels of a crop whose box is drawn about the true one.

    Parameters
    ----------
    box : (float, float, float)
        Centre x, y and width of the face's box, plane coordinates.
    rng : Generator, optional
        Moves and scales the box as following and detecting do; without it the box is the true one.

    Returns
    -------
    scale : float
    shift : ndarray, shape (2,)
        Pixels are ``scale * plane + shift``.
    drawn : ndarray, shape (4,)
        The box to start from, pixels: left, top, right, bottom.
    """
    x, y, width = box
    if rng is not None:
        wild = rng.random() < 0.3
        move, grow = (0.06, 0.08) if wild else (0.022, 0.03)
        x, y = x + width * rng.normal(0, move), y + width * rng.normal(0, move)
        width *= float(np.exp(rng.normal(0, grow)))
    scale = BOX_PX / width
    shift = np.array([CROP_PX / 2 - scale * x, CROP_PX / 2 - scale * y], np.float32)
    low = CROP_PX / 2 - BOX_PX / 2
    return scale, shift, np.array([low, low, low + BOX_PX, low + BOX_PX], np.float32)


def background(rng: np.random.Generator, others: list[Picture]) -> Floats:
    """Something behind the head: a part of another picture, a slope, noise of some size, or a plain tone."""
    size = (CROP_PX, CROP_PX)
    kind = rng.integers(0, 4)
    if kind == 0 and others:
        picture = others[rng.integers(len(others))]
        side = int(rng.integers(40, min(picture.shape)))
        top, left = rng.integers(0, picture.shape[0] - side + 1), rng.integers(0, picture.shape[1] - side + 1)
        part = cv2.resize(picture[top : top + side, left : left + side], size, interpolation=cv2.INTER_LINEAR)
        return np.rot90(part, rng.integers(4)).astype(np.float32)
    tone = rng.uniform(5, 245)
    if kind == 1:
        return np.full(size, tone, np.float32)
    small = rng.normal(tone, rng.uniform(5, 60), (rng.integers(2, 30),) * 2).astype(np.float32)
    return np.clip(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), 0, 255)


def shaded(vertex_normals: Floats, paint: Floats, gloss: Floats, rng: np.random.Generator) -> Floats:
    """Light that vertices of turned normals (x right, y down, z away) send back: of a sky and one or two lamps."""
    light = np.full(len(vertex_normals), rng.uniform(0.25, 0.9), np.float32)
    shine, sharp = np.zeros(len(vertex_normals), np.float32), rng.uniform(6, 40)
    for _ in range(rng.integers(1, 3)):
        direction = np.array([rng.normal(0, 0.8), rng.normal(-0.5, 0.5), -abs(rng.normal(0.8, 0.5)) - 0.05])
        direction /= np.linalg.norm(direction)
        power, half = rng.uniform(0.1, 0.9), direction - np.array([0, 0, 1])
        half /= max(float(np.linalg.norm(half)), 1e-6)
        light += power * np.clip(vertex_normals @ direction.astype(np.float32), 0, 1)
        shine += power * np.clip(vertex_normals @ half.astype(np.float32), 0, 1) ** sharp
    return paint * light + 0.6 * gloss * shine


def draw(
    xy: Floats, depth: Floats, triangles: npt.NDArray[np.int64], values: Floats, behind: Floats, *, finer: int = 1
) -> Floats:
    """Luma of the crop where vertices have the luma `values`, before a background; `finer` times oversampled."""
    side = CROP_PX * finer
    triangles = triangles[_faces_camera(xy, triangles)]
    shown, weights = rasterise((xy + 0.5) * finer - 0.5, depth, triangles, side, side)
    picture = interpolate(values[:, None], triangles, shown, weights)[..., 0]
    if finer > 1:
        behind = cv2.resize(behind, (side, side), interpolation=cv2.INTER_LINEAR)
    picture = np.where(shown >= 0, picture, behind).astype(np.float32)
    return cv2.resize(picture, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA) if finer > 1 else picture


def _faces_camera(xy: Floats, triangles: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which triangles show their front: those that run anticlockwise in the picture."""
    first, second = (xy[triangles[:, k]] - xy[triangles[:, 0]] for k in (1, 2))
    return first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0]


def developed(picture: Floats, rng: np.random.Generator) -> Picture:
    """As a camera and a codec leave it: exposure, light from a side, blur, fewer pixels, noise, compression."""
    picture = picture.astype(np.float32)
    y, x = np.mgrid[-1 : 1 : CROP_PX * 1j, -1 : 1 : CROP_PX * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    picture = picture * (1 + rng.uniform(0, 0.5) * (np.cos(angle) * x + np.sin(angle) * y))
    middle = slice(CROP_PX // 4, 3 * CROP_PX // 4)
    low, high = np.percentile(picture[middle, middle], [2, 98])
    if rng.random() < 0.7:
        dark, bright = rng.uniform(0, 60), rng.uniform(110, 255)
        picture = dark + (picture - low) * (bright - dark) / max(float(high - low), 20.0)
    picture = 255 * np.clip(picture / 255, 0, 1) ** float(np.exp(rng.normal(0, 0.25)))
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 2.5))
    if rng.random() < 0.1:  # a quick head
        kernel = np.zeros((9, 9), np.float32)
        end = (int(4 + 4 * np.cos(angle)), int(4 + 4 * np.sin(angle)))
        cv2.line(kernel, (4, 4), end, 1.0)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if rng.random() < 0.6:
        side = int(CROP_PX * rng.uniform(0.25, 0.9))
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        small = small + rng.normal(0, rng.uniform(0, 5), small.shape).astype(np.float32)
        small = np.clip(small, 0, 255).astype(np.uint8)
        if rng.random() < 0.7:
            small = _compressed(small, int(rng.integers(20, 90)))
        picture = cv2.resize(small, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    else:
        picture = picture + rng.normal(0, rng.uniform(0, 4), picture.shape)
    result = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    return _compressed(result, int(rng.integers(30, 95))) if rng.random() < 0.4 else result


def _compressed(picture: Picture, quality: int) -> Picture:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
