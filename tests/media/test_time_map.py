"""Time maps sample by sample: fades at cuts, and no tone where there was none. Whole clips: test_remux.py."""

from __future__ import annotations

import numpy as np
import pytest

import visalign.media.remux.time_map as time_map
from visalign.errors import TimelineError
from visalign.media.remux.time_map import Piece, Retimer, _between_samples, check_pieces, retimed

RATE_HZ = 16000
ONES = np.ones((1000, 1), np.float32)  # a second at 1 kHz, of which 5 ms are five samples
FALLING, RISING = [0.9, 0.7, 0.5, 0.3, 0.1], [0.1, 0.3, 0.5, 0.7, 0.9]


def test_sound_fades_out_before_a_gap_and_in_behind_it() -> None:
    """What ends at 0.5 s goes on at 0.6 s: half a sample from the cut a fade of five samples is at a tenth."""
    made = retimed(ONES, 1000, [Piece(0.0, 0.0), Piece(0.5, 0.1)], 1100)[:, 0]
    assert made[495:500] == pytest.approx(FALLING, abs=1e-6)
    assert made[600:605] == pytest.approx(RISING, abs=1e-6)
    assert (made[:495] == 1).all()
    assert (made[500:600] == 0).all()
    assert (made[605:] == 1).all()


def test_sound_that_is_cut_off_fades_where_the_next_piece_begins() -> None:
    """What is heard from 0.5 s on comes at 0.4 s already."""
    made = retimed(ONES, 1000, [Piece(0.0, 0.0), Piece(0.5, -0.1)])[:, 0]
    assert made[395:400] == pytest.approx(FALLING, abs=1e-6)
    assert made[400:405] == pytest.approx(RISING, abs=1e-6)
    assert (made[:395] == 1).all()
    assert (made[405:900] == 1).all()
    assert (made[900:] == 0).all()


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ([Piece(0.0, 0.0, 1.1001)], "at most 10 %"),
        ([Piece(0.0, 0.0, 0.9)], "at most 10 %"),
        ([Piece(float("inf"), 0.0)], "finite"),
        ([Piece(0.0, 0.0), Piece(0.0, 0.1)], "heard before"),  # both begin at once in the old sound
        ([Piece(0.0, 0.1), Piece(0.1, 0.0)], "heard before"),  # and in the new one
        ([], "at least one"),
    ],
)
def test_what_is_no_correction_is_refused(pieces: list[Piece], says: str) -> None:
    with pytest.raises(TimelineError, match=says):
        check_pieces(pieces)


def test_ten_percent_are_allowed_either_way() -> None:
    check_pieces([Piece(0.0, 0.0, 1.1), Piece(0.5, 0.1, 1 / 1.1), Piece(0.6, 0.1)])


def test_longer_sound_ends_in_silence_and_shorter_is_cut() -> None:
    sound = np.arange(1.0, 11.0, dtype=np.float32)[:, None]
    assert retimed(sound, 10, [Piece(0.0, 0.2)], 14)[:, 0].tolist() == [0, 0, *range(1, 11), 0, 0]
    assert retimed(sound, 10, [Piece(0.0, -0.2)], 5)[:, 0].tolist() == [3, 4, 5, 6, 7]
    assert retimed(sound, 10, [Piece(0.0, 0.0)], 0).shape == (0, 1)


def test_sound_before_the_first_piece_goes_with_it() -> None:
    """The only piece is said to begin at 0.5 s, and all is heard 0.2 s later."""
    sound = np.arange(1.0, 11.0, dtype=np.float32)[:, None]
    assert retimed(sound, 10, [Piece(0.5, 0.2)])[:, 0].tolist() == [0, 0, *range(1, 9)]


def loudest(frequency_hz: float, stretch: float) -> float:
    """Amplitude of a tone after it was made faster or slower, away from both ends."""
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)[:, None]
    made = retimed(tone, RATE_HZ, [Piece(0.0, 0.0, stretch)])[:, 0]
    return float(np.abs(made[1000 : round(0.8 * RATE_HZ)]).max())


def test_a_tone_that_would_rise_above_what_can_be_sampled_vanishes() -> None:
    """7.95 kHz at 1.1 times the speed would be 8.75 kHz, and be heard as 7.25 kHz; below -60 dB it is not heard."""
    assert loudest(7950, 1 / 1.1) < 1e-3
    assert loudest(5000, 1 / 1.1) == pytest.approx(1.0, abs=0.01)
    assert loudest(7000, 1.1) == pytest.approx(1.0, abs=0.01)  # slower, it falls to 6.4 kHz


@pytest.mark.parametrize("rate_hz", [4000, 8000, 48000])
def test_sound_in_small_blocks_is_that_at_once(rate_hz: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes in at a time, nothing is made before all that it takes is there: half a filter, and a fade."""
    source = np.random.default_rng(0).normal(0, 0.1, (rate_hz, 1)).astype(np.float32)
    pieces = [Piece(0.0, 0.0, 1.013), Piece(0.6, 0.05)]
    at_once = retimed(source, rate_hz, pieces)
    monkeypatch.setattr(time_map, "_BLOCK", 64)
    retimer = Retimer(rate_hz, pieces)
    made = [block for start in range(0, rate_hz, 61) for block in retimer.push(source[start : start + 61])]
    made += list(retimer.finish(rate_hz))
    assert np.concatenate(made) == pytest.approx(at_once, abs=1e-6)


def test_far_beyond_what_is_held_there_is_something_to_take() -> None:
    held = np.ones((40, 1), np.float32)
    made = _between_samples(held, np.array([18.0, 19.0, 20.0, 500.0]))
    assert made.shape == (4, 1)
    assert made[0, 0] == pytest.approx(1.0, abs=0.02)
    assert np.isfinite(made).all()
