"""A new take stretched onto the old one."""

from __future__ import annotations

import numpy as np
import pytest
from sample_sound import scene

from visalign.errors import AlignmentError
from visalign.media.clips import Audio, Channels
from visalign.sound.time_stretch import match_dialogue, stretched


def test_new_take_is_stretched_onto_the_old_one() -> None:
    old = scene(6.0, 5, 16000)
    t = np.arange(len(old)) / 16000
    spoken = 1.06 * t + 0.05 * np.sin(2 * np.pi * t / 2.0)  # where in the new take each moment lies
    u = np.arange(round(spoken[-1] * 16000)) / 16000
    new = np.interp(np.interp(u, spoken, t), t, old)
    curve = match_dialogue(Audio(old.astype(np.float32), 16000), Audio(new.astype(np.float32), 16000))
    inside = np.arange(0.3, 5.5, 0.05)
    truth = np.interp(inside, t, spoken)
    assert np.mean(np.abs(curve(inside) - truth)) < 0.02
    made = stretched(Channels(np.stack([new, new], 1).astype(np.float32), 16000, "stereo"), curve, len(old))
    assert made.samples.shape == (len(old), 2)
    envelope = [
        np.sqrt(np.convolve(x**2, np.ones(400) / 400, "same")) for x in (old, made.samples[:, 0], new[: len(old)])
    ]
    assert np.corrcoef(envelope[0], envelope[1])[0, 1] > 0.9 > np.corrcoef(envelope[0], envelope[2])[0, 1]


def test_stretching_by_nothing_changes_nothing() -> None:
    old = scene(3.0, 6, 16000)
    curve = match_dialogue(Audio(old.astype(np.float32), 16000), Audio(old.astype(np.float32), 16000))
    times = np.arange(0, 3, 0.1)
    assert curve(times) == pytest.approx(times, abs=0.006)


def test_takes_that_cannot_be_matched() -> None:
    long, short = (
        Audio(scene(6.0, 7, 16000).astype(np.float32), 16000),
        Audio(scene(1.0, 7, 16000).astype(np.float32), 16000),
    )
    with pytest.raises(AlignmentError, match="same words"):
        match_dialogue(long, short)
    with pytest.raises(AlignmentError, match="hold speech"):
        match_dialogue(long, Audio(np.zeros(16000 * 5, np.float32), 16000))
