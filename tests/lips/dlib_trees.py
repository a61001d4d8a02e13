"""dlib's file of a shape predictor, packed as ``visalign.lips.regression_trees`` reads it: the two must find the same.

dlib writes whole numbers as a byte that holds their length (and, in its highest bit, their sign) and then their bytes,
lowest first; floats as two whole numbers, mantissa and power of two; lists as their length and then their items.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """An ensemble of regression trees as dlib has it."""

    mean: Floats  # (n_points, 2)
    anchors: npt.NDArray[np.int64]  # (n_levels, n_pixels)
    offsets: Floats  # (n_levels, n_pixels, 2)
    pairs: npt.NDArray[np.int64]  # (n_levels, n_trees, n_splits, 2)
    thresholds: Floats  # (n_levels, n_trees, n_splits)
    leaves: Floats  # (n_levels, n_trees, n_leaves, 2 n_points)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def integer(self) -> int:
        control = self._content[self._at]
        end = self._at + 1 + (control & 0x0F)
        value = int.from_bytes(self._content[self._at + 1 : end], "little")
        self._at = end
        return -value if control & 0x80 else value

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        return math.ldexp(mantissa, exponent)

    def matrix(self) -> list[float]:
        return [self.real() for _ in range(abs(self.integer()) * abs(self.integer()))]

    @property
    def is_done(self) -> bool:
        return self._at == len(self._content)


def read_predictor(path: Path) -> Predictor:
    """Read a file that ``dlib.train_shape_predictor`` wrote."""
    reader = _Reader(path.read_bytes())
    if (version := reader.integer()) != 1:
        raise SystemExit(f"{path}: version {version} of dlib's shape predictors; known: 1")
    mean = np.array(reader.matrix(), np.float32).reshape(-1, 2)
    pairs, thresholds, leaves = [], [], []
    n_levels = reader.integer()
    for _ in range(n_levels):
        for _ in range(reader.integer()):
            for _ in range(reader.integer()):
                pairs.append((reader.integer(), reader.integer()))
                thresholds.append(reader.real())
            leaves.append([reader.matrix() for _ in range(reader.integer())])
    anchors = [[reader.integer() for _ in range(reader.integer())] for _ in range(reader.integer())]
    offsets = [[(reader.real(), reader.real()) for _ in range(reader.integer())] for _ in range(reader.integer())]
    if not reader.is_done:
        raise SystemExit(f"{path}: bytes are left over; dlib writes another format now")
    n_trees, n_leaves = len(leaves) // n_levels, len(leaves[0])
    return Predictor(
        mean,
        np.array(anchors),
        np.array(offsets, np.float32),
        np.array(pairs).reshape(n_levels, n_trees, n_leaves - 1, 2),
        np.array(thresholds, np.float32).reshape(n_levels, n_trees, n_leaves - 1),
        np.array(leaves, np.float32).reshape(n_levels, n_trees, n_leaves, -1),
    )


def write_packed(path: Path, predictor: Predictor, layout: str, notice: str) -> None:
    """Pack a predictor as a model of visalign: leaves as bytes, a component for each coordinate."""
    steps = np.maximum(np.abs(predictor.leaves).max(axis=(1, 2)) / 127, 1e-12)
    n_levels, n_coordinates = steps.shape
    np.savez(
        path,
        layout=np.array(layout),
        notice=np.array(notice),
        mean=predictor.mean,
        anchors=predictor.anchors.astype(np.uint8),
        offsets=predictor.offsets.astype(np.float32),
        pairs=predictor.pairs.astype(np.uint16),
        thresholds=predictor.thresholds.astype(np.float32),
        leaves=np.round(predictor.leaves / steps[:, None, None]).astype(np.int8),
        steps=steps.astype(np.float32),
        basis=np.repeat(np.eye(n_coordinates, dtype=np.float32)[None], n_levels, axis=0),
    )
