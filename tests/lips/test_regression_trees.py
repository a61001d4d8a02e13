"""Regression trees: they do what dlib does with the same file, between the pixels and for turned boxes as well."""

from __future__ import annotations

from pathlib import Path

import dlib
import numpy as np
import numpy.typing as npt
import pytest
from dlib_trees import read_predictor, write_packed

from visalign.errors import ParseError
from visalign.lips import regression_trees
from visalign.lips.regression_trees import RegressionTrees, read_trees

SIDE, LOW, SIZE = 120, 30, 60  # of the picture, and of the box in it
PLACES = np.array([[0.2, 0.2], [0.8, 0.2], [0.5, 0.6], [0.3, 0.8], [0.7, 0.8]])


def scene(rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Bright spots on a dark slope, and where they are: a face of a kind."""
    points = LOW + SIZE * (PLACES + rng.normal(0, 0.05, (1, 2)) + rng.normal(0, 0.02, PLACES.shape))
    y, x = np.mgrid[:SIDE, :SIDE]
    picture = 40.0 + 0.3 * x
    for at_x, at_y in points:
        picture += 150 * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * 5.0**2))
    return np.clip(picture, 0, 255).astype(np.uint8), points


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of dlib's."""
    rng = np.random.default_rng(1)
    pictures, faces = [], []
    for _ in range(60):
        picture, points = scene(rng)
        parts = [dlib.point(round(x), round(y)) for x, y in points.tolist()]
        faces.append([dlib.full_object_detection(dlib.rectangle(LOW, LOW, LOW + SIZE, LOW + SIZE), parts)])
        pictures.append(picture)
    options = dlib.shape_predictor_training_options()
    options.cascade_depth, options.tree_depth, options.num_trees_per_cascade_level = 3, 3, 20
    options.oversampling_amount, options.feature_pool_size, options.num_threads = 3, 60, 1
    options.random_seed = "0"
    path = tmp_path_factory.mktemp("trees") / "small.dat"
    dlib.train_shape_predictor(pictures, faces, options).save(str(path))
    return path


@pytest.fixture(scope="module")
def trees(trained: Path) -> RegressionTrees:
    path = trained.with_suffix(".npz")
    write_packed(path, read_predictor(trained), "small", "nobody's")
    return read_trees(path)


def fit(trees: RegressionTrees, picture: npt.NDArray[np.uint8], **changes: float) -> npt.NDArray[np.float32]:
    return trees.fit(picture, (LOW + SIZE / 2, LOW + SIZE / 2), SIZE, **changes)


def test_the_packed_file_finds_what_dlib_finds(
    trained: Path, trees: RegressionTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regression_trees, "_STARTS", ((0.0, 0.0, 1.0),))
    predictor, rng = dlib.shape_predictor(str(trained)), np.random.default_rng(2)
    apart = []
    for _ in range(20):
        picture, _ = scene(rng)
        shape = predictor(picture, dlib.rectangle(LOW, LOW, LOW + SIZE, LOW + SIZE))
        apart.append(fit(trees, picture) - np.array([(p.x, p.y) for p in shape.parts()]))
    # dlib rounds its points and its pixels: 0.3 px each way
    assert np.sqrt(np.mean(np.square(apart))) < 0.7
    assert np.abs(np.mean(apart)) < 0.2


def test_the_points_are_found(trees: RegressionTrees) -> None:
    rng = np.random.default_rng(3)
    scenes = [scene(rng) for _ in range(20)]
    errors = [np.linalg.norm(fit(trees, picture) - points, axis=1).mean() for picture, points in scenes]
    moved = [np.linalg.norm(LOW + SIZE * PLACES - points, axis=1).mean() for _, points in scenes]
    assert np.mean(errors) < 0.5 * np.mean(moved)


def test_points_lie_between_pixels_and_are_the_same_each_time(trees: RegressionTrees) -> None:
    picture, _ = scene(np.random.default_rng(4))
    points = fit(trees, picture)
    assert points.dtype == np.float32
    assert np.unique(points % 1.0).size > 5
    np.testing.assert_array_equal(points, fit(trees, picture.copy()))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_box_is_the_upright_one_in_a_turned_picture(trees: RegressionTrees, quarters: int) -> None:
    picture, _ = scene(np.random.default_rng(5))
    upright = fit(trees, picture)
    turned = np.ascontiguousarray(np.rot90(picture, -quarters))  # clockwise
    middle = (SIDE - 1) / 2
    centre = np.array([LOW + SIZE / 2, LOW + SIZE / 2]) - middle
    points = upright - middle
    for _ in range(quarters):
        centre, points = np.array([-centre[1], centre[0]]), np.stack([-points[:, 1], points[:, 0]], axis=1)
    found = trees.fit(turned, tuple((centre + middle).tolist()), SIZE, quarters * np.pi / 2)
    np.testing.assert_allclose(found, points + middle, atol=0.02)


def test_what_is_no_model_is_refused_by_name(tmp_path: Path, trained: Path, trees: RegressionTrees) -> None:
    good = dict(np.load(trained.with_suffix(".npz")))

    def refused(match: str, **changes: npt.NDArray[np.generic]) -> None:
        path = tmp_path / "bad.npz"
        np.savez(path, **{**good, **changes})
        with pytest.raises(ParseError, match=match):
            read_trees(path)

    refused("`mean` is float64", mean=good["mean"].astype(np.float64))
    refused("`steps` has shape", steps=good["steps"][:, :4])
    refused("no number", mean=np.full_like(good["mean"], np.nan))
    refused("not full", leaves=good["leaves"][:, :, :7])
    refused("does not have", anchors=np.full_like(good["anchors"], 99))
    refused("does not have", pairs=np.full_like(good["pairs"], 999))
    (tmp_path / "text.npz").write_text("none")
    with pytest.raises(ParseError, match="no landmark model"):
        read_trees(tmp_path / "text.npz")
    with pytest.raises(ParseError, match="no landmark model"):
        read_trees(tmp_path / "missing.npz")


def test_a_fit_is_the_mean_of_those_from_several_boxes(trees: RegressionTrees, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, _ = scene(np.random.default_rng(7))
    middle, single = LOW + SIZE / 2, []
    for x, y, size in regression_trees._STARTS:
        with monkeypatch.context() as patched:
            patched.setattr(regression_trees, "_STARTS", ((0.0, 0.0, 1.0),))
            single.append(trees.fit(picture, (middle + SIZE * x, middle + SIZE * y), SIZE * size))
    np.testing.assert_allclose(fit(trees, picture), np.mean(single, axis=0), atol=0.01)


def test_levels_depend_on_what_was_found_before(trees: RegressionTrees) -> None:
    """The offsets of pixels are turned with the points: a level alone does less than the cascade."""
    picture, points = scene(np.random.default_rng(6))
    first = RegressionTrees(
        trees.layout,
        trees.notice,
        trees.mean,
        trees.anchors[:1],
        trees.offsets[:1],
        trees.pairs[:1],
        trees.thresholds[:1],
        trees.leaves[:1],
        trees.steps[:1],
        trees.basis[:1],
    )
    assert np.linalg.norm(fit(trees, picture) - points) < np.linalg.norm(fit(first, picture) - points)
