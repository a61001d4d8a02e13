"""Many recordings: a folder or a table in, a result for each out, and one that fails stops no other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from visalign.cli import app
from visalign.corpora.folder_alignment import find_recordings, is_many
from visalign.errors import InputError
from visalign.face.generated_clip import GeneratedClip
from visalign.face.generated_speech import synthesise_speech
from visalign.forced_alignment import pooling
from visalign.language.annotations import read_annotation
from visalign.media.clips import read_audio, write_wav

CUES = "1\n00:00:00,300 --> 00:00:02,900\nANNA: bin blue at f two now\n"


@pytest.fixture
def folder(tmp_path: Path, generated_clip: GeneratedClip) -> Path:
    """A clip with its text, a sound with its subtitles."""
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    shutil.copy(generated_clip.path, source / "one.mp4")
    (source / "one.txt").write_text(generated_clip.transcript, encoding="utf-8")
    write_wav(source / "deep" / "two.wav", read_audio(generated_clip.path))
    (source / "deep" / "two.srt").write_text(CUES, encoding="utf-8")
    return source


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["align", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.output


def test_a_folder(folder: Path, tmp_path: Path) -> None:
    code, output = run(folder, "-o", tmp_path / "out", "--to", "eaf")
    assert code == 0, output
    assert "2 of 2" in output
    one, two = read_annotation(tmp_path / "out/one.eaf"), read_annotation(tmp_path / "out/deep/two.eaf")
    assert [x.label for x in one.tracks[0].words] == [x.label for x in two.tracks[0].words]
    assert two.speakers == ("ANNA",)


def test_a_table(folder: Path, tmp_path: Path) -> None:
    table = folder / "list.csv"
    table.write_text("clip,transcript,text\none.mp4,one.txt,\ndeep/two.wav,,bin blue at f two now\n", encoding="utf-8")
    code, output = run(table, "-o", tmp_path / "out", "--to", "csv")
    assert code == 0, output
    assert len(read_annotation(tmp_path / "out/deep/two.csv").tracks[0].words) == 6


def test_one_that_fails_stops_no_other(folder: Path, tmp_path: Path) -> None:
    (folder / "deep" / "two.srt").unlink()
    (folder / "deep" / "two.txt").write_text("zzyzzx", encoding="utf-8")
    code, output = run(folder, "-o", tmp_path / "out")
    assert code == 3
    assert "1 of 2" in output
    assert (tmp_path / "out/one.TextGrid").is_file()
    assert not (tmp_path / "out/deep/two.TextGrid").exists()


def test_what_can_not_begin(folder: Path, tmp_path: Path) -> None:
    assert is_many(folder)
    assert not is_many(folder / "one.mp4")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no recording"):
        find_recordings(tmp_path / "empty")
    shutil.copy(folder / "deep" / "two.wav", folder / "one.wav")
    with pytest.raises(InputError, match="between them"):
        find_recordings(folder)
    (folder / "deep" / "two.srt").unlink()
    with pytest.raises(InputError, match=r"no transcript: two\.wav"):
        find_recordings(folder)
    assert run(folder, "-o", tmp_path / "out", "--text", "hello")[0] == 2
    assert run(folder)[0] == 2


GERMAN = {"eins": "Mein Bruder kauft fünf blaue Pflaumen", "zwei": "Über dem Fluss schwebt ein Ballon"}


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two German recordings of one speaker, beside them one of another."""
    monkeypatch.setattr(pooling, "LEAST_FRAMES", 100)
    source = tmp_path / "de"
    for name, text in {**GERMAN, "andere/drei": "Am Abend ist es kalt"}.items():
        path = source / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, synthesise_speech(text, language="de").audio)
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return source


def engines(folder: Path) -> dict[str, bool]:
    """Which results come from a model that was adapted."""
    found = {
        x.relative_to(folder).as_posix(): json.loads(x.read_text(encoding="utf-8")) for x in folder.rglob("*.json")
    }
    return {name: "adapted to 2 recordings" in x["engine"] for name, x in found.items()}


def test_recordings_of_a_speaker_are_adapted_to_together(german: Path, tmp_path: Path) -> None:
    for name, more in (("out", ()), ("once", ("--no-adapt",)), ("again", ())):
        code, output = run(german, "-o", tmp_path / name, "--to", "json", "--language", "de", *more)
        assert code == 0, output
    assert engines(tmp_path / "out") == {"eins.json": True, "zwei.json": True, "andere/drei.json": False}
    assert not any(engines(tmp_path / "once").values())
    for name in ("eins", "zwei", "andere/drei"):
        assert (tmp_path / f"out/{name}.json").read_bytes() == (tmp_path / f"again/{name}.json").read_bytes()


def test_a_table_says_who_speaks_and_in_what_language(german: Path, tmp_path: Path) -> None:
    table = german / "list.csv"
    rows = ["eins.wav,eins.txt,de,anna", "zwei.wav,zwei.txt,de,ben", "andere/drei.wav,andere/drei.txt,de,anna"]
    table.write_text("\n".join(["clip,transcript,language,speaker", *rows]) + "\n", encoding="utf-8")
    code, output = run(table, "-o", tmp_path / "out", "--to", "json")
    assert code == 0, output
    assert engines(tmp_path / "out") == {"eins.json": True, "zwei.json": False, "andere/drei.json": True}
