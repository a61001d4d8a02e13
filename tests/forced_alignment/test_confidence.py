"""How sure a start is, and whether the transcript is what is heard: in order, calibrated, without false alarms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visalign import force_align, read_audio
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment.confidence import StartEvidence, fit_doubt, phone_confidence, word_confidence
from visalign.language.phones import SILENCE
from visalign.signals import Audio

TEXT = "she had your dark suit in greasy wash water all year"


@pytest.fixture(scope="module")
def speech() -> Audio:
    return synthesise_speech(TEXT, seed=0).audio


def mean_confidence(audio: Audio, text: str) -> float:
    return float(np.mean([x.score for x in force_align(audio, text).phones if x.score is not None]))


@pytest.mark.parametrize(
    "worse",
    [StartEvidence(0.03, 1.5, 0.0), StartEvidence(0.01, 0.5, 0.0), StartEvidence(0.01, 1.5, -5.0)],
    ids=["blurred", "no change", "no fit"],
)
def test_each_evidence_counts(worse: StartEvidence) -> None:
    assert phone_confidence(worse) < phone_confidence(StartEvidence(0.01, 1.5, 0.0)) - 0.01


@pytest.mark.parametrize("evidence", [StartEvidence(0.0, 0.0, -1e6), StartEvidence(1e3, 1e3, 1e6)])
def test_extremes_stay_probabilities(evidence: StartEvidence) -> None:
    sure = phone_confidence(evidence)
    assert 0.0 <= sure <= 1.0
    assert 0.0 <= word_confidence(sure) <= 1.0


def test_words_carry_the_confidence_of_their_start(speech: Audio) -> None:
    found = force_align(speech, TEXT)
    for word in (x for x in found.words if x.label):
        first = next(x for x in found.phones if x.start == word.start)
        assert word.score == word_confidence(first.score or 0.0)
    assert all(x.score is None for x in found.words if not x.label)
    assert all((x.score is None) == (x.label == SILENCE) for x in found.phones)


def test_noise_makes_less_sure(speech: Audio) -> None:
    noise = np.random.default_rng(0).normal(size=len(speech.samples)) * np.sqrt(np.mean(speech.samples**2))
    noisy = Audio((speech.samples + noise).astype(np.float32), speech.rate_hz)
    assert mean_confidence(noisy, TEXT) < mean_confidence(speech, TEXT) - 0.05


def test_another_text_is_suspected_and_the_right_one_is_not(speech: Audio) -> None:
    right, wrong = (force_align(speech, text) for text in (TEXT, "the quick brown fox jumps over the lazy dog"))
    assert not any("may not belong" in x for x in right.warnings)
    assert any("may not belong" in x for x in wrong.warnings)


def test_without_a_control_nothing_is_suspected() -> None:
    assert not fit_doubt(-9.0, None)
    assert fit_doubt(-4.0, 1.0)
    assert not fit_doubt(-4.0, 9.0)


@pytest.mark.slow
@pytest.mark.corpus
def test_clips_are_told_from_each_others_transcripts(corpus: Path) -> None:
    """LibriVox: five utterances, each with each text."""
    wavs = sorted((corpus / "librivox").glob("*.wav"))
    texts = [wav.with_suffix(".txt").read_text() for wav in wavs]
    for i, wav in enumerate(wavs):
        audio = read_audio(wav)
        for j, text in enumerate(texts):
            suspected = any("may not belong" in x for x in force_align(audio, text).warnings)
            assert suspected == (i != j), f"{wav.stem} with the text of {wavs[j].stem}"
