"""From a text in another language to a mouth: German and Japanese, Arabic and Hebrew, their sound made by eSpeak NG."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
from praatio import textgrid

import visalign
from visalign import cli
from visalign.face.generated_speech import SpokenText, synthesise_speech
from visalign.language.phones import normalise
from visalign.media.clips import probe

TEXTS = {
    "de": "Mama kauft am 3. Mai fünf blaue Pflaumen",
    "ja": "パンと、たまごを たべました。さんぽ",
    "ar": "مَرْحَبًا يَا صَدِيقِي",
    "he": "שלום חבר",
}
LATEST = 0.06  # seconds from the closure of the lips in the sound to that of the drawn mouth: a frame and a half


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(x) for x in arguments])
    return end.value.code if isinstance(end.value.code, int) else int(end.value.code is not None)


@pytest.fixture(params=["de", "ja"])
def spoken(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, SpokenText]:
    """Speech in a language, in ``line.wav`` and ``line.txt`` of the present folder."""
    return _spoken(request.param, tmp_path, monkeypatch)


def _spoken(language: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, SpokenText]:
    monkeypatch.chdir(folder)
    said = synthesise_speech(TEXTS[language], language=language)
    soundfile.write("line.wav", said.audio.samples, said.audio.rate_hz)
    Path("line.txt").write_text(TEXTS[language], encoding="utf-8")
    return language, said


def line(language: str) -> tuple[str, ...]:
    """What every command is given."""
    return ("line.wav", "-t", "line.txt", "--language", language)


def closures(said: SpokenText) -> list[float]:
    """Where the lips close in the sound; two in a row are one."""
    rows = list(said.phones)
    closed = [n for n, x in enumerate(rows) if x.label[0] in "pbm"]
    return [rows[n].start for n in closed if n - 1 not in closed]


def test_words_and_phones_are_found_where_the_voice_says_them(spoken: tuple[str, SpokenText]) -> None:
    language, said = spoken
    found = visalign.force_align(visalign.read_audio("line.wav"), TEXTS[language], language=language)
    assert found.alphabet == "ipa"
    assert found.text.split() == [x for x in said.words.labels if x]
    true, placed = (
        [(normalise(x.label, "ipa"), x.start) for x in tier if x.label != "SIL"] for tier in (said.phones, found.phones)
    )
    assert [x for x, _ in placed] == [x for x, _ in true]
    misses = [abs(a - b) for (_, a), (_, b) in zip(placed, true, strict=True)]
    assert sum(x <= 0.02 for x in misses) >= 0.8 * len(misses)
    assert max(misses) < 0.1


def test_rhubarb_cues_close_the_mouth_where_the_lips_close(spoken: tuple[str, SpokenText]) -> None:
    language, said = spoken
    assert run("export", *line(language), "--to", "rhubarb-json", "-o", "cues.json") == 0
    cues = json.loads(Path("cues.json").read_text(encoding="utf-8"))["mouthCues"]
    shut = [x["start"] for x in cues if x["value"] == "A"]
    assert len(closures(said)) >= 4
    for start in closures(said):
        assert min(abs(start - x) for x in shut) <= LATEST, start
    if language == "de":  # fünf, kauft, Pflaumen: lower lip at the teeth
        bitten = [x["start"] for x in cues if x["value"] == "G"]
        for phone in said.phones:
            if phone.label == "f":
                assert min(abs(phone.start - x) for x in bitten) <= LATEST


def test_arkit_curves_press_and_round_the_lips(spoken: tuple[str, SpokenText]) -> None:
    language, said = spoken
    assert run("export", *line(language), "--to", "livelink-csv", "-o", "face.csv") == 0
    with Path("face.csv").open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))

    def peak(channel: str, start: float, end: float) -> float:
        inside = rows[max(0, round(60 * (start - 0.03))) : round(60 * (end + 0.03)) + 1]
        return max(float(x[channel]) for x in inside)

    ends = {x.start: x.end for x in said.phones}
    for start in closures(said):
        assert peak("MouthClose", start, ends[start]) + peak("MouthPressLeft", start, ends[start]) > 0.3, start
    open_vowels = [x for x in said.phones if x.label[0] in "aɑä" and x.duration > 0.06]
    assert all(peak("JawOpen", x.start, x.end) > 0.15 for x in open_vowels)


def test_a_preview_lasts_as_long_as_its_sound(spoken: tuple[str, SpokenText]) -> None:
    language, said = spoken
    assert run("preview", *line(language), "-o", "line.mp4", "--size", "128") == 0
    found = probe("line.mp4")
    assert found.duration == pytest.approx(said.audio.duration, abs=0.1)


@pytest.mark.parametrize("language", ["ar", "he"])
def test_words_from_right_to_left_keep_their_letters_in_every_file(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = _spoken(language, tmp_path, monkeypatch)
    words = [x for x in said.words.labels if x]
    assert words == TEXTS[language].split()
    for name in ("line.TextGrid", "line.csv", "line.eaf", "line.json"):
        assert run("align", *line(language), "-o", name) == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in words)
    grid = textgrid.openTextgrid("line.TextGrid", includeEmptyIntervals=False)
    assert [x.label for x in grid.getTier("words").entries] == words
    with Path("line.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(dict.fromkeys(x["word"] for x in csv.DictReader(file))) == words
    assert [
        x["label"] for x in json.loads(Path("line.json").read_text(encoding="utf-8"))["words"] if x["label"]
    ] == words
    again = visalign.read_alignment("line.eaf", visalign.read_audio("line.wav"))
    assert again.text.split() == words
