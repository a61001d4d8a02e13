"""Where the words of an alignment and the voice that is heard disagree."""

from __future__ import annotations

import numpy as np
import pytest

from visalign import force_align
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment.voice_doubts import voice_doubts
from visalign.signals import Audio
from visalign.sound.voice_activity import SPEECH
from visalign.timeline import Tier

WORDS = Tier("words", (0.0, 1.0, 1.4, 2.0, 5.0), ("", "bin", "blue", ""))


def heard(start: float, end: float) -> Tier:
    return Tier("speech", (0.0, start, end, 5.0), ("", SPEECH, ""))


def test_nothing_is_said_where_words_and_voice_agree() -> None:
    assert voice_doubts(WORDS, heard(0.9, 2.1)) == ()


@pytest.mark.parametrize(("end", "n"), [(2.99, 0), (3.01, 1)])
def test_long_speech_without_words_is_named(end: float, n: int) -> None:
    doubts = voice_doubts(WORDS, heard(0.9, end))
    assert len(doubts) == n
    assert not n or "2.00 to 3.01 s" in doubts[0]


def test_words_without_voice_are_named() -> None:
    (doubt,) = voice_doubts(WORDS, heard(1.4, 2.0))
    assert '"bin" (1.00 s)' in doubt
    assert "blue" not in doubt


def test_many_places_are_counted() -> None:
    words = Tier("words", tuple(0.1 * i for i in range(9)), tuple("abcdefgh"))
    (doubt,) = voice_doubts(words, Tier("speech", (0.0, 0.8), ("",)))
    assert '"e"' in doubt
    assert '"f"' not in doubt
    assert "and 3 more" in doubt


def test_a_transcript_that_leaves_speech_out_is_doubted() -> None:
    told, untold = (synthesise_speech(text, seed=0).audio for text in ("set red by m two", "please lay white in four"))
    rate = told.rate_hz
    noise = 1e-4 * np.random.default_rng(0).normal(size=rate)
    samples = np.concatenate([noise, told.samples, noise, untold.samples, noise]).astype(np.float32)
    whole = force_align(Audio(samples, rate), "set red by m two please lay white in four")
    half = force_align(Audio(samples, rate), "set red by m two")
    assert not any("without words" in warning for warning in whole.warnings)
    assert any("without words" in warning for warning in half.warnings)
