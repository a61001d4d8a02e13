"""Annotations and markers read back with the libraries that people use."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import pysubs2
import pytest
from praatio import textgrid
from rendering import render
from sample_utterance import CHECKED, UTTERANCE, WORDS

from visalign.exports import ExportOptions, read_utterance
from visalign.exports.annotation_tiers import annotation_map, annotation_tiers
from visalign.exports.result_files import write_alignment
from visalign.exports.utterance import Fault
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import read_cues
from visalign.timeline import Interval, Tier

TIERS = annotation_tiers(CHECKED, annotation_map(CHECKED, ExportOptions()))


def open_grid(content: bytes, folder: Path) -> textgrid.Textgrid:
    path = folder / "a.TextGrid"
    path.write_bytes(content)
    return textgrid.openTextgrid(str(path), includeEmptyIntervals=True)


def assert_same_tiers(grid: textgrid.Textgrid) -> None:
    assert list(grid.tierNames) == ["words", "phones", "expected visemes", "observed visemes", "lead"]
    for tier in TIERS:
        found = [(x.start, x.end, x.label) for x in grid.getTier(tier.name).entries]
        assert found == [(x.start, x.end, x.label) for x in tier]


def test_textgrid(tmp_path: Path) -> None:
    assert_same_tiers(open_grid(render("textgrid"), tmp_path))


def test_textgrid_short(tmp_path: Path) -> None:
    assert_same_tiers(open_grid(render("textgrid-short"), tmp_path))


def test_textgrid_quotes(tmp_path: Path) -> None:
    odd = replace(UTTERANCE, words=WORDS.relabel(lambda x: 'say "ü"' if x == "move" else x))
    for name, content in (("long", render("textgrid", odd)), ("short", render("textgrid-short", odd))):
        (tmp_path / name).mkdir()
        grid = open_grid(content, tmp_path / name)
        assert grid.getTier("words").entries[1].label == 'say "ü"'


def test_a_textgrid_can_be_exported_again(tmp_path: Path) -> None:
    path = tmp_path / "line.TextGrid"
    path.write_bytes(render("textgrid", UTTERANCE))
    again = read_utterance(path)
    assert (again.words, again.phones) == (UTTERANCE.words, UTTERANCE.phones)
    assert render("rhubarb-tsv", again) == render("rhubarb-tsv", UTTERANCE)


def test_eaf(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan", reason="pympi-ling reads the file back")
    path = tmp_path / "a.eaf"
    path.write_bytes(render("eaf"))
    found = elan.Eaf(str(path))
    assert list(found.get_tier_names()) == [x.name for x in TIERS]
    for tier in TIERS:
        spoken = [(round(1000 * x.start), round(1000 * x.end), x.label) for x in tier if x.label]
        assert [x[:3] for x in sorted(found.get_annotation_data_for_tier(tier.name))] == spoken
    (media,) = found.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "./clip.mp4"
    assert media["MIME_TYPE"] == "video/mp4"


@pytest.mark.parametrize(("folder", "link"), [(".", "./clip.mp4"), ("out/deep", "./../../clip.mp4")])
def test_the_eaf_of_an_alignment_opens_with_its_sound(folder: str, link: str, tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan", reason="pympi-ling reads the file back")
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    aligned = Alignment(UTTERANCE.words, UTTERANCE.phones, "by hand")
    path = write_alignment(tmp_path / folder / "a.eaf", aligned, media=tmp_path / "clip.mp4")
    (media,) = elan.Eaf(str(path)).get_linked_files()
    assert (media["RELATIVE_MEDIA_URL"], media["MIME_TYPE"]) == (link, "video/mp4")
    assert (path.parent / media["RELATIVE_MEDIA_URL"]).resolve() == (tmp_path / "clip.mp4").resolve()


def test_eaf_keeps_its_slots_in_order() -> None:
    root = ElementTree.fromstring(render("eaf"))
    times = [int(x.get("TIME_VALUE", "")) for x in root.iter("TIME_SLOT")]
    assert times == sorted(set(times))


def test_webvtt(tmp_path: Path) -> None:
    webvtt = pytest.importorskip("webvtt", reason="webvtt-py reads the file back")
    path = tmp_path / "a.vtt"
    path.write_bytes(render("webvtt"))
    found = [(x.start, x.end, x.text) for x in webvtt.read(str(path))]
    assert found == [("00:00:00.400", "00:00:02.250", "move five bees oh")]
    assert "move <00:00:00.720>five <00:00:01.080>bees <00:00:01.950>oh" in path.read_text(encoding="utf-8")


def test_srt() -> None:
    srt = pytest.importorskip("srt", reason="srt reads the file back")
    (cue,) = srt.parse(render("srt").decode())
    assert (cue.index, cue.start.total_seconds(), cue.end.total_seconds()) == (1, 0.4, 2.25)
    assert cue.content == "move five bees oh"


def test_ass(tmp_path: Path) -> None:
    path = tmp_path / "a.ass"
    path.write_bytes(render("ass"))
    (event,) = pysubs2.load(str(path))
    assert (event.start, event.end, event.plaintext) == (400, 2250, "move five bees oh")
    assert re.findall(r"\{\\k(\d+)\}(\w+)", event.text) == [
        ("32", "move"),
        ("36", "five"),
        ("87", "bees"),
        ("30", "oh"),
    ]
    with av.open(str(path)) as container:  # FFmpeg, as most players
        (packet,) = [x for x in container.demux() if x.size]
        assert (float(packet.pts * packet.time_base), float(packet.duration * packet.time_base)) == (0.4, 1.85)
    (cue,) = read_cues(path)
    assert (cue.start, cue.end, cue.text) == (0.4, 2.25, "move five bees oh")


def test_ttml(tmp_path: Path) -> None:
    path = tmp_path / "a.ttml"
    path.write_bytes(render("ttml"))
    (cue,) = read_cues(path)
    assert (cue.start, cue.end, cue.text) == (0.4, 2.25, "move five bees oh")
    (paragraph,) = ElementTree.fromstring(path.read_bytes()).iter("{http://www.w3.org/ns/ttml}p")
    assert (paragraph.get("begin"), paragraph.get("end"), paragraph.text) == ("00:00:00.400", "00:00:02.250", cue.text)


def test_captions_break_at_pauses_and_at_the_width() -> None:
    srt = pytest.importorskip("srt", reason="srt reads the file back")
    words = Tier("words", tuple(0.2 * i for i in range(21)), tuple(["syllable"] * 10 + [""] * 4 + ["syllable"] * 6))
    cues = list(srt.parse(render("srt", replace(UTTERANCE, words=words)).decode()))
    assert all(len(x.content) <= 42 for x in cues)
    assert [len(x.content.split()) for x in cues] == [4, 4, 2, 4, 2]


def test_ctm() -> None:
    rows = [line.split() for line in render("ctm").decode().splitlines()]
    spoken = [x for x in WORDS if x.label]
    assert [(x[0], x[1], x[4]) for x in rows] == [("clip", "1", x.label) for x in spoken]
    assert [float(x[2]) for x in rows] == [x.start for x in spoken]
    assert [float(x[3]) for x in rows] == pytest.approx([x.duration for x in spoken], abs=5e-4)


def test_json(tmp_path: Path) -> None:
    data = json.loads(render("json"))
    assert [x["label"] for x in data["words"]] == ["move", "five", "bees", "oh"]
    assert data["mouth_cues"][1]["label"] == "A"
    path = tmp_path / "a.json"
    path.write_bytes(render("json"))
    again = read_utterance(path)
    assert (again.words, again.phones, again.media) == (CHECKED.words, CHECKED.phones, "clip.mp4")


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(render("csv").decode())))
    spoken = [x for x in CHECKED.phones if x.label != "SIL"]
    assert [(x["phone"], float(x["start_seconds"]), float(x["end_seconds"])) for x in rows] == [
        (x.label, x.start, x.end) for x in spoken
    ]
    assert rows[0] == {
        "media": "clip.mp4", "word": "move", "phone": "M", "ipa": "m", "viseme": "C", "is_visible": "1",
        "start_seconds": "0.4", "end_seconds": "0.5", "confidence": "",
    }  # fmt: skip


# --- editorial --------------------------------------------------------------------------------------------------

RATE = Fraction(30000, 1001)


def otio_markers(timeline: Any) -> list[tuple[int, str, str]]:
    (clip,) = timeline.find_clips()
    rows = [*clip.markers, *(x for parent in (clip.parent(),) for x in parent.markers)]
    return [(round(x.marked_range.start_time.value), x.name, x.color) for x in rows]


def test_otio() -> None:
    otio = pytest.importorskip("opentimelineio", reason="OpenTimelineIO reads the file back")
    timeline = otio.adapters.read_from_string(render("otio").decode(), "otio_json")
    assert otio_markers(timeline) == [(int(0.72 * RATE), "five: audio-early, 60 ms", "RED")]
    assert timeline.duration().value == 75
    (clip,) = timeline.find_clips()
    assert clip.media_reference.target_url == "clip.mp4"
    assert clip.duration().rate == pytest.approx(float(RATE), abs=1e-9)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(24), Fraction(30)])
def test_edl(rate: Fraction) -> None:
    otio = pytest.importorskip("opentimelineio", reason="OpenTimelineIO reads the file back")
    pytest.importorskip("otio_cmx3600_adapter", reason="its CMX 3600 adapter")
    timeline = otio.adapters.read_from_string(render("edl", rate=rate).decode(), "cmx_3600", rate=float(rate))
    clips = list(timeline.find_clips())
    assert len(clips) == 3  # picture and two channels of sound
    for clip in clips:
        assert clip.name == "clip.mp4"
        (marker,) = clip.markers
        assert (marker.name, marker.color) == ("five: audio-early, 60 ms", "RED")
        # The adapter keeps a locator's record time.
        assert marker.marked_range.start_time.value == 3600 * rate + int(0.72 * rate)


def test_edl_drops_frame_numbers_at_29_97() -> None:
    text = render("edl").decode()
    assert "FCM: DROP FRAME" in text
    assert "01:00:00;00 01:00:02;15" in text
    assert f"* LOC: 01:00:00;{int(0.72 * RATE):02d} RED     five: audio-early, 60 ms" in text


def test_fcpxml() -> None:
    root = ElementTree.fromstring(render("fcpxml").decode())
    assert root.get("version") == "1.9"
    frame = root.find("resources/format")
    assert frame is not None
    assert frame.get("frameDuration") == "1001/30000s"
    (marker,) = root.iter("marker")
    start = Fraction(marker.get("start", "").removesuffix("s"))
    assert start * RATE == int(0.72 * RATE)
    assert marker.get("value") == "five: audio-early, 60 ms"


def test_without_a_check_every_word_has_a_marker() -> None:
    root = ElementTree.fromstring(render("fcpxml", UTTERANCE).decode())
    assert [x.get("value") for x in root.iter("marker")] == ["move", "five", "bees", "oh"]


def test_a_check_without_faults_has_no_marker() -> None:
    root = ElementTree.fromstring(render("fcpxml", replace(CHECKED, faults=())).decode())
    assert not list(root.iter("marker"))


def test_a_fault_in_words() -> None:
    assert Fault(Interval(0, 1, "now"), "mismatched").message == "now: mismatched"
    assert Fault(Interval(0, 1, "now"), "audio-late", -0.0834).message == "now: audio-late, 83 ms"
