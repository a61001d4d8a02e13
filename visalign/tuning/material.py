"""Clips made ready for tuning: the costly parts once, faults put in and sounds swapped in memory.

Method
------
Faces, alignment and the context of the sound do not depend on what is searched, so they are computed once a clip; a
trial then sees and judges it (:mod:`visalign.sync.judging`) in milliseconds. No labels are needed, because the faults
are our own:

* *shifted* clips: the picture is moved against the sound by a known time. The evidence for a lag in the clip as it is
  is the evidence for that lag plus the shift in the moved one, so it is read off instead of computed again;
* *cut* clips: all sound from the middle word on is moved by ±120 or ±200 ms and aligned anew;
* *dubbed* clips: the sound and the words of the same speaker's next clip.

All clips are taken to be in sync as they are, but for an offset that all of them share.

Conventions
-----------
A shift above 0 makes the audio early. Seconds throughout.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from visalign.config import Config
from visalign.corpora.training_data import TrainingClip
from visalign.errors import AnyPath, InputError
from visalign.evaluation.protocol import FAULT_PAIRS, half_shifted
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.lip_cache import cached_faces
from visalign.media.clips import read_audio
from visalign.sync.judging import Heard, hear
from visalign.sync.lip_model import LipModel

__all__ = ["TuningClip", "prepare_clip", "with_foreign_sound"]

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class TuningClip:
    """A clip that trials are measured on.

    Parameters
    ----------
    name, speaker : str
    model : LipModel
        What judges it; it should not have been trained on this speaker.
    faces : ClipFaces
    own : Heard
        Its own sound.
    cut : tuple of (int, Heard)
        Sounds whose part from that word on is moved.
    foreign : Heard or None
        The sound of another clip; None where the speaker has no other.
    preparing_seconds : float
        What clearing and aligning its sound cost, a second of sound.
    """

    name: str
    speaker: str
    model: LipModel
    faces: ClipFaces
    own: Heard
    cut: tuple[tuple[int, Heard], ...]
    foreign: Heard | None
    preparing_seconds: float


def prepare_clip(
    clip: TrainingClip,
    *,
    model: LipModel,
    config: Config,
    turn: int = 0,
    lip_cache: AnyPath | None = None,
) -> TuningClip:
    """Read, align, and put faults into a clip.

    Parameters
    ----------
    clip : TrainingClip
    model : LipModel
    config : Config
        Its aligner, lexicon, enhancement and search for faces count; nothing else of it does.
    turn : int
        Which pair of :data:`~visalign.evaluation.protocol.FAULT_PAIRS` it takes.
    lip_cache : path-like, optional
        A folder that keeps lips (:mod:`visalign.lips.lip_cache`).

    Raises
    ------
    VisalignError
        If the clip can't be used.
    """
    read = read_faces if lip_cache is None else partial(cached_faces, folder=lip_cache)
    faces = read(clip.path, detect_every=config.lips.detect_every)
    audio = read_audio(clip.path)
    begun = time.process_time()
    own = hear(audio, clip.transcript, config)
    preparing = (time.process_time() - begun) / max(audio.duration, 1e-3)
    if not own.words:
        raise InputError(f"{clip.path}: no words in its transcript, so nothing can be judged")
    middle = len(own.words) // 2
    cut = tuple(
        (middle, hear(half_shifted(audio, own.words[middle].start, seconds), clip.transcript, config))
        for seconds in FAULT_PAIRS[turn % len(FAULT_PAIRS)]
        if len(own.words) > 1
    )
    return TuningClip(clip.path.name, clip.speaker, model, faces, own, cut, None, preparing)


def with_foreign_sound(clips: Sequence[TuningClip]) -> list[TuningClip]:
    """The same clips, each with the sound of the same speaker's next one, if what is said there differs."""
    by_speaker: dict[str, list[TuningClip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    return [replace(clip, foreign=_next_sound(clip, by_speaker[clip.speaker])) for clip in clips]


def _next_sound(clip: TuningClip, own: Sequence[TuningClip]) -> Heard | None:
    place = next(k for k, other in enumerate(own) if other is clip)
    others = [*own[place + 1 :], *own[:place]]
    return next((x.own for x in others if x.own.alignment.text != clip.own.alignment.text), None)
