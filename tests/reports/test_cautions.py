"""What a reader is told about the material, a sentence each, with the numbers that it rests on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from visalign.reports.cautions import cautions_on_material, faces_in_words
from visalign.sync.material import Material
from visalign.sync.speaking_face import FaceCandidate

GOOD = Material(
    n_pictures=250,
    n_damaged_pictures=0,
    n_untimed=0,
    n_damaged_sounds=0,
    picture_seconds=10.0,
    announced_seconds=10.0,
    sound_seconds=10.0,
    is_own=True,
    recorded_hz=48000,
)


def test_nothing_is_said_of_good_material() -> None:
    assert list(cautions_on_material(GOOD)) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"n_damaged_pictures": 3, "n_damaged_sounds": 2}, "3 damaged packets of the picture and 2 of the sound"),
        ({"n_untimed": 4}, "4 pictures were left out, whose time is not after"),
        ({"announced_seconds": 40.0}, "announces 40.0 s and ends after 10.0 s (25%)"),
        ({"sound_seconds": 4.0, "is_own": False}, "the sound lasts 4.0 s and the picture 10.0 s"),
        ({"recorded_hz": 8000}, "recorded at 8 kHz"),
        ({"tracks": ("0: aac, stereo", "1: ac3, 5.1")}, "2 sound tracks: 0: aac, stereo, 1: ac3, 5.1"),
    ],
)
def test_each_fault_is_one_sentence(fault: dict[str, object], words: str) -> None:
    (said,) = cautions_on_material(replace(GOOD, **fault))  # type: ignore[arg-type]
    assert words in said


def test_faces_are_named_by_their_side() -> None:
    faces = [
        FaceCandidate(k, x, 0.5, 1.0, 0.9, share) for k, x, share in ((1, 0.39, 0.5), (2, 0.5, 0.3), (3, 0.61, 0.2))
    ]
    assert faces_in_words(faces) == (
        "1 (left) speaks 50% of the time, 2 (centre) speaks 30% of the time, 3 (right) speaks 20% of the time"
    )
