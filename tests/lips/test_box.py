"""The box around a face."""

import pytest

from visalign.lips.box import Box


def test_size_and_middle() -> None:
    box = Box(10, 20, 110, 220)
    assert (box.width, box.area, box.centre) == (100, 20000, (60, 120))


def test_overlap_is_intersection_over_union() -> None:
    box = Box(0, 0, 10, 10)
    assert box.overlap(Box(0, 5, 10, 15)) == pytest.approx(1 / 3)
    assert box.overlap(Box(20, 0, 30, 10)) == 0


def test_a_mapped_box_keeps_its_roll() -> None:
    assert Box(0, 0, 10, 10, 0.3).mapped(2.0, 5.0, -5.0) == Box(5, -5, 25, 15, 0.3)
