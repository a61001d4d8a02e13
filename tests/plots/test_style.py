"""One style: the same bytes, tints that can be read, the settings of the user left alone."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_report import ROWS, judged, make_report

from visalign.errors import BackendUnavailable, ConfigError
from visalign.plots import (
    plot_offset,
    plot_style,
    plot_tracks,
    save_plot,
)
from visalign.plots.style import ARTICULATOR_TINTS, sequential
from visalign.timeline import Tier
from visalign.visemes.lint import ARTICULATORS

mpl = pytest.importorskip("matplotlib")


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_files_are_the_same_bytes_twice_whatever_the_user_has_set(tmp_path: Path, suffix: str, begins: bytes) -> None:
    first = save_plot(plot_offset(make_report()), tmp_path / f"a{suffix}").read_bytes()
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.facecolor": "black", "svg.hashsalt": "other"}):
        second = save_plot(plot_offset(make_report()), tmp_path / f"b{suffix}").read_bytes()
    assert first.startswith(begins)
    assert first == second
    assert b"CreationDate" not in first
    assert b"dc:date" not in first


def test_the_style_leaves_the_users_settings_alone() -> None:
    before = dict(mpl.rcParams)
    with plot_style():
        assert mpl.rcParams["font.size"] == 8.0
    assert dict(mpl.rcParams) == before


def test_text_is_no_formula_and_odd_letters_are_no_error(tmp_path: Path) -> None:
    odd = "$x_{\\frac$ 日本 <b>"
    rows = [(odd, *ROWS[0][1:]), ROWS[1]]
    words = Tier("words", (0.0, 0.3, 0.7, 1.1, 3.0), ("", odd, "blue", ""))
    made = make_report(words=words, judged_words=judged(*rows), clip=replace(make_report().clip, name=odd + ".mp4"))
    axes = plot_tracks(made)
    assert odd in axes[0].get_title(loc="left")
    for suffix in (".png", ".svg", ".pdf"):
        assert save_plot(axes, tmp_path / f"odd{suffix}").stat().st_size > 5000


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.png or \.svg or \.pdf"):
        save_plot(plot_offset(make_report()), tmp_path / "x.gif")


def test_without_matplotlib_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(BackendUnavailable, match=r"visalign\[plot\]"):
        plot_offset(make_report())


def lightness(colour: tuple[float, ...]) -> float:
    """CIE L* of an sRGB colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_amounts_keep_their_order_in_grey() -> None:
    with plot_style():
        steps = [lightness(sequential()(x)) for x in np.linspace(0, 1, 33)]
    assert all(after < before - 0.5 for before, after in itertools.pairwise(steps))


def test_every_articulator_has_a_tint_on_which_text_can_be_read() -> None:
    assert set(ARTICULATOR_TINTS) == set(ARTICULATORS)
    assert all(lightness(mpl.colors.to_rgba(tint)) > 70 for tint in ARTICULATOR_TINTS.values())
