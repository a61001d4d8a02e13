"""A drawn face whose mouth follows the phones: for clips of known truth and for previews.

:class:`FacePainter` paints a face for one :class:`~visalign.animation.lip_trajectory.LipShape`. Nothing here is a
recording of anybody. Pictures are ``(height, width, 3)`` uint8 RGB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.animation.lip_trajectory import LipShape
from visalign.numerics import gaussian_filter1d

__all__ = ["FaceLook", "FacePainter"]

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.floating]
Image = npt.NDArray[np.uint8]


_CORNER_DROP = 0.4  # of the mouth's line over that of the chin, as GRID's mouth corners have it (decision 0042)
_DESIGN_PX = 480.0  # all positions below are on a 480 × 480 canvas, scaled to the size asked for
_EYE_DISTANCE_PX = 90.0
_CENTRE_X, _EYE_Y, _NOSE_Y, _MOUTH_Y, _CHIN_Y = 240.0, 206.0, 262.0, 303.0, 374.0
_FACE_HALF_WIDTH_PX, _CROWN_RISE_PX = 104.0, 132.0
_JAW_TOP_Y = 278.0  # what lies above never moves
_JAW_LEFT_X, _JAW_RIGHT_X = 118.0, 362.0
_ROW_STEP_PX = 0.25


@dataclass(frozen=True, slots=True)
class FaceLook:
    """Colours (RGB, 0..255) and proportions (1 is the default face) of a drawn face."""

    skin: tuple[int, int, int] = (232, 190, 162)
    hair: tuple[int, int, int] = (70, 48, 40)
    lips: tuple[int, int, int] = (190, 96, 92)
    iris: tuple[int, int, int] = (86, 110, 104)
    shirt: tuple[int, int, int] = (62, 92, 112)
    backdrop: tuple[int, int, int] = (222, 219, 210)
    face_width: float = 1.0
    lip_fullness: float = 1.0
    eye_size: float = 1.0


class FacePainter:
    """Paints one face many times: what does not move is painted once.

    Parameters
    ----------
    look : FaceLook
        Colours and proportions.
    size_px : int
        Width and height of the pictures.
    blur_px : float
        Standard deviation of a Gaussian blur, as of a lens; 0 for none.
    lids : float
        How far the eyes are shut, 0 open .. 1 shut.
    brows : float
        How far the brows are raised, 0 .. 1.
    """

    def __init__(
        self, look: FaceLook, size_px: int = 480, *, blur_px: float = 0.0, lids: float = 0.0, brows: float = 0.0
    ) -> None:
        self.look, self.size_px, self.blur_px, self.lids, self.brows = look, size_px, blur_px, lids, brows
        self._px = _DESIGN_PX / size_px
        axis = ((np.arange(size_px) + 0.5) * self._px).astype(np.float32)
        self._x, self._y = axis[None, :] - np.float32(_CENTRE_X), axis[:, None]
        rows = slice(*np.searchsorted(axis, [_JAW_TOP_Y, _DESIGN_PX]).tolist())
        columns = slice(*np.searchsorted(axis, [_JAW_LEFT_X, _JAW_RIGHT_X]).tolist())
        self._moving = (rows, columns)
        canvas = self._backdrop()
        self._behind = canvas[self._moving].copy()
        skin, cover = self._skin(self._x, self._y)
        _blend(canvas, cover, skin)
        self._paint_features(canvas)
        # The lower face is painted once in fine rows, of which each picture takes those that the jaw's drop asks for.
        fine = np.arange(_JAW_TOP_Y, _DESIGN_PX, _ROW_STEP_PX, dtype=np.float32)[:, None]
        self._skin_rows, self._cover_rows = self._skin(self._x[:, columns], fine)
        self._still = self._blurred(canvas)

    def draw(self, shape: LipShape) -> Image:
        """The face with the given mouth: uint8 RGB, shape (size_px, size_px, 3)."""
        return np.asarray(np.clip(self.paint(shape) + 0.5, 0, 255), dtype=np.uint8)

    def paint(self, shape: LipShape) -> Plane:
        """As :meth:`draw`, but float32 grey levels, so that grain can be added before rounding."""
        canvas = self._still.copy()
        part = self._behind.copy()
        x, y = self._x[:, self._moving[1]], self._y[self._moving[0]]
        stretch = 1.0 + _EYE_DISTANCE_PX * max(shape.jaw, 0.0) / (_CHIN_Y - _JAW_TOP_Y)
        row = ((y[:, 0] - _JAW_TOP_Y) / (stretch * _ROW_STEP_PX)).astype(np.intp)
        _blend(part, self._cover_rows[row], self._skin_rows[row])
        self._paint_mouth(part, x, y - np.float32(_MOUTH_Y), shape)
        canvas[self._moving] = self._blurred(part)
        return canvas

    def _blurred(self, picture: Plane) -> Plane:
        for axis in (0, 1) if self.blur_px else ():
            picture = gaussian_filter1d(picture, self.blur_px, axis=axis, mode="nearest", truncate=2.5)
        return picture

    def _backdrop(self) -> Plane:
        """Background, hair behind the head, shoulders and neck."""
        x, y, look = self._x, self._y, self.look
        light = 1.05 - 0.00022 * y - 0.0000012 * x * x
        canvas = _shade(look.backdrop) * light[..., None]
        tint = 1.0 - 0.22 * np.clip((y - 130.0) / 110.0, 0.0, 1.0)
        _blend(canvas, _cover(self._hair(0.0), self._px), _shade(look.hair) * tint[..., None])
        self._fill(canvas, _ellipse(x, y - 520.0, 205.0, 122.0), _shade(look.shirt))
        neckline = y - 424.0 + 0.006 * x * x
        neck = np.maximum(np.abs(x) - 46.0 - 0.0022 * (y - 390.0) ** 2, np.maximum(330.0 - y, neckline))
        self._fill(canvas, neck, _shade(look.skin, 0.86))
        _blend(canvas, 0.45 * _cover(neck, self._px) * _bell(x / 90.0, (y - 376.0) / 30.0), _shade(look.skin, 0.45))
        return canvas

    def _hair(self, inset: float) -> Plane:
        """Signed distance to the outline of the hair: a dome above the eyes, a bob with rounded ends below."""
        x, y = np.abs(self._x), self._y
        below = np.clip((y - 196.0) / 110.0, 0.0, 1.3)
        side = x - self.look.face_width * (126.0 + 9.0 * below**2 - 6.0 * below**6)
        ends = y - 352.0 + 0.0011 * x * x
        # A smooth maximum rounds the corner between side and ends.
        bob = 9.0 * np.logaddexp(side / 9.0, ends / 9.0)
        return np.where(y < 196.0, _ellipse(x, y - 196.0, 126.0 * self.look.face_width, 152.0), bob) + inset

    def _skin(self, x: Plane, y: Plane) -> tuple[Plane, Plane]:
        """Colour and coverage of the head without features, closed mouth."""
        look, half = self.look, _FACE_HALF_WIDTH_PX * self.look.face_width
        below = np.maximum(y - _EYE_Y, 0.0) / (_CHIN_Y - _EYE_Y)
        above = np.maximum(_EYE_Y - y, 0.0) / _CROWN_RISE_PX
        # The lower face tapers to the chin: a superellipse between an oval and a square jaw.
        jaw = ((np.abs(x) / half) ** 2.25 + below**2.25) ** (1 / 2.25)
        distance = np.where(below > 0, (jaw - 1.0) * 100.0, (np.hypot(x / half, above) - 1.0) * 118.0)
        skin = _shade(look.skin) * (1.03 - 0.0007 * x - 0.00025 * (y - 200.0))[..., None]
        _blend(skin, 0.5 * np.exp(np.minimum(distance, 0.0) / 16.0), _shade(look.skin, 0.66))
        for side in (-1.0, 1.0):
            _blend(skin, 0.22 * _bell((x - side * 58.0) / 26.0, (y - 262.0) / 20.0), _shade(look.lips, 1.05))
            fold = _bell((x - side * (38.0 + 0.22 * (y - 290.0))) / 5.0, (y - 290.0) / 18.0)
            _blend(skin, 0.16 * fold, _shade(look.skin, 0.7))
        _blend(skin, 0.20 * _bell(x / 22.0, (y - 352.0) / 12.0), _shade(look.skin, 1.14))
        return skin.astype(np.float32), _cover(distance, 1.3 * self._px).astype(np.float32)

    def _paint_features(self, canvas: Plane) -> None:
        """Hair above the forehead, eyes, brows and nose."""
        x, y, look = self._x, self._y, self.look
        hairline = 104.0 + 62.0 * np.abs((x + 22.0) / 112.0) ** 2.6
        fringe = np.maximum(self._hair(1.5), y - hairline)
        self._fill(canvas, fringe, _shade(look.hair), softness=2.0)
        _blend(canvas, 0.25 * _cover(fringe, 2.0) * _bell((x + 40.0) / 46.0, (y - 78.0) / 14.0), _shade(look.hair, 1.6))
        for side in (-1.0, 1.0):
            self._paint_eye(canvas, x - np.float32(side * _EYE_DISTANCE_PX / 2), y - np.float32(_EYE_Y), side)
        nose = y - np.float32(_NOSE_Y)
        _blend(canvas, 0.30 * _bell((x - 9.0 - 0.05 * nose) / 5.0, (nose + 26.0) / 26.0), _shade(look.skin, 0.72))
        _blend(canvas, 0.35 * _bell((x + 1.0) / 6.0, (nose + 10.0) / 9.0), _shade(look.skin, 1.18))
        _blend(canvas, 0.40 * _bell(x / 17.0, (nose - 6.0) / 5.0), _shade(look.skin, 0.7))
        for side in (-1.0, 1.0):
            wing = np.abs(np.hypot(x - side * 13.0, (nose + 3.0) * 0.9) - 8.0)
            _blend(canvas, 0.40 * _cover(wing - 0.8, 2.5) * (side * x > 14.0), _shade(look.skin, 0.6))
            self._fill(canvas, _ellipse(x - side * 8.8, nose - 1.0, 5.0, 2.6), _shade(look.skin, 0.36), softness=2.0)

    def _paint_eye(self, canvas: Plane, x: Plane, y: Plane, side: float) -> None:
        """One eye and its brow; `x`, `y` from the centre of the eye."""
        look, size = self.look, self.look.eye_size
        u = np.clip(np.abs(x) / (20.0 * size), 0.0, 1.0)
        lid, bed = -9.8 * size * (1 - u**2) ** 0.7, 7.0 * size * (1 - u**2) ** 0.9
        lid = lid + 0.95 * self.lids * (bed - lid)
        opening = np.maximum(np.maximum(lid - y, y - bed), np.abs(x) - 20.0 * size)
        _blend(canvas, 0.32 * _bell(x / 24.0, (y + 12.0) / 9.0), _shade(look.skin, 0.68))
        self._fill(canvas, opening, _shade((246, 243, 238)))
        inside = _cover(opening, self._px)
        _blend(canvas, inside * _cover(np.hypot(x, y + 0.5) - 9.0 * size, 1.4), _shade(look.iris, 0.9))
        _blend(canvas, inside * _cover(np.hypot(x, y + 0.5) - 4.3 * size, 1.4), _shade((24, 20, 22)))
        _blend(canvas, inside * _cover(np.hypot(x + 2.6, y + 3.2) - 1.9, 1.2), _shade((250, 250, 250)))
        _blend(canvas, inside * 0.35 * _cover(y - lid - 3.0, 3.0), _shade((60, 48, 46)))
        lash = np.maximum(np.abs(y - lid + 0.6) - 1.5, np.abs(x) - 21.0 * size)
        self._fill(canvas, lash, _shade(look.hair, 0.55), softness=1.6)
        _blend(canvas, 0.5 * _cover(np.maximum(np.abs(y - bed) - 0.5, np.abs(x) - 17.0), 1.6), _shade(look.skin, 0.6))
        out = side * x
        arc = -25.0 - 5.0 * (1 - ((out - 3.0) / 25.0) ** 2) + 0.06 * out - 8.0 * self.brows
        brow = np.maximum(np.abs(y - arc) - 2.9 + 0.045 * (out + 8.0), np.abs(out - 1.0) - 25.0)
        self._fill(canvas, brow, _shade(look.hair, 0.95), softness=2.6)

    def _paint_mouth(self, canvas: Plane, x: Plane, y: Plane, shape: LipShape) -> None:
        """Lips, teeth, tongue and the dark between them; `x`, `y` from the middle of the closed mouth."""
        look, lips = self.look, _LipLines.of(shape, x, self.look.lip_fullness)
        _blend(canvas, 0.34 * _bell(x / 24.0, (y - lips.bottom.max() - 6.0) / 5.5), _shade(look.skin, 0.62))
        _blend(canvas, 0.16 * _bell(x / 5.0, (y + 22.0) / 7.0), _shade(look.skin, 0.72))
        lower = self._band(y, lips.inner_top, lips.bottom)
        _blend(canvas, self._band(y, lips.top, lips.inner_bottom), _shade(look.lips, 0.86))
        _blend(canvas, lower, _shade(look.lips, 1.04))
        gloss = _bell((x + 5.0) / 15.0, (y - 0.55 * lips.bottom - 0.45 * lips.inner_bottom) / 3.0)
        _blend(canvas, 0.30 * lower * gloss, _shade(look.lips, 1.5))
        rim = 1.1 * lips.fade  # closed lips show the line between them; it ends at the corners
        _blend(canvas, self._band(y, lips.inner_top - rim, lips.inner_bottom + rim), _shade(look.lips, 0.30))
        self._paint_inside(canvas, x, y, lips, shape)

    def _paint_inside(self, canvas: Plane, x: Plane, y: Plane, lips: _LipLines, shape: LipShape) -> None:
        """What is seen between the lips: tongue, then teeth in front of it."""
        gap = self._band(y, lips.inner_top + 0.4, lips.inner_bottom - 0.4)
        height = lips.inner_bottom - lips.inner_top
        shadow = np.clip(1.0 - np.abs(x) / (0.46 * _EYE_DISTANCE_PX * shape.width), 0.0, 1.0) ** 0.5
        rise = (0.30 + 0.40 * shape.tongue) * height - 0.012 * x * x
        _blend(canvas, 0.75 * gap * _cover(lips.inner_bottom - rise - y, 3.0), _shade((178, 84, 84), 0.85))
        enamel = _shade((236, 230, 222))
        upper = np.minimum(1.5 + 5.0 * shape.teeth, 0.62 * height)
        _blend(canvas, shape.teeth * shadow * gap * _cover(y - lips.inner_top - upper, 1.4), enamel)
        lower = np.minimum(3.0 * shape.teeth, 0.3 * height)
        _blend(canvas, 0.7 * shape.teeth**2 * shadow * gap * _cover(lips.inner_bottom - lower - y, 1.4), enamel)

    def _band(self, y: Plane, top: Plane, bottom: Plane) -> Plane:
        """Coverage of what lies between two contours; a band thinner than a pixel is as faint as it is thin."""
        overlap = np.minimum(y + 0.5 * self._px, bottom) - np.maximum(y - 0.5 * self._px, top)
        return np.asarray(np.clip(overlap / self._px, 0.0, 1.0))

    def _fill(self, canvas: Plane, distance: Plane, colour: Plane, *, softness: float = 1.0) -> None:
        _blend(canvas, _cover(distance, softness * self._px), colour)


@dataclass(frozen=True, slots=True)
class _LipLines:
    """Lip contours over the columns, px from the middle of the closed mouth; `fade` falls to 0 at the corners."""

    top: Plane
    inner_top: Plane
    inner_bottom: Plane
    bottom: Plane
    fade: Plane

    @classmethod
    def of(cls, shape: LipShape, x: Plane, fullness: float) -> _LipLines:
        half = 0.5 * _EYE_DISTANCE_PX * shape.width
        gap = _EYE_DISTANCE_PX * max(shape.opening, 0.0)
        press = 1.0 + 2.2 * min(shape.opening, 0.0)  # pressed lips roll inwards and look thinner
        u = np.clip(np.abs(x) / half, 0.0, 1.0)
        inner = np.clip(np.abs(x) / (0.90 * half), 0.0, 1.0)
        lens = (1 - inner**2.2) ** (0.85 - 0.30 * shape.rounding)
        line = 0.7 * np.exp(-((x / 9.0) ** 2)) - 2.4 * u**2 + _CORNER_DROP * _EYE_DISTANCE_PX * max(shape.jaw, 0.0)
        bow = 1.0 - 0.22 * np.exp(-((x / 5.5) ** 2))
        upper = 8.0 * fullness * press * (1 + 0.20 * shape.rounding) * (1 - u**1.9) ** 0.8 * bow
        lower = 13.0 * fullness * press * (1 + 0.15 * shape.rounding) * (1 - 0.45 * shape.tuck) * (1 - u**2.4) ** 0.75
        inner_top, inner_bottom = line - 0.30 * gap * lens, line + 0.70 * gap * lens
        return cls(inner_top - upper, inner_top, inner_bottom, inner_bottom + lower, np.sqrt(1 - u**2))


def _shade(rgb: tuple[int, int, int], factor: float = 1.0) -> Plane:
    return np.asarray(np.minimum(np.asarray(rgb) * factor, 255.0), dtype=np.float32)


def _ellipse(x: Plane, y: Plane, half_width: float, half_height: float) -> Plane:
    """Approximate signed distance to an ellipse about the origin, negative inside."""
    scaled = np.hypot(x / half_width, y / half_height)
    slope = np.hypot(x / half_width**2, y / half_height**2)
    return np.asarray(scaled * (scaled - 1.0) / np.maximum(slope, 1e-6))


def _bell(x: Plane, y: Plane) -> Plane:
    return np.asarray(np.exp(-0.5 * (x * x)) * np.exp(-0.5 * (y * y)))


def _cover(distance: Plane, softness: float) -> Plane:
    """Part of a pixel that lies inside an edge: 1 well inside, 0 well outside, a ramp of `softness` px between."""
    return np.asarray(np.clip(0.5 - distance / softness, 0.0, 1.0))


def _blend(canvas: Plane, cover: Plane, colour: Plane) -> None:
    canvas += cover[..., None] * (colour - canvas)
