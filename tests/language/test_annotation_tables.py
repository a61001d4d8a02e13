"""Tables of labels: columns by whatever name, separators, units, and tables without a header."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import Annotation, read_annotation

WORDS = [(0.488, 0.663, "she"), (0.663, 0.906, "had")]


def read(folder: Path, text: str, name: str = "a.csv") -> Annotation:
    (folder / name).write_text(text, encoding="utf-8")
    return read_annotation(folder / name)


def words(found: Annotation) -> list[tuple[float, float, str]]:
    return [(round(x.start, 6), round(x.end, 6), x.label) for track in found.tracks for x in track.words]


@pytest.mark.parametrize(
    "text",
    [
        "word,start,end\nshe,0.488,0.663\nhad,0.663,0.906\n",
        "start,end,text\n0.488,0.663,she\n0.663,0.906,had\n",
        "Begin Time;End Time;Token\n0,488;0,663;she\n0,663;0,906;had\n",
        "xmin\txmax\ttext\n0.488\t0.663\tshe\n0.663\t0.906\thad\n",
        "Word, Start (s), End (s)\nshe, 0.488, 0.663\nhad, 0.663, 0.906\n",
        "label,onset,duration\nshe,0.488,0.175\nhad,0.663,0.243\n",
        "word,start_ms,end_ms\nshe,488,663\nhad,663,906\n",
        "word,from,to\nshe,0:00.488,0:00.663\nhad,00:00:00.663,00:00:00.906\n",
        "tmin,tier,text,tmax\n0.488,words,she,0.663\n0.1,notes,x,0.2\n0.663,words,had,0.906\n",
        '"word","start","end"\r\n"she","0.488","0.663"\r\n\r\n"had","0.663","0.906"\r\n',
        "\ufeffword,start,end\nshe,0.488,0.663\nhad,0.663,0.906",
        "she,0.488,0.663\nhad,0.663,0.906\n",
        "0.488;0.663;she\n0.663;0.906;had\n",
        "word,start,end,speaker,score\nshe,0.488,0.663,,0.9\nhad,0.663,0.906,,-12\n",
    ],
)
def test_what_people_call_a_column(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert words(found) == WORDS
    assert not found.warnings


def test_whispers_table_has_milliseconds(tmp_path: Path) -> None:
    found = read(tmp_path, "start\tend\ttext\n488\t663\tshe had\n663\t906\tyour suit\n", "a.tsv")
    assert [(x.start, x.end, x.label) for x in found.tracks[0].utterances] == [
        (0.488, 0.663, "she had"),
        (0.663, 0.906, "your suit"),
    ]


def test_kinds_and_speakers(tmp_path: Path) -> None:
    found = read(tmp_path, "phone,start,end\nSH,0.1,0.2\nIY1,0.2,0.3\n")
    assert [x.label for x in found.tracks[0].phones] == ["SH", "IY1"]
    found = read(tmp_path, "text,start,end,speaker\nhello there,0,1,Anna\nyes,0.5,2,Ben\n")
    assert found.speakers == ("Anna", "Ben")
    assert [x.label for x in found.tracks[0].utterances] == ["hello there"]
    found = read(tmp_path, "label,start,end\nHH,0.1,0.2\nAY,0.2,0.3\n")
    assert len(found.tracks[0].phones) == 2
    found = read(tmp_path, "tier,label,start,end\nAnna - words,hi,0,1\nAnna - phones,HH,0,0.5\nBen - words,oh,0,1\n")
    assert found.speakers == ("Anna", "Ben")
    assert [len(x.phones) for x in found.tracks] == [1, 0]


def test_words_without_times(tmp_path: Path) -> None:
    found = read(tmp_path, "word,start,end\nin,0.1,0.5\n2014,,\nhe,1.5,2\n")
    assert words(found) == [(0.1, 0.5, "in"), (1.5, 2.0, "he")]
    assert [(x.start, x.end, x.label) for x in found.tracks[0].phrases] == [(0.5, 1.5, "2014")]
    found = read(tmp_path, "word,start,end\nin,0.1,0.5\n2014,NA,NaN\nhe,1.5,2\n")
    assert len(found.tracks[0].phrases) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("clip,transcript\na.mp4,hello\n", r":1: unknown columns \(clip, transcript\); wanted a header with word"),
        ("word,start,end\nshe,soon,1\n", ":2: the start 'soon' is no time; wanted: seconds"),
        ("word,start,end\nshe,1,2\nhad,3,2.5\n", ":3: the start 3 is not before the end 2.5"),
        ("word,start,end\n", "no row with a label"),
        ("word,start,end\nshe,1e999,2e999\n", ":2: 'she' has a time that is none"),
        ("word,start,end\nshe," + "9" * 5000 + ",2\n", ":2: the start '9{40}' is no time"),
        ("word,start,end\n\"she,1,2\n", "no row with a label"),
        ("", "unknown columns"),
    ],
)  # fmt: skip
def test_what_can_not_be_read(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint) as caught:
        read(tmp_path, text)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nword;start;end\nshe;0,5;0,75\nhad;0,75;1\n",
        "word|start|end\nshe|0.5|0.75\nhad|0.75|1\n",
        "Word,Start [sec],Duration [sec]\nshe,0.5,0.25\nhad,0.75,0.25\n",
        'f000001,0.500,0.750,"she"\nf000002,0.750,1.000,"had"\n',
        "word,start,end\nshe,500,750\nhad,750,1000\n",
    ],
)
def test_tables_of_other_programs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    words = [(x.start, x.end, x.label) for x in read_annotation(path).tracks[0].words]
    assert words == [(0.5, 0.75, "she"), (0.75, 1.0, "had")]


def test_names_of_fragments_are_no_words(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("0.500\t0.750\tf000001\n0.750\t1.000\tf000002\n", encoding="utf-8")
    with pytest.raises(ParseError, match="let it write JSON or CSV"):
        read_annotation(path)
