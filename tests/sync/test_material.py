"""Damage, missing ends, unequal lengths, telephone sound: what is said of them, and when no verdict is given."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sample_lips import NAMES, make_lips

from visalign.lips.clip_faces import ClipFaces
from visalign.media.clips import read_audio, write_clip
from visalign.reports.cautions import cautions_on_material
from visalign.signals import Audio
from visalign.sync.material import Material
from visalign.sync.verdict import Cause
from visalign.timeline import FrameTimes


def faces(n_frames: int = 100, announced: float = 4.0, *, damaged: int = 0, untimed: int = 0) -> ClipFaces:
    times = FrameTimes(np.arange(n_frames) / 25, announced, Fraction(25))
    lips = make_lips(np.zeros((n_frames, len(NAMES))), times=times)
    known = ClipFaces.of(lips)
    return ClipFaces(known.faces, known.shots, damaged, untimed)


def sound(seconds: float = 4.0, *, damaged: int = 0, recorded_hz: int = 48000) -> Audio:
    return Audio(np.zeros(int(16000 * seconds), np.float32), 16000, damaged, recorded_hz)


def test_sound_material_leaves_no_doubt() -> None:
    material = Material.of(faces(), sound(4.02), is_own=True)
    assert list(cautions_on_material(material)) == []
    assert material.objections() == ()


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
    warnings = list(cautions_on_material(Material.of(seen, heard, is_own=is_own)))
    assert any(warning.startswith(says) for warning in warnings), warnings


def test_much_damage_allows_no_verdict() -> None:
    """6 packets beside 100 pictures are 5.7 %, and 12 beside the 200 that 4 s of sound take."""
    for seen, heard, part in ((faces(damaged=6), sound(), "picture"), (faces(), sound(damaged=12), "sound")):
        (found,) = Material.of(seen, heard, is_own=True).objections()
        assert found.cause is Cause.DAMAGED
        assert found.facts == {"part": part, "share": pytest.approx(6 / 106, rel=1e-9)}
    little = Material.of(faces(damaged=4), sound(damaged=9), is_own=True)
    assert little.objections() == ()


@pytest.mark.parametrize("tracks", [(), ("1 (aac, 2 ch)",), ("1 (aac, 2 ch)", "2 (ac3, 6 ch)")])
def test_several_tracks_are_worth_a_word_and_one_is_not(tracks: tuple[str, ...]) -> None:
    heard = replace(sound(), tracks=tracks)
    told = list(cautions_on_material(Material.of(faces(), heard, is_own=True)))
    assert [text.startswith("2 sound tracks: 1 (aac, 2 ch), 2 (ac3, 6 ch); ") for text in told] == [True] * (
        len(tracks) > 1
    )


def test_a_sound_knows_the_tracks_of_its_file(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [np.zeros((32, 32, 3), np.uint8)] * 5, Fraction(25), sound())
    assert read_audio(path).tracks == ("1 (aac, 1 ch)",)
