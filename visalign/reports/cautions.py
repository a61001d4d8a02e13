"""What a reader should know before trusting the numbers of a report, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from visalign.lips.lip_features import LipFeatures
from visalign.sync.judging import Heard, Seen
from visalign.sync.lip_model import LipModel
from visalign.sync.material import Material
from visalign.sync.speaking_face import FaceCandidate

__all__ = ["cautions_on_faces", "cautions_on_language", "cautions_on_material", "faces_in_words"]

# With faces in fewer frames than this, a report says so.
_GOOD_FACE_FRACTION = 0.9
_MOST_LISTED = 10  # phones


def cautions_on_material(material: Material) -> Iterator[str]:
    """Damage, missing ends, unequal lengths, sound of a telephone, several tracks."""
    yield from _damage(material)
    yield from _lengths(material)
    if material.is_telephone:
        yield (
            f"the sound was recorded at {material.recorded_hz / 1000:g} kHz, without what tells s, f and th apart: "
            "phones are less sure"
        )
    if len(material.tracks) > 1:
        yield (
            f"{len(material.tracks)} sound tracks: {', '.join(material.tracks)}; the one marked as default was "
            "checked, unless --track (track=) named another"
        )
    if len(material.video_tracks) > 1:
        passed = ", ".join(map(str, material.without_face))
        why = f", as {passed} shows no face" if passed else ""
        yield (
            f"{len(material.video_tracks)} video streams: {', '.join(material.video_tracks)}; the first of these was "
            f"read{why}; choose another with --video-track N (video_track=N)"
        )


def _damage(material: Material) -> Iterator[str]:
    if material.n_damaged_pictures or material.n_damaged_sounds:
        yield (
            f"{material.n_damaged_pictures} damaged packets of the picture and {material.n_damaged_sounds} of the "
            "sound were left out; is the copy complete?"
        )
    if material.n_untimed:
        yield f"{material.n_untimed} pictures were left out, whose time is not after that of the picture before"


def _lengths(material: Material) -> Iterator[str]:
    if material.is_incomplete:
        there, announced = material.seconds_there, material.announced_seconds
        yield (
            f"the file announces {announced:.1f} s and ends after {there:.1f} s ({there / announced:.0%}): only what "
            "is there was analysed; is the copy complete?"
        )
    if material.is_unequal:
        yield (
            f"the sound lasts {material.sound_seconds:.1f} s and the picture {material.picture_seconds:.1f} s: what "
            "has no counterpart was not judged"
        )


def cautions_on_language(heard: Heard, model: LipModel) -> Iterator[str]:
    """Phones that are not those on which lips were learnt."""
    if foreign := model.measured_none_of(heard.foreign_phones):
        listed = ", ".join(foreign[:_MOST_LISTED]) + ", …" * (len(foreign) > _MOST_LISTED)
        yield (
            f"{listed}: phones that are not English, and no lips of this language were measured; they count as the "
            "English phones that look like them, and the interval is wider for it"
        )


def cautions_on_faces(seen: Seen) -> Iterator[str]:
    """Frames without a face, a voice off screen, several faces."""
    lips: LipFeatures = seen.lips
    if lips.face_fraction < _GOOD_FACE_FRACTION:
        part = f"{lips.face_fraction:.0%}"
        yield f"a face was found in {part} of the frames only; what is said elsewhere was not judged"
    elif seen.coverage is not None and seen.coverage < _GOOD_FACE_FRACTION:
        away = f"{1 - seen.coverage:.0%}"
        yield f"in {away} of the speech no mouth in the picture moves: taken for a voice off screen, not judged"
    if len(seen.candidates) > 1:
        listed = faces_in_words(seen.candidates)
        yield f"{len(seen.candidates)} faces: {listed}; choose another with face=N or --face N"


def faces_in_words(candidates: Sequence[FaceCandidate]) -> str:
    """Faces with their numbers, sides and parts of the speech, for messages.

    Examples
    --------
    >>> faces_in_words([FaceCandidate(1, 0.3, 0.5, 1.0, 0.9, 0.25), FaceCandidate(2, 0.8, 0.5, 1.0, 0.9, 0.75)])
    '1 (left) speaks 25% of the time, 2 (right) speaks 75% of the time'
    """
    return ", ".join(f"{x.number} ({_side(x.centre_x)}) speaks {x.speaks:.0%} of the time" for x in candidates)


def _side(x: float) -> str:
    return "left" if x < 0.4 else "right" if x > 0.6 else "centre"
