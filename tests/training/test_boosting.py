"""The trainer of the landmark model: what it grows finds faces that it has not met, and is what the package reads."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest

from visalign.lips.landmark_models import find_model
from visalign.lips.regression_trees import RegressionTrees, read_trees

FOLDER = Path(__file__).parents[2] / "training/landmark_model"
SIDE, LOW, SIZE = 120, 30, 60  # of the picture, and of the box in it


@pytest.fixture(scope="module")
def boosting() -> ModuleType:
    if not FOLDER.is_dir():
        pytest.skip("no training beside the tests")
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("boosting")
    finally:
        sys.path.remove(str(FOLDER))


def faces(n: int, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Pictures with a dark mouth and dark eyes, their points, and boxes that are a little wrong."""
    rng, mean = np.random.default_rng(seed), read_trees(find_model("visalign")).mean
    y, x = np.mgrid[:SIDE, :SIDE]
    pictures, every = [], []
    for _ in range(n):
        face = mean + rng.normal(0, 0.04, 2)
        open_by, mouth = rng.uniform(0.5, 1.5), face[36:]
        face[36:, 1] = mouth[:, 1].mean() + open_by * (mouth[:, 1] - mouth[:, 1].mean())
        points = LOW + SIZE * face
        picture = np.full((SIDE, SIDE), 180.0) + rng.normal(0, 2, (SIDE, SIDE))
        for part in (points[24:30], points[30:36], points[36:]):
            middle, spread = part.mean(axis=0), np.ptp(part, axis=0) / 2 + 1
            picture -= 120 * ((((x - middle[0]) / spread[0]) ** 2 + ((y - middle[1]) / spread[1]) ** 2) < 1)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
        every.append(points)
    boxes = np.tile(np.array([LOW, LOW, LOW + SIZE, LOW + SIZE], np.float32), (n, 1))
    return np.stack(pictures), np.stack(every).astype(np.float32), boxes


@pytest.fixture(scope="module")
def grown(boosting: ModuleType) -> dict[str, npt.NDArray[np.generic]]:
    growth = boosting.Growth(levels=4, trees=20, depth=3, starts=2, components=8, pixels=120, rate=0.2)
    arrays: dict[str, npt.NDArray[np.generic]] = boosting.grow(*faces(150, 1), growth)
    return arrays


def test_what_is_grown_finds_faces_that_it_has_not_met(
    grown: dict[str, npt.NDArray[np.generic]], tmp_path: Path
) -> None:
    np.savez(tmp_path / "small.npz", layout=np.array("small"), notice=np.array("nobody's"), **grown)
    trees = read_trees(tmp_path / "small.npz")
    assert isinstance(trees, RegressionTrees)
    pictures, points, _ = faces(30, 2)
    middle = LOW + SIZE / 2 - 0.5
    found = np.stack([trees.fit(picture, (middle, middle), SIZE) for picture in pictures])
    before = LOW + SIZE * trees.mean - 0.5
    error, unmoved = (np.linalg.norm(x - points, axis=2).mean() for x in (found, before[None]))
    assert error < 0.4 * unmoved
    height = np.ptp(found[:, 36:, 1], axis=1), np.ptp(points[:, 36:, 1], axis=1)
    assert np.corrcoef(*height)[0, 1] > 0.9


def test_the_same_samples_give_the_same_trees(boosting: ModuleType, grown: dict[str, npt.NDArray[np.generic]]) -> None:
    growth = boosting.Growth(levels=4, trees=20, depth=3, starts=2, components=8, pixels=120, rate=0.2)
    again = boosting.grow(*faces(150, 1), growth)
    assert grown.keys() == again.keys()
    for name, array in grown.items():
        np.testing.assert_array_equal(array, again[name])
