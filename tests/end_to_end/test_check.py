"""Whole checks of generated clips: times within a stated tolerance of what is known about them.

The clips are speech of espeak-ng under a drawn face, neither of which the lip model was trained on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import visalign
from visalign import Audio, ClipReport, LipFeatures
from visalign.face.generated_clip import SENTENCES, GeneratedClip, synthesise_speech

LEAD_TOLERANCE = 0.02  # seconds, of the measured lead against the truth
SHIFT_TOLERANCE = 0.015  # seconds, of the change of the lead against the shift of the sound
SIZE_PX = 240  # a smaller picture than the default: three times as fast, and as good


@pytest.fixture(scope="module")
def late_clip(made_once: Any) -> GeneratedClip:
    """Another sentence, another size; the audio is 120 ms late."""
    clip: GeneratedClip = made_once.clip(text=SENTENCES[0], lead_seconds=-0.12, size_px=SIZE_PX)
    return clip


@pytest.fixture(scope="module")
def late_lips(late_clip: GeneratedClip) -> LipFeatures:
    return visalign.read_lips(late_clip.path)


@pytest.fixture(scope="module")
def late_audio(late_clip: GeneratedClip) -> Audio:
    return visalign.read_audio(late_clip.path)


@pytest.fixture(scope="module")
def late_report(late_clip: GeneratedClip, late_lips: LipFeatures, late_audio: Audio) -> ClipReport:
    return visalign.check(late_lips, late_clip.transcript, audio=late_audio)


@pytest.fixture(scope="module")
def mended_report(late_clip: GeneratedClip, late_lips: LipFeatures, late_audio: Audio) -> ClipReport:
    """The same clip after its sound was advanced by 120 ms."""
    return visalign.check(late_lips, late_clip.transcript, audio=earlier(late_audio, 0.12))


def earlier(audio: Audio, seconds: float) -> Audio:
    """The same sound, `seconds` earlier."""
    return replace(audio, samples=np.roll(audio.samples, -round(seconds * audio.rate_hz)))


def lead_of(report: ClipReport) -> float:
    assert report.sync.lead_seconds is not None
    return report.sync.lead_seconds


def test_a_sound_before_the_lips_is_early(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """The sign of everything: this clip's sound comes 120 ms before its lips."""
    report = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
    assert generated_clip.lead_seconds == pytest.approx(0.12, abs=1e-4)
    assert lead_of(report) == pytest.approx(0.12, abs=LEAD_TOLERANCE)
    assert report.sync.verdict == "audio-early"
    ms = round(1000 * lead_of(report))
    assert report.summary().startswith(f"Audio is {ms} ms early. To fix, delay the audio by {ms} ms.")
    low, high = report.sync.lead_interval or (np.nan, np.nan)
    assert low < 0.12 < high


def test_a_sound_after_the_lips_is_late(late_report: ClipReport) -> None:
    assert lead_of(late_report) == pytest.approx(-0.12, abs=LEAD_TOLERANCE)
    assert late_report.sync.verdict == "audio-late"
    ms = -round(1000 * lead_of(late_report))
    assert late_report.summary().startswith(f"Audio is {ms} ms late. To fix, advance the audio by {ms} ms.")


def test_the_remedy_is_right(
    late_clip: GeneratedClip, late_lips: LipFeatures, late_audio: Audio, mended_report: ClipReport
) -> None:
    """Advancing the audio by 120 ms leaves nothing to fix; delaying it makes things twice as bad."""
    assert mended_report.sync.verdict == "in-sync"
    assert mended_report.summary().startswith("In sync")
    worse = visalign.check(late_lips, late_clip.transcript, audio=earlier(late_audio, -0.12))
    assert lead_of(worse) == pytest.approx(-0.24, abs=LEAD_TOLERANCE)


@pytest.mark.parametrize("shift", [-0.3, 0.045, 0.4])
def test_the_lead_follows_a_shift_of_the_sound(
    late_clip: GeneratedClip, late_lips: LipFeatures, late_audio: Audio, late_report: ClipReport, shift: float
) -> None:
    after = visalign.check(late_lips, late_clip.transcript, audio=earlier(late_audio, shift))
    assert lead_of(after) - lead_of(late_report) == pytest.approx(shift, abs=SHIFT_TOLERANCE)


def test_phones_that_are_recognised_do_as_well(
    late_lips: LipFeatures, late_audio: Audio, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    for lips, audio, truth in ((late_lips, late_audio, -0.12), (generated_lips, generated_audio, 0.12)):
        report = visalign.check(lips, None, audio=audio)
        assert lead_of(report) == pytest.approx(truth, abs=LEAD_TOLERANCE)
        assert len(report.segments) == 0


def test_the_sound_of_another_sentence_is_mismatched(late_lips: LipFeatures, mended_report: ClipReport) -> None:
    sentence = SENTENCES[3]
    other = synthesise_speech(sentence).audio
    quiet = np.random.default_rng(0).normal(0, 4e-4, round(0.6 * other.rate_hz)).astype(np.float32)
    dubbed = replace(other, samples=np.concatenate([quiet, other.samples, quiet]))
    report = visalign.check(late_lips, sentence, audio=dubbed)
    assert report.sync.verdict == "mismatched"
    assert report.summary().startswith("Mismatched")
    assert report.segments["score"].mean() < 0.5 < mended_report.segments["score"].min()


def test_half_a_clip_that_is_out_of_sync_is_found(made_once: Any) -> None:
    """From the middle of the speech on the lips come 160 ms after the sound."""
    clip = made_once.clip(text=SENTENCES[0], fault="half-shifted", size_px=SIZE_PX)
    report = visalign.check(clip.path, clip.transcript)
    middle = 0.5 * (clip.phones.start + clip.phones.end)
    words = report.segments
    first, second = words[words["end"] < middle - 0.3], words[words["start"] > middle + 0.3]
    assert first["score"].min() > second["score"].max()
    assert first["lead_seconds"].median() == pytest.approx(0.0, abs=0.04)
    assert second["lead_seconds"].median() == pytest.approx(0.16, abs=0.05)


def test_part_of_a_picture_is_enough(late_clip: GeneratedClip, late_lips: LipFeatures, late_audio: Audio) -> None:
    """One second of lips, against the whole sound; only the words in it are judged."""
    part = late_lips.crop(2.0, 3.0)
    report = visalign.check(part, late_clip.transcript, audio=late_audio)
    assert lead_of(report) == pytest.approx(-0.12, abs=0.04)
    words = report.segments
    assert 0 < len(words) < len(late_clip.transcript.split())
    assert (words["start"] - 0.12).max() < 3.1
    assert (words["end"] - 0.12).min() > 1.9
