"""Mouth cues read back: every shape is where it was put, whatever the format."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from rendering import render
from sample_utterance import CHECKED, PHONES

from visalign.animation.mouth_cues import mouth_cues
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.errors import ConfigError

EXPECTED = [(round(x.start, 2), round(x.end, 2), x.label) for x in mouth_cues(PHONES, load_mouth_rules())]


def test_rhubarb_json() -> None:
    data = json.loads(render("rhubarb-json"))
    assert data["metadata"] == {"soundFile": "clip.mp4", "duration": 2.5}
    assert [(x["start"], x["end"], x["value"]) for x in data["mouthCues"]] == EXPECTED


def test_rhubarb_tsv() -> None:
    rows = list(csv.reader(io.StringIO(render("rhubarb-tsv").decode()), delimiter="\t"))
    assert [(float(time), shape) for time, shape in rows] == [(a, x) for a, _, x in EXPECTED] + [(2.5, "X")]


def test_rhubarb_tsv_ends_with_a_shape_that_the_rig_has() -> None:
    assert render("rhubarb-tsv", shapes=tuple("ABCDEF")).decode().splitlines()[-1] == "2.50\tA"


def test_rhubarb_xml() -> None:
    root = ElementTree.fromstring(render("rhubarb-xml"))
    assert root.findtext("metadata/soundFile") == "clip.mp4"
    assert root.findtext("metadata/duration") == "2.50"
    cues = [(float(x.get("start", "")), float(x.get("end", "")), x.text) for x in root.iter("mouthCue")]
    assert cues == EXPECTED


def switch_data(content: bytes) -> list[tuple[int, str]]:
    head, *lines = content.decode().splitlines()
    assert head == "MohoSwitch1"
    rows = [(int(line.split(" ")[0]), line.split(" ")[1]) for line in lines]
    assert [a for a, _ in rows] == sorted({a for a, _ in rows})
    return rows


def near(rows: list[tuple[int, str]], rate: int, first: int) -> None:
    """Each row's time is within a frame and a half of a cue with that shape."""
    for frame, shape in rows[:-1]:
        time = (frame - first) / rate
        assert any(abs(time - start) <= 1.5 / rate for start, _, label in EXPECTED if label == shape), (frame, shape)


def test_moho_dat() -> None:
    rows = switch_data(render("moho-dat"))
    assert rows[0] == (1, "X")
    assert rows[-1] == (61, "X")
    near(rows, 24, 1)


def test_moho_dat_at_another_rate_and_start() -> None:
    rows = switch_data(render("moho-dat", rate=Fraction(30), first_frame=101))
    assert rows[0] == (101, "X")
    assert rows[-1][0] == 101 + 75
    near(rows, 30, 101)


def test_opentoonz() -> None:
    rows = switch_data(render("opentoonz"))
    assert {shape for _, shape in rows} <= {"MBP", "etc", "E", "AI", "O", "U", "FV", "L", "rest"}
    letters = switch_data(render("moho-dat"))
    assert [a for a, _ in rows] == [a for a, _ in letters]
    assert ("MBP", "A") in {(x, y) for (_, x), (_, y) in zip(rows, letters, strict=True)}


def papagayo_lines(content: bytes) -> tuple[dict[str, object], list[tuple[str, int, int, list[tuple[int, str]]]]]:
    """The grammar of LipsyncDoc.Open: each line is stripped and read in turn."""
    lines = iter(content.decode().splitlines())
    assert next(lines) == "lipsync version 1"
    head: dict[str, object] = {"sound": next(lines).strip(), "fps": int(next(lines)), "duration": int(next(lines))}
    assert int(next(lines)) == 1
    head["voice"], head["text"] = next(lines).strip(), next(lines).strip()
    words = []
    for _ in range(int(next(lines))):
        head.setdefault("phrases", []).append((next(lines).strip(), int(next(lines)), int(next(lines))))  # type: ignore[attr-defined]
        for _ in range(int(next(lines))):
            text, start, end, n = next(lines).split()
            shapes = [next(lines).split() for _ in range(int(n))]
            words.append((text, int(start), int(end), [(int(f), shape) for f, shape in shapes]))
    assert next(lines, None) is None
    return head, words


def test_papagayo_pgo() -> None:
    head, words = papagayo_lines(render("papagayo-pgo"))
    assert head["sound"] == "clip.mp4"
    assert (head["fps"], head["duration"]) == (24, 60)
    assert [x[0] for x in words] == ["move", "five", "bees", "oh"]
    assert [x[0] for x in head["phrases"]] == ["move five bees", "oh"]  # type: ignore[attr-defined]
    for _, start, end, shapes in words:
        assert start == shapes[0][0]
        assert all(start <= f <= end for f, _ in shapes)
    assert words[0][3][0] == (round(0.4 * 24), "MBP")


def test_papagayo_pg2() -> None:
    data = json.loads(render("papagayo-pg2"))
    assert (data["version"], data["fps"], data["sound_duration"], data["num_voices"]) == (2, 24, 60, 1)
    phrases = data["voices"][0]["phrases"]
    found = [
        (word["text"], word["start_frame"], word["end_frame"], [(x["frame"], x["text"]) for x in word["phonemes"]])
        for phrase in phrases
        for word in phrase["words"]
    ]
    assert found == papagayo_lines(render("papagayo-pgo"))[1]
    assert set(data["voices"][0]["used_phonemes"]) == {shape for word in found for _, shape in word[3]}


def test_papagayo_stores_whole_rates_only() -> None:
    with pytest.raises(ConfigError, match="whole"):
        render("papagayo-pgo", rate=Fraction(24000, 1001))


def test_spine() -> None:
    data = json.loads(render("spine", target="lips"))
    keys = data["animations"]["clip"]["slots"]["lips"]["attachment"]
    near([(round(30 * x["time"]), x["name"]) for x in keys] + [(75, "X")], 30, 0)
    assert keys[0] == {"time": 0.0, "name": "X"}


def test_frames_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(render("frames-csv").decode())))
    assert [int(x["frame"]) for x in rows] == list(range(1, 61))
    for row in rows:
        middle = (int(row["frame"]) - 0.5) / 24
        assert row["phone"] == CHECKED.phones.label_at(middle)
        assert row["word"] == CHECKED.words.label_at(middle)
