"""From a clip to its report: the data flow of visalign, in one place.

::

            audio --> forced alignment --> phones --> expected visemes --+
    clip -->                                                             +--> sync --> scores --> report
            video --> landmarks --> lip features --> observed visemes ---+

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from os import PathLike
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from visalign._version import __version__
from visalign.config import Config
from visalign.errors import AlignmentError, AnyPath, ConfigError, FaceNotFound
from visalign.face.avatar import lip_trajectory
from visalign.files.inputs import file_states, refuse_changed
from visalign.forced_alignment import force_align, read_alignment, recognise_phones, recognise_words
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import Cue
from visalign.language.lexicon import lexicon_with
from visalign.lip_reading.grammar import WordGraph
from visalign.lip_reading.score import LipReader, LipReadingScore
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.forced_visemes import ForcedVisemes, force_given
from visalign.lips.landmarks import MODEL_LICENCE
from visalign.lips.lip_cache import cached_faces
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.media.clips import read_audio
from visalign.reports.clip_info import ClipInfo, ModelInfo, SoundInfo
from visalign.reports.clip_report import SEGMENT_COLUMNS, ClipReport
from visalign.signals import Audio
from visalign.sound.enhancement import chain_for_alignment, enhance
from visalign.sound.quality import audio_quality
from visalign.sound.voice_activity import find_speech
from visalign.sync.changing_offset import heed_course
from visalign.sync.estimate import estimate_sync, lag_evidence, spoken_frames
from visalign.sync.evidence import gather_evidence
from visalign.sync.legibility import spared, what_is_poor
from visalign.sync.lip_model import LipModel
from visalign.sync.material import material_doubts
from visalign.sync.scoring import ClipComparison, judge_words
from visalign.sync.segments import DETAIL_COLUMNS, SEGMENT_KINDS, judge_segments
from visalign.sync.speaking_face import (
    OFF_SCREEN,
    SpeakingFace,
    choose_face,
    faces_in_words,
    find_speaking_face,
    off_screen_frames,
    without_frames,
)
from visalign.sync.speech_context import SpeechContext
from visalign.sync.wide_search import SearchRange, search_range
from visalign.timeline import Tier
from visalign.visemes.viseme_map import VisemeMap, expected_visemes, viseme_tier, words_without_place

__all__ = ["ClipObservation", "check", "observe"]

Clip: TypeAlias = AnyPath | LipFeatures | ClipFaces
Asked = ParamSpec("Asked")
Progress: TypeAlias = Callable[[str, float | None], None]

# With faces in fewer frames than this, a report says so.
_GOOD_FACE_FRACTION = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ClipObservation:
    """What the picture of a clip shows.

    Parameters
    ----------
    lips : LipFeatures
        Features of each frame.
    decoded : DecodedVisemes
        Visemes with their posteriors.
    silence : str
        The viseme of silence in the map that was used.
    forced : ForcedVisemes or None
        When the visemes that were given are shown.
    """

    lips: LipFeatures
    decoded: DecodedVisemes
    silence: str
    forced: ForcedVisemes | None = None

    @property
    def visemes(self) -> Tier:
        """The observed visemes."""
        return self.decoded.tier


def _with_a_page_on_demand(function: Callable[Asked, ClipReport]) -> Callable[Asked, ClipReport]:
    """Let a report without evidence check its clip again, should somebody want the page."""

    @wraps(function)
    def checked(*args: Asked.args, **kwargs: Asked.kwargs) -> ClipReport:
        report = function(*args, **kwargs)
        if report.evidence is not None or _file(args[0] if args else kwargs.get("path_or_lips")) is None:
            return report
        again: dict[str, Any] = {**kwargs, "evidence": True, "progress": None}
        return replace(report, again=partial(checked, *args, **again))

    return checked


@_with_a_page_on_demand
def check(
    path_or_lips: Clip,
    transcript: str | Sequence[Cue] | None,
    *,
    audio: Audio | AnyPath | None = None,
    viseme_map: str | PathLike[str] | VisemeMap | None = None,
    model: LipModel | AnyPath | None = None,
    config: Config | None = None,
    enhancement: str | None = None,
    alignment: Alignment | AnyPath | None = None,
    speaker: str | None = None,
    evidence: bool = False,
    lip_cache: AnyPath | None = None,
    details: Sequence[str] = (),
    face: int | None = None,
    track: int | None = None,
    grammar: WordGraph | AnyPath | None = None,
    progress: Progress | None = None,
) -> ClipReport:
    """Compare what is heard in a clip with what its lips show.

    Parameters
    ----------
    path_or_lips : path-like, LipFeatures or ClipFaces
        A clip, or what was read of one before: its lips (:func:`~visalign.lips.lip_features.read_lips`), or those of
        all its faces (:func:`~visalign.lips.clip_faces.read_faces`).
    transcript : str, sequence of Cue, or None
        What is said, as text or as cues with times (:func:`~visalign.language.annotations.read_cues`). Without it the
        phones are recognised; words are then absent.
    audio : Audio or path-like, optional
        Sound to check in place of the clip's own; needed where lips are given.
    viseme_map : str, path-like or VisemeMap, optional
        Name or file of a phoneme→viseme map; the configuration's by default.
    model : LipModel or path-like, optional
        A lip model; the shipped one by default.
    config : Config, optional
        All other settings.
    enhancement : str, optional
        Clear the sound first by this chain (:mod:`visalign.sound.enhancement`); ``"auto"`` does so only where the noise
        makes it worth while.
    alignment : Alignment or path-like, optional
        Words and phones with their times, in place of a transcript: corrected by hand, or made by another program
        (TextGrid, EAF, CTM, JSON, CSV; :func:`~visalign.forced_alignment.read_alignment`).
    speaker : str, optional
        Whose words to follow, where the cues or the file of the alignment have several speakers.
    evidence : bool
        Keep what the report rests on, moment by moment, in its field `evidence` (:mod:`visalign.sync.evidence`), for
        figures and for a page without a second look at the clip.
    lip_cache : path-like, optional
        A folder that keeps lips by the content of their clip (:mod:`visalign.lips.lip_cache`), so that they are read
        once.
    details : sequence of str
        Kinds of parts to judge with all their measures, in the report's field `details`: some of ``"word"``,
        ``"phone"``, ``"phrase"`` and ``"window"`` (:mod:`visalign.sync.segments`).
    face : int, optional
        Number of the face to judge, as the report's `clip.faces` lists them; by default the one that speaks, turn by
        turn (:mod:`visalign.sync.speaking_face`).
    track : int, optional
        Index of the sound's stream in its file, where there are several; the one marked as default otherwise.
    grammar : WordGraph, path-like or str, optional
        What may be said: words are then read off the lips alone, and their errors against the transcript stand in the
        report's field `lip_reading`. A file in JSGF, a text of sentences or words, or ``"grid"``; needs the extra
        ``visalign[lipread]``.
    progress : callable, optional
        Is told what is done and which part of it is behind (0..1, or None).

    Returns
    -------
    ClipReport

    Raises
    ------
    InputError
        If the material can't be analysed: no face, no sound, words that no lexicon holds …
    AlignmentError
        If transcript and sound can't be aligned.
    ConfigError
        If lips are given without audio, both a transcript and an alignment, or a setting is impossible.

    Examples
    --------
    >>> report = visalign.check("clip.mp4", "bin blue at f two now")    # doctest: +SKIP
    >>> report.sync.lead_seconds, report.sync.verdict                   # doctest: +SKIP
    (0.12, 'audio-early')
    """
    settings, told = config or Config(), progress or _silent
    if alignment is not None and transcript is not None:
        raise ConfigError("transcript", transcript, "no transcript beside an alignment, which has its words already")
    if unknown := set(details).difference(SEGMENT_KINDS):
        raise ConfigError("details", sorted(unknown)[0], tuple(SEGMENT_KINDS))
    chosen_map = _map(viseme_map or settings.sync.viseme_map)
    lip_model = model if isinstance(model, LipModel) else LipModel.load(model)
    reader = _reader(grammar or settings.lips.grammar, settings)

    # what is heard (first, since it is quick to fail)
    recorded = _sound(path_or_lips, audio, track)
    sound, measured = _cleared(recorded, enhancement or settings.alignment.chain)
    before = file_states(path_or_lips, audio, alignment)
    told("aligning", None)
    alignment = (
        _align(sound, transcript, settings, speaker)
        if alignment is None
        else _given(alignment, sound, speaker, _stem(path_or_lips), settings)
    )
    targets = expected_visemes(alignment.phones, alignment.words, chosen_map, alphabet=alignment.alphabet)

    # what is seen
    faces = _faces(path_or_lips, settings, told, lip_cache)
    context, speech = SpeechContext.of(sound, alignment.phones), find_speech(sound)
    shown = [x.lips for x in faces.faces] if face is None else [faces.numbered(face).lips]
    search = search_range(lip_model.streams, shown, context, settings.sync.max_lag_seconds, lip_model.calibration)
    rough = search.leads_at(faces.times.centres)
    voiced = spoken_frames(shown[0], alignment.phones, speech, margin=0.0, lead=rough)
    seen = _speaking(faces, face, lip_model, context, voiced, search)
    lips, own = seen.lips, audio is None
    doubts = material_doubts(faces, recorded, sound_file=_file(path_or_lips if own else audio), is_own=own)
    told("decoding visemes", None)
    decoded = lip_model.decoder.decode(lips, chosen_map)

    # where both meet
    told("comparing", None)
    away = off_screen_frames(lips, voiced)
    all_lags = lag_evidence(
        lip_model.streams, lips, context, search.reach, settings.evidence, centre=search.centre, course=search.course
    )
    calibration = lip_model.calibration.trusted(settings.evidence)
    lags = without_frames(all_lags, away)
    spoken = spoken_frames(lips, alignment.phones, speech, lead=rough)
    limits, strict = settings.verdict.limits, settings.verdict.strict
    coverage = float((lips.has_face & ~away)[voiced].mean()) if voiced.any() else None
    if away.any() and not lags.has_face.any():
        best = estimate_sync(all_lags, spoken, calibration, limits, settings.thresholds)
        sync = replace(best, confidence=0.0, verdict="uncertain", reason=OFF_SCREEN)
    else:
        sync = estimate_sync(
            lags, spoken, calibration, limits, settings.thresholds, certainty=search.certainty, strict=strict
        )
        sync = doubts.heeded(spared(sync, what_is_poor(lips, measured.snr_db)))
    comparison = ClipComparison.of(
        targets, decoded, lags, sync, calibration, limits, settings.scoring, settings.thresholds
    )
    rows, score = judge_words(alignment.words, comparison)
    parts = judge_segments(alignment.words, alignment.phones, speech, lips, comparison, details)
    targeted = viseme_tier(targets)
    read, unread = _read_off(reader, lips, lip_model, chosen_map, alignment.words, targeted)
    kept = None
    if evidence:
        mouths = lip_trajectory(alignment.phones, comparison.heard_at(lips.times.centres))
        kept = gather_evidence(lips, mouths, comparison)
        kept = replace(kept, clip=_file(path_or_lips), audio=audio if isinstance(audio, Audio) else _file(audio))
    placeless = words_without_place(alignment.words, alignment.phones, chosen_map, alignment.alphabet)
    warned = doubts.warnings + alignment.warnings + placeless
    refuse_changed(before)
    report = ClipReport(
        clip=_clip_info(lips, audio, transcript, chosen_map, alignment, lip_model, settings, measured, seen, coverage),
        sync=sync,
        score=score,
        segments=pd.DataFrame(rows, columns=list(SEGMENT_COLUMNS)),
        words=alignment.words,
        phones=alignment.phones,
        expected_visemes=targeted,
        observed_visemes=decoded.tier,
        warnings=warned + _lip_warnings(seen, coverage) + unread,
        evidence=kept,
        details=pd.DataFrame(parts, columns=list(DETAIL_COLUMNS)) if details else None,
        lip_reading=read,
        cues=alignment.cues,
    )
    return replace(report, sync=heed_course(sync, report.course(), limits, lips.times.duration))


def observe(
    path: Clip,
    *,
    viseme_map: str | PathLike[str] | VisemeMap | None = None,
    model: LipModel | AnyPath | None = None,
    config: Config | None = None,
    lip_cache: AnyPath | None = None,
    face: int | None = None,
    visemes: Sequence[str] | None = None,
    transcript: str | None = None,
    progress: Progress | None = None,
) -> ClipObservation:
    """Read the lips of a clip, without its sound: features and visemes.

    Parameters and errors are those of :func:`check`; without the sound nobody can tell who speaks, so `face` is by
    default the one that is shown longest. Where it is known what is shown, as `visemes` of the map in their order or as
    the words of a `transcript`, their times are found as well (:mod:`visalign.lips.forced_visemes`, which has its
    errors).
    """
    settings = config or Config()
    chosen_map = _map(viseme_map or settings.sync.viseme_map)
    lip_model = model if isinstance(model, LipModel) else LipModel.load(model)
    found = _faces(path, settings, progress or _silent, lip_cache)
    lips = found.most_shown.lips if face is None else found.numbered(face).lips
    lexicon = partial(lexicon_with, settings.alignment.lexicon)
    forced = force_given(lips, lip_model.decoder, chosen_map, visemes, transcript, lexicon)
    return ClipObservation(lips, lip_model.decoder.decode(lips, chosen_map), chosen_map.silence, forced)


def _silent(_stage: str, _part: float | None) -> None:
    """Progress that nobody watches."""


def _map(viseme_map: str | PathLike[str] | VisemeMap) -> VisemeMap:
    return viseme_map if isinstance(viseme_map, VisemeMap) else VisemeMap.load(viseme_map)


def _sound(path_or_lips: Clip, audio: Audio | AnyPath | None, track: int | None) -> Audio:
    if isinstance(audio, Audio):
        return audio
    if audio is not None:
        return read_audio(audio, track=track)
    if isinstance(path_or_lips, (LipFeatures, ClipFaces)):
        raise ConfigError("audio", None, "the sound to compare with, as lips were given in place of a clip")
    return read_audio(path_or_lips, track=track)


def _cleared(sound: Audio, enhancement: str | None) -> tuple[Audio, SoundInfo]:
    """The sound to analyse, and how good it is."""
    measured = _sound_info(sound)
    chain = chain_for_alignment(sound) if enhancement == "auto" else enhancement
    if chain is None:
        return sound, measured
    better = enhance(sound, chain)
    return better, replace(_sound_info(better), enhancement=chain, before=measured)


def _sound_info(sound: Audio) -> SoundInfo:
    found = audio_quality(sound)
    return SoundInfo(found.snr_db, found.loudness_lufs, found.clipped_fraction if len(sound.samples) else None)


def _align(sound: Audio, transcript: str | Sequence[Cue] | None, settings: Config, speaker: str | None) -> Alignment:
    if transcript is None:
        return recognise_words(sound) if settings.alignment.recognise == "words" else recognise_phones(sound)
    how = settings.alignment
    lexicon = how.lexicon or None
    return force_align(
        sound, transcript, aligner=how.aligner, lexicon=lexicon, oov=how.oov, g2p=how.g2p, speaker=speaker
    )


def _given(
    alignment: Alignment | AnyPath, sound: Audio, speaker: str | None, recording: str, settings: Config
) -> Alignment:
    if isinstance(alignment, Alignment):
        return alignment
    lexicon = settings.alignment.lexicon or None
    return read_alignment(alignment, sound, speaker=speaker, recording=recording, lexicon=lexicon)


def _stem(path_or_lips: Clip) -> str:
    return Path(path_or_lips.source if isinstance(path_or_lips, (LipFeatures, ClipFaces)) else path_or_lips).stem


def _file(given: object) -> Path | None:
    """Where a file that was given lies, wherever the program goes meanwhile."""
    return Path(given).absolute() if isinstance(given, (str, PathLike)) else None


def _faces(path_or_lips: Clip, settings: Config, told: Progress, cache: AnyPath | None) -> ClipFaces:
    if isinstance(path_or_lips, ClipFaces):
        return path_or_lips
    if not isinstance(path_or_lips, LipFeatures):
        read = read_faces if cache is None else partial(cached_faces, folder=cache)
        return read(path_or_lips, detect_every=settings.lips.detect_every, progress=told)
    if not path_or_lips.has_face.any():
        raise FaceNotFound(path_or_lips.source or "these lip features", 0.0)
    return ClipFaces.of(path_or_lips)


def _speaking(
    faces: ClipFaces,
    number: int | None,
    model: LipModel,
    context: SpeechContext,
    voiced: npt.NDArray[np.bool_],
    search: SearchRange,
) -> SpeakingFace:
    if number is not None or len(faces.faces) == 1:
        return choose_face(faces, number or 1, voiced)
    return find_speaking_face(faces, model.streams, context, model.calibration, voiced, search)


def _reader(grammar: WordGraph | AnyPath, settings: Config) -> LipReader | None:
    return LipReader.of(grammar, lexicon_with(settings.alignment.lexicon)) if grammar else None


def _read_off(
    reader: LipReader | None, lips: LipFeatures, model: LipModel, viseme_map: VisemeMap, words: Tier, expected: Tier
) -> tuple[LipReadingScore | None, tuple[str, ...]]:
    """What the lips alone say, and what to know about it."""
    if reader is None:
        return None, ()
    try:
        read = reader.score(lips, model.decoder, viseme_map, words, expected)
    except AlignmentError as error:  # the rest of the report does not depend on it
        return None, (f"the lips were not read: {error}",)
    if unknown := reader.unknown(words):
        listed = ", ".join(unknown[:10]) + ", …" * (len(unknown) > 10)
        return read, (f"{read.grammar} does not allow {listed}: words that can't be read off the lips with it",)
    return read, ()


def _clip_info(
    lips: LipFeatures,
    audio: Audio | AnyPath | None,
    transcript: str | Sequence[Cue] | None,
    viseme_map: VisemeMap,
    alignment: Alignment,
    model: LipModel,
    settings: Config,
    sound: SoundInfo,
    seen: SpeakingFace,
    coverage: float | None,
) -> ClipInfo:
    max_lead, max_lag = settings.verdict.limits
    corpus = str(model.provenance.get("corpus", "the user's own clips"))
    return ClipInfo(
        name=lips.source,
        duration=lips.times.duration,
        n_frames=len(lips),
        frame_rate=lips.times.rate,
        face_fraction=lips.face_fraction,
        audio=None if audio is None else "in memory" if isinstance(audio, Audio) else Path(audio).name,
        transcript=transcript if isinstance(transcript, str) else alignment.text or None,
        viseme_map=viseme_map.id,
        silence_viseme=viseme_map.silence,
        aligner=alignment.engine,
        profile=settings.verdict.name,
        max_lead_seconds=max_lead,
        max_lag_seconds=max_lag,
        models=(
            ModelInfo("68-point landmark model of dlib", MODEL_LICENCE),
            ModelInfo(f"lip model trained on {corpus}", str(model.provenance.get("licence", "unknown"))),
        ),
        version=__version__,
        sound=sound,
        faces=seen.candidates,
        speech_coverage=coverage,
        strict=settings.verdict.strict,
    )


def _lip_warnings(seen: SpeakingFace, coverage: float | None) -> tuple[str, ...]:
    warnings = []
    if seen.lips.face_fraction < _GOOD_FACE_FRACTION:
        part = f"{seen.lips.face_fraction:.0%}"
        warnings.append(f"a face was found in {part} of the frames only; what is said elsewhere was not judged")
    elif coverage is not None and coverage < _GOOD_FACE_FRACTION:
        away = f"{1 - coverage:.0%}"
        warnings.append(
            f"in {away} of the speech no mouth in the picture moves: taken for a voice off screen, not judged"
        )
    if len(seen.candidates) > 1:
        warnings.append(
            f"{len(seen.candidates)} faces: {faces_in_words(seen.candidates)}; choose another with face=N or --face N"
        )
    return tuple(warnings)
