"""From the stages of a check to its report."""

from __future__ import annotations

from collections.abc import Sequence

from visalign._version import __version__
from visalign.dubbing.programme import Dubbing
from visalign.errors import BackendUnavailable
from visalign.lip_reading.score import LipReadingScore
from visalign.lips.landmark_models import landmark_notice
from visalign.reports.cautions import cautions_on_faces, cautions_on_language, cautions_on_material
from visalign.reports.clip_info import ClipInfo, ModelInfo, SoundInfo
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import with_reason
from visalign.sound.quality import AudioQuality
from visalign.sync.evidence import ClipEvidence
from visalign.sync.judging import Heard, Instruments, Judged, Seen
from visalign.sync.lip_model import LipModel
from visalign.visemes.expected import viseme_tier, words_without_place
from visalign.visemes.naming import names_of

__all__ = ["make_report"]


def make_report(
    heard: Heard,
    seen: Seen,
    judged: Judged,
    tools: Instruments,
    *,
    transcript: str | None = None,
    audio: str | None = None,
    evidence: ClipEvidence | None = None,
    lip_reading: LipReadingScore | None = None,
    warnings: Sequence[str] = (),
    with_details: bool = False,
    dubbing: Dubbing | None = None,
) -> ClipReport:
    """The report of a clip.

    Parameters
    ----------
    heard, seen, judged, tools : Heard, Seen, Judged, Instruments
        The stages, and what it was judged with.
    transcript : str, optional
        The text that was given; by default the words of the alignment.
    audio : str, optional
        Name of a separate sound.
    evidence : ClipEvidence, optional
        To keep.
    lip_reading : LipReadingScore, optional
        What was read off the lips.
    warnings : sequence of str
        What else a reader should know.
    with_details : bool
        Whether parts were asked for.
    dubbing : Dubbing, optional
        Lines and gate.
    """
    alignment = heard.alignment
    placeless = words_without_place(alignment.words, alignment.phones, tools.viseme_map, alignment.alphabet)
    return ClipReport(
        clip=_clip_info(heard, seen, tools, transcript, audio),
        sync=with_reason(judged.sync),
        score=judged.score,
        judged_words=judged.words,
        words=alignment.words,
        phones=alignment.phones,
        expected_visemes=viseme_tier(judged.targets),
        observed_visemes=seen.visemes.tier,
        warnings=(
            *cautions_on_material(judged.material),
            *cautions_on_language(heard, tools.model),
            *alignment.warnings,
            *placeless,
            *cautions_on_faces(seen),
            *warnings,
        ),
        evidence=evidence,
        judged_parts=judged.details if with_details else None,
        lip_reading=lip_reading,
        cues=alignment.cues,
        dubbing=dubbing,
    )


def _clip_info(heard: Heard, seen: Seen, tools: Instruments, transcript: str | None, audio: str | None) -> ClipInfo:
    verdict, lips = tools.settings.verdict, seen.lips
    max_lead, max_lag = verdict.limits
    return ClipInfo(
        name=lips.source,
        duration=lips.times.duration,
        n_frames=len(lips),
        frame_rate=lips.times.rate,
        face_fraction=lips.face_fraction,
        audio=audio,
        transcript=transcript if transcript is not None else heard.alignment.text or None,
        viseme_map=tools.viseme_map.id,
        silence_viseme=tools.viseme_map.silence,
        aligner=heard.alignment.engine,
        profile=tools.settings.profile_name,
        max_lead_seconds=max_lead,
        max_lag_seconds=max_lag,
        models=_models(tools.model),
        version=__version__,
        sound=_sound_info(heard),
        faces=seen.candidates,
        speech_coverage=seen.coverage,
        strict=verdict.strict,
        video_track=seen.faces.track if seen.faces.streams else None,
        viseme_names=names_of(tools.viseme_map),
        reference=tools.own_bias,
    )


def _models(model: LipModel) -> tuple[ModelInfo, ...]:
    corpus = str(model.provenance.get("corpus", "the user's own clips"))
    return (
        *_landmark_model(),
        ModelInfo(f"lip model trained on {corpus}", str(model.provenance.get("licence", "unknown"))),
    )


def _landmark_model() -> tuple[ModelInfo, ...]:
    try:
        return (ModelInfo(*landmark_notice()),)
    except BackendUnavailable:  # landmarks of another program need no model, and there is none
        return ()


def _sound_info(heard: Heard) -> SoundInfo:
    def measured(quality: AudioQuality, chain: str | None = None, before: SoundInfo | None = None) -> SoundInfo:
        clipped = quality.clipped_fraction if len(heard.recorded.samples) else None
        return SoundInfo(quality.snr_db, quality.loudness_lufs, clipped, chain, before)

    if heard.chain is None:
        return measured(heard.quality)
    return measured(heard.quality, heard.chain, measured(heard.recorded_quality))
