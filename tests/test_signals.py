"""Sound in memory: its length, its channels, their mean."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.signals import CANCELLED_ENERGY, Audio, Channels


def stereo(left: list[float], right: list[float]) -> Channels:
    return Channels(np.array([left, right], np.float32).T, 4, "stereo")


def test_duration_counts_samples() -> None:
    assert Audio(np.zeros(6, np.float32), 4).duration == 1.5


def test_the_mean_of_all_channels_is_heard() -> None:
    found = stereo([0.5, 0.25, 0.0], [0.5, -0.25, 0.5]).mono
    assert (found.samples.tolist(), found.rate_hz) == ([0.5, 0.0, 0.25], 4)


def test_a_channel_can_be_heard_alone() -> None:
    assert stereo([0.5, 0.25], [0.125, -0.25]).channel(1).samples.tolist() == [0.125, -0.25]


@pytest.mark.parametrize(
    ("quieter", "heard"),
    [
        (0.75, [-1.0, 1.0]),  # the mean keeps (0.25 / 2)² of the energy, 1.6 %: they cancel, and the louder is heard
        (0.5, [-0.25, 0.25]),  # here it keeps 6.25 %
    ],
)
def test_channels_of_opposite_polarity_do_not_silence_each_other(quieter: float, heard: list[float]) -> None:
    assert 0.125**2 < CANCELLED_ENERGY < 0.25**2
    assert stereo([quieter, -quieter], [-1.0, 1.0]).mono.samples.tolist() == heard


def test_three_channels_are_never_taken_for_opposites() -> None:
    found = Channels(np.array([[1.0, -1.0, 0.0]], np.float32), 4, "3.0").mono
    assert found.samples.tolist() == [0.0]
