"""Damage, missing ends, unequal lengths, telephone sound: what is said of them, and when no verdict is given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sample_lips import NAMES, make_lips

from visalign.lips.clip_faces import ClipFaces
from visalign.media.clips import write_clip
from visalign.signals import Audio
from visalign.sync.estimate import SyncEstimate
from visalign.sync.material import material_doubts
from visalign.timeline import FrameTimes

GOOD = SyncEstimate(0.1, (0.08, 0.12), 0.97, "audio-early")


def faces(n_frames: int = 100, announced: float = 4.0, *, damaged: int = 0, untimed: int = 0) -> ClipFaces:
    times = FrameTimes(np.arange(n_frames) / 25, announced, Fraction(25))
    lips = make_lips(np.zeros((n_frames, len(NAMES))), times=times)
    known = ClipFaces.of(lips)
    return ClipFaces(known.faces, known.shots, damaged, untimed)


def sound(seconds: float = 4.0, *, damaged: int = 0, recorded_hz: int = 48000) -> Audio:
    return Audio(np.zeros(int(16000 * seconds), np.float32), 16000, damaged, recorded_hz)


def test_sound_material_leaves_no_doubt() -> None:
    doubts = material_doubts(faces(), sound(4.02), sound_file=None, is_own=True)
    assert doubts.warnings == ()
    assert doubts.heeded(GOOD) is GOOD


@pytest.mark.parametrize(
    ("seen", "heard", "is_own", "says"),
    [
        (faces(damaged=2), sound(), True, "2 damaged packets of the picture and 0 of the sound were left out"),
        (faces(), sound(damaged=3), True, "0 damaged packets of the picture and 3 of the sound were left out"),
        (faces(untimed=1), sound(), True, "1 pictures were left out"),
        (faces(50), sound(2.5), True, "the file announces 4.0 s and ends after 2.5 s (62%)"),
        (faces(50), sound(4.0), False, "the file announces 4.0 s and ends after 2.0 s (50%)"),
        (faces(), sound(60.0), False, "the sound lasts 60.0 s and the picture 4.0 s"),
        (faces(), sound(1.0), True, "the sound lasts 1.0 s and the picture 4.0 s"),
        (faces(), sound(recorded_hz=8000), True, "the sound was recorded at 8 kHz"),
    ],
)
def test_what_is_wrong_is_said(seen: ClipFaces, heard: Audio, is_own: bool, says: str) -> None:
    warnings = material_doubts(seen, heard, sound_file=None, is_own=is_own).warnings
    assert any(warning.startswith(says) for warning in warnings), warnings


def test_much_damage_allows_no_verdict() -> None:
    for seen, heard, part in ((faces(damaged=6), sound(), "picture"), (faces(), sound(damaged=12), "sound")):
        found = material_doubts(seen, heard, sound_file=None, is_own=True).heeded(GOOD)
        assert found.verdict == "uncertain"
        assert found.reason == f"6% of the {part} is damaged"
        assert found.lead_seconds == GOOD.lead_seconds
    little = material_doubts(faces(damaged=4), sound(damaged=9), sound_file=None, is_own=True)
    assert little.heeded(GOOD) is GOOD


def test_one_track_is_not_worth_a_word(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [np.zeros((32, 32, 3), np.uint8)] * 5, Fraction(25), sound())
    assert material_doubts(faces(), sound(), sound_file=path, is_own=True).warnings == ()
