"""Odd words and names neither break a file nor change its structure."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pysubs2
import pytest
from praatio import textgrid
from rendering import render
from sample_utterance import CHECKED, WORDS

from visalign.exports import EXPORTERS, load_exporter, read_utterance
from visalign.exports.captions import caption_lines
from visalign.exports.utterance import Fault

WORD = """it's "<b>&{x}\\ --> |100%; =1+1 \'\'\' \"\"\" ünïcode 日本"""
MEDIA = 'a "quoted" <clip> & {brace} 100% \\ ünï.mp4'

ODD = replace(
    CHECKED,
    words=WORDS.relabel(lambda x: WORD if x == "five" else x),
    faults=tuple(Fault(replace(x.interval, label=WORD), x.verdict, x.lead_seconds) for x in CHECKED.faults),
    media=MEDIA,
)


def lines(content: bytes) -> int:
    return len(content.splitlines())


@pytest.mark.parametrize("name", sorted(set(EXPORTERS) - {"webvtt", "srt", "ass", "ttml", "detx", "papagayo-pg2"}))
def test_no_format_gains_a_line(name: str) -> None:
    exporter = load_exporter(name)
    if exporter.suffix in (".glb", ".vrma", ".vmd"):
        assert render(name, ODD)
    else:
        assert lines(render(name, ODD)) == lines(render(name))


JSON_FORMATS = [x for x in EXPORTERS if load_exporter(x).suffix in (".json", ".otio", ".pg2", ".motion3.json")]


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_json(name: str) -> None:
    assert json.loads(render(name, ODD))


@pytest.mark.parametrize("name", ["rhubarb-xml", "eaf", "fcpxml"])
def test_xml(name: str) -> None:
    root = ElementTree.fromstring(render(name, ODD).decode())
    texts = [x.text or "" for x in root.iter()] + [value for x in root.iter() for value in x.attrib.values()]
    assert MEDIA in texts or any(MEDIA in x for x in texts)


@pytest.mark.parametrize("name", ["textgrid", "textgrid-short"])
def test_textgrid(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_bytes(render(name, ODD))
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=True)
    assert grid.getTier("words").entries[2].label == WORD


def test_csv_cells_are_no_formulas() -> None:
    formula = replace(ODD, words=WORDS.relabel(lambda x: "=1+1" if x == "five" else x))
    rows = list(csv.DictReader(io.StringIO(render("csv", formula).decode())))
    assert "'=1+1" in {x["word"] for x in rows}


@pytest.mark.parametrize("name", ["blender", "maya-script", "metahuman-script"])
def test_scripts_still_parse(name: str) -> None:
    compile(render(name, ODD, target='He"ad\\ {x}'), "script.py", "exec")


def test_speech_marks_keep_their_lines() -> None:
    marks = [json.loads(line) for line in render("polly-marks", ODD).decode().splitlines()]
    (sentence,) = (x for x in marks if x["type"] == "sentence")
    (odd,) = (x for x in marks if x["value"] == WORD)
    assert sentence["value"].encode()[odd["start"] : odd["end"]].decode() == WORD


def test_detection_files_keep_their_text() -> None:
    root = ElementTree.fromstring(render("detx", ODD))
    assert "".join(x.text or "" for x in root.iter("text")).replace(" ", "") == ODD.text.replace(" ", "")


@pytest.mark.parametrize("name", ["protools", "avid-markers"])
def test_markers_gain_no_column(name: str) -> None:
    odd = replace(ODD, faults=tuple(Fault(replace(x.interval, label="a\tb"), x.verdict) for x in ODD.faults))
    assert render(name, odd).decode().count("\t") == render(name).decode().count("\t")


def test_unity() -> None:
    yaml: Callable[..., object] = pytest.importorskip("yaml").safe_load
    text = render("unity-anim", ODD, target='He"ad').decode()
    assert yaml(text.split("--- !u!74 &7400000\n")[1])


def test_captions_keep_their_blocks() -> None:
    srt = pytest.importorskip("srt")
    content = " ".join(x.content for x in srt.parse(render("srt", ODD).decode()))
    assert html.unescape(content) == ODD.text  # what would be markup stands as character references
    assert render("webvtt", ODD).decode().count("-->") == len(list(srt.parse(render("srt", ODD).decode())))


def test_subtitles_keep_their_lines_and_begin_no_style() -> None:
    said = ODD.text.translate(str.maketrans("{}\\", "｛｝＼"))
    n_lines = len(list(caption_lines(ODD)))
    events = list(pysubs2.SSAFile.from_string(render("ass", ODD).decode()))
    assert len(events) == n_lines
    assert " ".join(x.plaintext for x in events) == said
    paragraphs = list(ElementTree.fromstring(render("ttml", ODD)).iter("{http://www.w3.org/ns/ttml}p"))
    assert len(paragraphs) == n_lines
    assert " ".join("".join(x.itertext()) for x in paragraphs) == ODD.text


def test_line_breaks_in_labels_are_blanks(tmp_path: Path) -> None:
    grid = render("textgrid").decode().replace('"five"', '"fi\nve"')
    path = tmp_path / "a.TextGrid"
    path.write_text(grid, encoding="utf-8")
    assert "fi ve" in read_utterance(path).words.labels
