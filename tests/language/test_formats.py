"""The register of annotation formats: known by content, told in the documentation, read by every command.

``python tests/language/test_formats.py`` prints the table for ``docs/how-to/alignments.md``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from visalign import cli
from visalign.errors import InputError, ParseError
from visalign.exports.reading import read_utterance
from visalign.language.annotations import ANNOTATION_SUFFIXES, is_annotation, read_annotation
from visalign.language.annotations.formats import FORMATS, AnnotationFormat

DOCUMENT = Path(__file__).parents[2] / "docs/how-to/alignments.md"

WORDS = [{"word": "oh", "start": 0.5, "end": 1.0}, {"word": "no", "start": 1.0, "end": 1.5}]
ELAN = (
    '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="b" '
    'TIME_VALUE="1000"/></TIME_ORDER><TIER TIER_ID="words"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="x" '
    'TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>oh</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>'
    "</TIER></ANNOTATION_DOCUMENT>"
)
# A file of each format that holds the word "oh" from 0.5 to 1 s.
SAMPLES: dict[str, str] = {
    "Praat TextGrid": '"ooTextFile" "TextGrid" 0 2 <exists> 1 "IntervalTier" "words" 0 2 1 0.5 1 "oh"',
    "ELAN": ELAN,
    "JSON of visalign": json.dumps({"phones": [], "words": [{"label": "oh", "start": 0.5, "end": 1}]}),
    "JSON of the Montreal Forced Aligner": json.dumps({"tiers": {"words": {"entries": [[0.5, 1, "oh"]]}}}),
    "JSON of gentle": json.dumps({"words": [{"case": "success", "word": "oh", "start": 0.5, "end": 1}]}),
    "JSON of aeneas": json.dumps(
        {"fragments": [{"begin": x["start"], "end": x["end"], "lines": [x["word"]]} for x in WORDS]}
    ),
    "JSON of WhisperX": json.dumps({"segments": [], "word_segments": WORDS}),
    "JSON of Whisper, its kin and Vosk": json.dumps({"words": WORDS}),
    "HTK master label file": '#!MLF!#\n"*/a.lab"\n5000000 10000000 oh\n.\n',
    "ELAN, tab-delimited": "words\t\t0.500\t1.000\t0.500\toh\n",
    "CTM": "a 1 0.5 0.5 oh\n",
    "labels of Xwaves and Festival": "signal a\n#\n0.5 125 pau\n1.0 125 oh\n",
    "HTK and TIMIT labels": "5000000 10000000 oh\n",
    "Audacity label track": "0.5\t1.0\toh\n",
    "table": "word,start,end\noh,0.5,1\n",
}


def row(known: AnnotationFormat) -> str:
    """Its row in the documentation."""
    endings = ", ".join(f"`{x.replace('textgrid', 'TextGrid')}`" for x in known.suffixes)
    return f"| {known.title} | {endings} | {known.holds} |"


@pytest.mark.parametrize("known", FORMATS, ids=lambda x: x.title)
def test_known_by_its_content(tmp_path: Path, known: AnnotationFormat) -> None:
    for name in (f"a{known.suffixes[0]}", "a.txt", "a", "a.csv", "a.TextGrid", "a.json"):
        (tmp_path / name).write_text(SAMPLES[known.title], encoding="utf-8")
        found = read_annotation(tmp_path / name)
        first = found.tracks[0].words[0]
        assert (first.start, first.end, first.label) == (0.5, 1.0, "oh"), name
        if name == f"a{known.suffixes[0]}":
            assert found.kind in known.title or known.title.split()[0] in found.kind


@pytest.mark.parametrize("known", FORMATS, ids=lambda x: x.title)
def test_the_documentation_tells_of_it(known: AnnotationFormat) -> None:
    assert row(known) in DOCUMENT.read_text(encoding="utf-8").splitlines(), "python tests/language/test_formats.py"


@pytest.mark.parametrize("known", FORMATS, ids=lambda x: x.title)
def test_an_export_wants_phones_and_says_how_to_get_them(tmp_path: Path, known: AnnotationFormat) -> None:
    path = tmp_path / f"a{known.suffixes[0]}"
    path.write_text(SAMPLES[known.title], encoding="utf-8")
    reason = "has no phones, which an export is made of|there is no phone in it"
    with pytest.raises(InputError, match=reason) as caught:
        read_utterance(path)
    if known.title != "JSON of visalign":
        assert f"visalign align SOUND --alignment {path.name}" in str(caught.value)


def test_what_is_an_annotation(tmp_path: Path) -> None:
    for suffix in ANNOTATION_SUFFIXES:
        assert is_annotation(
            tmp_path / f"none{suffix}"
        )  # by its name alone, so that it is missing is told by its reader
    for name in ("a.txt", "a.lab"):
        (tmp_path / name).write_text("she had your dark suit\n", encoding="utf-8")
        assert not is_annotation(tmp_path / name)
        (tmp_path / name).write_text("0.5\t1.0\toh\n", encoding="utf-8")
        assert is_annotation(tmp_path / name)
    assert not is_annotation(tmp_path / "clip.mp4")  # never read
    os.mkfifo(tmp_path / "pipe.txt")  # can be read once only, and then by the reader of transcripts
    assert not is_annotation(tmp_path / "pipe.txt")
    assert not is_annotation(tmp_path / "none.txt")


def test_unknown_files_are_refused_in_a_line(tmp_path: Path) -> None:
    for name, text in (("a.txt", "she had your dark suit\n"), ("a.bin", "\x01\x02"), ("a.xml", "<tt></tt>")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(
            ParseError, match="unknown kind of annotation; read are Praat TextGrid, ELAN, JSON"
        ) as caught:
            read_annotation(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_shift_wants_an_alignment(tmp_path: Path) -> None:
    for command in ("align", "check"):
        result = CliRunner().invoke(cli.app, [command, str(tmp_path / "a.wav"), "--alignment-shift", "0.3"])
        assert result.exit_code == 2
        assert "--alignment FILE, which was not given" in " ".join(result.output.replace("│", " ").split())


if __name__ == "__main__":
    sys.stdout.write("\n".join(["| format | files | what is read |", "|---|---|---|", *map(row, FORMATS)]) + "\n")
