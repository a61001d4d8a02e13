"""The command line on whole clips: generated ones with known truth, and ones that can't be analysed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from praatio import textgrid
from test_cli import run

from visalign.face.generated_clip import GeneratedClip
from visalign.media.clips import write_clip, write_wav
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio

# Two seconds of noise: sound, but no speech.
HUM = Audio(np.random.default_rng(0).normal(0, 0.01, 32000).astype(np.float32), 16000)


def test_check_measures_the_lead_of_a_generated_clip(
    generated_clip: GeneratedClip, capsys: Any, tmp_path: Path
) -> None:
    """Truth is an audio that is 120 ms early: beyond the limits, so the check fails, and says how to mend it."""
    output = tmp_path / "r.json"
    assert run("check", generated_clip.path, "--text", generated_clip.transcript, "--json", output) == 1
    report = ClipReport.from_dict(json.loads(output.read_text()))
    assert report.sync.verdict == "audio-early"
    assert report.sync.lead_seconds == pytest.approx(generated_clip.lead_seconds, abs=0.02)
    out = capsys.readouterr().out
    assert out.startswith("Audio is 1")
    assert "To fix, delay the audio by" in out
    assert "<- worst" in out
    assert list(report.segments["label"]) == generated_clip.transcript.split()


def test_a_second_check_writes_the_same_bytes(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    for name in "ab":
        run(
            "check", generated_clip.path, "--text", generated_clip.transcript, "--json", tmp_path / f"{name}.json", "-q"
        )
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_real_report_fits_the_schema(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    for text in (["--text", generated_clip.transcript], []):
        run("check", generated_clip.path, *text, "--json", tmp_path / "r.json", "-q")
        data = json.loads((tmp_path / "r.json").read_text())
        schema = json.loads((Path(__file__).parents[2] / "docs/report.schema.json").read_text())
        Draft202012Validator(schema).validate(data)
        assert str(generated_clip.path.parent) not in json.dumps(data)
        assert ClipReport.from_dict(data).to_dict() == data


def without_sound(path: Path) -> Path:
    return write_clip(path, [np.zeros((64, 64, 3), np.uint8)] * 50, Fraction(25), None)


def without_picture(path: Path) -> Path:
    return write_wav(path.with_suffix(".wav"), HUM)


def without_face(path: Path) -> Path:
    return write_clip(path, [np.full((240, 240, 3), 128, np.uint8)] * 50, Fraction(25), HUM)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (without_sound, "no audio stream"),
        (without_picture, "no video stream"),
        (without_face, "a face was found in 0% of the frames"),
    ],
)
def test_clips_that_can_not_be_analysed_are_three(
    make: Callable[[Path], Path], says: str, capsys: Any, tmp_path: Path
) -> None:
    clip = make(tmp_path / "clip.mp4")
    assert run("check", clip, "--csv", tmp_path / "out.csv") == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert str(clip) in err
    assert list(tmp_path.iterdir()) == [clip]


def test_files_that_are_no_clips_are_three(capsys: Any, tmp_path: Path) -> None:
    renamed = tmp_path / "text.mp4"
    renamed.write_text("not a clip\n" * 100)
    for path in (renamed, tmp_path / "none.mp4", tmp_path):
        assert run("check", path, "--text", "bin blue", "--csv", tmp_path / "out.csv") == 3
        err = capsys.readouterr().err
        assert str(path) in err
        assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == [renamed]


@pytest.mark.parametrize(("text", "says"), [("bin xyzzy plugh", "xyzzy, plugh"), ("", "transcript is empty")])
def test_texts_that_can_not_be_used_are_three(
    generated_clip: GeneratedClip, capsys: Any, tmp_path: Path, text: str, says: str
) -> None:
    assert run("check", generated_clip.path, "--text", text, "--csv", tmp_path / "out.csv") == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_observe_writes_what_the_lips_show(generated_clip: GeneratedClip, capsys: Any, tmp_path: Path) -> None:
    paths = [tmp_path / f"lips{suffix}" for suffix in (".csv", ".npz", ".TextGrid", ".png")]
    outputs = [part for path in paths for part in ("-o", path)]
    assert run("observe", generated_clip.path, *outputs, "--map", "neti_2000", "--start", 0.5, "--end", 1.5) == 0
    out = capsys.readouterr().out
    assert "viseme" in out
    assert all(f"Wrote {path}" in out for path in paths)
    with paths[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    with np.load(paths[1], allow_pickle=False) as data:
        arrays = dict(data)
    probabilities = ["p_closed", *(f"p_{name}" for name in arrays["viseme_names"])]
    measures = [f"seen_{name}" for name in arrays["visibility_names"]]
    assert list(rows[0]) == ["time_seconds", "viseme", *arrays["names"], *measures, *probabilities]
    assert arrays["visibility"].shape == (len(rows), len(measures))
    assert np.mean([float(row["seen_visibility"]) for row in rows]) > 0.9
    assert arrays["values"].shape == (len(rows), len(arrays["names"]))
    assert arrays["mouth"].shape == (len(rows), 20, 2)
    assert [float(row["time_seconds"]) for row in rows] == pytest.approx(list(arrays["times"]), abs=1e-6)
    likeliest = [max(probabilities[1:], key=lambda name: float(row[name])) for row in rows]
    assert likeliest == [f"p_{row['viseme']}" for row in rows]
    grid = textgrid.openTextgrid(str(paths[2]), includeEmptyIntervals=True)
    assert grid.tierNames == ("observed visemes", "lip closures")
    closures = [x for x in grid.getTier("lip closures").entries if x.label]
    assert [x.start for x in closures] == pytest.approx(arrays["closures"][:, 0].tolist(), abs=1e-6)
    assert paths[3].read_bytes().startswith(b"\x89PNG")


def test_observe_finds_when_given_words_and_visemes_are_shown(
    generated_clip: GeneratedClip, capsys: Any, tmp_path: Path
) -> None:
    grid_file, table = tmp_path / "forced.TextGrid", tmp_path / "forced.csv"
    assert run("observe", generated_clip.path, "--text", generated_clip.transcript, "-o", grid_file, "--quiet") == 0
    grid = textgrid.openTextgrid(str(grid_file), includeEmptyIntervals=True)
    assert grid.tierNames == ("observed visemes", "lip closures", "forced visemes", "words")
    assert " ".join(x.label for x in grid.getTier("words").entries if x.label) == generated_clip.transcript.lower()
    visemes = [x.label for x in grid.getTier("forced visemes").entries if x.label]
    (tmp_path / "visemes.txt").write_text(" ".join(visemes))
    assert run("observe", generated_clip.path, "--visemes", tmp_path / "visemes.txt", "-o", table) == 0
    assert "Wrote" in capsys.readouterr().out
    with table.open(newline="") as file:
        shown = [row["forced_viseme"] for row in csv.DictReader(file)]
    assert set(visemes) <= set(shown)


def test_observe_by_another_landmark_model(generated_clip: GeneratedClip, capsys: Any, tmp_path: Path) -> None:
    """The same mouth: both see it open and close together, each at its own points."""
    tables = []
    for name in ("dlib68", "visalign"):
        path = tmp_path / f"{name}.npz"
        assert run("observe", generated_clip.path, "--landmarks", name, "-o", path, "--quiet") == 0
        with np.load(path, allow_pickle=False) as data:
            tables.append((data["values"][:, list(data["names"]).index("inner_aperture")], data["mouth"]))
    (first, mouth), (second, other) = tables
    assert np.corrcoef(first, second)[0, 1] > 0.85
    assert other.shape == mouth.shape
    assert not np.array_equal(mouth, other)
    width = float(np.median(np.ptp(mouth[..., 0], axis=1)))
    assert np.linalg.norm(mouth - other, axis=2).mean() < 0.15 * width


def test_observe_refuses_landmarks_that_are_neither_a_model_nor_a_file(
    generated_clip: GeneratedClip, capsys: Any, tmp_path: Path
) -> None:
    (tmp_path / "own.dat").write_bytes(b"x")
    np.savez(tmp_path / "other.npz", leaves=np.zeros(3))
    for named, says in (
        ("own.dat", "dlib can't read it"),
        ("other.npz", "no landmark model"),
        ("missing.dat", "no such file"),
    ):
        assert run("observe", generated_clip.path, "--landmarks", tmp_path / named) == 3
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert named in err
        assert says.lower() in err.lower()
    assert run("observe", generated_clip.path, "--landmarks", "visalingn") == 3
    err = capsys.readouterr().err
    assert "visalingn" in err
    assert "dlib68" in err


def test_observe_refuses_visemes_that_the_map_lacks(generated_clip: GeneratedClip, capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "visemes.txt").write_text("nonsense")
    assert run("observe", generated_clip.path, "--visemes", tmp_path / "visemes.txt") == 2
    assert "nonsense" in capsys.readouterr().err
    both = ("--visemes", tmp_path / "visemes.txt", "--text", "bin blue")
    assert run("observe", generated_clip.path, *both) == 2


@pytest.mark.parametrize("lead_ms", [83, pytest.param(-120, marks=pytest.mark.slow)])
def test_the_demo_finds_its_own_truth(lead_ms: int, capsys: Any, tmp_path: Path) -> None:
    assert run("demo", "--output", tmp_path / "demo", "--lead-ms", lead_ms) == 0
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    made, measured = next((row[1], row[3]) for row in rows if row[:1] == ["clip.mp4"])
    assert made == f"{lead_ms:+d}"
    assert abs(int(measured) - lead_ms) <= 20
    assert f"Open in a browser: {(tmp_path / 'demo' / 'clip.html').as_uri()}" in out
    written = {path.name for path in (tmp_path / "demo").iterdir()}
    assert written == {"clip.mp4", "clip.wav", "clip.txt", "late.mp4", "dubbed.mp4", "clip.html"}
