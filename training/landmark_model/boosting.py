"""Regression trees grown from samples, level by level, as ``visalign.lips.regression_trees`` applies them.

The method is that of Kazemi and Sullivan (CVPR 2014), as dlib has it. Four things differ, each measured in
docs/decisions/0164-trees-of-ones-own.md:

- Starts are boxes moved and scaled at random, not other people's faces: these are the starts of a fit.
- Pixels are drawn about the points, from level to level nearer to them, and some of them anywhere in the face.
- A node's thresholds are differences that its own samples show.
- What is left to explain is held in its principal components, lips weighted. The first of them choose the splits, and
  leaves hold nothing else: a tree costs a twentieth of the time, and its file a quarter of the room.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from points import EYES, LIPS, N_POINTS, NOSE

Floats = npt.NDArray[np.float32]
Complexes = npt.NDArray[np.complex64]
Ints = npt.NDArray[np.int64]

# Boxes of the starts: how far they are moved and scaled, in widths of the box (standard deviations).
_MOVED, _SCALED = 0.02, 0.02
# What a point counts: lips are what is measured, eyes and nose say where the face is, jaw and brows are drawn only.
_WEIGHT = np.full(N_POINTS, 0.6)
_WEIGHT[LIPS] = _WEIGHT[EYES] = 2.0
_WEIGHT[NOSE] = 1.5
# How often a point is one that pixels are drawn about; eyes are fewer than lips and need as many.
_DRAWN = np.ones(N_POINTS)
_DRAWN[EYES], _DRAWN[NOSE] = 2.5, 1.5
# How far pixels lie from points, in widths of the box, at the first and at the last level.
_FAR, _NEAR = 0.25, 0.04
# The part of the pixels that lie anywhere in the face and this much of its width and height around it.
_ANYWHERE, _AROUND = 0.4, 0.08
# Pairs of pixels that lie close together are the likelier: by exp(-distance / this), in widths of the box.
_PAIR_DISTANCE = 0.1
# Splits are chosen on so many samples, by so many components.
_N_DECIDING, _N_DECIDING_COMPONENTS = 6000, 12
# A leaf of few samples is drawn towards none: by so many samples of no change, for each start.
_PRIOR = 2


@dataclass(frozen=True, slots=True)
class Growth:
    """How many of everything.

    Parameters
    ----------
    levels, trees, depth : int
        Levels of the cascade, trees of each, splits from root to leaf.
    starts : int
        From each sample.
    components : int
        Principal components of what is left to explain that a level works on.
    pixels, candidates : int
        Pixels of a level, and splits that a node is chosen from.
    rate : float
        Part of what a leaf has found that is taken.
    """

    levels: int
    trees: int
    depth: int
    starts: int
    components: int = 32
    pixels: int = 400
    candidates: int = 25
    rate: float = 0.1


@dataclass(eq=False)
class _State:
    """All starts of all samples, and where the points of each are now: in the beginning, those of the mean face."""

    pictures: npt.NDArray[np.uint8]
    sample: Ints  # of each start
    corner: Complexes
    size: Floats
    target: Complexes  # (n_starts, n_points), parts of the box
    shape: Complexes


def grow(
    pictures: npt.NDArray[np.uint8], points: Floats, boxes: Floats, growth: Growth, *, seed: int = 0
) -> dict[str, npt.NDArray[np.generic]]:
    """Arrays of a landmark model, without its layout and notice.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n_samples, height, width)
    points : ndarray of float32, shape (n_samples, n_points, 2)
        Pixels; the middle of the first one is (0, 0).
    boxes : ndarray of float32, shape (n_samples, 4)
        Left, top, right, bottom.
    growth : Growth
    seed : int
        The same seed gives the same trees.
    """
    rng = np.random.default_rng(seed)
    state = _started(pictures, points, boxes, growth.starts, rng)
    mean = state.shape[0].copy()
    levels = list(_levels(state, mean, growth, rng))
    arrays = {name: np.stack([level[name] for level in levels]) for name in levels[0]}
    return {"mean": _pairs(mean), **arrays}


def _started(
    pictures: npt.NDArray[np.uint8], points: Floats, boxes: Floats, n_starts: int, rng: np.random.Generator
) -> _State:
    sample = np.repeat(np.arange(len(pictures)), n_starts)
    true_size = (boxes[:, 2] - boxes[:, 0])[sample]
    size = true_size * np.exp(rng.normal(0, _SCALED, len(sample)))
    # A box is as wide as its right edge less its left one; pixels are numbered by their middles.
    centre = 0.5 * (boxes[:, 0] + boxes[:, 2] + 1j * (boxes[:, 1] + boxes[:, 3])) - (0.5 + 0.5j)
    moved = true_size * (rng.normal(0, _MOVED, len(sample)) + 1j * rng.normal(0, _MOVED, len(sample)))
    corner = (centre[sample] + moved - size * (0.5 + 0.5j)).astype(np.complex64)
    size = size.astype(np.float32)
    target = (_complex(points)[sample] - corner[:, None]) / size[:, None]
    shape = np.repeat(target.mean(axis=0)[None], len(sample), axis=0)
    return _State(pictures, sample, corner, size, target, shape)


def _levels(
    state: _State, mean: Complexes, growth: Growth, rng: np.random.Generator
) -> Iterator[dict[str, npt.NDArray[np.generic]]]:
    began = time.perf_counter()
    centred = mean - mean.mean()
    similarity = centred.conj() / (np.abs(centred) ** 2).sum()
    for level in range(growth.levels):
        reach = _FAR * (_NEAR / _FAR) ** (level / max(growth.levels - 1, 1))
        at, anchors, offsets = _pixels(mean, reach, growth.pixels, rng)
        seen = _seen(state, similarity, anchors, offsets)
        left = np.ascontiguousarray(state.target - state.shape).view(np.float32)
        into, basis = _components(left, np.repeat(np.sqrt(_WEIGHT), 2), growth.components)
        left = left @ into
        chance = _pair_chances(at)
        trees = [_tree(seen, left, chance, growth, rng) for _ in range(growth.trees)]  # each takes its part of `left`
        leaves = np.stack([tree[2] for tree in trees])
        steps = np.maximum(np.abs(leaves).max(axis=(0, 1)) / 127, 1e-12).astype(np.float32)
        packed = np.round(leaves / steps).astype(np.int8)
        added = sum(packed[k][tree[3]].astype(np.int32) for k, tree in enumerate(trees)) * steps
        state.shape = state.shape + _complex((added.astype(np.float32) @ basis).reshape(len(added), -1, 2))
        error = np.abs(state.target - state.shape)[:, LIPS].mean()
        spent = time.perf_counter() - began
        print(f"level {level + 1}: lips {100 * error:.2f} % of the box, {spent:.0f} s", flush=True)
        yield {
            "anchors": anchors.astype(np.uint8),
            "offsets": _pairs(offsets),
            "pairs": np.stack([tree[0] for tree in trees]).astype(np.uint16),
            "thresholds": np.stack([tree[1] for tree in trees]),
            "leaves": packed,
            "steps": steps,
            "basis": basis,
        }


def _pixels(mean: Complexes, reach: float, n: int, rng: np.random.Generator) -> tuple[Complexes, Ints, Complexes]:
    """Where pixels lie in the mean face, the point nearest to each, and its place from there."""
    drawn = rng.choice(len(mean), n, p=_DRAWN / _DRAWN.sum())
    at = mean[drawn] + rng.normal(0, reach, n) + 1j * rng.normal(0, reach, n)
    low, high = (bound(mean.real) + 1j * bound(mean.imag) for bound in (np.min, np.max))
    side, anywhere = high - low, round(_ANYWHERE * n)
    across, down = rng.uniform(-_AROUND, 1 + _AROUND, (2, anywhere))
    at[:anywhere] = low + across * side.real + 1j * down * side.imag
    anchors = np.abs(at[:, None] - mean[None]).argmin(axis=1)
    return at.astype(np.complex64), anchors, (at - mean[anchors]).astype(np.complex64)


def _seen(state: _State, similarity: Complexes, anchors: Ints, offsets: Complexes) -> Floats:
    """Brightness of each pixel in each start, shape (n_pixels, n_starts)."""
    turns = (state.shape @ similarity)[:, None]
    where = (offsets[None] * turns + state.shape[:, anchors]) * state.size[:, None] + state.corner[:, None]
    height, width = state.pictures.shape[1:]
    x, y = np.clip(where.real, 0, width - 1.001), np.clip(where.imag, 0, height - 1.001)
    west, north = x.astype(np.int64), y.astype(np.int64)
    part_x, part_y = x - west.astype(np.float32), y - north.astype(np.float32)
    flat = state.pictures.reshape(-1)
    first = state.sample[:, None] * (height * width) + north * width + west
    corners = [flat[first + step].astype(np.float32) for step in (0, 1, width, width + 1)]
    above = corners[0] + (corners[1] - corners[0]) * part_x
    below = corners[2] + (corners[3] - corners[2]) * part_x
    return np.ascontiguousarray((above + (below - above) * part_y).T)


def _components(left: Floats, weight: npt.NDArray[np.float64], n: int) -> tuple[Floats, Floats]:
    """Matrices into the weighted principal components of what is left, and back."""
    weighted = left * weight.astype(np.float32)
    _, vectors = np.linalg.eigh(weighted.T @ weighted)
    vectors = vectors[:, ::-1][:, :n]
    return (vectors * weight[:, None]).astype(np.float32), (vectors.T / weight).astype(np.float32)


def _pair_chances(at: Complexes) -> npt.NDArray[np.float64]:
    """Sums of the chances of all pairs of pixels, to be searched with a random number."""
    chance = np.exp(-np.abs(at[:, None] - at[None]).astype(np.float64) / _PAIR_DISTANCE)
    np.fill_diagonal(chance, 0)
    total = np.cumsum(chance.ravel())
    return total / total[-1]


def _tree(
    seen: Floats, left: Floats, chance: npt.NDArray[np.float64], growth: Growth, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats, npt.NDArray[np.intp]]:
    """Pairs and thresholds of a tree's nodes, its leaves, and the leaf of each start; `left` becomes less by them."""
    n_splits, n_starts = 2**growth.depth - 1, len(left)
    deciding = rng.choice(n_starts, min(_N_DECIDING, n_starts), replace=False)
    explained = left[deciding, :_N_DECIDING_COMPONENTS]
    pairs, thresholds = np.zeros((n_splits, 2), np.int64), np.zeros(n_splits, np.float32)
    members = {0: np.arange(len(deciding))}
    for node in range(n_splits):
        here = members.pop(node)
        drawn = np.minimum(np.searchsorted(chance, rng.random(growth.candidates)), len(chance) - 1)
        first, second = drawn // len(seen), drawn % len(seen)
        if len(here) < 2:
            pairs[node], brighter = (first[0], second[0]), np.zeros(len(here), np.bool_)
        else:
            starts = deciding[here]
            difference = seen[first[:, None], starts[None]] - seen[second[:, None], starts[None]]
            some = rng.integers(len(here), size=growth.candidates)
            limits = difference[np.arange(growth.candidates), some] + rng.normal(0, 1, growth.candidates)
            limits = limits.astype(np.float32)
            sides = difference > limits[:, None]
            best = _best_split(sides, explained[here])
            pairs[node], thresholds[node], brighter = (first[best], second[best]), limits[best], sides[best]
        members[2 * node + 1], members[2 * node + 2] = here[brighter], here[~brighter]
    leaf = _leaf_of(seen, pairs, thresholds)
    members_of = np.zeros((n_splits + 1, n_starts), np.float32)
    members_of[leaf, np.arange(n_starts)] = 1
    counts = members_of.sum(axis=1)[:, None]
    leaves = growth.rate * (members_of @ left) / (counts + _PRIOR * growth.starts)
    left -= leaves[leaf]
    return pairs, thresholds, leaves, leaf


def _best_split(sides: npt.NDArray[np.bool_], explained: Floats) -> int:
    """The split whose two sides have the means that explain most."""
    n_first = sides.sum(axis=1)
    first = sides.astype(np.float32) @ explained
    second = explained.sum(axis=0) - first
    of_first = (first**2).sum(axis=1) / np.maximum(n_first, 1)
    of_second = (second**2).sum(axis=1) / np.maximum(sides.shape[1] - n_first, 1)
    return int((of_first + of_second).argmax())


def _leaf_of(seen: Floats, pairs: Ints, thresholds: Floats) -> npt.NDArray[np.intp]:
    every, node = np.arange(seen.shape[1]), np.zeros(seen.shape[1], np.intp)
    while node[0] < len(pairs):  # the tree is full, so all arrive together
        first, second = pairs[node].T
        node = 2 * node + 1 + (seen[first, every] - seen[second, every] <= thresholds[node])
    return node - len(pairs)


def _complex(points: npt.NDArray[np.float32]) -> Complexes:
    return np.ascontiguousarray(points, np.float32).view(np.complex64)[..., 0]


def _pairs(places: Complexes) -> Floats:
    return np.stack([places.real, places.imag], axis=-1).astype(np.float32)
