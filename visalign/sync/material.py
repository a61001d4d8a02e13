"""What the files themselves give reason to doubt: damage, missing ends, unequal lengths, sound of a telephone.

A clip that is damaged or incomplete is analysed as far as it goes, and the report says how far that is. Where much of
it is damaged, no verdict is given.

Conventions
-----------
Warnings are for the reader of a report, a sentence each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from visalign.errors import AnyPath
from visalign.lips.clip_faces import ClipFaces
from visalign.media.clips import probe
from visalign.signals import Audio
from visalign.sync.estimate import SyncEstimate

__all__ = ["MaterialDoubts", "material_doubts"]

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
class MaterialDoubts:
    """What is wrong with the material.

    Parameters
    ----------
    warnings : tuple of str
    reason : str
        Why no verdict can be given; empty where one can.
    """

    warnings: tuple[str, ...] = ()
    reason: str = ""

    def heeded(self, sync: SyncEstimate) -> SyncEstimate:
        """The estimate, uncertain where the material allows no verdict."""
        return replace(sync, verdict="uncertain", reason=self.reason) if self.reason else sync


def material_doubts(faces: ClipFaces, audio: Audio, *, sound_file: AnyPath | None, is_own: bool) -> MaterialDoubts:
    """Look for what is wrong with picture and sound as they were read.

    Parameters
    ----------
    faces : ClipFaces
        Of the picture.
    audio : Audio
        The sound as it was read, not cleared.
    sound_file : path-like or None
        Where the sound comes from; None if it was given in memory.
    is_own : bool
        Whether it is the clip's own sound.

    Raises
    ------
    MediaError
        If `sound_file` can't be read.
    """
    warnings = (*_damage(faces, audio), *_lengths(faces, audio, is_own=is_own), *_recording(audio, sound_file))
    return MaterialDoubts(warnings, _too_damaged(faces, audio))


def _damage(faces: ClipFaces, audio: Audio) -> Iterator[str]:
    if faces.n_damaged or audio.decode_errors:
        yield (
            f"{faces.n_damaged} damaged packets of the picture and {audio.decode_errors} of the sound were left out; "
            "is the copy complete?"
        )
    if faces.n_untimed:
        yield f"{faces.n_untimed} pictures were left out, whose time is not after that of the picture before"


def _too_damaged(faces: ClipFaces, audio: Audio) -> str:
    parts = {
        "picture": faces.n_damaged / max(faces.n_damaged + len(faces.times.times), 1),
        "sound": audio.decode_errors / max(audio.decode_errors + audio.duration / _PACKET_SECONDS, 1),
    }
    worst = max(parts, key=lambda name: parts[name])
    return f"{parts[worst]:.0%} of the {worst} is damaged" if parts[worst] > MAX_DAMAGED else ""


def _lengths(faces: ClipFaces, audio: Audio, *, is_own: bool) -> Iterator[str]:
    shown, announced = _end_of_picture(faces), faces.times.duration
    there = max(shown, audio.duration) if is_own else shown
    if there < announced - MISSING_SECONDS:
        yield (
            f"the file announces {announced:.1f} s and ends after {there:.1f} s ({there / announced:.0%}): only what "
            "is there was analysed; is the copy complete?"
        )
    longer, shorter = max(shown, audio.duration), min(shown, audio.duration)
    if longer - shorter > max(UNEQUAL_SECONDS, UNEQUAL_PART * longer):
        yield (
            f"the sound lasts {audio.duration:.1f} s and the picture {shown:.1f} s: what has no counterpart was not "
            "judged"
        )


def _end_of_picture(faces: ClipFaces) -> float:
    times = faces.times.times
    step = 1 / float(faces.times.rate) if len(times) < 2 else float(times[-1] - times[-2])
    return float(times[-1]) + step


def _recording(audio: Audio, sound_file: AnyPath | None) -> Iterator[str]:
    if 0 < audio.recorded_hz < TELEPHONE_HZ:
        yield (
            f"the sound was recorded at {audio.recorded_hz / 1000:g} kHz, without what tells s, f and th apart: phones "
            "are less sure"
        )
    tracks = [] if sound_file is None else probe(sound_file).audio
    if len(tracks) > 1:
        listed = ", ".join(f"{x.index} ({x.codec}, {x.n_channels} ch)" for x in tracks)
        yield (
            f"{len(tracks)} sound tracks: {listed}; the one marked as default was checked, unless --track (track=) "
            "named another"
        )
