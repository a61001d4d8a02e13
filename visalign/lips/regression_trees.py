r"""Landmarks by an ensemble of regression trees: visalign's own file of one, and how it is applied to a picture.

Method
------
Kazemi and Sullivan [1]_, as dlib trains them. The points start as the mean face in a box, and each level of a cascade
moves them:

.. math:: s \leftarrow s + \sum_t r_t(I, s)

A tree t compares the brightness of two pixels at each of its nodes. A pixel lies at an offset from a point of the
face; the offset is turned and scaled as the present points are turned and scaled against the mean face. Brightness is
interpolated between the pixels, so that points move smoothly with the face, and are not rounded to whole pixels.

What a tree adds is a vector of few components, which a basis of the level turns into motions of all points.

Where the points end depends a little on where the box lies. So each fit is made from several boxes, and its points are
the mean of theirs (``_STARTS``).

Conventions
-----------
Inside, points are parts of the box's width and height from its top left corner. Outside, they are pixels of the
picture; the centre of the top left pixel is (0, 0).

The file is an NPZ without pickled objects. The leaves' values are bytes: each component of each level has a step of
its own, and what is measured is measured with these.

===========  =============================================================================================
layout       name of the points' layout (:mod:`visalign.lips.point_layouts`)
notice       whose faces and labels taught it
mean         float32 (n_points, 2), the mean face
anchors      uint8 (n_levels, n_pixels), the point that each pixel is seen from
offsets      float32 (n_levels, n_pixels, 2)
pairs        uint16 (n_levels, n_trees, n_splits, 2), the two pixels of each node; a node's children are 2k+1, 2k+2
thresholds   float32 (n_levels, n_trees, n_splits); the first child where the first pixel is brighter by more
leaves       int8 (n_levels, n_trees, n_splits + 1, n_components)
steps        float32 (n_levels, n_components)
basis        float32 (n_levels, n_components, 2 n_points), how each component moves the points
===========  =============================================================================================

References
----------
.. [1] V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ParseError
from visalign.files.archives import DAMAGED_ARCHIVE, read_arrays
from visalign.numerics import bilinear
from visalign.signals import Image

__all__ = ["RegressionTrees", "read_trees"]

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.intp]


# Boxes that a fit starts from: shift to the right and down, in widths of the box, and size.
_STARTS = ((0.015, 0.0, 0.98), (-0.0075, 0.013, 1.02), (-0.0075, -0.013, 1.0))
# Splits of each tree that are answered without asking whether they are reached: those of three levels of a tree.
_SHALLOW = 7


@dataclass(frozen=True, slots=True, eq=False)
class RegressionTrees:
    """An ensemble, ready to be applied.

    Parameters
    ----------
    layout : str
        Name of the points' layout.
    notice : str
        Whose faces and labels taught it.
    mean : ndarray of float32, shape (n_points, 2)
        The mean face, parts of the box.
    anchors : ndarray of int, shape (n_levels, n_pixels)
        The point that each pixel is seen from.
    offsets : ndarray of float32, shape (n_levels, n_pixels, 2)
        Where it lies from there in the mean face.
    pairs : ndarray of int, shape (n_levels, 2, n_trees, n_splits)
        The two pixels of each node.
    thresholds : ndarray of float32, shape (n_levels, n_trees, n_splits)
        The first child follows where the first pixel is brighter by more than this.
    leaves : ndarray of int8, shape (n_levels, n_trees, n_splits + 1, n_components)
        What a tree adds, in `steps`.
    steps : ndarray of float32, shape (n_levels, n_components)
    basis : ndarray of float32, shape (n_levels, n_components, 2 * n_points)
        How a component moves the points.
    """

    layout: str
    notice: str
    mean: Floats
    anchors: Ints
    offsets: Floats
    pairs: Ints
    thresholds: Floats
    leaves: npt.NDArray[np.int8]
    steps: Floats
    basis: Floats

    @property
    def n_points(self) -> int:
        """Points of a face."""
        return len(self.mean)

    def fit(self, image: Image, centre: tuple[float, float], size: float, roll: float = 0.0) -> Floats:
        """The points of the face in a square box, float32 of shape (n_points, 2), pixels.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width)
            Luma.
        centre : (float, float)
            x and y of the box's middle, pixels.
        size : float
            Its width, pixels.
        roll : float
            By how much it is turned about its middle, radians, above 0 clockwise.
        """
        starts, side = np.array(_STARTS), complex(math.cos(roll), math.sin(roll)) * size
        box = (side * starts[:, 2:]).astype(np.complex64)
        from_centre = starts[:, :1] + 1j * starts[:, 1:2] - starts[:, 2:] * (0.5 + 0.5j)
        corner = (complex(*centre) + side * from_centre).astype(np.complex64)
        mean, offsets = _complex(self.mean), _complex(self.offsets)
        centred = mean - mean.mean()
        similarity = centred.conj() / (np.abs(centred) ** 2).sum()
        shapes = np.repeat(mean[None], len(starts), axis=0)
        for level in range(len(self.anchors)):
            # The turn and scale that bring the mean face nearest to the present one are one factor.
            turns = (shapes @ similarity)[:, None]
            where = (offsets[level] * turns + shapes.take(self.anchors[level], axis=1)) * box + corner
            seen = bilinear(image, where.imag, where.real)
            shapes = shapes + _complex(self._added(level, seen).reshape(len(starts), -1, 2))
        points = (shapes * box + corner).mean(axis=0)
        return np.stack([points.real, points.imag], axis=1)

    def _added(self, level: int, seen: Floats) -> Floats:
        """What the trees of a level add to the points, shape (n_starts, 2 * n_points), where pixels are so bright."""
        pairs, thresholds = self.pairs[level], self.thresholds[level]
        n_splits = thresholds.shape[1]
        rows = _rows_of(seen.shape, thresholds.shape)
        # The first splits are answered at every tree at once, the deeper ones only where a tree has arrived: looking
        # up where that is costs more than few answers, and less than many.
        first, second = pairs[:, :, :_SHALLOW]
        answers = seen.take(first, axis=1) - seen.take(second, axis=1) <= thresholds[:, :_SHALLOW]
        n_answers, to_second = answers.shape[2], answers.ravel().view(np.int8)
        at = rows.answers.copy()
        while at[0] < n_answers:  # all trees are full, so all arrive together
            step = to_second.take(at)
            at += at
            at += rows.to_answer
            at += step
        at += rows.from_answer_to_split
        (first, second), threshold, pixels = pairs.reshape(2, -1), thresholds.ravel(), seen.ravel()
        while at[0] < n_splits:
            difference = pixels.take(first.take(at) + rows.pixels)
            difference -= pixels.take(second.take(at) + rows.pixels)
            step = (difference <= threshold.take(at)).view(np.int8)
            at += at
            at += rows.to_split
            at += step
        at += rows.from_split_to_leaf
        chosen = self.leaves[level].reshape(-1, self.leaves.shape[-1]).take(at, axis=0).astype(np.float32)
        # Sums of bytes are whole numbers that float32 holds exactly, in any order.
        total = rows.ones @ chosen.reshape(len(seen), len(thresholds), -1)
        return np.asarray(total * self.steps[level] @ self.basis[level], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Where the tables of a level have the row of each tree, once for each start.

    A place is the row's first plus the number of a node, whose children are 2k + 1 and 2k + 2: so twice the place, less
    the row's first, plus one, is the place of the first child (`to_answer`, `to_split`).
    """

    answers: Ints
    to_answer: Ints
    from_answer_to_split: Ints
    to_split: Ints
    from_split_to_leaf: Ints
    pixels: Ints
    ones: Floats


@functools.lru_cache(maxsize=4)
def _rows_of(seen: tuple[int, int], splits: tuple[int, int]) -> _Rows:
    (n_starts, n_pixels), (n_trees, n_splits) = seen, splits
    tree, start = np.tile(np.arange(n_trees), n_starts), np.repeat(np.arange(n_starts), n_trees)
    answers, own = min(_SHALLOW, n_splits) * np.arange(n_starts * n_trees), n_splits * tree
    # A tree has one leaf more than it has splits, and its leaves follow its splits in number.
    return _Rows(
        answers, 1 - answers, own - answers, 1 - own, tree - n_splits, n_pixels * start, np.ones(n_trees, np.float32)
    )


def _complex(points: Floats) -> npt.NDArray[np.complex64]:
    """x + iy of points: to turn and to scale them is to multiply."""
    return np.ascontiguousarray(points, np.float32).view(np.complex64)[..., 0]


def read_trees(path: AnyPath) -> RegressionTrees:
    """Read a file of regression trees.

    Raises
    ------
    ParseError
        If it can't be read, or is no such file.
    """
    try:
        read = read_arrays(path)
        arrays = {name: read[name] for name in (*_SHAPES, "layout", "notice")}
    except ParseError:
        raise
    except DAMAGED_ARCHIVE as error:
        raise ParseError(path, None, f"no landmark model of visalign ({error})") from error
    if (fault := _fault(arrays)) is not None:
        raise ParseError(path, None, f"no landmark model of visalign: {fault}")
    return RegressionTrees(
        str(arrays["layout"]),
        str(arrays["notice"]),
        arrays["mean"],
        arrays["anchors"].astype(np.intp),
        arrays["offsets"],
        np.ascontiguousarray(np.moveaxis(arrays["pairs"], -1, 1).astype(np.intp)),
        arrays["thresholds"],
        arrays["leaves"],
        arrays["steps"],
        arrays["basis"],
    )


# Of each array: its type, and its axes; those of one name are equally long.
_SHAPES: dict[str, tuple[type[np.generic], tuple[str | int, ...]]] = {
    "mean": (np.float32, ("n", 2)),
    "anchors": (np.uint8, ("levels", "pixels")),
    "offsets": (np.float32, ("levels", "pixels", 2)),
    "pairs": (np.uint16, ("levels", "trees", "splits", 2)),
    "thresholds": (np.float32, ("levels", "trees", "splits")),
    "leaves": (np.int8, ("levels", "trees", "leaves", "components")),
    "steps": (np.float32, ("levels", "components")),
    "basis": (np.float32, ("levels", "components", "2n")),
}


def _fault(arrays: dict[str, npt.NDArray[Any]]) -> str | None:
    """What is wrong with the arrays of a file, or None."""
    sizes: dict[str | int, int] = {2: 2}
    for name, (kind, axes) in _SHAPES.items():
        array = arrays[name]
        if array.dtype != kind or array.ndim != len(axes):
            return f"`{name}` is {array.dtype} of {array.ndim} axes; wanted: {np.dtype(kind).name} of {len(axes)}"
        for axis, size in zip(axes, array.shape, strict=True):
            if sizes.setdefault(axis, size) != size or not size:
                return f"`{name}` has shape {array.shape}, which does not fit the other arrays"
        if kind == np.float32 and not np.isfinite(array).all():
            return f"`{name}` holds what is no number"
    if sizes["2n"] != 2 * sizes["n"] or sizes["leaves"] != sizes["splits"] + 1 or sizes["leaves"] & sizes["splits"]:
        return "its trees are not full, or of other points than its mean face"
    if arrays["anchors"].max() >= sizes["n"] or arrays["pairs"].max() >= sizes["pixels"]:
        return "its pixels lie at points that it does not have"
    return None
