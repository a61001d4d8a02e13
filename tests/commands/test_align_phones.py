"""visalign align --phones and --phones-out."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from praatio import textgrid

from visalign import cli
from visalign.face.generated_clip import GeneratedClip
from visalign.forced_alignment import read_alignment
from visalign.media.clips import read_audio, write_wav

Run = Callable[..., tuple[int, str]]

PHONES = "b ɪ n | b l uː\næ t ɛ f t uː n aʊ\n"  # bin blue at f two now


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            cli.main(["align", *map(str, arguments)])
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), " ".join((captured.out + captured.err).replace("│", " ").split())

    return run


@pytest.fixture
def sound(generated_clip: GeneratedClip, tmp_path: Path) -> Path:
    return write_wav(tmp_path / "said.wav", read_audio(generated_clip.path)) or tmp_path / "said.wav"


@pytest.fixture
def phones(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text(PHONES, encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("alphabet", "first"), [(None, "b ɪ n b l uː"), ("arpabet", "B IH N B L UW"), ("xsampa", "b I n b l u:")]
)
def test_phones_in_place_of_a_text(
    run: Run, sound: Path, phones: Path, tmp_path: Path, alphabet: str | None, first: str
) -> None:
    chosen = [] if alphabet is None else ["--phones-out", alphabet]
    code, output = run(sound, "--phones", phones, "-o", tmp_path / "out.csv", *chosen)
    assert code == 0, output
    found = rows(tmp_path / "out.csv")
    assert [x["phone"] for x in found[:6]] == first.split()
    assert list(dict.fromkeys(x["word"] for x in found)) == ["bɪn", "bluː", "ætɛftuːnaʊ"]


def test_phones_of_a_text_in_another_alphabet(run: Run, sound: Path, tmp_path: Path) -> None:
    code, output = run(sound, "--text", "bin blue at f two now", "--phones-out", "ipa", "-o", tmp_path / "out.csv")
    assert code == 0, output
    assert [x["phone"] for x in rows(tmp_path / "out.csv")][:6] == ["b", "ɪ", "n", "b", "l", "u"]


def test_a_phone_that_is_none_is_named_with_its_file_and_line(run: Run, sound: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("b ɪ n\nb ɪ!n\n", encoding="utf-8")
    code, output = run(sound, "--phones", wrong)
    assert code == 3
    assert "wrong.txt:2: 'ɪ!n' is no phone of IPA" in output


@pytest.mark.parametrize(
    "other",
    [("--text", "bin"), ("--lexicon", "x.dict"), ("--oov", "g2p"), ("--speaker", "anna"), ("--g2p", "espeak:de")],
)
def test_what_is_about_words_is_refused(run: Run, sound: Path, phones: Path, other: tuple[str, str]) -> None:
    code, output = run(sound, "--phones", phones, *other)
    assert code == 2
    assert f"{other[0]} is about words" in output


def test_alphabets_that_there_are_not_are_refused_first(run: Run, tmp_path: Path) -> None:
    code, output = run(tmp_path / "nothing.wav", "--phones-out", "sampa")
    assert code == 2
    assert "'sampa'" in output


def test_a_list_is_kept_from_being_overwritten(run: Run, sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(PHONES, encoding="utf-8")
    code, _ = run(sound, "--phones", path, "-o", path, "--overwrite")
    assert code != 0
    assert path.read_text(encoding="utf-8") == PHONES


def test_recordings_of_a_folder_may_have_phones_beside_them(run: Run, sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(sound, folder / "one.wav")
    (folder / "one.phones").write_text(PHONES, encoding="utf-8")
    code, output = run(folder, "-o", tmp_path / "out", "--to", "csv", "--phones-out", "xsampa")
    assert code == 0, output
    assert [x["phone"] for x in rows(tmp_path / "out" / "one.csv")][:3] == ["b", "I", "n"]


def test_a_tier_of_syllables_in_every_format(run: Run, sound: Path, tmp_path: Path) -> None:
    text = ("--text", "bin blue at f two again", "--phones-out", "ipa", "--syllables")
    wanted = ["bɪn", "blu", "æt", "ɛf", "tu", "ʌ", "ɡɛn"]
    for name in ("a.csv", "a.TextGrid", "a.eaf", "a.json", "a.ctm"):
        path = tmp_path / name
        code, output = run(sound, *text, "-o", path)
        assert code == 0, output
        again = read_alignment(path, read_audio(sound))  # what else is in the file does not stand in the way
        assert [x for x in again.words.labels if x] == ["bin", "blue", "at", "f", "two", "again"]
    numbers = {int(x["syllable_number"]): x["syllable"] for x in rows(tmp_path / "a.csv")}
    assert [numbers[n] for n in range(len(numbers))] == wanted
    assert [x["label"] for x in json.loads((tmp_path / "a.json").read_text())["syllables"]] == wanted
    tier = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=False).getTier("syllables")
    assert [x.label for x in tier.entries] == wanted
    assert 'TIER_ID="syllables"' in (tmp_path / "a.eaf").read_text()


def test_syllables_of_a_folder(run: Run, sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(sound, folder / "one.wav")
    (folder / "one.phones").write_text(PHONES, encoding="utf-8")
    code, output = run(folder, "-o", tmp_path / "out", "--to", "csv", "--syllables")
    assert code == 0, output
    assert list(dict.fromkeys(x["syllable"] for x in rows(tmp_path / "out" / "one.csv")))[:3] == ["bɪn", "bluː", "æ"]
