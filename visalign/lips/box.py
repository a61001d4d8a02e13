"""The box around a face.

Conventions
-----------
Pixels of the picture, x to the right, y down; the centre of the top left pixel is (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Box"]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face is; pixels, `right` and `bottom` exclusive.

    `roll` tells by how much the head is inclined, radians, above 0 clockwise: the box is turned by it about its centre,
    while `left`, `top`, `right` and `bottom` are those of the upright box.
    """

    left: float
    top: float
    right: float
    bottom: float
    roll: float = 0.0

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * (self.bottom - self.top)

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of the middle."""
        return 0.5 * (self.left + self.right), 0.5 * (self.top + self.bottom)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0..1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(0.0, width) * max(0.0, height)
        return shared / (self.area + other.area - shared)

    def mapped(self, scale: float, left: float, top: float) -> Box:
        """The same box after a scaling by `scale` and then a shift by (`left`, `top`)."""
        return Box(
            self.left * scale + left,
            self.top * scale + top,
            self.right * scale + left,
            self.bottom * scale + top,
            self.roll,
        )
