"""--language, wherever it is taken, and the command that lists what it takes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from visalign import cli
from visalign.batch.job import JobMaker
from visalign.batch.ledger import Ledger
from visalign.config import Config
from visalign.corpora.clip_list import BatchClip, read_manifest
from visalign.errors import ConfigError, ParseError
from visalign.language.languages import known_languages


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(x) for x in arguments])
    return end.value.code if isinstance(end.value.code, int) else int(end.value.code is not None)


@pytest.fixture(autouse=True)
def beside_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with a second of noise."""
    monkeypatch.chdir(tmp_path)
    soundfile.write("line.wav", np.random.default_rng(0).normal(0, 0.1, 16000), 16000)


def test_languages_lists_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("languages", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"en-us", *known_languages()}
    assert found["de"]["figures"] is True
    assert found["sw"]["figures"] is False
    assert found["ja"]["scripts"] == ["LATIN", "HIRAGANA", "KATAKANA"]
    assert found["en-us"]["alphabet"] == "arpabet"


def test_languages_tells_of_one_what_there_is_to_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("languages", "ja", "pt_BR") == 0
    shown = capsys.readouterr().out
    assert "Japanese" in shown
    assert "Portuguese (Brazil)" in shown
    assert "ja: Kana only" in shown
    assert "German" not in shown


@pytest.mark.parametrize(
    "command",
    [
        ("align", "line.wav", "--text", "x"),
        ("export", "line.wav", "--text", "x", "--to", "ctm", "-o", "x.ctm"),
        ("preview", "line.wav", "--text", "x", "-o", "x.mp4"),
        ("check", "line.wav", "--text", "x"),
        ("observe", "line.wav", "--text", "x"),
        ("explain", "line.wav", "--text", "x"),
        ("fix", "line.wav", "--text", "x"),
        ("plot", "tracks", "line.wav", "--text", "x", "-o", "x.png"),
        ("overlay", "line.wav", "--text", "x", "-o", "x.mp4"),
        ("train", ".", "-o", "x.npz"),
        ("languages",),
    ],
    ids=lambda x: x[0],
)
@pytest.mark.parametrize(("name", "told"), [("auto", "none is guessed"), ("klingonisch", "lists all of them")])
def test_what_is_no_language_is_refused_by_every_command(
    command: tuple[str, ...], name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (*command, name) if command == ("languages",) else (*command, "--language", name)
    assert run(*asked) == 2
    error = capsys.readouterr().err
    typed = "language =" if command == ("languages",) else "--language"
    assert error.startswith(f"visalign: {typed} '{name}' is not possible")
    assert told in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", [("align", "line.wav"), ("export", "line.wav", "--to", "ctm", "-o", "x.ctm")])
def test_a_language_without_a_text_is_refused(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command, "--language", "de") == 2
    assert "and none was given" in " ".join(capsys.readouterr().err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("ja", "日本の パン", "1 word(s) are not in the lexicon: 日本の. Kana only"),
        ("de", "Trink H2O", "can't be read aloud: line 1: 'h2o'"),
        ("sw", "Nina vitabu 3", "can't be read aloud: line 1: '3'. Write them as they are said."),
    ],
)
def test_what_can_not_be_said_is_named(language: str, text: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("align", "line.wav", "--text", text, "--language", language) == 3
    assert told in capsys.readouterr().err


def test_an_aligner_of_english_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("align", "line.wav", "--text", "ich", "--language", "de", "--aligner", "pocketsphinx") == 2
    assert "knows the phones of English only" in capsys.readouterr().err


def test_the_settings_of_english_are_what_they_were() -> None:
    """The digest is that of settings without a language, so that naming none changes no report or batch of English."""
    assert Config().digest == "10a46be9409a8188a5d75db3fbba31888461700aa85b67f351ee1acc02a2a72b"
    assert "language" not in Config().to_dict()["alignment"]
    german = Config.from_dict({"alignment": {"language": "de"}})
    assert german.to_dict()["alignment"]["language"] == "de"
    assert Config.from_dict(german.to_dict()) == german
    assert german.digest != Config().digest


def test_each_row_of_a_manifest_may_have_its_language(tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    path.write_text("clip,text,language\na.mp4,Guten Tag,de\nb.mp4,good day,\n", encoding="utf-8")
    manifest = read_manifest(path)
    assert [x.language for x in manifest.clips] == ["de", ""]
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"of no account")
    maker = JobMaker(root=tmp_path, out=tmp_path / "out", config=Config())
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        german, english = (maker.prepare(x, ledger) for x in manifest.clips)
    assert german.job.config["alignment"]["language"] == "de"
    assert "language" not in english.job.config["alignment"]
    assert maker.settings_digest("", "de") != maker.settings_digest("") == maker.settings_digest("", "")


def test_a_language_of_a_manifest_is_checked_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    path.write_text("clip,text,language\na.mp4,x,de\nb.mp4,y,auto\n", encoding="utf-8")
    with pytest.raises(ParseError, match=r":3: `language` can't be 'auto'"):
        read_manifest(path)


def test_a_ledger_of_before_is_carried_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.enter([(0, BatchClip("a.mp4", "a", text="hello"))])
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE clips DROP COLUMN language")
    with Ledger(path, read_only=True) as seen:
        assert seen.entry("a").clip == BatchClip("a.mp4", "a", text="hello")
    with Ledger(path) as again:
        again.enter([(0, BatchClip("a.mp4", "a", text="hallo", language="de"))])
        assert again.entry("a").clip.language == "de"


def test_no_such_language_in_python() -> None:
    # Loads numpy and FFmpeg.
    import visalign

    options: dict[str, Any] = {"language": "xx"}
    with pytest.raises(ConfigError, match="language = 'xx'"):
        visalign.force_align(visalign.read_audio("line.wav"), "x", **options)
