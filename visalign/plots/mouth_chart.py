"""A mouth chart: the mouth of each shape of a rig in a picture, with its name and the sounds that show it.

Animators pin one up before they draw. Shapes have the mouths that ``visalign preview --style cues`` shows, or are the
user's own pictures. Colours, type and files are those of :mod:`visalign.plots.style`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

from visalign.animation.mouth_rules import MouthRules
from visalign.face.avatar import FaceLook, FacePainter
from visalign.face.preview import LENS_BLUR, mouths_of
from visalign.plots.style import INK, MUTED, TWO_COLUMNS, new_figure, styled
from visalign.signals import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_mouth_chart", "sounds_of"]

_FACE_PX = 480
_MOUTH_ROWS, _MOUTH_COLUMNS = (0.52, 0.82), (0.30, 0.70)  # of the drawn face: from the nose to below the chin
_MOST_IN_A_ROW = 5
_CELL_INCHES = 1.75
_MOST_SOUNDS = 12  # that fit below a picture
_SHORT, _LONG = 0.1, 0.35  # seconds: the shape of some phones depends on their length


@styled
def plot_mouth_chart(rules: MouthRules, pictures: Mapping[str, Image] | None = None) -> tuple[Axes, ...]:
    """Draw the chart of a rig.

    Parameters
    ----------
    rules : MouthRules
        Its shapes (:func:`visalign.animation.mouth_rules.load_mouth_rules`).
    pictures : mapping, optional
        The user's own picture of each shape; by default mouths of the drawn face.

    Returns
    -------
    tuple of Axes
        One a shape, in the rig's order.
    """
    shown = pictures or _drawn(rules)
    n_columns = min(_MOST_IN_A_ROW, len(rules.shapes))
    n_rows = math.ceil(len(rules.shapes) / n_columns)
    figure = new_figure(TWO_COLUMNS, _CELL_INCHES * n_rows)
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    sounds = sounds_of(rules)
    for axes in grid.flat:
        axes.set_axis_off()
    cells = tuple(grid.flat[: len(rules.shapes)])
    for axes, shape in zip(cells, rules.shapes, strict=True):
        axes.imshow(shown[shape])
        axes.set_title(shape, color=INK, fontweight="bold")
        told = "pauses" if shape == rules.rest else sounds[shape]
        axes.text(0.5, -0.04, told, transform=axes.transAxes, ha="center", va="top", color=MUTED, fontsize="x-small")
    return cells


def sounds_of(rules: MouthRules) -> dict[str, str]:
    """The sounds at which each shape is shown first of all, with blanks between."""
    if rules.phones is None:
        found = {shape: list(rules.viseme_map.classes[shape].phones) for shape in rules.shapes}
    else:
        found = {shape: list[str]() for shape in rules.shapes}
        for phone, duration in product(rules.phones, (_SHORT, _LONG)):
            for part in rules.parts(phone, duration):
                if part.shapes and phone not in found[part.shapes[0]]:
                    found[part.shapes[0]].append(phone)
    return {shape: _few(phones) for shape, phones in found.items()}


def _few(phones: list[str]) -> str:
    shown = " ".join(phones[:_MOST_SOUNDS])
    return shown + (" …" if len(phones) > _MOST_SOUNDS else "")


def _drawn(rules: MouthRules) -> dict[str, Image]:
    painter = FacePainter(FaceLook(), _FACE_PX, blur_px=LENS_BLUR * _FACE_PX)
    rows, columns = (slice(*(round(_FACE_PX * x) for x in part)) for part in (_MOUTH_ROWS, _MOUTH_COLUMNS))
    return {shape: painter.draw(mouth)[rows, columns] for shape, mouth in mouths_of(rules).items()}
