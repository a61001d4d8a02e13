"""``visalign maps``: what each command prints, writes and answers with."""

import tomllib
from typing import Any

import pytest
from test_map_learning import TRUTH, made_up_clip

from visalign.cli import main
from visalign.training import prepared_clips
from visalign.visemes.lint import lint_viseme_map
from visalign.visemes.viseme_map import available_maps

pytest.importorskip("matplotlib")


def run(*arguments: Any) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return ended.value.code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose clips are made up: reading lips is tested elsewhere, and slow."""
    clips = [made_up_clip(speaker, number) for speaker in ("ann", "bea", "cid") for number in range(2)]
    monkeypatch.setattr(prepared_clips, "prepare_folder", lambda *_, **__: (clips, [("broken.mp4", "no face")]))
    return tmp_path


def test_learn_writes_a_map_and_its_plot(folder, capsys):
    done = run("maps", "learn", folder, "--visemes", 6, "-o", folder / "ours.toml", "--plot", folder / "ours.png")
    printed = capsys.readouterr()
    assert done == 0
    assert lint_viseme_map(folder / "ours.toml") == []
    assert len(tomllib.loads((folder / "ours.toml").read_text(encoding="utf-8"))["visemes"]) == 6
    assert (folder / "ours.png").stat().st_size > 10_000
    assert "P M B" in printed.out or "B" in printed.out
    assert "Left out: broken.mp4: no face" in printed.err


def test_evaluate_ranks_maps_and_writes_a_table(folder, capsys):
    outputs = ["--csv", folder / "maps.csv", "--plot", folder / "maps.svg", "--corpus", "ours"]
    assert run("maps", "evaluate", folder, "--map", "jeffers_1971", "--map", "fisher_1968_final", *outputs) == 0
    table = (folder / "maps.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in table] == ["name", "jeffers_1971", "fisher_1968_final"]
    assert (folder / "maps.svg").is_file()
    assert "jeffers_1971" in capsys.readouterr().out


def test_evaluate_takes_all_shipped_maps(folder):
    assert run("maps", "evaluate", folder, "--csv", folder / "maps.csv", "--quiet") == 0
    rows = (folder / "maps.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(row.split(",")[0] for row in rows) == available_maps()


def test_wrong_endings_are_refused_before_any_work(folder, capsys):
    assert run("maps", "learn", folder, "-o", folder / "ours.json") == 2
    assert run("maps", "evaluate", folder, "--plot", folder / "maps.gif") == 2
    assert "ends in" in capsys.readouterr().err


def test_too_many_visemes_are_refused(folder, capsys):
    assert run("maps", "learn", folder, "--visemes", 40, "-o", folder / "ours.toml") == 2
    assert str(len(TRUTH) + 1) in capsys.readouterr().err
    assert not (folder / "ours.toml").exists()


def test_a_folder_without_clips_is_no_input(tmp_path, capsys):
    assert run("maps", "learn", tmp_path, "-o", tmp_path / "ours.toml") == 3
    assert "no clip in it" in capsys.readouterr().err


def test_check_without_a_file_checks_what_is_shipped(capsys):
    assert run("maps", "check") == 0
    printed = capsys.readouterr().out
    assert "jeffers_1971: no errors; 38 of 39 phones, leaves out HH" in printed
    assert printed.count("no errors") == len(available_maps())


def test_show_tells_sequences_fill_and_recipes(capsys):
    assert run("maps", "show", "oculus_15") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "EY: E, then ih after 50%" in printed
    assert "HH at kk" in printed
    assert "recipe arkit_openfacefx" in printed


def test_compare_prints_the_cross_table(capsys):
    assert run("maps", "compare", "jeffers_1971", "neti_2000", "--table") == 0
    assert "G K NG" in " ".join(capsys.readouterr().out.split())


def test_draw_draws_a_clip(generated_clip, tmp_path):
    path = tmp_path / "mouth.svg"
    assert run("maps", "draw", generated_clip.path, "--text", generated_clip.transcript, "-o", path) == 0
    assert "measured aperture" in path.read_text(encoding="utf-8") or path.stat().st_size > 10_000


def test_draw_wants_to_know_what_is_said(generated_clip, tmp_path):
    assert run("maps", "draw", generated_clip.path, "-o", tmp_path / "mouth.svg") == 2
