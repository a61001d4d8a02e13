"""Figures that may be said in several ways are aligned as they are heard."""

from __future__ import annotations

import numpy as np
import pytest

from visalign import Audio, force_align
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import any_length
from visalign.forced_alignment.aligner import load_aligner
from visalign.forced_alignment.readings import align_text, heard_text
from visalign.language.annotations import Cue
from visalign.language.lexicon import embedded_lexicon, parse_lexicon
from visalign.language.transcript import read_aloud

LEXICON = embedded_lexicon()

# What is written, and a way in which it may be said. The made voice swallows the "and" of "two thousand and ten", and
# its "half past seven" is heard right but suspected; both are left out here and told in docs/decisions/0150.
SAID = [
    ("in 1905 she went home", "in nineteen hundred and five she went home"),
    ("in 1905 she went home", "in nineteen oh five she went home"),
    ("the year 2010 was good", "the year twenty ten was good"),
    ("there were 125 people", "there were one hundred and twenty five people"),
    ("room 101 is here", "room one oh one is here"),
]


def spoken(said: str, seed: int = 0) -> Audio:
    return synthesise_speech(said, seed=seed).audio


@pytest.mark.parametrize(
    ("written", "said"), [pytest.param(*row, marks=[pytest.mark.slow] * (n > 1)) for n, row in enumerate(SAID)]
)
def test_what_is_said_decides(written: str, said: str) -> None:
    found = force_align(spoken(said), written)
    assert found.text == said
    assert not any("may not belong" in warning for warning in found.warnings)


def test_other_aligners_choose_by_the_embedded_model() -> None:
    written, said = SAID[0]
    assert force_align(spoken(said), written, aligner="pocketsphinx").text == said


def test_an_aligner_with_a_dictionary_of_its_own_gets_the_likeliest() -> None:
    class Itself:
        name = "itself"
        pronounces_itself = True

    text = read_aloud(SAID[0][0], LEXICON)
    assert heard_text(Itself(), spoken(SAID[0][1]), text, LEXICON).words == text.words  # type: ignore[arg-type]


def test_sound_that_tells_nothing_leaves_the_likeliest() -> None:
    text = read_aloud(SAID[0][0], LEXICON)
    silent = Audio(np.zeros(16_000, np.float32), 16_000)
    assert heard_text(load_aligner("gmm_hmm"), silent, text, LEXICON).words == text.words


def test_words_without_other_ways_are_aligned_as_they_are() -> None:
    audio = spoken(SAID[1][1])
    aligner = load_aligner("gmm_hmm")
    plain = aligner.align(audio, SAID[1][1].split(), LEXICON)
    assert align_text(aligner, audio, read_aloud(SAID[1][1], LEXICON), LEXICON) == plain
    assert align_text(aligner, audio, read_aloud(SAID[1][0], LEXICON), LEXICON) == plain


def test_a_doubtful_reading_is_told_as_it_was_heard() -> None:
    audio = spoken("on april third twenty twenty we met", seed=3)
    found = force_align(audio, "on 3/4/2020 we met")
    assert found.text == "on april third twenty twenty we met"
    assert any("line 1: '3/4/2020' as \"april third twenty twenty\"" in warning for warning in found.warnings)


def test_cues_keep_their_words() -> None:
    first, second = SAID[0][1], "please call my sister"
    parts = [spoken(first), spoken(second, seed=1)]
    gap = np.zeros(round(0.8 * parts[0].rate_hz), np.float32)
    audio = Audio(np.concatenate([parts[0].samples, gap, parts[1].samples]), parts[0].rate_hz)
    start = parts[0].duration + 0.8
    cues = [Cue(0.1, parts[0].duration, SAID[0][0], "A"), Cue(start, audio.duration, second, "B")]
    found = force_align(audio, cues)
    assert found.text == f"{first} {second}"
    assert found.cues[0].found_end is not None
    assert found.cues[0].found_end < start < (found.cues[1].found_end or 0.0)
    assert found.speakers is not None
    speakers = [found.speakers.crop(word.start, word.end).labels for word in found.words if word.label]
    assert speakers == [("A",)] * len(first.split()) + [("B",)] * len(second.split())


def test_pieces_of_long_recordings_choose_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_length, "LONG_SECONDS", 1.0)
    written, said = SAID[0]
    assert force_align(spoken(said), written).text == said


def test_a_lexicon_that_lacks_the_ways_leaves_one() -> None:
    mine = parse_lexicon("go G OW\nseven S EH V AH N\nthirty TH ER T IY\n")
    assert read_aloud("go 7:30", mine).words == ("go", "seven", "thirty")
    assert not read_aloud("go 7:30", mine).has_ways
