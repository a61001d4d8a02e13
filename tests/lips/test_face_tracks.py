"""Following several faces through shots, with a detector made of arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import find_objects, label

from visalign.errors import ConfigError
from visalign.lips.face_tracks import LOOK_AROUND_FRAMES, FacesInFrame, follow_faces
from visalign.lips.landmarks import Box
from visalign.signals import Frame

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

HEIGHT, WIDTH, FACE_PX = 240, 480, 80
# 68 points in a unit face: nose and eyes spread so that the box around them is the face.
_ANGLES = np.linspace(0, 2 * np.pi, 68, endpoint=False)
MODEL = np.stack([0.5 + 0.195 * np.cos(_ANGLES * 13), 0.38 + 0.195 * np.sin(_ANGLES * 13)], axis=1)


def picture(*xs: float, level: int = 60, side: int = FACE_PX) -> Image:
    """Bright squares centred at each x, half way down."""
    image = np.full((HEIGHT, WIDTH), level, np.uint8)
    for x in xs:
        left, top = round(x) - side // 2, (HEIGHT - side) // 2
        image[top : top + side, max(0, left) : max(0, left + side)] = 200
    return image


class SquaresDetector:
    """Finds the bright squares of `picture`, largest first."""

    def find_faces(self, image: Image) -> list[Box]:
        blobs, _ = label(image > 150)
        boxes = [Box(x.start, y.start, x.stop, y.stop) for y, x in find_objects(blobs)]
        return sorted((b for b in boxes if b.width > 10), key=lambda box: (-box.area, box.left))

    def fit(self, image: Image, box: Box) -> Points:
        near = [face for face in self.find_faces(image) if face.overlap(box) > 0]
        found = max(near, key=lambda face: face.overlap(box), default=box)
        return np.asarray(MODEL * found.width + (found.left, found.top), np.float32)


def follow(images: Sequence[Image], **options: int) -> list[FacesInFrame]:
    frames: Iterator[Frame] = (Frame(index / 25, image) for index, image in enumerate(images))
    return list(follow_faces(frames, SquaresDetector(), **options))


def x_of(seen: FacesInFrame, number: int) -> float:
    return float(seen.faces[number][:, 0].mean())


def test_each_face_keeps_its_number() -> None:
    xs = 100 + 30 * np.sin(np.arange(60) * 0.1)
    seen = follow([picture(x, 480 - x) for x in xs])
    assert all(set(x.faces) == {0, 1} for x in seen)
    for number, sign in ((0, 1), (1, -1)):
        moved = [x_of(x, number) - x_of(seen[0], number) for x in seen]
        np.testing.assert_allclose(moved, sign * (np.round(xs) - 100), atol=1.0)


def test_faces_that_come_in_are_found_at_the_next_look_around() -> None:
    seen = follow([picture(100)] * 10 + [picture(100, 350)] * 40)
    first = next(index for index, x in enumerate(seen) if 1 in x.faces)
    assert 10 <= first <= LOOK_AROUND_FRAMES
    assert all(0 in x.faces for x in seen)


def test_shots_are_counted_and_their_faces_are_new() -> None:
    seen = follow([picture(100, 350)] * 5 + [picture(120, level=120)] * 5)
    assert [x.shot for x in seen] == [0] * 5 + [1] * 5
    assert [set(x.faces) for x in seen] == [{0, 1}] * 5 + [{2}] * 5


def test_a_face_that_comes_back_continues_its_track() -> None:
    images = [picture(100, 350)] * 20 + [picture(350)] * 40 + [picture(110, 350)] * 60
    seen = follow(images, detect_every=2)
    assert 0 not in seen[40].faces
    assert set(seen[-1].faces) == {0, 1}
    assert x_of(seen[-1], 0) < 200


def test_one_face_is_never_followed_twice() -> None:
    xs = np.linspace(350, 180, 60)
    seen = follow([picture(100, x) for x in xs[:40]] + [picture(100)] * 20, detect_every=2)
    assert set(seen[-1].faces) == {0}


def test_small_faces_beside_a_large_one_are_passers_by() -> None:
    image = picture(350)
    image[10:30, 10:30] = 200
    assert [set(x.faces) for x in follow([image] * 40)] == [{0}] * 40


def test_the_largest_faces_are_taken_where_there_are_too_many() -> None:
    image = picture(60, 180, 300)
    image[60:180, 350:470] = 200
    seen = follow([image] * 3, max_faces=2)
    assert all(len(x.faces) == 2 for x in seen)
    assert x_of(seen[0], 0) > 350


@pytest.mark.parametrize("option", ["detect_every", "max_faces"])
def test_options_are_checked(option: str) -> None:
    with pytest.raises(ConfigError, match=option):
        follow([], **{option: 0})
