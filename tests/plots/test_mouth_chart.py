"""The mouth chart: every shape of a rig once, with the sounds that the rules show it for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from visalign.animation.mouth_rules import load_mouth_rules
from visalign.cli import app
from visalign.face.preview import mouths_of
from visalign.media.images import write_png
from visalign.plots.mouth_chart import plot_mouth_chart, sounds_of
from visalign.visemes.viseme_map import available_maps


def test_the_sounds_of_rhubarbs_shapes() -> None:
    sounds = sounds_of(load_mouth_rules())
    assert sounds["A"] == "P B M"
    assert sounds["G"] == "F V"
    assert sounds["H"] == "L"
    assert set(sounds["F"].split()) == {"UW", "UH", "OW", "W"}
    assert sounds["X"] == ""


@pytest.mark.parametrize("name", ["rhubarb", *available_maps()])
def test_every_shape_has_a_mouth_and_closures_are_closed(name: str) -> None:
    rules = load_mouth_rules(name)
    mouths = mouths_of(rules)
    assert tuple(mouths) == rules.shapes
    closed = [mouths[x].opening for x, kind in rules.kinds.items() if kind in ("closed", "rest")]
    assert max(closed) < 0.01
    for shape, kind in rules.kinds.items():
        if kind == "bitten":
            assert mouths[shape].tuck > 0.8
        if kind == "open":
            assert mouths[shape].opening > 0.1, shape


def test_a_chart_has_each_shape_once() -> None:
    rules = load_mouth_rules("preston_blair_papagayo")
    cells = plot_mouth_chart(rules)
    assert [x.get_title(loc="left") for x in cells] == list(rules.shapes)
    pictures = {x.get_title(loc="left"): np.asarray(x.images[0].get_array()) for x in cells}
    assert not np.array_equal(pictures["MBP"], pictures["AI"])


def test_the_command_draws_own_pictures(tmp_path: Path) -> None:
    for i, shape in enumerate("ABCDEFGHX"):
        write_png(tmp_path / f"{shape}.png", np.full((40, 60, 3), 20 * i, dtype=np.uint8))
    out = tmp_path / "chart.png"

    def run(*arguments: object) -> int:
        return CliRunner().invoke(app, ["maps", "chart", *map(str, arguments)]).exit_code

    assert run("--images", tmp_path, "-o", out) == 0
    mine = out.read_bytes()
    assert run("--images", tmp_path, "-o", out, "-q") == 0, "the same again"
    assert run("-o", out) != 0, "it holds something else"
    assert out.read_bytes() == mine
    assert run("-o", out, "--overwrite", "-q") == 0
    assert out.read_bytes() != mine
    assert run("nothing_like_it", "-o", tmp_path / "b.png") != 0
    assert not (tmp_path / "b.png").exists()
