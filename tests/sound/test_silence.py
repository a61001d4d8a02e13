"""Digital silence: what is found, and that nothing is learnt from it."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from visalign.forced_alignment import Alignment, force_align, recognise_phones
from visalign.media.clips import read_audio
from visalign.signals import Audio
from visalign.sound.quality import estimated_snr
from visalign.sound.silence import Cut, in_cuts, silent_stretches, without_stretches
from visalign.sound.voice_activity import SPEECH, find_speech

RATE = 16000
SENTENCE = "bin blue at f two now"
WORDS = "she had your dark suit in greasy wash water all year"


def zeros(seconds: float) -> np.ndarray:
    return np.zeros(round(RATE * seconds), np.float32)


def room(seconds: float, level: float = 3e-3) -> np.ndarray:
    return (level * np.random.default_rng(0).standard_normal(round(RATE * seconds))).astype(np.float32)


@pytest.mark.parametrize(
    "silence",
    [
        zeros(3),
        np.full(3 * RATE, 0.1, np.float32),  # a constant is as silent as zeros
        np.random.default_rng(0).integers(-2, 3, 3 * RATE).astype(np.float32) / 32768,  # dither
    ],
)
def test_what_is_silent(silence: np.ndarray) -> None:
    sound = Audio(np.concatenate([room(1), silence, room(1)]), RATE)
    assert silent_stretches(sound) == (Cut(17600, 62400),)
    assert silent_stretches(sound, kept_seconds=0.0) == (Cut(16000, 64000),)
    kept = without_stretches(sound, silent_stretches(sound))
    assert len(kept.samples) == 5 * RATE - 44800
    assert np.array_equal(kept.samples[:16000], sound.samples[:16000])
    assert np.array_equal(kept.samples[-16000:], sound.samples[-16000:])
    edge = Audio(np.concatenate([silence, room(1)]), RATE)
    assert silent_stretches(edge) == (Cut(0, 46400),)  # where nothing was recorded before, nothing has to stay
    assert in_cuts((Cut(16000, 64000),), 500, 160).sum() == 300


def test_what_is_not() -> None:
    for samples in (room(5), np.concatenate([room(1), zeros(0.9), room(1)]), zeros(5), zeros(0)):
        assert silent_stretches(Audio(samples, RATE)) == ()


def test_the_noise_of_a_room_is_no_speech_beside_zeros(generated_audio: Audio) -> None:
    said = generated_audio.samples + room(len(generated_audio.samples) / RATE)
    plain = find_speech(Audio(said, RATE))
    padded = find_speech(Audio(np.concatenate([zeros(10), said, zeros(20)]), RATE))
    spoken = [[(x.start, x.end) for x in tier if x.label == SPEECH] for tier in (plain, padded)]
    assert np.array(spoken[1]) - 10 == pytest.approx(np.array(spoken[0]))
    assert padded.end == pytest.approx(30 + len(said) / RATE)


def test_the_noise_floor_is_not_that_of_zeros(generated_audio: Audio) -> None:
    said = generated_audio.samples + room(len(generated_audio.samples) / RATE)
    assert estimated_snr(Audio(np.concatenate([said, zeros(20)]), RATE)) == pytest.approx(
        estimated_snr(Audio(said, RATE)), abs=1.0
    )


def test_words_of_a_voice_made_by_a_program(generated_audio: Audio) -> None:
    padded = Audio(np.concatenate([zeros(20), generated_audio.samples, zeros(20)]), RATE)
    plain, found = force_align(generated_audio, SENTENCE), force_align(padded, SENTENCE)
    assert starts(found) == pytest.approx([x + 20 for x in starts(plain)], abs=0.1)
    assert [x for x in found.warnings if "may not belong" in x] == []
    assert found.words.end == found.phones.end == padded.duration


# ---- with a recorded voice ----


@pytest.fixture(scope="module")
def recorded(corpus: Path) -> Audio:
    return read_audio(corpus / "timit/fvmh0_sa1.wav")


def starts(found: Alignment) -> list[float]:
    return [x.start for x in found.words if x.label]


@pytest.mark.corpus
@pytest.mark.parametrize("engine", ["gmm_hmm", "pocketsphinx"])
@pytest.mark.parametrize(("before", "after"), [(20, 0), (0, 40), (30, 30), (2, 2)])
def test_words_are_found_beside_silence_as_without_it(
    engine: str, before: float, after: float, recorded: Audio
) -> None:
    plain = force_align(recorded, WORDS, aligner=engine)
    padded = Audio(np.concatenate([zeros(before), recorded.samples, zeros(after)]), RATE)
    found = force_align(padded, WORDS, aligner=engine)
    assert found.words.end == found.phones.end == padded.duration
    assert starts(found) == pytest.approx([x + before for x in starts(plain)], abs=0.03)
    assert found.warnings == plain.warnings == ()
    if padded.duration <= 60:  # longer ones are aligned in pieces, whose engines name themselves
        assert found.engine == plain.engine


@pytest.mark.corpus
@pytest.mark.parametrize("engine", ["gmm_hmm", "pocketsphinx"])
def test_silence_between_two_words(engine: str, recorded: Audio) -> None:
    plain = starts(force_align(recorded, WORDS, aligner=engine))
    cut = round(RATE * plain[6])  # before "greasy"
    sound = Audio(np.concatenate([recorded.samples[:cut], zeros(20), recorded.samples[cut:]]), RATE)
    found = force_align(sound, WORDS, aligner=engine)
    assert starts(found) == pytest.approx(plain[:6] + [x + 20 for x in plain[6:]], abs=0.05)
    assert all(x.duration < 1 for x in found.words if x.label)
    assert found.warnings == ()


@pytest.mark.corpus
def test_phones_are_recognised_beside_silence_as_without_it(recorded: Audio) -> None:
    padded = Audio(np.concatenate([zeros(20), recorded.samples, zeros(20)]), RATE)
    plain, found = recognise_phones(recorded), recognise_phones(padded)
    spoken = [[x.label for x in tier if x.score is not None] for tier in (plain.phones, found.phones)]
    same = SequenceMatcher(None, *spoken).ratio()
    assert same > 0.8
    assert found.phones.end == padded.duration
