"""One tolerance for every format, and what is told of what was left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import read_annotation, speaker_and_kind
from visalign.language.annotations.rows import FRAME_SECONDS, ROOM_SECONDS, Row, RowReader, listed

Rows = list[tuple[float, float, str]]


def textgrid(rows: Rows) -> str:
    body = "\n".join(f'{a!r} {b!r} "{x}"' for a, b, x in rows)
    return f'File type = "ooTextFile"\n"TextGrid"\n0 9 <exists> 1\n"IntervalTier" "words" 0 9 {len(rows)}\n{body}\n'


def eaf(rows: Rows) -> str:
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{n}{e}" TIME_VALUE="{1000 * x!r}"/>'
        for n, row in enumerate(rows)
        for e, x in zip("ab", row[:2], strict=True)
    )
    parts = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{n}" TIME_SLOT_REF1="{n}a" TIME_SLOT_REF2="{n}b">'
        f"<ANNOTATION_VALUE>{x}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        for n, (_, _, x) in enumerate(rows)
    )
    order = f"<TIME_ORDER>{slots}</TIME_ORDER>"
    return f'<ANNOTATION_DOCUMENT>{order}<TIER TIER_ID="words">{parts}</TIER></ANNOTATION_DOCUMENT>'


def mfa_json(rows: Rows) -> str:
    return json.dumps({"start": 0, "end": 9, "tiers": {"words": {"type": "interval", "entries": rows}}})


def lines(form: str, head: str = "") -> Callable[[Rows], str]:
    return lambda rows: head + "".join(form.format(a=a, b=b, d=b - a, x=x) for a, b, x in rows)


FORMATS: dict[str, tuple[str, Callable[[Rows], str]]] = {
    "TextGrid": ("a.TextGrid", textgrid),
    "EAF": ("a.eaf", eaf),
    "CTM": ("a.ctm", lines("clip 1 {a!r} {d!r} {x}\n")),
    "plain table": ("a.csv", lines("{x},{a!r},{b!r}\n", "word,start,end\n")),
    "table without a header": ("b.csv", lines("{a!r},{b!r},{x}\n")),
    "CSV of MFA": ("c.csv", lines("{a!r},{b!r},{x},words,s\n", "Begin,End,Label,Type,Speaker\n")),
    "CSV of visalign": ("d.csv", lines("{x},AH,{a!r},{b!r}\n", "word,phone,start_seconds,end_seconds\n")),
    "JSON of MFA": ("a.json", mfa_json),
    "JSON of visalign": ("b.json", lambda rows: json.dumps({"phones": [], "words": entries(rows, "label")})),
    "Whisper": ("c.json", lambda rows: json.dumps({"words": entries(rows, "word")})),
    "Audacity": ("a.txt", lines("{a!r}\t{b!r}\t{x}\n")),
    "labels in seconds": ("a.lab", lines("{a!r} {b!r} {x}\n")),
}


def entries(rows: Rows, name: str) -> list[dict[str, object]]:
    return [{name: x, "start": a, "end": b} for a, b, x in rows]


@pytest.mark.parametrize("name", FORMATS)
def test_overlaps_and_gaps_of_a_frame_are_nobodys(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]

    def words(first_end: float, second_start: float) -> Rows:
        (tmp_path / file).write_text(write([(0.5, first_end, "oh"), (second_start, 2.0, "no")]), encoding="utf-8")
        return [(x.start, x.end, x.label) for x in read_annotation(tmp_path / file).tracks[0].words]

    for overlap in (2e-16, 1e-6, 1e-4, 0.001, 0.01, 0.019):
        assert words(1.0 + overlap, 1.0) == [(0.5, 1.0, "oh"), (1.0, 2.0, "no")], overlap
    for gap in (2e-16, 1e-7, 9e-5):
        (a, b) = words(1.0, 1.0 + gap)
        assert a[1] == b[0], gap
    (a, b) = words(1.0, 1.01)
    assert (a[1], b[0]) == pytest.approx((1.0, 1.01))  # whoever writes this means it
    with pytest.raises(ParseError, match=r"'oh' .* and 'no' .* overlap in one tier"):
        words(1.0 + 1.1 * FRAME_SECONDS, 1.0)


@pytest.mark.parametrize("name", [x for x in FORMATS if x not in ("Whisper", "CSV of visalign")])
def test_labels_of_no_length_are_left_out_and_told(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    rows = [(0.5, 1.0, "oh"), (1.0, 1.0, "gone"), (1.0, 2.0, "no"), (2.0, 2.0, "sil")]
    (tmp_path / file).write_text(write(rows), encoding="utf-8")
    found = read_annotation(tmp_path / file)
    assert [x.label for x in found.tracks[0].words] == ["oh", "no"]
    assert found.warnings == ("1 label(s) that last no time were left out: 'gone' at 1.000 s",)


LINES = {"TextGrid": 6, "CTM": 2, "plain table": 3, "table without a header": 2, "CSV of MFA": 3, "Audacity": 2}


@pytest.mark.parametrize("name", LINES)
def test_an_overlap_names_its_line(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    (tmp_path / file).write_text(write([(0.5, 1.5, "oh"), (1.0, 2.0, "no")]), encoding="utf-8")
    with pytest.raises(ParseError, match="overlap") as caught:
        read_annotation(tmp_path / file)
    assert caught.value.line == LINES[name]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", FORMATS)
def test_shifted(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    (tmp_path / file).write_text(write([(0.5, 1.0, "oh")]), encoding="utf-8")
    (word,) = read_annotation(tmp_path / file, shift=-0.25).tracks[0].words
    assert (word.start, word.end) == (0.25, 0.75)


# ---- words without times ----


def placed(
    *rows: tuple[float | None, float | None, str], shares: bool = True, **bounds: float
) -> tuple[Rows, Rows, list[str]]:
    reader = RowReader("a")
    every = [Row(*row, **({} if row[0] is not None else bounds)) for row in rows]
    timed, phrases = ([(x.start, x.end, x.label) for x in part] for part in reader.placed(every, shares=shares))
    return timed, phrases, list(reader.all_warnings())


def test_a_word_without_a_time_lies_between_its_neighbours() -> None:
    timed, phrases, told = placed((0.0, 1.0, "in"), (None, None, "2014"), (None, None, ","), (2.0, 3.0, "he"))
    assert timed == [(0.0, 1.0, "in"), (2.0, 3.0, "he")]
    assert phrases == [(1.0, 2.0, "2014 ,")]
    assert told == ["2 word(s) have no time in the file; it is looked for between: 2014, ,"]


def test_without_room_it_shares_the_time_of_its_neighbours() -> None:
    timed, phrases, _ = placed((0.0, 1.0, "in"), (None, None, "2014"), (1.0 + 0.9 * ROOM_SECONDS, 3.0, "he"))
    assert timed == []
    assert phrases == [(0.0, 3.0, "in 2014 he")]
    timed, phrases, told = placed((0.0, 1.0, "in"), (None, None, "x"), (1.0, 3.0, "he"), shares=False)
    assert [x[2] for x in timed] == ["in", "he"]
    assert phrases == []
    assert told == ["1 word(s) have no time in the file and no room between their neighbours; left out: x"]


def test_at_an_edge_the_segment_bounds_it() -> None:
    assert placed((None, None, "oh"), (1.0, 2.0, "no"), low=0.5)[1] == [(0.5, 1.0, "oh")]
    assert placed((1.0, 2.0, "no"), (None, None, "oh"), high=2.5)[1] == [(2.0, 2.5, "oh")]
    assert placed((None, None, "oh no"), low=0.5, high=1.5)[1] == [(0.5, 1.5, "oh no")]
    assert placed((None, None, "oh"))[2] == [
        "1 word(s) have no time in the file and no neighbour before them; left out: oh"
    ]


def test_a_phrase_can_be_a_neighbour() -> None:
    _, phrases, _ = placed(
        (0.0, 1.0, "a"), (None, None, "b"), (1.0, 2.0, "c"), (None, None, "d"), (2.0, 3.0, "e"), (3.0, 4.0, "f")
    )
    assert phrases == [(0.0, 3.0, "a b c d e")]


def test_scores_that_are_no_confidences_say_nothing() -> None:
    (a, b) = RowReader("a").intervals([Row(0.0, 1.0, "a", None, 0.5), Row(1.0, 2.0, "b", None, -430.0)])
    assert (a.score, b.score) == (0.5, None)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_times_that_are_none(time: float) -> None:
    with pytest.raises(ParseError, match="a:7: 'x' has a time that is none"):
        RowReader("a").intervals([Row(0.0, time, "x", 7)])


def test_many_names_are_cut_short() -> None:
    assert listed([str(n) for n in range(100)]) == "0, 1, 2, 3, 4 and 95 more"


def test_names_of_tiers_take_no_time() -> None:
    for name in (" " * 200_000 + "x", "a" + " " * 200_000 + "words", "@" * 100_000, "words@" * 50_000, "_" * 200_000):
        speaker_and_kind(name)
    assert speaker_and_kind("a" + " " * 100_000 + "- words") == ("a", "words")
