"""Colours mean the same everywhere, can be read, and are told apart with any colour vision."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pytest

from visalign.plots import style
from visalign.reports.palette import DARK, LANDMARK, LIGHT

# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB; rows of 1 each, so that grey stays grey.
VISION = {
    "trichromatic": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
MEANINGS = ("heard", "ink", "good", "fault", "unsure")
TOLD_APART = 20.0  # CIE 1976 difference: ten times what is just noticed, since marks are small and apart


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB, D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(linear(x) @ (0.2126, 0.7152, 0.0722)) for x in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", list(VISION))
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_meanings_are_told_apart_with_any_colour_vision(colours: Mapping[str, str], vision: str) -> None:
    for one, other in itertools.combinations(MEANINGS, 2):
        seen = [lab(VISION[vision] @ linear(colours[name])) for name in (one, other)]
        assert np.linalg.norm(seen[0] - seen[1]) >= TOLD_APART, (one, other)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_words_in_a_colour_can_be_read_on_the_ground_and_ink_on_every_tint(colours: Mapping[str, str]) -> None:
    assert all(contrast(colours[name], colours["ground"]) >= 4.5 for name in MEANINGS)
    assert all(contrast(colours["ink"], colours[name]) >= 7 for name in colours if name.endswith("-tint"))


def test_pages_and_figures_have_the_same_colours() -> None:
    css = (files("visalign.reports.html_report") / "assets" / "page.css").read_text(encoding="utf-8")
    light, *dark = re.findall(r"\{[^{}]*--ground[^{}]*--heard[^{}]*\}", css)
    assert len(dark) == 2  # as the system has it, and as was chosen
    for block, colours in ((light, LIGHT), *((block, DARK) for block in dark)):
        assert colours.items() <= dict(re.findall(r"--([\w-]+): (#\w{6})", block)).items()
    assert (LIGHT["heard"], LIGHT["ink"]) == (style.EXPECTED, style.SEEN)
    inks = {verdict: LIGHT[name] for verdict, name in (("in-sync", "good"), ("uncertain", "unsure"))}
    assert (
        inks | dict.fromkeys(("audio-early", "audio-late", "mismatched", "out-of-step"), LIGHT["fault"])
        == style.VERDICT_INKS
    )


def test_landmarks_are_one_colour_on_pages_and_on_film() -> None:
    for package, name in (("visalign.reports.html_report", "mouth.js"), ("visalign.live_view", "live.js")):
        assert LANDMARK in (files(package) / "assets" / name).read_text(encoding="utf-8")


def test_the_marks_of_words_do_not_share_a_tint_with_a_shape_of_the_lips() -> None:
    assert not {tint for tint, _ in style.VERDICT_MARKS.values()} & set(style.ARTICULATOR_TINTS.values())
