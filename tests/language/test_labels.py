"""Label files of Audacity, HTK, TIMIT and NIST: units, scores, several recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import Annotation, read_annotation

WORDS = [(0.488, 0.663, "she"), (0.663, 0.906, "had")]
HTK = "4880000 6630000 she\n6630000 9060000 had\n"


def read(folder: Path, text: str, name: str, recording: str | None = None) -> Annotation:
    (folder / name).write_text(text, encoding="utf-8")
    return read_annotation(folder / name, recording)


def rows(found: Annotation, kind: str = "words") -> list[tuple[float, float, str]]:
    return [(round(x.start, 6), round(x.end, 6), x.label) for track in found.tracks for x in getattr(track, kind)]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.txt", "0.488000\t0.663000\tshe\n0.663000\t0.906000\thad\n", "Audacity label track"),
        ("a.txt", "0,488000\t0,663000\tshe\n\\\t100.0\t2000.0\n0,663000\t0,906000\thad\n", "Audacity label track"),
        ("labels", "0.488\t0.663\tshe\n0.663\t0.906\thad\n", "Audacity label track"),
        ("a.lab", HTK, "HTK labels"),
        ("a.rec", HTK.replace("she", "she -431.5").replace("had", "had -12"), "HTK labels"),
        ("a.lab", "0.488 0.663 she\n0.663 0.906 had\n", "HTK labels"),
        ("a.lab", HTK.replace(" ", "\t"), "HTK labels"),
        ("a.wrd", "7808 10608 she\n10608 14496 had\n", "TIMIT labels"),
        ("a.txt", HTK, "HTK labels"),
        ("a.mlf", f'#!MLF!#\n"*/a.lab"\n{HTK}.\n', "HTK master label file"),
        ("a.txt", "clip 1 0.488 0.175 she 0.9\nclip 1 0.663 0.243 had\n", "CTM"),
    ],
)
def test_words(tmp_path: Path, name: str, text: str, kind: str) -> None:
    found = read(tmp_path, text, name)
    assert rows(found) == WORDS
    assert found.kind == kind
    assert not found.warnings


def test_phones_with_scores_and_their_words(tmp_path: Path) -> None:
    text = "0 1000000 sil -1\n1000000 2000000 SH -431.5 she\n2000000 3000000 IY -9\n3000000 4000000 HH -3 had\n"
    found = read(tmp_path, text + "4000000 5000000 AE -3\n5000000 6000000 D -3\n6000000 7000000 sil -2\n", "a.rec")
    assert rows(found, "phones")[1:3] == [(0.1, 0.2, "SH"), (0.2, 0.3, "IY")]
    assert rows(found) == [(0.1, 0.3, "she"), (0.3, 0.6, "had")]


def test_kinds(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "0.1\t0.9\tshe had\n1\t2\tyes\n", "a.txt"), "utterances") == [
        (0.1, 0.9, "she had"),
        (1.0, 2.0, "yes"),
    ]
    assert len(rows(read(tmp_path, "0 1600 h#\n1600 3200 sh\n3200 4800 iy\n", "a.phn"), "phones")) == 3
    small = read(tmp_path, "0 1 one\n1 3 two\n", "a.lab")  # 100 ns hold no word
    assert rows(small) == [(0.0, 1.0, "one"), (1.0, 3.0, "two")]


def test_master_files_are_read_by_the_name_of_the_recording(tmp_path: Path) -> None:
    text = f'#!MLF!#\n"*/one.lab"\n{HTK}.\n"C:\\x\\Two.rec"\n0 1000000 yes\n.\n'
    assert rows(read(tmp_path, text, "a.mlf", "one")) == WORDS
    assert rows(read(tmp_path, text, "a.mlf", "two")) == [(0.0, 0.1, "yes")]
    with pytest.raises(ParseError, match=r"several recordings \(one, Two\), and none is called 'three'"):
        read(tmp_path, text, "a.mlf", "three")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.txt", "0.4\t0.6\tshe\n" * 5 + "0.6 0.9 had\n", r":6: '0.6 0.9 had' is no label of Audacity"),
        ("a.lab", HTK + "she\n", r":3: 'she' is not a label; wanted: start end label"),
        ("a.lab", "", "no label in it"),
        ("a.lab", "6630000 4880000 she\n", r":1: 'she' runs from 0.663 to 0.488 s"),
        ("a.mlf", '#!MLF!#\n"a.lab"\n0 1 x\n', "does not end with a point"),
        ("a.mlf", "#!MLF!#\n0 1 x\n", r":2: '0 1 x' is no entry"),
        ("a.mlf", "#!MLF!#\n", "it holds no recording"),
        ("a.ctm", "clip 1 0 1 a\nclip 1 1\n", r":2: not a line of CTM"),
        ("a.ctm", "clip 1 0 nan a\n", r":1: 'a' has a time that is none"),
        ("a.ctm", "clip 1 0 -1 a\n", r":1: 'a' runs from 0 to -1 s"),
        ("a.txt", "she had your dark suit\n", "unknown kind of annotation"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n", "captions, and no alignment"),
    ],
)
def test_what_can_not_be_read(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        read(tmp_path, text, name)


def test_a_recording_by_its_file(tmp_path: Path) -> None:
    """Recognisers name the file that they were given, with its folder and ending."""
    path = tmp_path / "a.ctm"
    path.write_text("/a/b/Clip.wav 1 0.5 0.25 she\nC:\\d\\other.wav 1 0.5 0.25 had\n", encoding="utf-8")
    labels = [read_annotation(path, name).tracks[0].words[0].label for name in ("clip", "other", "/a/b/clip.wav")]
    assert labels == ["she", "had", "she"]
    path.write_text("a/clip.wav 1 0.5 0.25 she\nb/clip.wav 1 0.5 0.25 had\n", encoding="utf-8")
    with pytest.raises(ParseError, match="several recordings"):
        read_annotation(path, "clip")


def test_a_sentence_of_timit_counts_samples(tmp_path: Path) -> None:
    path = tmp_path / "sa1.txt"
    path.write_text("0 46797 She had your dark suit in greasy wash water all year.\n", encoding="utf-8")
    (said,) = read_annotation(path).tracks[0].utterances
    assert (said.start, round(said.end, 4)) == (0.0, 2.9248)
    assert said.label.startswith("She had")


def test_labels_of_festival_end_where_they_say(tmp_path: Path) -> None:
    path = tmp_path / "arctic.lab"
    path.write_text("separator ;\nnfields 1\n#\n    0.0500 125 pau\n 0.2500 125 ao\n0.5 125 th\n", encoding="utf-8")
    (track,) = read_annotation(path).tracks
    assert [(x.start, x.end, x.label) for x in track.phones] == [(0.05, 0.25, "ao"), (0.25, 0.5, "th")]
    path.write_text("#\n" + "0.5 125 ao\n" * 30 + "soon 125 th\n", encoding="utf-8")
    with pytest.raises(ParseError, match=r"arctic.lab:32: 'soon 125 th' is no label"):
        read_annotation(path)
