"""Exporting many: a result for each, the bytes of each as if exported alone, and one that fails stops no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sample_utterance import UTTERANCE
from typer.testing import CliRunner

from visalign.cli import app
from visalign.corpora.folder_export import find_sources
from visalign.errors import InputError, OutputError
from visalign.exports import write_export
from visalign.face.generated_clip import GeneratedClip
from visalign.media.clips import read_audio, write_wav

CUES = "1\n00:00:00,300 --> 00:00:02,900\nbin blue at f two now\n"
PHONES = "b ɪ n\nb l uː\næ t\nɛ f\nt uː\nn aʊ\n"


@pytest.fixture
def folder(tmp_path: Path, generated_clip: GeneratedClip) -> Path:
    """A clip with its text, sound with its subtitles and with its phones, labels by themselves."""
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    shutil.copy(generated_clip.path, source / "one.mp4")
    (source / "one.txt").write_text(generated_clip.transcript, encoding="utf-8")
    for name, ending, text in (("two.take1", ".srt", CUES), ("three", ".phones", PHONES)):
        write_wav(source / "deep" / f"{name}.wav", read_audio(generated_clip.path))
        (source / "deep" / f"{name}{ending}").write_text(text, encoding="utf-8")
    write_export(source / "labels.TextGrid", UTTERANCE, "textgrid")
    return source


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, " ".join(result.output.replace("│", " ").split())


def content(folder: Path) -> dict[str, bytes]:
    return {x.relative_to(folder).as_posix(): x.read_bytes() for x in folder.rglob("*") if x.is_file()}


def test_a_folder_and_files_by_name_give_what_each_gives_alone(folder: Path, tmp_path: Path) -> None:
    files = [folder / "one.mp4", folder / "labels.TextGrid", *sorted((folder / "deep").glob("*.wav"))]
    code, told = run(*files, "--format", "moho-dat", "-o", tmp_path / "many")
    assert code == 0, told
    assert "Exported 4 of 4 recordings" in told
    assert run(folder, "--format", "moho-dat", "-o", tmp_path / "whole")[0] == 0
    many, whole = content(tmp_path / "many"), content(tmp_path / "whole")
    assert set(many) == {"one.dat", "two.take1.dat", "three.dat", "labels.dat"}
    assert set(whole) == {"one.dat", "deep/two.take1.dat", "deep/three.dat"}
    alone = {"one": "one.mp4", "two.take1": "deep/two.take1.wav"}
    for name, source in alone.items():
        said = next(x for x in (folder / source).parent.glob(f"{name}.*") if x.suffix in (".txt", ".srt"))
        out = tmp_path / f"{name}.dat"
        assert run(folder / source, "-t", said, "--format", "moho-dat", "-o", out)[0] == 0
        assert many[f"{name}.dat"] == out.read_bytes()
    assert run(folder / "labels.TextGrid", "--format", "moho-dat", "-o", tmp_path / "l.dat")[0] == 0
    assert many["labels.dat"] == (tmp_path / "l.dat").read_bytes()
    assert many["one.dat"] == whole["one.dat"]
    assert many["three.dat"].count(b" A\n") == 2, "bin blue, from its phones"


def test_one_that_fails_is_named_and_stops_no_other(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.wav").write_bytes(b"no sound")
    (folder / "broken.txt").write_text("bin", encoding="utf-8")
    write_wav(folder / "silent.wav", read_audio(folder / "one.mp4"))
    code, told = run(folder, "--format", "srt", "-o", tmp_path / "out")
    assert code == 3
    assert "Exported 3 of 5 recordings" in told
    assert told.count(f"{folder / 'broken.wav'}: ") == 1
    assert f"{folder / 'silent.wav'}: nothing tells what is said: put the text beside it, as silent.txt" in told
    assert set(content(tmp_path / "out")) == {"one.srt", "deep/two.take1.srt", "deep/three.srt"}


def test_a_file_that_is_not_there_stops_no_other(folder: Path, tmp_path: Path) -> None:
    code, told = run(folder / "none.wav", folder / "one.mp4", "--format", "srt", "-o", tmp_path / "out")
    assert code == 3
    assert "none.wav: no such file" in told
    assert set(content(tmp_path / "out")) == {"one.srt"}


def test_texts_of_another_folder(folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    (texts / "deep").mkdir(parents=True)
    for said in (folder / "one.txt", *(folder / "deep").glob("*.srt"), *(folder / "deep").glob("*.phones")):
        shutil.move(said, texts / said.relative_to(folder))
    assert run(folder, "-t", texts, "--format", "ctm", "-o", tmp_path / "out")[0] == 0
    assert "bin" in (tmp_path / "out/deep/two.take1.ctm").read_text(encoding="utf-8")


def test_one_file_into_a_folder_that_is_there(folder: Path, tmp_path: Path) -> None:
    """What a pattern leaves that only one file has."""
    (tmp_path / "out").mkdir()
    assert run(folder / "one.mp4", "--format", "ctm", "-o", tmp_path / "out")[0] == 0
    said = ("--text", "bin blue at f two now")
    assert run(folder / "one.mp4", *said, "--format", "srt", "-o", tmp_path / "out")[0] == 0
    assert set(content(tmp_path / "out")) == {"one.ctm", "one.srt"}


def test_what_was_edited_is_kept_and_edits_beside_a_result_are_in_it(folder: Path, tmp_path: Path) -> None:
    out, form = tmp_path / "out", ("--format", "rhubarb-json")
    assert run(folder, *form, "-o", out, "-q") == (0, "")
    edits = "start_seconds,end_seconds,shape\n0.1,0.2,D\n"
    (out / "one.json.edits.csv").write_text(edits, encoding="utf-8")
    code, told = run(folder, *form, "-o", out)
    assert code == 3
    assert "--overwrite" in told
    assert run(folder, *form, "-o", out, "--overwrite", "-q")[0] == 0
    assert '"start": 0.10, "end": 0.20, "value": "D"' in (out / "one.json").read_text(encoding="utf-8")


def test_a_result_never_takes_the_place_of_its_source(folder: Path) -> None:
    before = content(folder)
    with pytest.raises(OutputError, match="one of the inputs"):
        run(folder / "labels.TextGrid", folder / "one.mp4", "--format", "textgrid", "-o", folder)
    assert content(folder) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "-", "--format", "srt"), "many files need a folder"),
        (("-o", "out"), "does not tell the format"),
        (("-o", "out", "--format", "srt", "--text", "bin blue"), "--text is about one recording"),
        (("-o", "out", "--format", "srt", "--edits", "x.csv"), "--edits is about one recording"),
        (("-o", "out", "--format", "srt", "-t", "one.txt"), "one.txt is no folder"),
    ],
)
def test_wrong_usage(folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str) -> None:
    monkeypatch.chdir(folder)
    before = content(folder)
    code, output = run("one.mp4", "labels.TextGrid", *arguments)
    assert code == 2
    assert told in output
    assert content(folder) == before


def test_two_results_of_one_name(folder: Path) -> None:
    with pytest.raises(InputError, match="one result between them"):
        find_sources([folder / "one.mp4", folder / "one.wav"])
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="no recording"):
        find_sources([folder / "empty"])
    assert len(find_sources([folder / "one.mp4", folder / "one.mp4"])) == 1
