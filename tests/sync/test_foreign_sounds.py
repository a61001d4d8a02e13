"""Sounds that a lip model brings along to measure others against."""

from __future__ import annotations

import numpy as np
import pytest
from sample_lips import random_sounds

from visalign.sound.speech import N_BANDS
from visalign.sync.foreign_sounds import SECONDS, ForeignSounds
from visalign.sync.speech_context import N_CHANNELS, PHONES, SpeechContext

SIL, AA, B = (PHONES.index(phone) for phone in ("SIL", "AA", "B"))


def context(phones: list[int], band: float) -> SpeechContext:
    return SpeechContext.of_rows(np.array(phones, np.uint8), np.full((len(phones), N_BANDS), band, np.float32))


def test_the_speech_of_clips_is_kept_without_its_pauses() -> None:
    first = [SIL] * 50 + [AA] * 300 + [SIL] * 50 + [B] * 200
    heard, guessed = context(first, 0.5), context([SIL] * 50 + [B] * 550, 0.5)
    sounds = ForeignSounds.of([(heard, guessed), (context([AA] * 100, -1.0), context([AA] * 100, -1.0))])
    assert len(sounds) == pytest.approx(600, abs=12)  # phones are smoothed, so an edge may fall to either side
    assert set(sounds.aligned) == {AA, B}
    assert (sounds.aligned == AA).sum() == pytest.approx(400, abs=12)
    assert (sounds.recognised == B).sum() == pytest.approx(500, abs=12)
    assert sounds.bands[0].tolist() == [0.5] * N_BANDS
    assert sounds.bands[-1].tolist() == [-1.0] * N_BANDS


def test_no_more_is_kept_than_is_needed() -> None:
    clip = (context([AA] * 1000, 0.0), context([AA] * 1000, 0.0))
    assert len(ForeignSounds.of([clip] * 20)) == pytest.approx(100 * SECONDS, abs=1000)


def test_what_is_written_is_read_back() -> None:
    sounds = random_sounds(np.random.default_rng(0))
    again = ForeignSounds.from_arrays(sounds.to_arrays())
    for recognised in (False, True):
        found = again.context(recognised=recognised)
        assert found.rows.shape == (len(sounds), N_CHANNELS)
        assert np.array_equal(found.rows, sounds.context(recognised=recognised).rows)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bands", np.zeros((900, N_BANDS))),
        ("bands", np.full((1000, N_BANDS), np.nan)),
        ("bands", np.zeros((1000, 3))),
        ("aligned", np.full(1000, 200, np.uint8)),
        ("aligned", np.zeros(1000)),
        ("recognised", np.zeros((1000, 2), np.uint8)),
    ],
)
def test_arrays_that_are_no_sounds_are_refused(name: str, value: np.ndarray) -> None:
    arrays = random_sounds(np.random.default_rng(0)).to_arrays() | {name: value}
    with pytest.raises(ValueError, match="foreign sounds"):
        ForeignSounds.from_arrays(arrays)


def test_a_second_of_speech_is_too_short() -> None:
    with pytest.raises(ValueError, match="too short"):
        random_sounds(np.random.default_rng(0), 100)
