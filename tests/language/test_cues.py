"""Transcripts with times: what is read from each format, and where the words are found."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from visalign import Audio, LipFeatures, Tier, align_in_pieces, check, force_align
from visalign.errors import ConfigError, InputError, OutOfVocabulary, ParseError
from visalign.exports.result_files import write_alignment
from visalign.face.generated_clip import synthesise_speech
from visalign.files.text_files import write_textgrid
from visalign.forced_alignment import any_length
from visalign.language.annotations import Cue, read_cues, read_spoken
from visalign.language.annotations.captions import parse_captions

LINES = ("please call my sister", "nobody had ever seen so many birds", "a large house stood at the end")
GAP_SECONDS = 0.8

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>ANNA:</i> Hello,
there.

2
00:00:03,000 --> 00:00:04,000 X1:40 X2:600
- [laughs]
- BEN: Bye
3
00:00:05.5 --> 00:01:00,25
{\\an8}No number

"""

VTT = """WEBVTT - a title

NOTE
not spoken

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v Anna>Hello <b>there</b></v> <v.loud Ben>Bye now

01:00:00.000 --> 01:00:01.000
last
"""


@pytest.fixture(scope="module")
def recording() -> tuple[Audio, list[float]]:
    """The lines with pauses, and when each begins."""
    parts, starts, now = list[np.ndarray](), list[float](), 0.0  # type: ignore[type-arg]
    for n, line in enumerate(LINES):
        speech = synthesise_speech(line, seed=n)
        rate = speech.audio.rate_hz
        starts.append(now + next(x.start for x in speech.words if x.label))
        parts += [speech.audio.samples, np.zeros(round(GAP_SECONDS * rate), np.float32)]
        now += speech.audio.duration + GAP_SECONDS
    return Audio(np.concatenate(parts), rate), starts


def cues_at(starts: list[float], *, off: float = 0.0) -> list[Cue]:
    rows = zip(starts, LINES, "ABC", strict=True)
    return [Cue(max(0.0, t + off), t + off + 1.5, line, who) for t, line, who in rows]


# --- reading ------------------------------------------------------------------------------------------------------


def test_subrip_as_it_is_found() -> None:
    anna, laughter, ben, last = parse_captions(SRT)
    assert anna == Cue(1.0, 2.5, "Hello, there.", "ANNA")
    assert (laughter.start, laughter.text, laughter.speaker) == (3.0, "- [laughs]", "")
    assert (ben.start, ben.end, ben.text, ben.speaker) == (laughter.end, 4.0, "Bye", "BEN")
    assert last == Cue(5.5, 60.25, "No number")


def test_webvtt_with_voices() -> None:
    anna, ben, last = parse_captions(VTT)
    assert (anna.speaker, ben.speaker, last.speaker) == ("Anna", "Ben", "")
    assert (anna.start, ben.end) == (1.0, 2.5)
    assert anna.end == ben.start
    assert "Hello" in anna.text
    assert (last.start, last.end, last.text) == (3600.0, 3601.0, "last")


def test_what_the_srt_library_writes_is_read() -> None:
    srt = pytest.importorskip("srt", reason="srt writes the file")
    rows = [(1.25, 2.5, "one\ntwo"), (3723.004, 3724.0, "three")]
    text = srt.compose([srt.Subtitle(None, timedelta(seconds=a), timedelta(seconds=b), x) for a, b, x in rows])
    found = parse_captions(text)
    assert [(x.start, x.end, x.text) for x in found] == [(1.25, 2.5, "one two"), (3723.004, 3724.0, "three")]


def test_what_the_webvtt_library_writes_is_read() -> None:
    webvtt = pytest.importorskip("webvtt", reason="webvtt-py writes the file")
    file = webvtt.WebVTT()
    file.captions.append(webvtt.Caption("00:00:01.500", "00:00:02.250", "hello there"))
    assert parse_captions(file.content) == (Cue(1.5, 2.25, "hello there"),)


@pytest.mark.parametrize("line", ["00:00:01,000 --> 00:00:00,500", "00:00:01,000 --> soon", "--> 00:00:01,000"])
def test_a_faulty_line_of_times_is_named(line: str) -> None:
    with pytest.raises(ParseError, match=r"ep\.srt:2:"):
        parse_captions(f"1\n{line}\nhello\n", name="ep.srt")


def test_utterances_of_tiers(tmp_path: Path) -> None:
    tiers = [Tier("Anna", (0.0, 1.0, 2.0), ("", "hello there")), Tier("Ben", (0.5, 0.9), ("bye",))]
    path = write_textgrid(tmp_path / "a.TextGrid", tiers)
    assert read_cues(path) == (Cue(0.5, 0.9, "bye", "Ben"), Cue(1.0, 2.0, "hello there", "Anna"))
    aligned = write_textgrid(tmp_path / "b.TextGrid", [Tier("words", (0.0, 1.0), ("hello",))])
    with pytest.raises(ParseError, match="--alignment"):
        read_cues(aligned)


def test_text_stays_text(tmp_path: Path) -> None:
    for name, text in (("a.txt", "hello"), ("a.srt", "1\n00:00:00,000 --> 00:00:01,000\nhello\n"), ("b.srt", "hello")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_spoken(tmp_path / "a.txt") == "hello"
    assert read_spoken(tmp_path / "a.srt") == (Cue(0.0, 1.0, "hello"),)
    with pytest.raises(ParseError, match="no cue"):
        read_spoken(tmp_path / "b.srt")


# --- aligning -----------------------------------------------------------------------------------------------------


def test_each_cue_is_found_in_its_time(recording: tuple[Audio, list[float]]) -> None:
    audio, starts = recording
    found = force_align(audio, cues_at(starts))
    assert found.text == " ".join(LINES)
    assert [x.found_start for x in found.cues] == pytest.approx(starts, abs=0.08)
    assert found.speakers is not None
    assert [x for x in found.speakers.labels if x] == ["A", "B", "C"]
    assert not any("cues" in x for x in found.warnings)
    pieces = list(align_in_pieces(audio, cues_at(starts)))
    assert [x.alignment.text for x in pieces if x.alignment.text] == list(LINES)
    assert (pieces[0].start, pieces[-1].end) == (0.0, audio.duration)


def test_cues_that_are_off_are_reported(recording: tuple[Audio, list[float]], tmp_path: Path) -> None:
    audio, starts = recording
    found = force_align(audio, cues_at(starts, off=0.35))
    assert [x.found_start for x in found.cues] == pytest.approx(starts, abs=0.08)
    assert any("3 of 3 cues begin more than 250 ms from their words" in x for x in found.warnings)
    data = json.loads(write_alignment(tmp_path / "a.json", found).read_text(encoding="utf-8"))
    assert [x["start_error"] for x in data["cues"]] == pytest.approx([0.35] * 3, abs=0.08)
    assert [x["speaker"] for x in data["words"]][:1] == ["A"]


def test_a_wrong_line_pulls_no_other_along(recording: tuple[Audio, list[float]]) -> None:
    audio, starts = recording
    cues = cues_at(starts)
    right = force_align(audio, cues)
    wrong = force_align(audio, [cues[0], Cue(cues[1].start, cues[1].end, "six spoons of snow", "B"), cues[2]])
    for n in (0, 2):
        assert wrong.cues[n].found_start == pytest.approx(right.cues[n].found_start, abs=1e-6)


def test_one_speaker_alone(recording: tuple[Audio, list[float]]) -> None:
    audio, starts = recording
    assert force_align(audio, cues_at(starts), speaker="B").text == LINES[1]
    with pytest.raises(ConfigError, match="A, B, C"):
        force_align(audio, cues_at(starts), speaker="D")


def test_a_cue_after_the_end_is_named(recording: tuple[Audio, list[float]]) -> None:
    audio, starts = recording
    found = force_align(audio, [*cues_at(starts), Cue(audio.duration + 5, audio.duration + 6, "too late")])
    assert found.text == " ".join(LINES)
    assert any("too late" in x for x in found.warnings)


def test_cues_that_nothing_parts_are_aligned_together(recording: tuple[Audio, list[float]]) -> None:
    audio, starts = recording
    first, second = "please call", "my sister"
    cues = [Cue(starts[0], starts[0] + 0.5, first), Cue(starts[0] + 0.5, starts[0] + 1.2, second)]
    found = force_align(audio, cues)
    assert found.text == LINES[0]
    assert found.cues[0].found_end == found.cues[1].found_start


def test_words_of_all_cues_are_judged_at_once(recording: tuple[Audio, list[float]]) -> None:
    audio, _ = recording
    with pytest.raises(OutOfVocabulary) as caught:
        force_align(audio, [Cue(0, 1, "zzyzzx"), Cue(1, 2, "qwrtp")])
    assert caught.value.words == ("zzyzzx", "qwrtp")
    with pytest.raises(InputError, match="no word"):
        force_align(audio, [Cue(0, 1, "[music]")])


# --- checking -----------------------------------------------------------------------------------------------------


def test_a_check_takes_subtitles(generated_lips: LipFeatures, generated_audio: Audio, tmp_path: Path) -> None:
    path = tmp_path / "clip.srt"
    path.write_text("1\n00:00:00,100 --> 00:00:02,900\nANNA: bin blue at f two now\n", encoding="utf-8")
    report = check(generated_lips, read_cues(path), audio=generated_audio)
    plain = check(generated_lips, "bin blue at f two now", audio=generated_audio)
    assert report.clip.transcript == "bin blue at f two now"
    assert list(report.segments["label"]) == list(plain.segments["label"])
    assert report.sync.verdict == plain.sync.verdict
    assert report.sync.lead_seconds == pytest.approx(plain.sync.lead_seconds, abs=0.02)


@pytest.mark.parametrize("off", [0.0, 6.0])
def test_cues_of_another_sound(
    recording: tuple[Audio, list[float]], off: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times that fit nothing are left aside, and said so; the words are found all the same."""
    monkeypatch.setattr(any_length, "LONG_SECONDS", 1.0)
    audio, starts = recording
    right = force_align(audio, cues_at(starts))
    moved = [start - off for start in starts]
    found = force_align(audio, cues_at(moved))
    assert found.text == right.text
    assert [x.found_start for x in found.cues] == pytest.approx([x.found_start for x in right.cues], abs=0.05)
    assert any("do not fit this sound" in warning for warning in found.warnings) == bool(off)
    assert found.speakers is not None
