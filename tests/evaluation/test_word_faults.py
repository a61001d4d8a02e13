"""Faults of single words: what is done to the sound, and what is said to be true of each word."""

from __future__ import annotations

import numpy as np
import pytest
from sample_words import RATE, spoken

from visalign.evaluation.word_faults import CLEAN, FAULT, KINDS, TOUCHED, FaultyClip, SpokenClip, make_fault
from visalign.signals import Audio
from visalign.timeline import Tier


def hertz_at(audio: Audio, start: float, end: float) -> float:
    part = audio.samples[round(start * RATE) : round(end * RATE)]
    return float(np.abs(np.fft.rfft(part)).argmax() / len(part) * RATE)


def level_at(audio: Audio, start: float, end: float) -> float:
    part = audio.samples[round(start * RATE) : round(end * RATE)].astype(float)
    return float(np.sqrt((part**2).mean()))


def made(kind: str, index: int, **more: object) -> FaultyClip:
    faulty = make_fault(spoken(), kind, index, **more)  # type: ignore[arg-type]
    assert faulty is not None
    assert len(faulty.audio.samples) == len(spoken().audio.samples)
    return faulty


@pytest.mark.parametrize("lead", [0.12, -0.12, 0.04])
def test_a_shifted_word_is_heard_earlier_by_its_lead(lead: float) -> None:
    faulty = made("shifted", 1, size_seconds=lead)
    word = faulty.words[1]
    assert (word.label, word.state) == ("sees", FAULT)
    assert (word.start, word.end, word.lead_seconds) == pytest.approx((0.9 - lead, 1.2 - lead, lead))
    assert hertz_at(faulty.audio, word.start + 0.03, word.end - 0.03) == pytest.approx(500, abs=15)
    # what lies beyond its reach is as it was, to the sample
    assert np.array_equal(faulty.audio.samples[: round(0.4 * RATE)], spoken().audio.samples[: round(0.4 * RATE)])


def test_neighbours_of_a_shifted_word_are_touched_and_those_beyond_are_clean() -> None:
    assert [word.state for word in made("shifted", 1, size_seconds=0.12).words] == [TOUCHED, FAULT, TOUCHED, CLEAN]


def test_a_word_without_room_is_not_shifted() -> None:
    tight = spoken()
    words = Tier("words", (0.0, 0.05, 0.3, 2.6), ("", "bob", ""))
    clip = SpokenClip("tight", "s", tight.audio, words, tight.phones)
    assert make_fault(clip, "shifted", 0, size_seconds=0.2) is None


def test_a_dropped_word_leaves_the_room() -> None:
    faulty = made("dropped", 2)
    assert [word.label for word in faulty.words] == ["bob", "sees", "", "now"]
    assert faulty.words[2].state == FAULT
    assert faulty.transcript == "bob sees now"
    assert level_at(faulty.audio, 1.32, 1.58) < 0.003 < level_at(spoken().audio, 1.32, 1.58)


def test_a_doubled_word_covers_what_follows_it() -> None:
    faulty = made("doubled", 1)  # over [1.2, 1.5), so "me" is gone by two thirds
    assert [(word.label, word.state) for word in faulty.words] == [
        ("bob", CLEAN),
        ("sees", CLEAN),
        ("sees", FAULT),
        ("now", CLEAN),
    ]
    assert hertz_at(faulty.audio, 1.22, 1.48) == pytest.approx(500, abs=15)


def test_swapped_words_change_places() -> None:
    faulty = made("swapped", 0)
    assert faulty.transcript == "sees bob me now"
    assert [word.state for word in faulty.words] == [FAULT, FAULT, CLEAN, CLEAN]
    assert hertz_at(faulty.audio, 0.52, 0.78) == pytest.approx(500, abs=15)
    assert hertz_at(faulty.audio, 0.92, 1.18) == pytest.approx(300, abs=15)
    assert make_fault(spoken(), "swapped", 3) is None  # the last word has no next one


def test_a_replacement_is_as_long_and_as_loud_and_another_word() -> None:
    donor = spoken("two", louder=0.2, pitch=2.0)
    faulty = made("replaced", 1, donors=[donor])
    assert faulty.source == "two"
    assert faulty.words[1].label == "bob"  # the first of those that are as long and another word
    assert faulty.words[1].state == FAULT
    assert hertz_at(faulty.audio, 0.93, 1.17) == pytest.approx(600, abs=15)
    assert level_at(faulty.audio, 0.93, 1.17) == pytest.approx(level_at(spoken().audio, 0.93, 1.17), rel=0.1)
    assert make_fault(spoken(), "replaced", 1, donors=[]) is None


def test_a_closure_that_is_not_heard_is_the_vowel_beside_it() -> None:
    faulty = made("opened", 2)
    assert faulty.phones is not None
    assert [x.label for x in faulty.phones][7:9] == ["IY", "IY"]
    assert faulty.words[2].state == FAULT
    assert make_fault(spoken(), "opened", 1) is None  # "sees" closes no lips


def test_a_stretched_line_drifts() -> None:
    faulty = made("stretched", 0)
    leads = [word.lead_seconds for word in faulty.words]
    assert leads == sorted(leads, reverse=True)
    assert leads[-1] == pytest.approx(-0.1 * (1.85 - 0.5), abs=1e-6)  # the last word's middle, a tenth of its way in
    assert faulty.words[-1].state == FAULT


@pytest.mark.parametrize(("kind", "lead"), [("early", 0.2), ("late", -0.2)])
def test_a_line_ends_early_or_late(kind: str, lead: float) -> None:
    faulty = made(kind, 0)
    assert faulty.size_seconds == lead
    assert faulty.words[-1].end == pytest.approx(2.0 - lead)
    assert [word.state for word in faulty.words] == [CLEAN, CLEAN, CLEAN, FAULT]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_faults_do_not_click(kind: str) -> None:
    donor = spoken("two")
    clip = spoken()
    faulty = next(
        one
        for k in range(4)
        if (one := make_fault(clip, kind, k, size_seconds=0.08 if kind == "shifted" else 0.0, donors=[donor]))
    )
    assert faulty.kind == kind
    # tones of 0.2 up to 1.2 kHz change by 0.094 from sample to sample; the words' own hard edges are in the clip too
    limit = max(0.11, float(np.abs(np.diff(clip.audio.samples)).max()))
    assert np.abs(np.diff(faulty.audio.samples)).max() <= 1.05 * limit
