"""Captions that show lines again: each is said once, and what people say twice stays twice."""

from __future__ import annotations

import pytest

from visalign.language.annotations.captions import parse_captions

YOUTUBE = """WEBVTT
Kind: captions
Language: en

00:00:00.300 --> 00:00:01.500 align:start position:0%
{blank}
she<00:00:00.700><c> had</c><00:00:00.900><c> your</c><00:00:01.000><c> dark</c><00:00:01.300><c> suit</c>

00:00:01.500 --> 00:00:01.510 align:start position:0%
she had your dark suit
{blank}

00:00:01.510 --> 00:00:03.300 align:start position:0%
she had your dark suit
in<00:00:01.700><c> greasy</c><00:00:02.000><c> wash</c><00:00:02.300><c> water</c>

00:00:03.300 --> 00:00:03.310 align:start position:0%
in greasy wash water
{blank}

00:00:03.310 --> 00:00:04.000 align:start position:0%
in greasy wash water
all<00:00:03.500><c> year</c>
""".replace("{blank}", " ")


def cues(*rows: tuple[float, float, str]) -> str:
    return "\n".join(
        f"{n}\n00:00:0{a:.3f} --> 00:00:0{b:.3f}\n{text}\n" for n, (a, b, text) in enumerate(rows, start=1)
    )


def shown(text: str) -> list[tuple[float, float, str]]:
    return [(x.start, x.end, x.text) for x in parse_captions(text)]


def test_automatic_captions_of_youtube() -> None:
    found = parse_captions(YOUTUBE)
    assert [x.text for x in found] == ["she had your dark suit", "in greasy wash water", "all year"]
    assert [x.start for x in found] == [0.3, 1.51, 3.31]
    assert "4 line(s) that are shown again were taken once" in found.warnings[0]


def test_the_same_without_time_stamps_of_words() -> None:
    text = cues((0.3, 1.5, "she had your"), (1.5, 1.51, "she had your"), (1.51, 3, "she had your\ndark suit"))
    assert shown(text) == [(0.3, 1.5, "she had your"), (1.51, 3.0, "dark suit")]


def test_three_lines_roll() -> None:
    text = cues(
        (0, 1, "she had"),
        (1, 2, "she had\nyour dark"),
        (2, 3, "she had\nyour dark\nsuit in"),
        (3, 4, "your dark\nsuit in\nall year"),
    )
    assert [x[2] for x in shown(text)] == ["she had", "your dark", "suit in", "all year"]


def test_a_new_line_begins_at_its_time_stamp() -> None:
    text = cues((0, 1, "she had"), (1, 3, "she had\n<00:00:01.800>your <00:00:02.100>suit"))
    assert shown(text)[1] == (1.8, 3.0, "your suit")


def test_lines_that_grow_word_by_word() -> None:
    text = cues((0, 0.5, "she"), (0.5, 1, "she had"), (1, 1.5, "she had your"), (1.5, 2, "your\nsuit"))
    assert [x[2] for x in shown(text)] == ["she", "had", "your", "your suit"]


def test_words_that_are_marked_one_after_the_other() -> None:
    text = cues((0, 1, "<u>she</u> had"), (1, 2, "she <u>had</u>"), (2, 3, "your suit"))
    assert shown(text) == [(0.0, 2.0, "she had"), (2.0, 3.0, "your suit")]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 1, "No."), (1, 2, "No."), (2, 3, "Yes.")],
        [(0, 1, "- No!"), (1, 2, "- No!\n- Yes!"), (2, 3, "Well.")],
        [(0, 1, "she had your suit"), (2, 3, "she had your suit\nall year")],
        [(0, 1, "she had your suit"), (1, 2, "she had your suit")],
        [(0, 1, "a b"), (1, 2, "a bc")],
    ],
)
def test_what_is_said_twice_stays_twice(rows: list[tuple[float, float, str]]) -> None:
    found = parse_captions(cues(*rows))
    assert " ".join(x.text for x in found) == " ".join(row[2].replace("\n", " ") for row in rows)
    assert not found.warnings


def test_speakers_of_new_lines() -> None:
    text = cues((0, 1, "ANNA: she had your"), (1, 2, "ANNA: she had your\nBEN: dark suit"))
    assert [(x.speaker, x.text) for x in parse_captions(text)] == [("ANNA", "she had your"), ("BEN", "dark suit")]


def test_words_that_come_with_other_marks() -> None:
    """A recogniser that goes on may take a capital or a comma back."""
    rows = [("She", 0.0), ("She had,", 0.5), ("she had your", 1.0), ("She had your dark suit.", 1.5)]
    text = "WEBVTT\n\n" + "".join(f"00:0{t:.3f} --> 00:0{t + 0.5:.3f}\n{x}\n\n" for x, t in rows)
    assert [cue.text for cue in parse_captions(text)] == ["She", "had,", "your", "dark suit."]
