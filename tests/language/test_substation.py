"""SubStation Alpha: its dialogue, whatever else the file draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import Cue, read_cues, read_spoken
from visalign.language.annotations.captions import parse_captions
from visalign.language.annotations.substation import is_substation

HEAD = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n"
FORMAT = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
EVENT = "Dialogue: 0,0:00:00.30,0:00:01.70,Default,{},0,0,0,,{}\n"


def test_dialogue_with_styles_and_speakers() -> None:
    text = HEAD + FORMAT + EVENT.format("Anna", "{\\an8}she had\\Nyour {\\i1}dark{\\i0} suit, eh\\h?")
    assert parse_captions(text) == (Cue(0.3, 1.7, "she had your dark suit, eh ?", "Anna"),)


def test_what_is_no_speech_is_left_out() -> None:
    drawing, note = EVENT.format("", "{\\p1}m 0 0 l 1 1{\\p0}"), EVENT.format("", "note").replace("Dialogue", "Comment")
    layers = EVENT.format("", "she had") + EVENT.format("", "she had").replace(": 0", ": 1")
    found = parse_captions(HEAD + FORMAT + drawing + note + layers)
    assert [x.text for x in found] == ["she had"]
    assert not found.warnings


def test_fields_in_another_order() -> None:
    text = HEAD + "Format: Text, End, Start\nDialogue: she had,0:00:01.70,0:00:00.30\n"
    assert parse_captions(text)[0] == Cue(0.3, 1.7, "she had")
    old = "[Script Info]\nScriptType: v4.00\n[Events]\nFormat: Marked, Start, End, Style, Name, Text\n"
    assert parse_captions(old + "Dialogue: Marked=0,0:00:00.30,0:00:01.70,D,,she, had\n")[0].text == "she, had"


def test_speakers_in_the_text() -> None:
    text = HEAD + FORMAT + EVENT.format("", "ANNA: she had\\NBEN: your suit")
    assert [(x.speaker, x.text) for x in parse_captions(text)] == [("ANNA", "she had"), ("BEN", "your suit")]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("Dialogue: broken\n", "line 11: its times can't be read"),
        (EVENT.format("", "late").replace("0:00:01.70", "0:00:00.10"), "line 11: the cue ends at 0.1 s"),
        (EVENT.format("", "never").replace("0:00:00.30", "soon"), "line 11: its times can't be read ('never')"),
    ],
)
def test_damaged_events_are_told_by_their_lines(event: str, told: str) -> None:
    found = parse_captions(HEAD + FORMAT + EVENT.format("", "she had") + event)
    assert [x.text for x in found] == ["she had"]
    assert told in found.warnings[0]
    with pytest.raises(ParseError, match=":10: "):
        parse_captions(HEAD + FORMAT + event)


def test_files_by_content_and_by_name(tmp_path: Path) -> None:
    text = HEAD + FORMAT + EVENT.format("", "she had")
    for name in ("a.ass", "a.ssa", "a.srt", "a.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert read_spoken(tmp_path / name) == (Cue(0.3, 1.7, "she had"),)
    assert not is_substation("I wrote [Events] here")


def test_what_pysubs2_writes_is_read(tmp_path: Path) -> None:
    pysubs2 = pytest.importorskip("pysubs2", reason="pysubs2 writes the file")
    file = pysubs2.SSAFile()
    file.append(pysubs2.SSAEvent(start=300, end=1700, text="she had\\Nyour {\\i1}suit", name="Anna"))
    file.append(pysubs2.SSAEvent(start=3_723_040, end=3_724_000, text="in greasy"))
    for suffix in (".ass", ".ssa", ".srt", ".vtt"):
        path = tmp_path / f"a{suffix}"
        file.save(str(path))
        found = read_cues(path)
        assert [(x.start, x.end, x.text) for x in found] == [
            (0.3, 1.7, "she had your suit"),
            (3723.04, 3724.0, "in greasy"),
        ]
        assert found[0].speaker == ("Anna" if suffix in (".ass", ".ssa") else "")
