"""Annotations, captions and markers opened by the programs that they are for; what they say at three times."""

from __future__ import annotations

import html
import re
from fractions import Fraction
from pathlib import Path

import av
import pytest
from opened import opens
from players import TIMES, ask_node
from rendering import render
from sample_utterance import CHECKED

from visalign.animation.mouth_rules import load_mouth_rules
from visalign.exports import ExportOptions, load_exporter
from visalign.exports.annotation_tiers import annotation_map, annotation_tiers
from visalign.exports.captions import caption_lines
from visalign.exports.cue_track import frame_track
from visalign.exports.editorial import markers

TIERS = annotation_tiers(CHECKED, annotation_map(CHECKED, ExportOptions()))
LINES = [(x[0].start, x[-1].end, " ".join(word.label for word in x)) for x in caption_lines(CHECKED)]

MOVE = re.compile(r"\\move\((-?\d+),\d+,(-?\d+),\d+\)")
KARAOKE = re.compile(r"\{\\k(\d+)\}")  # how many hundredths of a second a word is highlighted


def written(name: str, folder: Path, **options: object) -> Path:
    path = folder / f"out{load_exporter(name).suffix}"
    path.write_bytes(render(name, **options))
    return path


@opens("textgrid", "Praat 6.1 (praat-parselmouth)", "every tier's name and size, labels at three times")
@opens("textgrid-short", "Praat 6.1 (praat-parselmouth)", "every tier's name and size, labels at three times")
@pytest.mark.parametrize("name", ["textgrid", "textgrid-short"])
def test_praat_reads_a_textgrid(name: str, tmp_path: Path) -> None:
    parselmouth = pytest.importorskip("parselmouth", reason="praat-parselmouth is not installed")
    call = parselmouth.praat.call
    grid = parselmouth.read(str(written(name, tmp_path)))
    assert call(grid, "Get number of tiers") == len(TIERS)
    assert call(grid, "Get total duration") == CHECKED.duration
    for i, tier in enumerate(TIERS, start=1):
        assert call(grid, "Get tier name", i) == tier.name
        assert call(grid, "Get number of intervals", i) == len(tier)
        for time in TIMES:
            interval = call(grid, "Get interval at time", i, time)
            assert call(grid, "Get label of interval", i, interval) == tier.label_at(time)
            index = tier.index_at(time)
            assert index is not None
            assert call(grid, "Get start time of interval", i, interval) == pytest.approx(tier[index].start, abs=1e-9)


def shown(path: Path) -> list[tuple[float, float, str]]:
    """From when to when FFmpeg shows which text."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        for packet in container.demux(stream):
            for subtitle in packet.decode():
                start = float(packet.pts * packet.time_base)
                found.append((start, start + float(packet.duration * packet.time_base), subtitle.dialogue.decode()))
    return found


@opens("srt", "FFmpeg (PyAV 18)", "from when to when each line is shown, and its text")
@opens("webvtt", "FFmpeg (PyAV 18)", "from when to when each line is shown, and its text")
@opens("ass", "FFmpeg (PyAV 18)", "lines, their times, and how long each word is highlighted")
@pytest.mark.parametrize("name", ["srt", "webvtt", "ass"])
def test_ffmpeg_shows_the_captions(name: str, tmp_path: Path) -> None:
    found = shown(written(name, tmp_path))
    assert [x[:2] for x in found] == [pytest.approx(x[:2], abs=5e-4) for x in LINES]
    assert [html.unescape(KARAOKE.sub("", x[2])) for x in found] == [x[2] for x in LINES]
    if name == "ass":
        words = [x for line in caption_lines(CHECKED) for x in line]
        starts = [LINES[0][0] + 0.01 * sum(map(int, KARAOKE.findall(found[0][2])[:i])) for i in range(len(words))]
        assert starts == [pytest.approx(x.start, abs=0.011) for x in words]


@opens("rythmo", "FFmpeg (PyAV 18)", "each word and where it is on the band at three times")
def test_ffmpeg_reads_the_band(tmp_path: Path) -> None:
    found = shown(written("rythmo", tmp_path))
    moves = [(a, b, [int(x) for x in MOVE.findall(text)[0]], text.rpartition("}")[2]) for a, b, text in found[1:]]
    assert [x[3] for x in moves] == [x.label for x in CHECKED.spoken]
    for time in TIMES:
        for (start, end, (first, last), _), word in zip(moves, CHECKED.spoken, strict=True):
            place = first + (time - start) / (end - start) * (last - first)
            assert place == pytest.approx(480 + 300 * (word.start - time), abs=4)


@opens("eaf", "pympi-ling 1.71", "tiers, their labels at three times, the linked clip")
def test_pympi_reads_the_tiers(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan", reason="pympi-ling is not installed")
    found = elan.Eaf(str(written("eaf", tmp_path)))
    for tier in TIERS:
        labels = [found.get_annotation_data_at_time(tier.name, round(1000 * t)) for t in TIMES]
        assert ["".join(x[2] for x in rows) for rows in labels] == [tier.label_at(t) for t in TIMES]
    assert [x["RELATIVE_MEDIA_URL"] for x in found.get_linked_files()] == ["./clip.mp4"]


@opens("ttml", "imsc", "the text that is shown at three times, and none before and after")
def test_a_player_of_ttml_shows_the_captions(tmp_path: Path) -> None:
    times = (0.1, *TIMES, 2.4)
    found = ask_node(tmp_path, "imsc", file=str(written("ttml", tmp_path)), times=times)
    assert not found["complaints"]
    assert found["rows"] == [next((text for a, b, text in LINES if a <= t < b), "") for t in times]


@opens("spine", "@esotericsoftware/spine-core", "the slot's attachment under an AnimationState")
def test_spine_shows_the_shapes(tmp_path: Path) -> None:
    track = frame_track(CHECKED, ExportOptions(), load_exporter("spine"), load_mouth_rules())
    drawings = {x: {"width": 1, "height": 1} for x in "ABCDEFGHX"}
    skeleton = {
        "skeleton": {"spine": "4.2.0"},
        "bones": [{"name": "root"}],
        "slots": [{"name": "lips", "bone": "root"}],
        "skins": [{"name": "default", "attachments": {"lips": drawings}}],
    }
    question = {"skeleton": skeleton, "animation": "clip", "slot": "lips", "times": TIMES}
    found = ask_node(tmp_path, "spine", file=str(written("spine", tmp_path, target="lips")), **question)
    wanted = [next(x.shape for x in track.cues if x.start <= t * 30 < x.end) for t in TIMES]
    assert found["rows"] == wanted
    assert len(set(wanted)) == 3


def otio_markers(path: Path, adapter: str, **options: float) -> list[tuple[str, float, float]]:
    """Name, start and duration in seconds of each marker of the only clip, as OpenTimelineIO's adapter reads them."""
    opentimelineio = pytest.importorskip("opentimelineio", reason="opentimelineio is not installed")
    if adapter not in opentimelineio.adapters.available_adapter_names():
        pytest.skip(f"OpenTimelineIO has no adapter {adapter}")
    timeline = opentimelineio.adapters.read_from_file(str(path), adapter_name=adapter, **options)
    if not isinstance(timeline, opentimelineio.schema.Timeline):
        timeline = next(iter(timeline.find_children(descended_from_type=opentimelineio.schema.Timeline)))
    clip = next(iter(timeline.find_clips()))
    ranges = [(x.name, x.marked_range) for x in clip.markers]
    return sorted((name, x.start_time.to_seconds(), x.duration.to_seconds()) for name, x in ranges)


def wanted_markers(rate: Fraction) -> list[tuple[str, float, float]]:
    return [(x.name, float(x.frame / rate), float(x.n_frames / rate)) for x in markers(CHECKED, rate)]


@opens("otio", "OpenTimelineIO 0.18", "markers of the clip: name, start, duration")
@opens("fcpxml", "OpenTimelineIO's adapter of FCPXML", "markers of the clip: name, start, duration")
@pytest.mark.parametrize(("name", "adapter"), [("otio", "otio_json"), ("fcpxml", "fcpx_xml")])
def test_opentimelineio_reads_the_markers(name: str, adapter: str, tmp_path: Path) -> None:
    # 25 a second: the adapter of FCPXML makes 29 of 30000/1001.
    path = written(name, tmp_path, rate=Fraction(25))
    found, wanted = otio_markers(path, adapter), wanted_markers(Fraction(25))
    assert [x[0] for x in found] == [x[0] for x in wanted]
    assert [x[1:] for x in found] == [pytest.approx(x[1:], abs=1e-6) for x in wanted]


@opens("edl", "OpenTimelineIO's adapter of CMX 3600", "markers of the clip: name and start")
def test_opentimelineio_reads_the_locators(tmp_path: Path) -> None:
    found = otio_markers(written("edl", tmp_path, rate=Fraction(25)), "cmx_3600", rate=25)
    assert [(x[0], round(x[1] - 3600, 6)) for x in found] == [x[:2] for x in wanted_markers(Fraction(25))]
