"""Colours and what they mean, the same on pages, in figures, on an overlay and in the live view.

Blue is what is heard, and what is therefore expected; ink is what is seen; vermilion is a fault, green is in sync,
violet is uncertain. Blue, vermilion and green are those of Okabe and Ito [1]_, darkened (or, on a dark ground,
lightened) to a contrast of 4.5 to 1 with the ground; the violet is chosen so that it is told from all of them with any
colour vision, which their yellow and their purple at that contrast are not. A test simulates colour blindness
after Machado et al. [2]_. Nothing is told by colour alone: a mark's shape, a hatching or a word says it too.

``page.css`` holds the same values; a test compares them.

References
----------
.. [1] M. Okabe and K. Ito, Color Universal Design, 2008, https://jfly.uni-koeln.de/color/.
.. [2] G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, A physiologically-based model for simulation of color
   vision deficiency, IEEE Transactions on Visualization and Computer Graphics 15(6), 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DARK", "LANDMARK", "LIGHT"]

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#f7f7f5",
        "ink": "#1a1d21",
        "heard": "#0068a6",
        "fault": "#b84a00",
        "good": "#007a5e",
        "unsure": "#6a35c8",
        "heard-tint": "#dcecf7",
        "fault-tint": "#fbe0cd",
        "good-tint": "#d8f0e8",
        "unsure-tint": "#e9e2fa",
    }
)
"""On a light ground; the tints lie under ink."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#121517",
        "ink": "#e9ebed",
        "heard": "#62b9ec",
        "fault": "#ff9a5c",
        "good": "#35c79c",
        "unsure": "#9c86ff",
        "heard-tint": "#173246",
        "fault-tint": "#3d2617",
        "good-tint": "#12352c",
        "unsure-tint": "#2a2352",
    }
)
"""On a dark ground."""

LANDMARK = "#f5e663"
"""Landmarks on a picture, which may be of any colour: with a dark edge."""
