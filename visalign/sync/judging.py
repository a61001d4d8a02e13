"""The three stages of a check, each a value made by one function: what is heard, what is seen, and what is judged.

::

    sound, transcript --> hear --> Heard --+
                                           +--> judge --> Judged
    faces, Heard -------> see ---> Seen ---+

Whoever needs a stage calls its function: a check, a batch, tuning, evaluation, the live view, training. Nobody has a
copy of one, so that all come to the same verdict and the same scores.

The face that speaks is found by its sound, so :func:`see` is told what is heard; what its lips *show* is read by the
decoder of the lip model, from the picture alone.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.config import Config
from visalign.errors import AnyPath, InputError, UnknownSymbol, quoted
from visalign.forced_alignment import Alignment, force_align, read_alignment, recognise_phones, recognise_words
from visalign.language.annotations import Cue
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.signals import Audio
from visalign.sound.enhancement import chain_for_alignment, enhance
from visalign.sound.quality import AudioQuality, audio_quality
from visalign.sound.voice_activity import find_speech, speech_probabilities
from visalign.sync.drift import OffsetCourse, course_of_words
from visalign.sync.estimate import LagEvidence, LeadEstimate, estimate_lead, lag_evidence, spoken_frames
from visalign.sync.legibility import what_is_poor
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.match import match_of
from visalign.sync.material import Material
from visalign.sync.own_bias import OwnBias
from visalign.sync.scoring import ClipComparison, PartJudgement, SyncScore
from visalign.sync.segments import PartDetails, judge_segments
from visalign.sync.speaking_face import (
    FaceCandidate,
    SpeakingFace,
    choose_face,
    find_speaking_face,
    off_screen_frames,
    without_frames,
)
from visalign.sync.speech_context import SpeechContext, foreign_phones
from visalign.sync.verdict import Cause, Objection, SyncEstimate, changing_offset, decide
from visalign.sync.wide_search import SearchRange, search_range
from visalign.sync.word_verdicts import judge_words
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget, expected_visemes
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["Heard", "Instruments", "Judged", "Seen", "hear", "judge", "see"]

Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Instruments:
    """What a clip is judged with.

    Parameters
    ----------
    model : LipModel
    viseme_map : VisemeMap
    settings : Config
    own_bias : OwnBias or None
        By how much leads of this speaker and camera are off, where a reference clip tells it.
    """

    model: LipModel
    viseme_map: VisemeMap
    settings: Config
    own_bias: OwnBias | None = None

    @classmethod
    def of(
        cls,
        settings: Config | None = None,
        model: LipModel | AnyPath | None = None,
        viseme_map: VisemeMap | AnyPath | None = None,
    ) -> Instruments:
        """Those that are named, read from their files; by default the shipped model and the map of the settings."""
        chosen = settings or Config()
        named = viseme_map or chosen.sync.viseme_map
        return cls(
            model if isinstance(model, LipModel) else LipModel.load(model),
            named if isinstance(named, VisemeMap) else VisemeMap.load(named),
            chosen,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is heard in a clip.

    Parameters
    ----------
    recorded, sound : Audio
        As it was read, and as it was analysed: cleared, where that was asked for.
    chain : str or None
        The chain of enhancement between the two; None where they are the same.
    recorded_quality, quality : AudioQuality
        Of either.
    alignment : Alignment
        Words and phones in time.
    speech : Tier
        Where a voice is heard.
    context : SpeechContext
        What the streams of the lip model expect of it.
    """

    recorded: Audio
    sound: Audio
    chain: str | None
    recorded_quality: AudioQuality
    quality: AudioQuality
    alignment: Alignment
    speech: Tier
    context: SpeechContext

    @property
    def words(self) -> list[Interval]:
        """The words, without the silence between them."""
        return [word for word in self.alignment.words if word.label]

    @property
    def foreign_phones(self) -> tuple[str, ...]:
        """Phones that American English does not have, in whose languages the shipped model measured no lips."""
        return foreign_phones(self.alignment.phones.labels, self.alignment.alphabet)

    @property
    def is_recognised(self) -> bool:
        """Whether the phones were recognised, and no words are known."""
        return not self.words


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is seen in a clip: the lips that are judged, and where they may belong to what is heard.

    Parameters
    ----------
    faces : ClipFaces
        All of them.
    lips : LipFeatures
        Those of the face that speaks, turn by turn.
    visemes : DecodedVisemes
        What these lips show, from the picture alone.
    candidates : tuple of FaceCandidate
        All faces, where there are several.
    search : SearchRange
        Where the lead is sought.
    voiced : ndarray of bool, shape (n_frames,)
        Frames of speech.
    away : ndarray of bool, shape (n_frames,)
        Frames of speech in which the mouth rests: somebody off screen speaks.
    """

    faces: ClipFaces
    lips: LipFeatures
    visemes: DecodedVisemes
    candidates: tuple[FaceCandidate, ...]
    search: SearchRange
    voiced: Flags
    away: Flags

    @property
    def coverage(self) -> float | None:
        """Part of the frames of speech that can be judged, 0..1; None where nobody speaks."""
        if not self.voiced.any():
            return None
        return float((self.lips.has_face & ~self.away)[self.voiced].mean())


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What sound and lips of a clip say of one another.

    Parameters
    ----------
    sync : SyncEstimate
        Offset and verdict.
    score : SyncScore
        Counts of what agrees.
    words : tuple of PartJudgement
        Those whose lips are in the picture.
    details : tuple of PartDetails
        Parts of the kinds that were asked for, with all their measures.
    course : OffsetCourse or None
        How the offset goes on along the clip.
    comparison : ClipComparison
        What all of it rests on.
    material : Material
        What the files themselves give reason to doubt.
    estimate : LeadEstimate
        What `sync` was decided by.
    """

    sync: SyncEstimate
    score: SyncScore
    words: tuple[PartJudgement, ...]
    details: tuple[PartDetails, ...]
    course: OffsetCourse | None
    comparison: ClipComparison
    material: Material
    estimate: LeadEstimate

    @property
    def targets(self) -> Sequence[VisemeTarget]:
        """What the lips should show."""
        return self.comparison.targets


# ------------------------------------------------------------------------------------------------------------- hear


def hear(
    sound: Audio,
    transcript: str | Sequence[Cue] | None,
    settings: Config,
    *,
    alignment: Alignment | AnyPath | None = None,
    alignment_shift: float = 0.0,
    speaker: str | None = None,
    recording: str = "",
) -> Heard:
    """Clear the sound where that is asked for, and find its words and phones.

    Parameters
    ----------
    sound : Audio
    transcript : str, sequence of Cue, or None
        What is said; without it, and without an alignment, phones or words are recognised.
    settings : Config
    alignment : Alignment or path-like, optional
        Words and phones with their times, in place of a transcript.
    alignment_shift : float
        Seconds that are added to the times of a file with an alignment: positive for later.
    speaker : str, optional
        Whose words to follow.
    recording : str
        Name of the recording, for files that hold several.

    Raises
    ------
    InputError
        If the words can't be used, or the phones are neither ARPABET nor IPA.
    AlignmentError
        If transcript and sound can't be aligned.
    """
    cleared, chain = _cleared(sound, settings)
    voice = speech_probabilities(cleared) if len(cleared.samples) else None
    quality = audio_quality(cleared, voice)
    speech = None if voice is None else find_speech(cleared, probabilities=voice)
    if alignment is None:
        alignment = _aligned(cleared, transcript, settings, speaker, speech)
    elif not isinstance(alignment, Alignment):
        how = settings.alignment
        alignment = read_alignment(
            alignment,
            cleared,
            speaker=speaker,
            recording=recording,
            lexicon=how.lexicon or None,
            shift=alignment_shift,
            oov=how.oov,
            g2p=how.g2p,
            language=how.language or None,
        )
    context, spoken = _context(cleared, alignment), find_speech(cleared) if speech is None else speech
    before = quality if chain is None else audio_quality(sound)
    return Heard(sound, cleared, chain, before, quality, alignment, spoken, context)


def _cleared(sound: Audio, settings: Config) -> tuple[Audio, str | None]:
    chain = settings.alignment.chain
    chain = chain_for_alignment(sound) if chain == "auto" else chain
    return (sound, None) if chain is None else (enhance(sound, chain), chain)


def _aligned(
    sound: Audio, transcript: str | Sequence[Cue] | None, settings: Config, speaker: str | None, speech: Tier | None
) -> Alignment:
    how = settings.alignment
    if transcript is None:
        return recognise_words(sound) if how.recognise == "words" else recognise_phones(sound)
    lexicon = how.lexicon or None
    return force_align(
        sound,
        transcript,
        aligner=how.aligner,
        lexicon=lexicon,
        oov=how.oov,
        g2p=how.g2p,
        language=how.language or None,
        speaker=speaker,
        speech=speech,
    )


def _context(sound: Audio, alignment: Alignment) -> SpeechContext:
    try:
        return SpeechContext.of(sound, alignment.phones, alignment.alphabet)
    except UnknownSymbol as error:
        raise InputError(
            f"the alignment holds the phone {quoted(error.symbol)}, which is neither ARPABET nor IPA. Write it in IPA."
        ) from error


# -------------------------------------------------------------------------------------------------------------- see


def see(
    faces: ClipFaces, heard: Heard, instruments: Instruments, *, face: int | None = None, before: Seen | None = None
) -> Seen:
    """Find the lips that speak what is heard, and read what they show.

    Parameters
    ----------
    faces : ClipFaces
        Of the picture.
    heard : Heard
    instruments : Instruments
    face : int, optional
        Number of the face to judge; by default the one that speaks, turn by turn.
    before : Seen, optional
        What the same faces showed beside other words: the visemes are taken from there if it is the same lips that
        speak these.

    Raises
    ------
    ConfigError
        If there is no face of that number.
    """
    model, settings = instruments.model, instruments.settings
    shown = [x.lips for x in faces.faces] if face is None else [faces.numbered(face).lips]
    search = search_range(model, shown, heard.context, settings)
    rough = search.leads_at(faces.times.centres)
    voiced = spoken_frames(shown[0], heard.alignment.phones, heard.speech, margin=0.0, lead=rough)
    speaking = _speaking(faces, face, heard, instruments, voiced, search)
    is_known = before is not None and before.lips is speaking.lips
    visemes = before.visemes if before and is_known else model.decoder.decode(speaking.lips, instruments.viseme_map)
    away = off_screen_frames(speaking.lips, voiced)
    return Seen(faces, speaking.lips, visemes, speaking.candidates, search, voiced, away)


def _speaking(
    faces: ClipFaces, number: int | None, heard: Heard, instruments: Instruments, voiced: Flags, search: SearchRange
) -> SpeakingFace:
    if number is not None or len(faces.faces) == 1:
        return choose_face(faces, number or 1, voiced)
    return find_speaking_face(
        faces,
        instruments.model,
        heard.context,
        voiced,
        search,
        instruments.settings.evidence,
        recognised=heard.is_recognised,
    )


# ------------------------------------------------------------------------------------------------------------ judge


def judge(
    heard: Heard, seen: Seen, instruments: Instruments, *, details: Sequence[str] = (), is_own: bool = True
) -> Judged:
    """Compare what is heard with what is seen: offset, words, verdict.

    Parameters
    ----------
    heard : Heard
    seen : Seen
    instruments : Instruments
    details : sequence of str
        Kinds of parts to judge with all their measures (:data:`~visalign.sync.segments.SEGMENT_KINDS`).
    is_own : bool
        Whether the sound is the clip's own.
    """
    settings, alignment = instruments.settings, heard.alignment
    limits, own_bias = settings.verdict.limits, instruments.own_bias
    lags, estimate, off_screen = _offset(heard, seen, instruments)
    targets = expected_visemes(alignment.phones, alignment.words, instruments.viseme_map, alphabet=alignment.alphabet)
    calibration = _calibration(heard, instruments)
    comparison = ClipComparison.of(
        targets,
        seen.visemes,
        lags,
        estimate,
        calibration,
        _raw_limits(instruments),
        settings.scoring,
        settings.thresholds,
    )
    words, score = judge_words(alignment.words, comparison)
    parts = judge_segments(
        alignment.words, alignment.phones, heard.speech, seen.lips, comparison, details, judged=words
    )
    if own_bias is not None:
        estimate = own_bias.taken_off(estimate)
        words = tuple(_less(word, own_bias) for word in words)
        parts = tuple(replace(part, judged=_less(part.judged, own_bias)) for part in parts)
    course = course_of_words(*([getattr(x, name) for x in words] for name in ("start", "end", "lead_seconds")))
    material = Material.of(seen.faces, heard.recorded, is_own=is_own)
    objections = (
        *off_screen,
        *material.objections(),
        *what_is_poor(seen.lips, heard.quality.snr_db),
        *changing_offset(course, estimate.lead_seconds, limits, seen.lips.times.duration),
    )
    sync = decide(estimate, limits, settings.thresholds, objections, strict=settings.verdict.strict)
    return Judged(sync, score, words, parts, course, comparison, material, estimate)


def _calibration(heard: Heard, instruments: Instruments) -> Calibration:
    """What the evidence is worth: less where phones are heard whose lips were not measured."""
    calibration = instruments.model.calibration.trusted(instruments.settings.evidence)
    return calibration.elsewhere() if instruments.model.measured_none_of(heard.foreign_phones) else calibration


def _raw_limits(instruments: Instruments) -> tuple[float, float]:
    """Limits for leads as they are measured, with the bias of speaker and camera."""
    limits, own_bias = instruments.settings.verdict.limits, instruments.own_bias
    return limits if own_bias is None else own_bias.raw(limits)


def _less(part: PartJudgement, own_bias: OwnBias) -> PartJudgement:
    return replace(part, lead_seconds=part.lead_seconds - own_bias.lead_seconds)


def _offset(
    heard: Heard, seen: Seen, instruments: Instruments
) -> tuple[LagEvidence, LeadEstimate, tuple[Objection, ...]]:
    """Evidence and estimate of the frames whose mouth does not rest, and an objection where there are none."""
    model, settings, search = instruments.model, instruments.settings, seen.search
    everywhere = lag_evidence(
        model.streams,
        seen.lips,
        heard.context,
        search.reach,
        settings.evidence,
        centre=search.centre,
        course=search.course,
    )
    lags = without_frames(everywhere, seen.away)
    is_off_screen = bool(seen.away.any()) and not lags.has_face.any()
    away = np.zeros_like(seen.away) if is_off_screen else seen.away
    match = match_of(
        model, seen.lips, heard.context, search, settings.evidence, recognised=heard.is_recognised, away=away
    )
    rough = search.leads_at(seen.lips.times.centres)
    calibration = _calibration(heard, instruments)
    if instruments.own_bias is not None:
        calibration = instruments.own_bias.calibration(calibration, match.speech_seconds)
    estimate = estimate_lead(
        everywhere if is_off_screen else lags,
        spoken_frames(seen.lips, heard.alignment.phones, heard.speech, lead=rough),
        calibration,
        _raw_limits(instruments),
        match=match,
        certainty=1.0 if is_off_screen else search.certainty,
    )
    return lags, estimate, (Objection(Cause.OFF_SCREEN),) if is_off_screen else ()
