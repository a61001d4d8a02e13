"""Who speaks, as lines of captions and transcripts say it; and sentences that only look so."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.language.lexicon import embedded_lexicon
from visalign.language.speaker_labels import find_labels
from visalign.language.transcript import parse_transcript, read_aloud

SURE = [
    (["ANNA: hi", "well"], ["ANNA", None]),
    (["DR. SMITH (V.O.): hi", "OLD MAN #2: hey", "- BOB: no"], ["DR. SMITH", "OLD MAN #2", "BOB"]),
    (["ANNA (O.S.): hi", "ANNA [whispering]: hi", "Anna (CONT'D): hi"], ["ANNA", "ANNA", "Anna"]),
    ([">> ANNA: hi", ">> hello", ">>> BEN: yes", ">> Anna: hi"], ["ANNA", "", "BEN", "Anna"]),
    (["[SPEAKER_00]: hi", "[SPEAKER_01] ho", "SPEAKER_02: x"], ["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"]),
    (["Speaker 1: hi", "speaker 2: ho", "Speaker A: x"], ["Speaker 1", "speaker 2", None]),
    (["Interviewer: hi", "Man 1: ho", "Narrator: x"], ["Interviewer", "Man 1", "Narrator"]),
    (["[Anna]: hi", "(Ben): ho"], ["Anna", "Ben"]),
    (["(laughs) ANNA: hi", "♪ ANNA: la la"], ["ANNA", "ANNA"]),
    (["Q: who?", "A: me", "ÉLODIE: oui"], ["Q", "A", "ÉLODIE"]),
    (["*CHI:\tshe had", "S1: x", "spk_0: y"], ["CHI", "S1", "spk_0"]),
    (["- Anna: hi", "- Ben: ho"], ["Anna", "Ben"]),
    (["– Anna: hi", "• Ben: ho"], ["Anna", "Ben"]),
    (["Anna: hi", "well", "Anna: yes", "no"], ["Anna", None, "Anna", None]),
    (["Anna:hi", "Ben:ho"], ["Anna", "Ben"]),
]
NONE = [
    "Remember: be good", "Note: this is it", "I say: no. ANNA: not at the start", "ONE TWO THREE FOUR FIVE: SIX",
    "so here it is: go", "at 10:30: go", "see https://a.b", "OK :)", "C:\\path", "well, Anna: no", "Step 1: open it",
]  # fmt: skip


@pytest.mark.parametrize(("lines", "speakers"), SURE)
def test_sure_labels_need_no_word(lines: list[str], speakers: list[str | None]) -> None:
    labels = find_labels(lines)
    assert [labels.split(line)[0] for line in lines] == speakers
    assert not labels.doubts
    said = [labels.split(line)[1] for line in lines]
    assert not any(":" in text or text.startswith((">", "[", "(")) for text in said if ":" not in text[3:])


@pytest.mark.parametrize("line", NONE)
def test_sentences_are_no_labels(line: str) -> None:
    assert find_labels(["a line", line, "and more", "of it"]).split(line) == (None, line)


@pytest.mark.parametrize(
    ("lines", "name", "is_label"),
    [
        (["Anna Smith: hi", "well", "yes", "no"], "Anna Smith", True),
        (["Anna de Vries: hi", "well", "yes", "no"], "Anna de Vries", True),
        (["Anna: hi there"], "Anna", True),
        (["Anna: hi", "well", "yes", "no"], "Anna", False),
        (["anna: hi", "well", "anna: yes", "no"], "anna", True),
    ],
)
def test_in_doubt_it_is_told(lines: list[str], name: str, is_label: bool) -> None:
    labels = find_labels(lines)
    assert [(x.line, x.name, x.is_label) for x in labels.doubts] == [(0, name, is_label)]
    assert (labels.split(lines[0])[0] == name) == is_label


def test_times_of_transcripts_are_no_words() -> None:
    known = embedded_lexicon()
    text = read_aloud("Anna Smith  0:05\nhello there\nBen Jones  0:10\nhi", known)
    assert text.words == ("hello", "there", "hi")
    assert "line 1: 'Anna Smith 0:05'" in text.warnings()[0]
    assert parse_transcript("00:12 hello\n00:15 there", known) == ["hello", "there"]
    assert parse_transcript("10:30 is late", known) == ["ten", "thirty", "is", "late"]


@given(st.lists(st.text(alphabet="aAbB: []()>-*♪1#.\t", max_size=30), max_size=5))
def test_nothing_of_a_line_is_lost_but_its_label(lines: list[str]) -> None:
    labels = find_labels(lines)
    for line in lines:
        speaker, text = labels.split(line)
        assert line.endswith(text)
        assert speaker is None or speaker in line


@pytest.mark.parametrize("piece", ["A ", "A: ", "(", "((a) ", "[a] ", ">> ", "- ", " ", "A1 ", "1:00 ", "é"])
def test_long_lines_take_no_time(piece: str) -> None:
    begin = time.process_time()
    find_labels([piece * 50_000] * 20)
    assert time.process_time() - begin < 2.0
