"""Praat's files as Praat reads them: numbers, strings and flags count, layout and encoding do not."""

from __future__ import annotations

import contextlib
import re
import struct
import time
from pathlib import Path

import pytest
from praatio import textgrid
from praatio.data_classes.interval_tier import IntervalTier
from praatio.data_classes.point_tier import PointTier

from visalign.errors import ParseError
from visalign.language.annotations import Annotation, read_annotation
from visalign.language.annotations.praat_text import PraatText

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
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.25
            text = "caf\u00e9"
        intervals [3]:
            xmin = 1.25
            xmax = 2
            text = "\u00fcber"
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 2
        intervals: size = 1
        intervals [1]:
            xmin = 0.5
            xmax = 1.25
            text = "AH1"
"""
WORDS = [(0.5, 1.25, "caf\u00e9"), (1.25, 2.0, "\u00fcber")]


def put(folder: Path, text: str, encoding: str = "utf-8", name: str = "a.TextGrid") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def words(found: Annotation) -> list[tuple[float, float, str]]:
    return [(x.start, x.end, x.label) for track in found.tracks for x in track.words]


def lines_but(text: str, *patterns: str) -> str:
    return "\n".join(line for line in text.split("\n") if not any(re.search(x, line) for x in patterns))


LAYOUTS = {
    "as it is": LONG,
    "no item header": lines_but(LONG, r"item \[\]"),
    "no numbers of items": lines_but(LONG, r"item \[", r"intervals \[\d"),
    "in one row": " ".join(LONG.split("\n")),
    "comments": "! made by hand\n"
    + LONG.replace("xmin = 0.5", 'xmin = 0.5 ! "here" 7 <x>').replace("text", "! 9 9\ntext", 1),
    "exponents": LONG.replace("0.5", "5e-1").replace("1.25", "+1.25E0").replace("xmin = 0\n", "xmin = 1e-17\n"),
    "whole numbers with a point": LONG.replace("xmax = 2\n", "xmax = 2.\n"),
    "other words": LONG.replace("xmin", "start").replace("xmax", "Ende"),
    "numbers alone": re.sub(r"^[^\"<\d]*(?=[\"<\d])|.*:$", "", lines_but(LONG, r"\]:"), flags=re.M),
    "no flag": LONG.replace("tiers? <exists>\n", ""),
    "short mark": LONG.replace("ooTextFile", "ooTextFile short").replace("Object class = ", ""),
    "old Mac line ends": LONG.replace("\n", "\r"),
    "Windows line ends": LONG.replace("\n", "\r\n"),
    "no line at the end": LONG.rstrip(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_does_not_count(tmp_path: Path, layout: str) -> None:
    found = read_annotation(put(tmp_path, LAYOUTS[layout]))
    assert words(found) == WORDS
    assert [x.label for x in found.tracks[0].phones] == ["AH1"]
    assert found.end == 2.0
    assert not found.warnings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "mac_roman"]
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    found = read_annotation(put(tmp_path, LONG, encoding))
    assert words(found) == WORDS
    assert [("no Unicode" in x) for x in found.warnings] == [True] * (not encoding.startswith("utf"))


def test_strings_keep_what_is_in_them(tmp_path: Path) -> None:
    text = LONG.replace("caf\u00e9", 'say ""oh"" ! 7 <exists>\nto me').replace("\u00fcber", '""')
    assert [x[2] for x in words(read_annotation(put(tmp_path, text)))] == ['say "oh" ! 7 <exists>\nto me', '"']


def test_a_grid_without_tiers_says_so(tmp_path: Path) -> None:
    empty = LONG[: LONG.index("tiers?")] + "tiers? <absent>\n"
    with pytest.raises(ParseError, match=r"among its tiers \(none\)"):
        read_annotation(put(tmp_path, empty))


def test_points_and_intervals_of_no_length(tmp_path: Path) -> None:
    grid = textgrid.Textgrid(0, 2)
    grid.addTier(PointTier("tones", [(0.5, "H*")], 0, 2))
    grid.addTier(IntervalTier("words", [(0.5, 1, "oh")], 0, 2))
    grid.addTier(PointTier("anna - phones", [(0.5, "OW")], 0, 2))
    grid.save(str(tmp_path / "a.TextGrid"), format="long_textgrid", includeBlankSpaces=True)
    found = read_annotation(tmp_path / "a.TextGrid")
    assert words(found) == [(0.5, 1.0, "oh")]
    assert found.warnings == ("tiers of points were left out, as points have no length: anna - phones",)

    still = LONG.replace("xmax = 1.25", "xmax = 0.5").replace("xmin = 1.25", "xmin = 0.5")
    found = read_annotation(put(tmp_path, still))
    assert words(found) == [(0.5, 2.0, "\u00fcber")]
    assert found.warnings == ("2 label(s) that last no time were left out: 'caf\u00e9' at 0.500 s, 'AH1' at 0.500 s",)


@pytest.mark.parametrize("told", [0, 2, 4, 99_999_999])
def test_counts_that_are_wrong_are_told(tmp_path: Path, told: int) -> None:
    """People add intervals by hand, and leave the count as it was."""
    found = read_annotation(put(tmp_path, LONG.replace("intervals: size = 3", f"intervals: size = {told}")))
    assert words(found) == WORDS
    assert [x.label for x in found.tracks[0].phones] == ["AH1"]
    said = f"tier 'words' says that it has {told} intervals or points and holds 3; is the copy complete?"
    assert found.warnings == (said,)
    found = read_annotation(put(tmp_path, LONG.replace("size = 2\nitem", f"size = {9 * told}\nitem")))
    assert [x.label for x in found.tracks[0].phones] == ["AH1"]
    assert found.warnings == (f"the file says that it has {9 * told} tiers and holds 2; is the copy complete?",)


def test_two_tiers_of_words_are_told(tmp_path: Path) -> None:
    found = read_annotation(put(tmp_path, LONG.replace('"phones"', '"words"')))
    assert words(found) == WORDS
    assert found.warnings == ("several tiers hold words; the first one counts",)


def test_short_form_of_praatio(tmp_path: Path) -> None:
    grid = textgrid.openTextgrid(str(put(tmp_path, LONG)), includeEmptyIntervals=True)
    grid.save(str(tmp_path / "b.TextGrid"), format="short_textgrid", includeBlankSpaces=True)
    assert words(read_annotation(tmp_path / "b.TextGrid")) == WORDS


# ---- Collections, chronological and binary files ----

OBJECT = '    item [{n}]:\n        class = "TextGrid"\n        name = "{name}"\n{body}'
BODY = LONG[LONG.index("xmin") :]
PITCH = '    item [1]:\n        class = "PitchTier"\n        name = "p"\n xmin = 0 \n xmax = 2\n size = 1\n 0.5 120\n'


def collection(*objects: str) -> str:
    head = f'File type = "ooTextFile"\nObject class = "Collection"\n\nsize = {len(objects)}\nitem []:\n'
    return head + "".join(objects)


def test_a_collection_is_read_by_the_name_of_the_recording(tmp_path: Path) -> None:
    one = OBJECT.format(n=1, name="one", body=BODY)
    two = OBJECT.format(n=2, name="my_clip_2", body=BODY.replace("\u00fcber", "there")).replace(
        '"TextGrid"', '"TextGrid 2"'
    )
    path = put(tmp_path, collection(PITCH, one, two), name="a.Collection")
    assert words(read_annotation(path, "my clip.2"))[1][2] == "there"
    assert words(read_annotation(path, "One")) == WORDS
    with pytest.raises(ParseError, match=r"2 TextGrids \(one, my_clip_2\), and not one is called 'three'"):
        read_annotation(path, "three")
    with pytest.raises(ParseError, match="none was asked for"):
        read_annotation(path)
    assert words(read_annotation(put(tmp_path, collection(PITCH, one), name="b.Collection"))) == WORDS
    with pytest.raises(ParseError, match="without a TextGrid"):
        read_annotation(put(tmp_path, collection(PITCH), name="c.Collection"))


CHRONOLOGICAL = """"Praat chronological TextGrid text file"
0 2   ! Time domain.
3   ! Number of tiers.
"IntervalTier" "words" 0 2
"TextTier" "tones" 0 2
"IntervalTier" "phones" 0 2
! words:
1 0 0.5 ""
! tones:
2 0.4
"H*"
1 0.5 1.25
"caf\u00e9"
3 0.5 1.25 "AH1"
1 1.25 2 "\u00fcber"
"""


def test_chronological_files(tmp_path: Path) -> None:
    found = read_annotation(put(tmp_path, CHRONOLOGICAL))
    assert words(found) == WORDS
    assert [x.label for x in found.tracks[0].phones] == ["AH1"]
    with pytest.raises(ParseError, match=r":14: there is no tier 4; the file has 3"):
        read_annotation(put(tmp_path, CHRONOLOGICAL.replace("3 0.5", "4 0.5")))


def text16(text: str) -> bytes:
    if text.isascii():
        return struct.pack(">h", len(text)) + text.encode()
    data = text.encode("utf-16-be")
    return struct.pack(">hH", -1, len(data) // 2) + data


def binary(*tiers: tuple[str, str, list[tuple[float, float, str]]]) -> bytes:
    data = b"ooBinaryFile\x08TextGrid" + struct.pack(">ddBi", 0, 2, 1, len(tiers))
    for kind, name, rows in tiers:
        data += bytes([len(kind)]) + kind.encode() + text16(name) + struct.pack(">ddi", 0, 2, len(rows))
        for start, end, label in rows:
            data += struct.pack(">d", start) + (b"" if kind == "TextTier" else struct.pack(">d", end)) + text16(label)
    return data


def test_binary_files(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    data = binary(("TextTier", "tones", [(0.4, 0, "H*")]), ("IntervalTier", "words", [(0, 0.5, ""), *WORDS]))
    path.write_bytes(data)
    found = read_annotation(path)
    assert words(found) == WORDS
    assert found.end == 2.0
    for n in (12, 15, 40, 80, len(data) - 1):
        path.write_bytes(data[:n])
        with pytest.raises(ParseError, match=r"breaks off at byte \d+: is the copy complete"):
            read_annotation(path)
    path.write_bytes(data.replace(b"\x08TextGrid", b"\x05Pitch"))
    with pytest.raises(ParseError, match="'Pitch' of Praat and no TextGrid"):
        read_annotation(path)


# ---- what can't be read names its line ----


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("xmin = 0.5", 'xmin = "0.5"', r":20: a number was expected here \(the start of interval 2 of tier 'words'\)"),
        ("xmax = 1.25", "xmax = 1,25", r":21: '1,25' is no number for the end of interval 2 of tier 'words'"),
        ("xmax = 1.25", "xmax = 1e999", r":21: '1e999' is no number"),
        ("xmax = 1.25", f"xmax = {'9' * 4400}", r":21: '9{40}' is no number"),
        ("xmin = 0.5", "xmin=0.5", r":22: a number was expected here .*, not 'caf\u00e9'"),
        ('text = "caf\u00e9"', "", r":24: a text in quotation marks was expected here .*, not '1.25'"),
        ('"AH1"', '"AH1', r":36: a quotation mark that is never closed"),
        ("intervals: size = 3", "intervals: size = -3", r":14: -3 is no count"),
        ("intervals: size = 3", "intervals: size = 2.5", r":14: 2.5 is no count"),
        ('        class = "IntervalTier"\n', "", r":10: tier 1 is of the class 'words'"),
        ('            text = "AH1"\n', "", r":35: the file ends before the text of interval 1 of tier 'phones'"),
        ('"IntervalTier"', '"FormantTier"', r":10: tier 1 is of the class 'FormantTier'"),
        ('"TextGrid"', '"Sound"', r":2: it holds a Sound of Praat and no TextGrid"),
        ('"ooTextFile"', '"ooTextFiles"', None),
        ('"ooTextFile"', '"text"', r":1: not a TextGrid: the type of the file is 'text'"),
        ("xmax = 1.25", "xmax = 0.4", r":20: 'caf\u00e9' runs from 0.5 to 0.4 s; the end must come after the start"),
        ("xmax = 1.25", "xmax = 1.5", r":24: 'caf\u00e9' \(0.500 to 1.500 s\) and '\u00fcber' .* overlap in one tier"),
    ],
)  # fmt: skip
def test_faults_name_their_line(tmp_path: Path, old: str, new: str, complaint: str | None) -> None:
    path = put(tmp_path, LONG.replace(old, new, 1))
    if complaint is None:
        assert words(read_annotation(path)) == WORDS
        return
    with pytest.raises(ParseError, match=complaint):
        read_annotation(path)


def test_counts_and_quotes_without_an_end_take_no_time(tmp_path: Path) -> None:
    started = time.process_time()
    for text in (
        LONG.replace("size = 3", "size = 999999999"),
        LONG + '""' * 200_000 + '"',
        "word " * 300_000,
        '"' + "x" * 500_000,
        LONG.replace('"words"', '"' + " " * 100_000 + '"'),
    ):
        with contextlib.suppress(ParseError):
            read_annotation(put(tmp_path, text))
    assert time.process_time() - started < 20


def test_tokens() -> None:
    text = PraatText("a", 'x 1 "a""b" <exists> ! 9\n-2.5e1 word 3')
    assert (text.number("n"), text.string("s"), text.flag("f")) == (1.0, 'a"b', True)
    assert (text.number("n"), text.line) == (-25.0, 2)
    assert (text.kind(), text.count("c"), text.kind()) == ("number", 3, "")


def test_letters_that_were_typed_as_three_signs(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    words = r""" "IntervalTier" "words" 0 2 2 0 1 "caf\e' na\i""ve" 1 2 "C:\xy" """
    phones = r""" "IntervalTier" "phones" 0 2 3 0 1 "\sh" 1 1.5 "\as\:f" 1.5 2 "\ng" """
    path.write_text(f'"ooTextFile" "TextGrid" 0 2 <exists> 2 {words} {phones}', encoding="utf-8")
    (track,) = read_annotation(path).tracks
    assert [x.label for x in track.words] == ["café naïve", r"C:\xy"]
    assert [x.label for x in track.phones] == ["ʃ", "ɑː", "ŋ"]
