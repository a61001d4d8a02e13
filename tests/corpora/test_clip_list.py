"""Manifests: what they may hold, and that every fault is told at once with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from visalign.corpora.clip_list import BatchClip, read_manifest
from visalign.errors import InputError, ParseError


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_csv(tmp_path: Path) -> None:
    path = write(
        tmp_path / "clips.csv",
        'clip,text,speaker,expected\na/one.mp4,"bin, blue",s1,in-sync\n\n"two.mp4","two\nlines",,audio-late\n',
    )
    manifest = read_manifest(path)
    assert manifest.root == tmp_path.resolve()
    assert manifest.warnings == ()
    assert manifest.clips == (
        BatchClip("a/one.mp4", "a/one", text="bin, blue", speaker="s1", expected="in-sync"),
        BatchClip("two.mp4", "two", text="two\nlines", expected="audio-late"),
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiters_and_byte_order_mark(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [("Clip", "text"), ("Zoë.mp4", "NA")]
    path = write(tmp_path / "clips.csv", "\r\n".join(map(delimiter.join, rows)), encoding)
    assert read_manifest(path).clips == (BatchClip("Zoë.mp4", "Zoë", text="NA"),)


def test_json_lines(tmp_path: Path) -> None:
    rows = [{"clip": "a.mp4", "text": None, "audio": "dub.wav"}, {"clip": "a.mp4", "id": "a2"}]
    path = write(tmp_path / "clips.jsonl", "\n".join(map(json.dumps, rows)))
    assert read_manifest(path).clips == (BatchClip("a.mp4", "a", audio="dub.wav"), BatchClip("a.mp4", "a2"))


def test_all_faults_with_their_lines(tmp_path: Path) -> None:
    text = (
        "clip,id,transcript,text,expected\n"
        "a.mp4,,,,in-sync\n"
        ",x,,,\n"
        "b.mp4,,b.txt,hello,\n"
        "c.mp4,,,,insync\n"
        "A.mp4,,,,\n"
        "d.mp4,a,b,c,d,e,f\n"
    )
    with pytest.raises(ParseError) as caught:
        read_manifest(write(tmp_path / "clips.csv", text))
    message = str(caught.value)
    assert caught.value.line == 3
    assert "clips.csv:3: there is no `clip`" in message
    assert "line 4: there are both `transcript` and `text`" in message
    assert "line 5: `expected` can't be 'insync'; did you mean in-sync?" in message
    assert "line 6: the id 'A' stands in line 2 as well" in message
    assert "line 7: there are 7 cells under 5 headings" in message


def test_lines_are_counted_through_cells_of_several_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "clips.csv", 'clip,text\na.mp4,"one\ntwo\nthree"\n,x\n')
    with pytest.raises(ParseError) as caught:
        read_manifest(path)
    assert caught.value.line == 5


def test_misspelt_column_is_an_error_and_a_foreign_one_a_warning(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="did you mean speaker"):
        read_manifest(write(tmp_path / "a.csv", "clip,speakr\na.mp4,x\n"))
    found = read_manifest(write(tmp_path / "b.csv", "clip,asset number\na.mp4,17\n"))
    assert found.warnings == ("b.csv: columns that mean nothing here were ignored: asset number",)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", "", "no column `clip`"),
        ("a.csv", "file,text\na,b\n", "no column `clip`"),
        ("a.csv", "clip,clip\na,b\n", "more than once"),
        ("a.csv", "clip,text\n", "there is no clip"),
        ("a.csv", 'clip,text\na.mp4,"open\n', "not CSV"),
        ("a.jsonl", "[1]\n", "not a JSON object"),
        ("a.jsonl", '{"clip": 7}\n', "not a text"),
        ("a.jsonl", '{"clip": "a", "clip": "b"}\n', "twice"),
        ("a.jsonl", '{"clip": "a\\u0000b"}\n', "control character"),
        ("a.jsonl", "{\n", "not JSON"),
        ("a.jsonl", "[" * 100_000, "levels"),
    ],
)
def test_what_is_no_manifest(tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_manifest(write(tmp_path / name, text))


def test_not_text_and_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"clip\n\xff\xfe\n")
    with pytest.raises(ParseError, match="UTF-8"):
        read_manifest(tmp_path / "a.csv")
    with pytest.raises(ParseError, match="can't be read"):
        read_manifest(tmp_path / "none.csv")


def test_many_faults_are_not_all_listed(tmp_path: Path) -> None:
    text = "clip,expected\n" + "".join(f"{n}.mp4,maybe\n" for n in range(1000))
    with pytest.raises(ParseError, match="and 950 more") as caught:
        read_manifest(write(tmp_path / "a.csv", text))
    assert len(str(caught.value)) < 10_000


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "s1").mkdir()
    for name in ("s1/a.mp4", "s1/b.mkv", "c.mov"):
        (tmp_path / name).touch()
    (tmp_path / "s1/a.txt").write_text("hello")
    (tmp_path / "c.align").write_text("0 1 hello")
    found = read_manifest(tmp_path)
    assert found.clips == (
        BatchClip("c.mov", "c", transcript="c.align", speaker=tmp_path.name),
        BatchClip("s1/a.mp4", "s1/a", transcript="s1/a.txt", speaker="s1"),
        BatchClip("s1/b.mkv", "s1/b", speaker="s1"),
    )
    assert len(found.warnings) == 1
    assert "s1/b.mkv" in found.warnings[0]


def test_folder_with_a_table(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
        (tmp_path / name).with_suffix(".txt").write_text("hello")
    (tmp_path / "transcripts.csv").write_text("file,transcript,speaker\na.mp4,good morning,anna\n")
    assert read_manifest(tmp_path).clips == (
        BatchClip("a.mp4", "a", text="good morning", speaker="anna"),
        BatchClip("b.mp4", "b", transcript="b.txt", speaker=tmp_path.name),
    )


def test_folder_with_two_clips_of_one_name(tmp_path: Path) -> None:
    for name in ("a.mp4", "A.mkv"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="one report between them"):
        read_manifest(tmp_path)
