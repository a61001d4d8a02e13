"""Timed Text Markup Language: times, speakers and text of its paragraphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import Cue, Cues, read_cues, read_spoken
from visalign.language.annotations.captions import spoken_of
from visalign.language.transcript import TranscriptText

PREFIXES = (
    'xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
)


def document(body: str, parameters: str = "", head: str = "") -> str:
    return f'<?xml version="1.0"?>\n<tt {PREFIXES}{parameters}><head>{head}</head><body>{body}</body></tt>'


def cues(text: str) -> Cues:
    found = spoken_of("a.ttml", TranscriptText(text))
    assert isinstance(found, Cues)
    return found


@pytest.mark.parametrize(
    ("begin", "end", "parameters"),
    [
        ("0.3s", "1.7s", ""),
        ("300ms", "1700ms", ""),
        ("00:00:00.300", "00:00:01.700", ""),
        ("3000000t", "17000000t", 'ttp:tickRate="10000000"'),
        ("3f", "17f", 'ttp:frameRate="10"'),
        ("00:00:00:03", "00:00:01:07", 'ttp:frameRate="10"'),
        ("0.005m", "0.02833333333333m", ""),
    ],
)
def test_times(begin: str, end: str, parameters: str) -> None:
    (cue,) = cues(document(f'<div><p begin="{begin}" end="{end}">she had</p></div>', parameters))
    assert (cue.start, cue.end) == pytest.approx((0.3, 1.7))


def test_frames_that_are_multiplied() -> None:
    rate = 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'
    (cue,) = cues(document('<div><p begin="30f" dur="00:00:01:00">she had</p></div>', rate))
    assert (cue.start, cue.end) == pytest.approx((1.001, 2.001))


def test_times_count_from_what_they_stand_in() -> None:
    paragraphs = '<p begin="1s" end="2s">a</p><p begin="3s" dur="2s">b</p><p begin="8s" end="99s">c</p>'
    within = cues(document(f'<div begin="10s" end="20s">{paragraphs}</div>'))
    assert [(x.start, x.end) for x in within] == [(11.0, 12.0), (13.0, 15.0), (18.0, 20.0)]
    sequence = '<div timeContainer="seq"><p dur="2s">a</p><p dur="1s">b</p><p begin="1s" dur="1s">c</p></div>'
    assert [(x.start, x.end) for x in cues(document(sequence))] == [(0.0, 2.0), (2.0, 3.0), (4.0, 5.0)]


def test_text_lines_and_references() -> None:
    body = '<div><p begin="0s" end="1s">she\n   had<br/>your <span>dark</span> suit &amp; tie &lt;3</p></div>'
    assert cues(document(body))[0].text == "she had your dark suit & tie <3"


def test_speakers_by_their_names_and_by_labels() -> None:
    head = '<ttm:agent xml:id="a1" type="person"><ttm:name type="full">Anna Smith</ttm:name></ttm:agent>'
    body = '<div><p begin="0s" end="1s" ttm:agent="a1">hi</p><p begin="1s" end="2s">BEN: ho</p></div>'
    assert [(x.speaker, x.text) for x in cues(document(body, head=head))] == [("Anna Smith", "hi"), ("BEN", "ho")]


def test_words_with_times_make_one_cue() -> None:
    body = '<div><p><span begin="1s" end="1.5s">she</span> <span begin="1.5s" end="2s">had</span></p></div>'
    assert cues(document(body)) == (Cue(1.0, 2.0, "she had"),)


def test_what_can_not_be_placed_is_told() -> None:
    body = '<div><p begin="0s" end="1s">a</p><p begin="soon" end="2s">b</p><p>c</p><p begin="3s" end="3s">d</p></div>'
    found = cues(document(body))
    assert [x.text for x in found] == ["a"]
    assert "3 place(s) of the cues were left out" in found.warnings[0]
    assert "soon" in found.warnings[0]


def test_old_namespaces_and_names(tmp_path: Path) -> None:
    text = '<tt xmlns="http://www.w3.org/2006/10/ttaf1"><body><div><p begin="0s" end="1s">hi</p></div></body></tt>'
    for name in ("a.dfxp", "a.ttml", "a.xml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert read_spoken(tmp_path / name) == (Cue(0.0, 1.0, "hi"),)
    (tmp_path / "u.ttml").write_bytes(f'<?xml version="1.0" encoding="utf-16"?>{text}'.encode("utf-16"))
    assert read_cues(tmp_path / "u.ttml")[0].text == "hi"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<tt><body>", "not well-formed"),
        (
            '<!DOCTYPE tt [<!ENTITY a "b">]><tt><body><div><p begin="0s" end="1s">&a;</p></div></body></tt>',
            "document type",
        ),
        (document(""), "no cue"),
        (document("<div>" * 200 + "</div>" * 200), "levels of data within data"),
    ],
)
def test_documents_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        cues(text)
