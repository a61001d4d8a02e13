"""What pictures show of the mouth: the flow of patches that were moved by a known amount, and when there is none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates, shift

from visalign.lips.mouth_pictures import (
    N_PICTURE,
    PATCH_SHAPE,
    PICTURE_FEATURES,
    MouthPictures,
    _slopes,
    mouth_flow,
    mouth_patch,
)

Floats = npt.NDArray[np.float64]
ROWS, COLUMNS = PATCH_SHAPE
PIXEL = 1.0 / ROWS  # iod
NAMES = [x.name for x in PICTURE_FEATURES]


def texture(shape: tuple[int, int] = PATCH_SHAPE, seed: int = 0, sigma: float = 1.5) -> Floats:
    rough = gaussian_filter(np.random.default_rng(seed).normal(size=shape), sigma, mode="wrap")
    return np.asarray(128 + 60 * rough / np.abs(rough).max())


def stretched(patch: Floats, down: float, right: float) -> Floats:
    """What lies below the middle moves down by up to `down` pixels at the edge, above it up; the same sideways."""
    y, x = np.mgrid[:ROWS, :COLUMNS].astype(float)
    half_y, half_x = (ROWS - 1) / 2, (COLUMNS - 1) / 2
    source = [y - down * (y - half_y) / half_y, x - right * (x - half_x) / half_x]
    return np.asarray(map_coordinates(patch, source, order=1, mode="nearest"))


@pytest.mark.parametrize("down", [-2.0, -1.0, 1.0, 2.0])
def test_opening_is_what_the_lips_move_apart(down: float) -> None:
    """Windows lie at a third of the way to the edge and beyond: two thirds of the edge's motion, both sides."""
    opening, spreading, speed = np.mean(
        [mouth_flow(p, stretched(p, down, 0.0)) for p in (texture(seed=k) for k in range(5))], axis=0
    )
    assert opening == pytest.approx(2 * 0.6 * down * PIXEL, rel=0.3)
    assert abs(spreading) < 0.2 * abs(opening)
    assert speed > 0


@pytest.mark.parametrize("right", [-2.0, 2.0])
def test_spreading_is_what_the_corners_move_apart(right: float) -> None:
    found = np.mean([mouth_flow(p, stretched(p, 0.0, right)) for p in (texture(seed=k) for k in range(5))], axis=0)
    assert found[1] == pytest.approx(2 * 0.6 * right * 1.3 / COLUMNS, rel=0.3)
    assert abs(found[0]) < 0.2 * abs(found[1])


def test_nothing_moves_in_a_picture_that_stands_still() -> None:
    assert mouth_flow(texture(), texture()).tolist() == [0, 0, 0]
    assert mouth_flow(np.full(PATCH_SHAPE, 7.0), np.full(PATCH_SHAPE, 9.0)).tolist() == [0, 0, 0]  # no detail


def test_a_head_that_moves_as_a_whole_is_no_motion_of_the_lips() -> None:
    """The same scene one pixel further on, against lips that part by as much."""
    scene = texture((ROWS + 8, COLUMNS + 8), sigma=2.0)
    moved = shift(scene, (1.0, 1.0), order=1, mode="wrap")
    whole = mouth_flow(scene[4:-4, 4:-4], moved[4:-4, 4:-4])
    parting = mouth_flow(scene[4:-4, 4:-4], stretched(scene[4:-4, 4:-4], 1.0, 0.0))
    assert abs(whole[0]) < 0.3 * parting[0]
    assert whole[2] < 0.5 * parting[2]


# --- frame by frame ------------------------------------------------------------------------------------------------


def points() -> npt.NDArray[np.float32]:
    """A face with its eyes 60 pixels apart and its mouth around (100, 130)."""
    found = np.zeros((68, 2), np.float32)
    found[36:42], found[42:48], found[48:68] = (70, 60), (130, 60), (100, 130)
    return found


def scene(seed: int = 0) -> npt.NDArray[np.uint8]:
    return texture((200, 200), seed, sigma=4.0).astype(np.uint8)


def test_a_frame_has_its_numbers_and_the_first_one_no_motion() -> None:
    reader = MouthPictures()
    first = reader.look(scene(), points(), 0.0)
    assert first.shape == (N_PICTURE,)
    flow = [NAMES.index(f"flow_{x}") for x in ("opening", "spreading", "speed")]
    assert first[flow].tolist() == [0, 0, 0]
    assert first[flow[0] + 3 :].shape == (1,)
    second = reader.look(scene(1), points(), 0.04)
    assert np.abs(second[flow]).min() > 0
    patches = [mouth_patch(scene(k), points()) for k in (0, 1)]
    assert second[flow] == pytest.approx(mouth_flow(*patches) / 0.04, abs=1e-12)


@pytest.mark.parametrize("later", [0.2, 5.0])
def test_after_a_gap_nothing_is_said_of_motion(later: float) -> None:
    reader = MouthPictures()
    reader.look(scene(), points(), 0.0)
    assert reader.look(scene(1), points(), later)[20:23].tolist() == [0, 0, 0]


def test_without_a_face_there_are_no_numbers_and_no_picture_to_compare_with() -> None:
    reader = MouthPictures()
    reader.look(scene(), points(), 0.0)
    assert np.isnan(reader.look(scene(1), np.full((68, 2), np.nan, np.float32), 0.04)).all()
    assert reader.look(scene(1), points(), 0.08)[20:23].tolist() == [0, 0, 0]


def test_a_blurred_mouth_is_less_sharp() -> None:
    clear = texture((200, 200), sigma=1.0)
    sharpness = [
        MouthPictures().look(gaussian_filter(clear, sigma).astype(np.uint8), points(), 0.0)[-1] for sigma in (0, 3, 9)
    ]
    assert sharpness[0] > 3 * sharpness[1] > 3 * sharpness[2]
    assert MouthPictures().look(np.full((200, 200), 5, np.uint8), points(), 0.0)[-1] == 0


def test_slopes_are_those_of_numpy() -> None:
    patch = np.random.default_rng(5).normal(100, 30, PATCH_SHAPE)
    down, right = np.gradient(patch)
    found = _slopes(patch)
    assert (found[:, 0] == right.ravel()).all()
    assert (found[:, 1] == down.ravel()).all()
