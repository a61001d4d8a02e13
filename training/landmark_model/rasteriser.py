"""A software rasteriser: which triangle of a mesh each pixel shows, and where in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def rasterise(xy: Floats, depth: Floats, triangles: Ints, height: int, width: int) -> tuple[Ints, Floats]:
    """The nearest triangle at the centre of each pixel.

    Parameters
    ----------
    xy : ndarray, shape (n_vertices, 2)
        Pixels; the centre of the top left pixel is (0, 0).
    depth : ndarray, shape (n_vertices,)
        Smaller is nearer.
    triangles : ndarray of int, shape (n_triangles, 3)
    height, width : int
        Of the picture.

    Returns
    -------
    shown : ndarray of int, shape (height, width)
        Number of the triangle, -1 for none.
    weights : ndarray of float32, shape (height, width, 3)
        Barycentric coordinates in it.
    """
    corners = xy[triangles].astype(np.float32)
    low = np.maximum(np.ceil(corners.min(axis=1)).astype(np.int64), 0)
    high = np.minimum(np.floor(corners.max(axis=1)).astype(np.int64), [width - 1, height - 1])
    size = np.maximum(high - low + 1, 0)
    a, b, c = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0]
    kept = np.flatnonzero((size.prod(axis=1) > 0) & (np.abs(area) > 1e-9))
    counts = size[kept].prod(axis=1)
    which = np.repeat(kept, counts)
    step = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    x = low[which, 0] + step % size[which, 0]
    y = low[which, 1] + step // size[which, 0]
    dx, dy = (x - a[which, 0]).astype(np.float32), (y - a[which, 1]).astype(np.float32)
    v = (dx * c[which, 1] - dy * c[which, 0]) / area[which]
    w = (dy * b[which, 0] - dx * b[which, 1]) / area[which]
    inside = np.flatnonzero((v >= -1e-4) & (w >= -1e-4) & (v + w <= 1 + 1e-4))
    which, v, w, pixel = which[inside], v[inside], w[inside], (y * width + x)[inside]
    z = depth[triangles[which]].astype(np.float32)
    order = np.argsort(-(z[:, 0] * (1 - v - w) + z[:, 1] * v + z[:, 2] * w), kind="stable")  # the nearest is drawn last
    shown = np.full(height * width, -1, np.int64)
    weights = np.zeros((height * width, 3), np.float32)
    drawn = pixel[order]
    shown[drawn] = which[order]
    weights[drawn] = np.stack([1 - v - w, v, w], axis=1)[order]
    return shown.reshape(height, width), weights.reshape(height, width, 3)


def interpolate(values: Floats, triangles: Ints, shown: Ints, weights: Floats) -> Floats:
    """Values of vertices, shape (n_vertices, n), at each pixel that shows a triangle; 0 elsewhere."""
    flat, hit = shown.ravel(), shown.ravel() >= 0
    result = np.zeros((len(flat), values.shape[1]), np.float32)
    corners = values[triangles[flat[hit]]]
    result[hit] = (corners * weights.reshape(-1, 3)[hit][:, :, None]).sum(axis=1)
    return result.reshape(*shown.shape, values.shape[1])
