"""``visalign tune`` from folder to configuration, page and plots, and the bandit as clips arrive."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from visalign.cli import app
from visalign.config import Config
from visalign.errors import ConfigError, KeptFile, OutputError
from visalign.files.outputs import keep_edited
from visalign.parameters import EvidenceParams, ScoringParams
from visalign.tuning import Comparison, Estimate, Found, TrialRecord, Tuned, TuneSettings, write_tune_page
from visalign.tuning.choosing import STATE_FILE
from visalign.tuning.run import RECOMMENDED, remove_earlier, write_recommendation

TEXT = "bin blue at f two now"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, made_once: Any) -> Path:
    """One clip, in sync, as said by two people, twice each: its lips are read once, for they are kept by content."""
    root = tmp_path_factory.mktemp("clips")
    generated = made_once.clip(text=TEXT, lead_seconds=0.0, seed=0)
    for speaker in ("anna", "ben"):
        (root / speaker).mkdir()
        for name in ("one", "two"):
            shutil.copy(generated.path, root / speaker / f"{name}.mp4")
            (root / speaker / f"{name}.txt").write_text(TEXT, encoding="utf-8")
    return root


def test_a_search_that_finds_nothing_better_refuses(folder: Path, tmp_path: Path) -> None:
    """The first trial is what the user has: with a budget of two on one copied clip nothing is shown to be better."""
    pytest.importorskip("optuna")
    out, page = tmp_path / "tuned", tmp_path / "page.html"
    arguments = ["tune", str(folder), "--out", str(out), "--metric", "windows", "--budget", "2", "--html", str(page)]
    done = CliRunner().invoke(app, [*arguments, "--search", "thresholds"])
    assert done.exit_code == 1, done.output
    assert re.search("No trial was better|may be noise", done.output)
    assert not (out / RECOMMENDED).exists()
    assert "visalign tune" in page.read_text(encoding="utf-8")
    again = CliRunner().invoke(app, [*arguments, "--search", "scoring"])
    assert isinstance(again.exception, ConfigError)
    assert "made with another" in str(again.exception)


@pytest.mark.slow
def test_what_is_surely_better_is_written_with_its_provenance(folder: Path, tmp_path: Path) -> None:
    """Who calls no word anything is helped by nearly any thresholds; two workers find what one does."""
    pytest.importorskip("optuna")
    base = tmp_path / "base.toml"
    base.write_text("[thresholds]\nfault_score = 0.0\nsync_score = 1.0\n", encoding="utf-8")
    arguments = ["tune", str(folder), "--metric", "segments", "--budget", "4", "--search", "thresholds"]
    texts = []
    for workers in ("1", "2"):
        out = tmp_path / workers
        done = CliRunner().invoke(app, [*arguments, "--config", str(base), "--out", str(out), "--workers", workers])
        assert done.exit_code == 0, done.output
        texts.append((out / RECOMMENDED).read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert "# Metric: segments=1. Searched: thresholds. Seed: 0." in texts[0]
    assert "which the search did not see" in texts[0]
    found = Config.load(tmp_path / "1" / RECOMMENDED)
    assert found.thresholds != Config.load(base).thresholds
    assert found.scoring == Config().scoring


def test_only_an_earlier_recommendation_is_removed_or_replaced(tmp_path: Path) -> None:
    """A user's own file of that name is none, and no more is one that he has edited."""
    file = tmp_path / RECOMMENDED
    remove_earlier(file)  # there is none yet
    text = "# Found by visalign tune (visalign 0): trial 1 of 2.\n\n[scoring]\nband = 3\n"
    for other in ("# mine\n", text, text + "# as found: 0123456789abcdef\n"):
        file.write_text(other, encoding="utf-8")
        remove_earlier(file)
        assert file.exists()
        keep_edited(file, overwrite=False)
        with pytest.raises(KeptFile):
            write_recommendation(file, text)
        assert file.read_text(encoding="utf-8") == other
    file.unlink()
    write_recommendation(file, text)
    assert Config.load(file).scoring.band == 3
    keep_edited(file, overwrite=False)
    write_recommendation(file, text.replace("3", "5"))
    assert Config.load(file).scoring.band == 5
    remove_earlier(file)
    assert not file.exists()


def test_a_search_does_not_start_from_where_it_writes(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / RECOMMENDED
    file.write_text("[scoring]\nband = 3\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["tune", str(folder), "--config", str(file), "--out", str(tmp_path)])
    assert isinstance(done.exception, OutputError)
    assert "one of the inputs" in str(done.exception)
    assert file.read_text(encoding="utf-8") == "[scoring]\nband = 3\n"


def tuned(difference: Estimate) -> Tuned:
    """A search of which only the comparison matters."""
    trials = tuple(
        TrialRecord(
            k, {"scoring.band": k}, 0.5 + k / 100, {"windows": 0.5 + k / 100, "time": 0.9 - k / 50}, k == 3, (0.5,)
        )
        for k in range(6)
    )
    default, found = Estimate(0.5, 0.4, 0.6), Estimate(0.55, 0.5, 0.6)
    comparison = Comparison(
        ("<b>s1</b>", "s2"), 10, "clips", default, found, difference, {"windows": (default, found, difference)}
    )
    settings = TuneSettings(metric={"windows": 1.0})
    config = Config(scoring=ScoringParams(band=5))
    return Tuned(settings, Found(trials, {"scoring.band": 1.0}), config, comparison, "speakers", (), 20, ("s3",))


def test_only_what_is_surely_better_is_recommended() -> None:
    assert tuned(Estimate(0.05, 0.001, 0.1)).is_recommended
    noise = tuned(Estimate(0.05, -0.001, 0.1))
    assert not noise.is_recommended
    assert "may be noise" in noise.verdict


def test_the_page_is_one_file_that_runs_nothing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = write_tune_page(tmp_path / "page.html", tuned(Estimate(0.05, 0.001, 0.1)))
    page = path.read_text(encoding="utf-8")
    assert page.count("data:image/svg+xml;base64,") == 4
    assert "&lt;b&gt;s1&lt;/b&gt;" in page
    assert "<b>s1" not in page
    assert "http" not in re.sub(r"data:[^\"]+|http-equiv", "", page)
    assert "band = 5" in page
    assert page == write_tune_page(tmp_path / "again.html", tuned(Estimate(0.05, 0.001, 0.1))).read_text("utf-8")


def test_a_bandit_takes_clips_as_they_arrive(folder: Path, tmp_path: Path) -> None:
    """Each clip is judged once, by one configuration; copies of a clip are the same clip."""
    from visalign.tuning import choose_as_clips_arrive, write_config

    one = write_config(tmp_path / "one.toml", Config())
    two = write_config(tmp_path / "two.toml", Config(evidence=EvidenceParams(persistence=0.5)))
    out = tmp_path / "desk"
    arguments = ["tune", str(folder), "--out", str(out), "--metric", "windows"]
    arguments += ["--choose-between", str(one), "--choose-between", str(two)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert (out / STATE_FILE).is_file()
    assert "Next: two" in done.output
    assert "No new clip." in CliRunner().invoke(app, arguments).output
    with pytest.raises(ConfigError, match="choose-between"):
        choose_as_clips_arrive(folder, out, [one], {"windows": 1.0})
