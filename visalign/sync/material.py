"""What the files themselves give reason to doubt: damage, missing ends, unequal lengths, sound of a telephone.

A clip that is damaged or incomplete is analysed as far as it goes, and the report says how far that is. Where much of
it is damaged, no verdict is given.
"""

from __future__ import annotations

from dataclasses import dataclass

from visalign.lips.clip_faces import ClipFaces
from visalign.signals import Audio
from visalign.sync.verdict import Cause, Objection

__all__ = ["Material"]

MAX_DAMAGED = 0.05
"""Where a larger part of the pictures or of the sound is damaged, no verdict is given."""

MISSING_SECONDS = 0.25
"""A clip that ends this much before its header says is incomplete; streams of whole clips differ by less."""

UNEQUAL_SECONDS, UNEQUAL_PART = 1.0, 0.2
"""Sound and picture are of unequal length if they differ by more than both, the second as a part of the longer one."""

TELEPHONE_HZ = 16000
"""Sound recorded at a lower rate lacks what tells s from f, which lies above 4 kHz."""

_PACKET_SECONDS = 0.02  # about what a packet of sound holds


@dataclass(frozen=True, slots=True)
class Material:
    """Picture and sound as they were read.

    Parameters
    ----------
    n_pictures, n_damaged_pictures, n_untimed : int
        Pictures that were read, damaged packets that were left out, and pictures left out because their time is not
        after that of the picture before.
    n_damaged_sounds : int
        Packets of the sound that were left out.
    picture_seconds, announced_seconds : float
        Where the pictures end, and where the file says that they do.
    sound_seconds : float
        Where the sound ends.
    is_own : bool
        Whether it is the clip's own sound.
    recorded_hz : int
        Rate at which the sound was recorded; 0 where that is not known.
    tracks : tuple of str
        All sound tracks of the file, in words.
    video_tracks : tuple of str
        All video streams of the file, in words, where it has several; the one that was read first.
    without_face : tuple of int
        Those that were looked at before it, and show no face.
    """

    n_pictures: int
    n_damaged_pictures: int
    n_untimed: int
    n_damaged_sounds: int
    picture_seconds: float
    announced_seconds: float
    sound_seconds: float
    is_own: bool
    recorded_hz: int
    tracks: tuple[str, ...] = ()
    video_tracks: tuple[str, ...] = ()
    without_face: tuple[int, ...] = ()

    @classmethod
    def of(cls, faces: ClipFaces, audio: Audio, *, is_own: bool) -> Material:
        """The material of a clip: its faces, and the sound as it was read, not cleared."""
        return cls(
            len(faces.times.times),
            faces.n_damaged,
            faces.n_untimed,
            audio.decode_errors,
            _end_of_picture(faces),
            faces.times.duration,
            audio.duration,
            is_own,
            audio.recorded_hz,
            audio.tracks,
            faces.streams,
            faces.without_face,
        )

    @property
    def seconds_there(self) -> float:
        """How far the clip goes."""
        return max(self.picture_seconds, self.sound_seconds) if self.is_own else self.picture_seconds

    @property
    def is_incomplete(self) -> bool:
        """Whether the clip ends before it should."""
        return self.seconds_there < self.announced_seconds - MISSING_SECONDS

    @property
    def is_unequal(self) -> bool:
        """Whether sound and picture are of unequal length."""
        longer, shorter = max(self.picture_seconds, self.sound_seconds), min(self.picture_seconds, self.sound_seconds)
        return longer - shorter > max(UNEQUAL_SECONDS, UNEQUAL_PART * longer)

    @property
    def is_telephone(self) -> bool:
        """Whether the sound lacks what tells s, f and th apart."""
        return 0 < self.recorded_hz < TELEPHONE_HZ

    def objections(self) -> tuple[Objection, ...]:
        """Against any verdict, where too much is damaged."""
        parts = {
            "picture": self.n_damaged_pictures / max(self.n_damaged_pictures + self.n_pictures, 1),
            "sound": self.n_damaged_sounds / max(self.n_damaged_sounds + self.sound_seconds / _PACKET_SECONDS, 1),
        }
        worst = max(parts, key=lambda name: parts[name])
        facts: dict[str, float | str] = {"part": worst, "share": parts[worst]}
        return (Objection(Cause.DAMAGED, facts),) if parts[worst] > MAX_DAMAGED else ()


def _end_of_picture(faces: ClipFaces) -> float:
    times = faces.times.times
    step = 1 / float(faces.times.rate) if len(times) < 2 else float(times[-1] - times[-2])
    return float(times[-1]) + step
