"""Sound and pictures in memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from visalign.signals import CANCELLED_ENERGY, Audio, Channels


def channels(*rows: list[float]) -> Channels:
    return Channels(np.array(rows, np.float32).T, 4, "stereo")


def test_a_length_is_samples_over_rate() -> None:
    assert Audio(np.zeros(24000, np.float32), 16000).duration == 1.5


def test_mono_is_the_mean() -> None:
    found = channels([0.5, 0.25, 0.0], [0.25, 0.25, 1.0]).mono
    assert found.samples.tolist() == [0.375, 0.25, 0.5]
    assert found.rate_hz == 4


def test_of_two_that_cancel_each_other_the_louder_is_taken() -> None:
    loud = [0.5, -0.5, 0.25]
    found = channels([-0.4999 * x / 0.5 for x in loud], loud).mono
    assert found.samples == pytest.approx(loud)


def test_a_channel_is_its_own() -> None:
    assert channels([1.0, 2.0], [3.0, 4.0]).channel(1).samples.tolist() == [3.0, 4.0]


def test_no_library_of_media_is_loaded_for_them() -> None:
    heavy = ("av", "scipy", "soundfile", "pandas", "dlib")
    program = f"import sys, visalign.signals; print([x for x in {heavy} if x in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("quieter", "heard"),
    [
        (0.75, [-1.0, 1.0]),  # the mean keeps (0.25 / 2)² of the energy, 1.6 %: they cancel, and the louder is heard
        (0.5, [-0.25, 0.25]),  # here it keeps 6.25 %
    ],
)
def test_channels_of_opposite_polarity_do_not_silence_each_other(quieter: float, heard: list[float]) -> None:
    assert 0.125**2 < CANCELLED_ENERGY < 0.25**2
    assert channels([quieter, -quieter], [-1.0, 1.0]).mono.samples.tolist() == heard


def test_three_channels_are_never_taken_for_opposites() -> None:
    found = Channels(np.array([[1.0, -1.0, 0.0]], np.float32), 4, "3.0").mono
    assert found.samples.tolist() == [0.0]
