"""Captions as the tools of the world write them: what is read, and that whatever is left out is told."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.commands import given as options
from visalign.errors import ParseError
from visalign.exports.exporter import ExportOptions
from visalign.exports.srt import SubRip
from visalign.exports.utterance import Utterance
from visalign.exports.webvtt import WebVtt
from visalign.language.annotations import Cue, Cues, read_cues, read_spoken
from visalign.language.annotations.captions import parse_captions, spoken_of
from visalign.language.transcript import TranscriptText
from visalign.timeline import Interval, Tier

ONE = "1\n00:00:00,300 --> 00:00:01,700\n"
TWO = "2\n00:00:01,800 --> 00:00:03,300\n"


def said(text: str) -> list[str]:
    return [cue.text for cue in parse_captions(text)]


# --- blank lines, numbers, names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}she had your\n\ndark suit\n\n{TWO}in greasy\n",
        f"{ONE}she had your\n \n\n\ndark suit\n{TWO}in greasy\n",
        f"{ONE}\nshe had your\ndark suit\n\n\n{TWO}\n\nin greasy\n\n",
        f"WEBVTT\n\n{ONE}she had your\n\ndark suit\n\n{TWO}in greasy",
    ],
)
def test_an_empty_line_ends_no_cue(text: str) -> None:
    cues = parse_captions(text)
    assert [x.text for x in cues] == ["she had your dark suit", "in greasy"]
    assert not cues.warnings


@pytest.mark.parametrize(("number", "text"), [("42", "she had 42"), ("\n42\n", "she had 42"), ("\n42", "she had")])
def test_a_number_is_text_where_cues_have_none(number: str, text: str) -> None:
    file = f"00:00:00,300 --> 00:00:01,700\nshe had\n{number}\n00:00:01,800 --> 00:00:03,300\nin greasy\n"
    assert said(file) == [text, "in greasy"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks(tmp_path: Path, end: str, mark: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes((mark + f"{ONE}she had\n\n{TWO}in greasy\n".replace("\n", end)).encode())
    cues = read_cues(path)
    assert cues == (Cue(0.3, 1.7, "she had"), Cue(1.8, 3.3, "in greasy"))
    assert [cue.line for cue in cues] == [3, 7]


@pytest.mark.parametrize(
    "times",
    [
        "00:00:00.300 --> 00:00:01.700",
        "0:00:00,3 --> 0:00:01,7",
        "00:00,300-->00:01,700",
        "00:00:00,300 -> 00:00:01,700",
        "00:00:00,300 —> 00:00:01,700",
        "00 : 00 : 00 , 300 --> 00 : 00 : 01 , 700",
        "00:00:00:300 --> 00:00:01:700",
        "00:00:00,300 --> 00:00:01,700 X1:40 X2:600",
        "00:00.300 --> 00:01.700 align:start position:0%",
        "  00:00:00,300  -->  00:00:01,700  ",
    ],
)
def test_times_as_they_are_written(times: str) -> None:
    assert parse_captions(f"1\n{times}\nshe had\n") == (Cue(0.3, 1.7, "she had"),)


def test_webvtt_blocks_and_names_are_no_speech() -> None:
    text = f"""WEBVTT - a title
Kind: captions

NOTE one
two --> three

STYLE
::cue(v) {{ color: red }}

REGION
id:fred

intro
{ONE[2:]}she had

NOTE between

1 - second
{TWO[2:]}your suit
"""
    cues = parse_captions(text)
    assert [x.text for x in cues] == ["she had", "your suit"]
    assert not cues.warnings


def test_segments_of_a_stream_that_were_put_together() -> None:
    head = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n"
    cues = parse_captions(f"{head}{ONE[2:]}she had\n\n{head}{TWO[2:]}your suit\n")
    assert [x.text for x in cues] == ["she had", "your suit"]
    assert "line 2 says that the captions belong +10.000 s elsewhere" in cues.warnings[0]
    assert not parse_captions(f"{head.replace('900000', '0')}{ONE}a").warnings


def test_every_second_line_may_be_empty() -> None:
    text = f"{ONE}she had\n\n{TWO}your suit\n".replace("\n", "\n\n")
    assert said(text) == ["she had", "your suit"]


def test_text_beside_the_times() -> None:
    assert said(f"{ONE[:-1]} she had\nyour suit\n") == ["she had your suit"]
    assert said(f"{ONE[:-1]} X1:40 Y1:50\nyour suit\n") == ["your suit"]


# --- what is left out is told -------------------------------------------------------------------------------------


ENDS = "the cue ends at 2 s, not after its start at"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{ONE}she had\n\n2\n00:00:02,0 --> 00:00:02,0\nyour\n", f"line 6: {ENDS} 2 s ('your')"),
        (f"{ONE}she had\n\n2\n00:00:03,0 --> 00:00:02,0\n", f"line 6: {ENDS} 3 s"),
        (f"{ONE}she had\n\n2\n-00:00:03,0 --> 00:00:02,0\nx\n", "line 6: a time before the beginning ('x')"),
        (f"{ONE}she had\n\n2\n00:03 --> soon\na\nb\n", "line 6: '00:03 --> soon' is no line of times ('a b')"),
        (f"{ONE}she had\n\n2\nyour\n\n3\n{TWO[2:]}in greasy\n", "line 5: caption 2 has no times ('your')"),
        (f"Subtitles by Joe\n\n{ONE}she had\n", "line 1: 'Subtitles by Joe' belongs to no caption"),
        (f"WEBVTT\n\n{ONE[2:]}she had\n\nyour\n{TWO[2:]}in\n\n{ONE[2:]}a\n", "line 6: 'your' was taken for a caption"),
    ],
)
def test_what_is_left_out_is_told_once(text: str, told: str) -> None:
    cues = parse_captions(text)
    assert cues[0].text == "she had"
    (warning,) = cues.warnings
    assert told in warning


def test_many_useless_cues_are_one_warning() -> None:
    text = ONE + "she had\n\n" + "".join(f"{n}\n00:00:00,000 --> 00:00:00,000\n\n" for n in range(2, 12))
    (warning,) = parse_captions(text).warnings
    assert warning.startswith("10 place(s) of the cues were left out: line 6: ")
    assert warning.endswith("and 5 more")


def test_a_file_of_nothing_useful_is_refused() -> None:
    with pytest.raises(ParseError, match=r"ep\.srt:2: the cue ends at 0 s"):
        parse_captions("1\n00:00:00,000 --> 00:00:00,000\nshe\n", name="ep.srt")


# --- text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("she had&nbsp;your suit &lrm;", "she had your suit"),
        ("AT&amp;T &lt;b&gt; --&gt;", "AT&T <b> -->"),
        ("<i>she</i> <c.yellow.bg>had</c> <font color=red>your</font>", "she had your"),
        ("{\\an8}she had\\Nyour {\\fad(200,200)}suit", "she had your suit"),
        ("{\\pos(1,2)}she\\nhad\\hyour", "she had your"),
        ("{\\p1}m 0 0 l 1 1{\\p0}she had", "she had"),
        ("<ruby>she<rt>ʃiː</rt></ruby> had", "she had"),
        ("three < five, <3 and a --> b", "three < five, <3 and a --> b"),
        ("C:\\new file", "C:\\new file"),
        ("un\u00adknown \u202bleft\u202c", "unknown left"),
    ],
)
def test_text_without_what_its_format_adds(body: str, text: str) -> None:
    assert said(f"{ONE}{body}\n") == [text]


@pytest.mark.parametrize(
    ("body", "cues"),
    [
        (">> ANNA: she had\n>> your suit", [("ANNA", "she had"), ("", "your suit")]),
        ("[SPEAKER_00]: she had", [("SPEAKER_00", "she had")]),
        ("- Anna: she had\n- Ben: your suit", [("Anna", "she had"), ("Ben", "your suit")]),
        ("ANNA (O.S.): she had", [("ANNA", "she had")]),
        ("Anna Smith: she had", [("Anna Smith", "she had")]),
        ("<v Anna Smith>she had</v> <v.loud Ben>your suit", [("Anna Smith", "she had"), ("Ben", "your suit")]),
        ("<v Smith &amp; Sons>she had", [("Smith & Sons", "she had")]),
        ("<i>ANNA:</i> she had", [("ANNA", "she had")]),
        ("Speaker 1: she\nhad", [("Speaker 1", "she had")]),
    ],
)
def test_speakers(body: str, cues: list[tuple[str, str]]) -> None:
    assert [(x.speaker, x.text) for x in parse_captions(f"{ONE}{body}\n")] == cues


def test_in_doubt_about_a_speaker_it_is_told() -> None:
    cues = parse_captions(f"{ONE}Anna: she had\n\n{TWO}your suit\n\n3\n00:00:04,000 --> 00:00:05,000\nall year\n")
    assert cues[0] == Cue(0.3, 1.7, "Anna: she had")
    assert "taken for speech: line 3: 'Anna:'" in cues.warnings[0]


def test_speakers_part_at_a_time_stamp() -> None:
    cues = parse_captions(f"{ONE}<v Anna>she had <00:00:00.500><v Ben>your dark suit\n")
    assert [(x.start, x.end, x.speaker) for x in cues] == [(0.3, 0.5, "Anna"), (0.5, 1.7, "Ben")]
    halves = parse_captions(f"{ONE}ANNA: abcd\nBEN: abcd\n")
    assert halves[0].end == pytest.approx(1.0)


# --- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "text", "name"),
    [
        ("cp1252", "the café was naïve — don’t", "Windows Latin-1"),
        ("mac_roman", "the café was naïve", "Mac OS Roman"),
        ("koi8-r", "Привет, как дела сегодня", "KOI8-R"),
        ("cp1251", "Привет, как дела сегодня", "Windows-1251"),
        ("cp1253", "Καλημέρα, πώς είσαι σήμερα", "Windows-1253"),
        ("cp932", "こんにちは、元気ですか。", "Shift JIS"),
    ],
)
def test_old_encodings_are_guessed_and_told(tmp_path: Path, encoding: str, text: str, name: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(f"{ONE}{text}\n".encode(encoding))
    cues = read_cues(path)
    assert cues[0].text == text
    assert f"{path} is no UTF-8, and was read as {name}, which is a guess: line 3 is '{text}'" in cues.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_no_guess(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(f"{ONE}the café\n".encode(encoding))
    assert read_cues(path)[0].text == "the café"
    assert not read_cues(path).warnings


def test_times_tell_captions_whatever_the_file_is_called(tmp_path: Path) -> None:
    for name in ("a.txt", "a", "a.text"):
        (tmp_path / name).write_text(f"{ONE}she had\n", encoding="utf-8")
        assert read_spoken(tmp_path / name) == (Cue(0.3, 1.7, "she had"),)
    (tmp_path / "b.txt").write_text("she --> had at 00:00:01,000", encoding="utf-8")
    assert read_spoken(tmp_path / "b.txt") == "she --> had at 00:00:01,000"


@pytest.mark.parametrize(
    ("data", "spoken"), [(f"{ONE}she had\n", (Cue(0.3, 1.7, "she had"),)), ("she had\n", "she had\n")]
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, data: str, spoken: object) -> None:
    class Piped:
        buffer = io.BytesIO(data.encode())

    monkeypatch.setattr("sys.stdin", Piped)
    assert options.said(None, Path("-")) == spoken


def test_a_file_called_dash_is_read_where_no_command_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "-").write_text("she had", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_spoken("-") == "she had"


def test_cues_as_running_text(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text(f"{ONE}ANNA: she had\n\n{TWO}your suit\n\n3\n00:00:00,0 --> 00:00:00,0\n", encoding="utf-8")
    text, warnings = options.said_text(None, path)
    assert text == "she had\nyour suit"
    assert len(warnings) == 1
    assert options.said_text("hello", None) == ("hello", ())


# --- our own --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exporter", [SubRip(), WebVtt()], ids=lambda x: x.name)
@pytest.mark.parametrize(
    "words",
    [
        ["AT&T", "<b>", "-->", "don't"],
        ["&amp;", "R&D;", "&lt;i&gt;", "<v", "a>b"],
        ["{an8}", "{", "\\N", "C:\\new", "\\h"],
        ["3<5", "<00:00:01.000>", "<|x|>", "--", "->"],
        ["42", "7"],
        ["ANNA", "naïve", "你好", "שלום"],
    ],
)
def test_exports_are_read_back(exporter: SubRip | WebVtt, words: list[str]) -> None:
    rows = [Interval(0.3 * n, 0.3 * n + 0.2, word) for n, word in enumerate(words, start=1)]
    tiers = [Tier.from_intervals(name, rows, start=0.0, end=5.0) for name in ("words", "phones")]
    data = exporter.render(Utterance(tiers[0], tiers[1]), ExportOptions())
    cues = parse_captions(data.decode())
    assert " ".join(x.text for x in cues) == " ".join(words)
    assert (cues[0].start, cues[-1].end) == pytest.approx((0.3, rows[-1].end))
    assert not cues.warnings


# --- hostile ------------------------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        *(
            "1",
            "2",
            "",
            " ",
            "00:00:01,000 --> 00:00:02,000",
            "00:00:02,000 --> 00:00:02,000",
            "00:01 --> 00:02",
            "-->",
        ),
        *("x --> y", "she had", "ANNA: hi", "<v Anna>a <00:00:01.500>b", "NOTE", "WEBVTT", "STYLE", "42", "&amp;"),
        *("- Ben: a\\Nb", "{\\an8}", "[Events]", "Dialogue: 0,0:00:01.00,0:00:02.00,D,A,0,0,0,,x", "<tt>"),
        "00:00:00,500 --> 00:00:09,999 x",
    ]
)


@settings(max_examples=300)
@given(st.lists(LINES | st.text(max_size=12), max_size=14))
def test_captions_are_read_or_refused(lines: list[str]) -> None:
    try:
        found = spoken_of("a", TranscriptText("\n".join(lines)))
    except ParseError:
        return
    if isinstance(found, Cues):
        assert all(0 <= cue.start < cue.end for cue in found)
        assert list(found) == sorted(found, key=lambda x: (x.start, x.end))


@pytest.mark.parametrize(
    "body",
    [
        *("<v " * 30_000, "<v A>a " * 15_000, "<" * 90_000, "{" * 90_000, "&amp;" * 20_000, "\\N" * 45_000),
        *("- A: b\n" * 13_000, "A:" * 45_000, " " * 90_000, "\n" * 90_000, "1\n" * 45_000, "-->\n" * 25_000),
        *(
            "00:00:00,000 --> " * 6_000,
            "00:00:00,000 --> 00:00:01,000\n" * 3_000,
            "a <00:00:00.500>" * 6_000,
            "(" * 90_000,
        ),
    ],
    ids=lambda x: repr(x[:12]),
)
def test_hostile_captions_take_linear_time(body: str) -> None:
    begin = time.process_time()
    parse_captions(ONE + "x\n\n" + TWO + body)
    assert time.process_time() - begin < 4.0


@pytest.mark.parametrize(
    "text",
    [
        "0:00:01.000,0:00:02.500\nOh\nno\n\n0:00:03.000,0:00:04.000\nyes\n",
        "[00:00:01.000 --> 00:00:02.500]   Oh no\n[00:00:03.000 --> 00:00:04.000]  yes\n",
        "[00:01.000 --> 00:02.500]  Oh no\n[00:03.000 --> 00:04.000]  yes\n",
    ],
)
def test_captions_of_youtube_and_of_whispers_terminal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    found = read_spoken(path)
    assert isinstance(found, Cues)
    assert [(x.start, x.end, x.text) for x in found] == [(1.0, 2.5, "Oh no"), (3.0, 4.0, "yes")]
    assert found.warnings == ()


@pytest.mark.parametrize(
    "text", ['{"events": [{"tStartMs": 0}]}', '[{"a": 1}]', "Scenarist_SCC V1.0\n\n00:00:01:00\t9420"]
)
def test_data_are_not_spoken(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError, match="which is no transcript"):
        read_spoken(path)


def test_times_in_frames_are_no_hundredths(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:01:12 --> 00:00:02:24\nOh no\n\n2\n00:00:03;00 --> 00:00:04;05\nyes\n", encoding="utf-8")
    found = read_cues(path)
    assert [(x.start, x.end, x.text) for x in found] == [(1.48, 2.96, "Oh no"), (3.0, 4.2, "yes")]
    assert found.warnings == ("its times count frames, of which 25 were taken for a second",)
    path.write_text("1\n00:00:01:12 --> 00:00:02:29\nOh no\n", encoding="utf-8")
    assert [x.start for x in read_cues(path)] == [1.4]


def test_the_clock_of_a_tape_begins_at_ten(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n10:00:01.000 --> 10:00:02.500\nOh <10:00:01.500>no\n", encoding="utf-8")
    found = read_cues(path)
    assert [(x.start, x.end, x.text) for x in found] == [(1.0, 2.5, "Oh no")]
    assert found.warnings == ("its times begin at 10:00:00, as those of a tape do; they were taken from there",)


def test_a_caption_that_stands_there_twice_is_one() -> None:
    assert said(ONE + "Oh no\n\n" + ONE + "Oh no\n\n" + TWO + "yes\n") == ["Oh no", "yes"]
