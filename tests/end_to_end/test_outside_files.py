"""Files as other people's tools write them, each with one right value: what was said when, on what clock, or why not.

The files stand beside the development clips (``../shared/cases``); without them these tests are skipped, visibly. Each
row of `CASES` names a file and what must come out of it; `test_every_file_has_a_row` tells of one that has none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import visalign
from visalign.errors import ParseError
from visalign.forced_alignment import Alignment, force_align, read_alignment
from visalign.language.lexicon import read_lexicon
from visalign.signals import Audio

pytestmark = pytest.mark.corpus

SENTENCE = "she had your dark suit in greasy wash water all year"

# Word starts that a person set by hand (TIMIT's own labels of the sentence), seconds.
STARTS = (0.488, 0.663, 0.906, 0.987, 1.295, 1.603, 1.682, 2.042, 2.408, 2.693, 2.878)


@pytest.fixture(scope="session")
def cases(corpus: Path) -> Path:
    folder = corpus.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no files of others: {folder} is missing")
    return folder


@pytest.fixture(scope="session")
def sentence(corpus: Path) -> Audio:
    return visalign.read_audio(corpus / "timit/fvmh0_sa1.wav")


def starts(found: Alignment) -> list[float]:
    return [x.start for x in found.words if x.label]


def taken(path: Path, audio: Audio) -> None:
    """All words, at the times of the file."""
    found = read_alignment(path, audio)
    assert found.text == SENTENCE
    assert starts(found) == pytest.approx(STARTS, abs=1e-6)
    assert not any("may not belong" in x for x in found.warnings)


def praat(path: Path, audio: Audio) -> None:
    """Words and phones of the TextGrid, to the last digit."""
    found = read_alignment(path, audio)
    assert found.text == SENTENCE
    assert starts(found)[:3] == [0.485894, 0.678304, 0.89653]
    assert [x.label for x in found.phones][1:4] == ["SH", "IY", "HH"]
    assert found.words.end == audio.duration
    assert not found.warnings


def within(path: Path, audio: Audio) -> None:
    """All words, found within the time of their utterance, where they are said."""
    found = read_alignment(path, audio)
    assert found.text == SENTENCE
    assert starts(found) == pytest.approx(STARTS, abs=0.06)
    assert any("have no times for their words" in x or "none for their words" in x for x in found.warnings)
    even = [0.48 + k * 2.68 / 11 for k in range(11)]
    assert max(abs(a - b) for a, b in zip(starts(found), even, strict=True)) > 0.1


def gentle(path: Path, audio: Audio) -> None:
    found = read_alignment(path, audio)
    assert found.text == "she had your dark"
    assert starts(found) == pytest.approx(STARTS[:4], abs=1e-6)
    assert any("left out: suit" in x for x in found.warnings)
    assert [x.label for x in found.phones][1:3] == ["SH", "IY"]  # those of the file do not fill its words


def probability_last(path: Path, audio: Audio) -> None:
    with pytest.raises(
        ParseError, match=r"19_prob_last\.dict:1: 'zorb' has 0\.9 among its phones; .*zorb 0\.9 Z AO R B"
    ):
        force_align(audio, "zorb", lexicon=path)


def dictionary_in_json(path: Path, _audio: Audio) -> None:
    assert [str(x) for x in read_lexicon(path)["zorb"]] == ["Z AO R B"]


def not_here(_path: Path, _audio: Audio) -> None:
    """Looked at by the suites of captions and texts."""


CASES: dict[str, Callable[[Path, Audio], None]] = {
    "04_utf16le_nobom.TextGrid": praat,
    "05_zero_cue.srt": not_here,
    "08_blank_line_inside.srt": not_here,
    "10_whisperx.json": taken,
    "12_whisper_words.json": taken,
    "13_gentle.json": gentle,
    "13_overlap_1us_in_tier.TextGrid": praat,
    "14_aeneas.json": within,
    "15_no_item_header.TextGrid": praat,
    "17_exponent.TextGrid": praat,
    "19_prob_last.dict": probability_last,
    "20_label_track.txt": taken,
    "21_htk.lab": taken,
    "22_json.dict": dictionary_in_json,
    "22_words.csv": taken,
    "23_speaker_mixed.srt": not_here,
    "33_symbolic.eaf": within,
    "41_vtt_entities.vtt": not_here,
    "42_comment_lines.TextGrid": praat,
    "43_ass_in_srt.srt": not_here,
    "46_youtube_rolling.vtt": not_here,
    "amp.csv": not_here,
}
ON_THE_CLOCK = ("grid.eaf", "grid_origin300.eaf")


@pytest.mark.parametrize("name", [name for name, look in CASES.items() if look is not not_here])
def test_right_value(name: str, cases: Path, sentence: Audio) -> None:
    CASES[name](cases / name, sentence)


@pytest.mark.parametrize("name", ON_THE_CLOCK)
def test_the_clock_of_the_medium(name: str, cases: Path, corpus: Path) -> None:
    """The same words, as ELAN stores them with an offset of the medium and without."""
    report = visalign.check(corpus / "grid/s1/bbir6n.mpg", None, alignment=cases / name)
    assert report.sync.verdict == "in-sync"
    assert report.sync.lead_seconds == pytest.approx(-0.016, abs=0.005)
    assert report.words[1].start == pytest.approx(0.729)
    assert any("+300 ms, the time origin of clip.mpg" in x for x in report.warnings) == (name != "grid.eaf")


def test_every_file_has_a_row(cases: Path) -> None:
    there = {path.name for path in cases.iterdir() if path.is_file()}
    assert there <= {*CASES, *ON_THE_CLOCK}, "give each new file a row with its right value"
