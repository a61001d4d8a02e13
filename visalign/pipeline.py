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

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from threading import Event
from typing import TypeAlias

from visalign.animation.lip_trajectory import lip_trajectory
from visalign.config import Config
from visalign.dubbing.measuring import measure_dubbing
from visalign.errors import AlignmentError, AnyPath, ConfigError, FaceNotFound
from visalign.files.inputs import file_states, refuse_changed
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import Cue, spoken_in
from visalign.language.languages import lexicon_with
from visalign.lip_reading.grammar import WordGraph
from visalign.lip_reading.score import LipReader, LipReadingScore
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.face_parts import is_worth_sharing
from visalign.lips.forced_visemes import ForcedVisemes, force_given
from visalign.lips.kept_lips import LipCache
from visalign.lips.lip_cache import cached_faces
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.media.clips import read_audio
from visalign.reports.clip_report import ClipReport
from visalign.reports.making import make_report
from visalign.signals import Audio
from visalign.sync.evidence import ClipEvidence, gather_evidence, without_bias
from visalign.sync.judging import Heard, Instruments, Judged, Seen, hear, judge, see
from visalign.sync.lip_model import LipModel
from visalign.sync.own_bias import OwnBias
from visalign.sync.reference import with_reference
from visalign.sync.segments import SEGMENT_KINDS
from visalign.timeline import Tier
from visalign.visemes.expected import viseme_tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["ClipObservation", "check", "observe"]

Clip: TypeAlias = AnyPath | LipFeatures | ClipFaces
Progress: TypeAlias = Callable[[str, float | None], None]


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
    track : int or None
        Index of the video stream; None where lips were given.
    """

    lips: LipFeatures
    decoded: DecodedVisemes
    silence: str
    forced: ForcedVisemes | None = None
    track: int | None = None

    @property
    def visemes(self) -> Tier:
        """The observed visemes."""
        return self.decoded.tier


def check(
    path_or_lips: Clip,
    transcript: str | PathLike[str] | Sequence[Cue] | None = None,
    *,
    audio: Audio | AnyPath | None = None,
    viseme_map: str | PathLike[str] | VisemeMap | None = None,
    model: LipModel | AnyPath | None = None,
    config: Config | None = None,
    lexicon: AnyPath | None = None,
    language: str | None = None,
    oov: str | None = None,
    g2p: str | None = None,
    recognise: str | None = None,
    enhancement: str | None = None,
    reference: AnyPath | None = None,
    max_lag: float | None = None,
    profile: str | None = None,
    strict: bool | None = None,
    alignment: Alignment | AnyPath | None = None,
    alignment_shift: float = 0.0,
    speaker: str | None = None,
    evidence: bool = True,
    lip_cache: AnyPath | LipCache | None = None,
    details: Sequence[str] = (),
    face: int | None = None,
    track: int | None = None,
    channel: int | str | None = None,
    video_track: int | None = None,
    grammar: WordGraph | AnyPath | None = None,
    lines: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> ClipReport:
    """Compare what is heard in a clip with what its lips show.

    It takes what ``visalign check`` takes, under the names of its options (``--map`` is `viseme_map`, ``--enhance`` is
    `enhancement`). What is None is as `config` has it.

    Parameters
    ----------
    path_or_lips : path-like, LipFeatures or ClipFaces
        A clip, or what was read of one before: its lips (:func:`~visalign.lips.lip_features.read_lips`), or those of
        all its faces (:func:`~visalign.lips.clip_faces.read_faces`).
    transcript : str, path-like, sequence of Cue, or None
        What is said: a str is the text itself, a `Path` a file with it (text, subtitles, TextGrid …), and cues have
        times (:func:`~visalign.language.annotations.read_cues`). Without it the phones are recognised; words are then
        absent.
    audio : Audio or path-like, optional
        Sound to check in place of the clip's own; needed where lips are given.
    viseme_map : str, path-like or VisemeMap, optional
        Name or file of a phoneme→viseme map; the configuration's by default.
    model : LipModel or path-like, optional
        A lip model; the shipped one by default.
    config : Config, optional
        All other settings.
    lexicon : path-like, optional
        Pronunciations that go before the embedded ones.
    language : str, optional
        In which language the transcript is, American English by default
        (:func:`visalign.language.languages.chosen_language`).
    oov, g2p : str, optional
        What becomes of words that no lexicon holds (``"error"``, ``"g2p"``, ``"skip"``), and who guesses them.
    recognise : str, optional
        ``"phones"`` or ``"words"``, where there is no transcript.
    enhancement : str, optional
        Clear the sound first by this chain (:mod:`visalign.sound.enhancement`); ``"auto"`` does so only where the noise
        makes it worth while, ``"off"`` never.
    reference : path-like, optional
        A clip of the same speaker and camera that is known to be in sync: its lead is taken off every lead
        (:mod:`visalign.sync.reference`).
    max_lag : float, optional
        Seconds within which the offset is searched, to either side.
    profile : str, optional
        Whose limits count, one of :data:`visalign.config.PROFILES`, or a TOML file with limits and rules of one's own.
    strict : bool, optional
        In sync only where the whole interval is within the limits.
    alignment : Alignment or path-like, optional
        Words and phones with their times, in place of a transcript: corrected by hand, or made by another program
        (TextGrid, EAF, recognisers' JSON, CSV …; :func:`~visalign.forced_alignment.read_alignment`).
    alignment_shift : float
        Seconds that are added to every time of the alignment's file: positive for later.
    speaker : str, optional
        Whose words to follow, where the cues or the file of the alignment have several speakers.
    evidence : bool
        Keep what the report rests on, moment by moment, in its field `evidence` (:mod:`visalign.sync.evidence`), for
        figures and for its page. That takes 1 % of the time and 40 kB a second of clip; without it a report has no
        page.
    lip_cache : path-like or LipCache, optional
        A folder that keeps lips by the content of their clip (:mod:`visalign.lips.lip_cache`), so that they are read
        once; that of the command line is :func:`visalign.lips.kept_lips.own_cache`. Nothing is kept by default.
    details : sequence of str
        Kinds of parts to judge with all their measures, in the report's field `details`: some of ``"word"``,
        ``"phone"``, ``"phrase"`` and ``"window"`` (:mod:`visalign.sync.segments`).
    face : int, optional
        Number of the face to judge, as the report's `clip.faces` lists them; by default the one that speaks, turn by
        turn (:mod:`visalign.sync.speaking_face`).
    track : int, optional
        Index of the sound's stream in its file, where there are several; the one marked as default otherwise.
    channel : int or str, optional
        One channel of the sound alone, from 0, or ``"left"`` or ``"right"``.
    video_track : int, optional
        Index of the video stream, where there are several; the first one that shows a face otherwise
        (:mod:`visalign.lips.stream_choice`).
    grammar : WordGraph, path-like or str, optional
        What may be said: words are then read off the lips alone, and their errors against the transcript stand in the
        report's field `lip_reading`. A file in JSGF, a text of sentences or words, or ``"grid"``; needs the extra
        ``visalign[lipread]``.
    lines : bool
        Measure every line of a dub, in the report's field `dubbing` (:mod:`visalign.dubbing.lines`); a profile with a
        release gate does so unasked.
    jobs : int
        Processes at once, of use for long clips: the picture is read by several, shot by shot, while the sound is
        aligned. The report is the same, byte by byte (:func:`~visalign.lips.clip_faces.read_faces`).
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
    BackendError
        If one of several processes dies.

    Examples
    --------
    >>> report = visalign.check("clip.mp4", "bin blue at f two now")    # doctest: +SKIP
    >>> report.sync.lead_seconds, report.sync.verdict                   # doctest: +SKIP
    (0.12, 'audio-early')
    """
    told = progress or _silent
    settings = (config or Config()).changed(
        lexicon=lexicon,
        language=language,
        oov=oov,
        g2p=g2p,
        recognise=recognise,
        enhancement=enhancement,
        reference=reference,
        max_lag_seconds=max_lag,
        profile=profile,
        strict=strict,
    )
    tools = Instruments.of(settings, model, viseme_map)
    _refuse_contradictions(transcript, alignment, details)
    transcript = spoken_in(transcript)
    reader = _reader(grammar or tools.settings.lips.grammar, tools.settings)
    before = file_states(path_or_lips, audio, alignment)

    told("aligning", None)
    reading = partial(_faces, path_or_lips, tools.settings, cache=lip_cache, track=video_track, jobs=jobs)
    with _meanwhile(reading, told, at_once=_is_shared(path_or_lips, jobs)) as faces_read:
        sound, recording = _sound(path_or_lips, audio, track, channel), _stem(path_or_lips)
        heard = hear(
            sound,
            transcript,
            tools.settings,
            alignment=alignment,
            alignment_shift=alignment_shift,
            speaker=speaker,
            recording=recording,
        )
        faces = faces_read()
    told("decoding visemes", None)
    seen = see(faces, heard, tools, face=face)
    if tools.settings.sync.reference:
        told("measuring the reference", None)
        tools = with_reference(tools)
    told("comparing", None)
    judged = judge(heard, seen, tools, details=details, is_own=audio is None)
    read, unread = _read_off(reader, heard, seen, judged, tools)
    dubbing = measure_dubbing(heard, seen, judged, tools) if lines or tools.settings.gate.is_on else None
    # A track or channel of its own is what a page has to play.
    heard_from = audio if track is None and channel is None else sound
    refuse_changed(before)
    return make_report(
        heard,
        seen,
        judged,
        tools,
        transcript=transcript if isinstance(transcript, str) else None,
        audio=_name(audio),
        evidence=_evidence(path_or_lips, heard_from, heard, seen, judged, tools.own_bias) if evidence else None,
        lip_reading=read,
        warnings=unread,
        with_details=bool(details),
        dubbing=dubbing,
    )


def observe(
    path: Clip,
    *,
    viseme_map: str | PathLike[str] | VisemeMap | None = None,
    model: LipModel | AnyPath | None = None,
    config: Config | None = None,
    lip_cache: AnyPath | LipCache | None = None,
    face: int | None = None,
    video_track: int | None = None,
    visemes: Sequence[str] | None = None,
    transcript: str | PathLike[str] | None = None,
    language: str | None = None,
    progress: Progress | None = None,
) -> ClipObservation:
    """Read the lips of a clip, without its sound: features and visemes.

    Parameters and errors are those of :func:`check`; without the sound nobody can tell who speaks, so `face` is by
    default the one that is shown longest. Where it is known what is shown, as `visemes` of the map in their order or as
    the words of a `transcript`, their times are found as well (:mod:`visalign.lips.forced_visemes`, which has its
    errors).
    """
    tools = Instruments.of((config or Config()).changed(language=language), model, viseme_map)
    found = _faces(path, tools.settings, progress, cache=lip_cache, track=video_track)
    lips = found.most_shown.lips if face is None else found.numbered(face).lips
    lexicon = partial(lexicon_with, tools.settings.alignment.lexicon, tools.settings.alignment.language)
    spoken = spoken_in(transcript)
    words = spoken if spoken is None or isinstance(spoken, str) else "\n".join(cue.text for cue in spoken)
    forced = force_given(lips, tools.model.decoder, tools.viseme_map, visemes, words, lexicon)
    decoded = tools.model.decoder.decode(lips, tools.viseme_map)
    return ClipObservation(lips, decoded, tools.viseme_map.silence, forced, found.track)


def _silent(_stage: str, _part: float | None) -> None:
    """Progress that nobody watches."""


def _refuse_contradictions(transcript: object, alignment: object, details: Sequence[str]) -> None:
    if alignment is not None and transcript is not None:
        raise ConfigError("transcript", transcript, "no transcript beside an alignment, which has its words already")
    if unknown := set(details).difference(SEGMENT_KINDS):
        raise ConfigError("details", sorted(unknown)[0], tuple(SEGMENT_KINDS))


def _sound(
    path_or_lips: Clip,
    audio: Audio | AnyPath | None = None,
    track: int | None = None,
    channel: int | str | None = None,
) -> Audio:
    """The sound to judge: the clip's own, or the one that is given in its place; errors are those of :func:`check`."""
    if isinstance(audio, Audio):
        return audio
    if audio is not None:
        return read_audio(audio, track=track, channel=channel)
    if isinstance(path_or_lips, (LipFeatures, ClipFaces)):
        raise ConfigError("audio", None, "the sound to compare with, as lips were given in place of a clip")
    return read_audio(path_or_lips, track=track, channel=channel)


def _stem(path_or_lips: Clip) -> str:
    return Path(path_or_lips.source if isinstance(path_or_lips, (LipFeatures, ClipFaces)) else path_or_lips).stem


def _file(given: object) -> Path | None:
    """Where a file that was given lies, wherever the program goes meanwhile."""
    return Path(given).absolute() if isinstance(given, (str, PathLike)) else None


def _faces(
    path_or_lips: Clip,
    settings: Config,
    progress: Progress | None = None,
    *,
    cache: AnyPath | LipCache | None = None,
    track: int | None = None,
    jobs: int = 1,
) -> ClipFaces:
    """The faces to judge, read from the clip or from a cache, or given; errors are those of :func:`check`."""
    if isinstance(path_or_lips, ClipFaces):
        return path_or_lips
    if not isinstance(path_or_lips, LipFeatures):
        read = read_faces if cache is None else partial(cached_faces, folder=cache)
        every = settings.lips.detect_every
        return read(path_or_lips, detect_every=every, track=track, jobs=jobs, progress=progress or _silent)
    if not path_or_lips.has_face.any():
        raise FaceNotFound(path_or_lips.source or "these lip features", 0.0)
    return ClipFaces.of(path_or_lips)


def _reader(grammar: WordGraph | AnyPath, settings: Config) -> LipReader | None:
    return (
        LipReader.of(grammar, lexicon_with(settings.alignment.lexicon, settings.alignment.language))
        if grammar
        else None
    )


def _read_off(
    reader: LipReader | None, heard: Heard, seen: Seen, judged: Judged, tools: Instruments
) -> tuple[LipReadingScore | None, tuple[str, ...]]:
    """What the lips alone say, and what to know about it."""
    if reader is None:
        return None, ()
    words, expected = heard.alignment.words, viseme_tier(judged.targets)
    try:
        read = reader.score(seen.lips, tools.model.decoder, tools.viseme_map, words, expected)
    except AlignmentError as error:  # the rest of the report does not depend on it
        return None, (f"the lips were not read: {error}",)
    if unknown := reader.unknown(words):
        listed = ", ".join(unknown[:10]) + ", …" * (len(unknown) > 10)
        return read, (f"{read.grammar} does not allow {listed}: words that can't be read off the lips with it",)
    return read, ()


def _is_shared(path_or_lips: Clip, jobs: int) -> bool:
    return not isinstance(path_or_lips, (LipFeatures, ClipFaces)) and is_worth_sharing(path_or_lips, jobs)


@contextmanager
def _meanwhile(
    read: Callable[[Progress], ClipFaces], told: Progress, *, at_once: bool
) -> Iterator[Callable[[], ClipFaces]]:
    """What waits for the faces: they are read beside the block (`at_once`), or where it asks for them.

    A block that fails drops them at the next progress; its error is the one that counts.
    """
    if not at_once:
        yield partial(read, told)
        return
    is_dropped = Event()

    def heeded(stage: str, part: float | None) -> None:
        if is_dropped.is_set():
            raise CancelledError
        told(stage, part)

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(read, heeded)
        try:
            yield future.result
        finally:
            is_dropped.set()


def _evidence(
    path_or_lips: Clip,
    audio: Audio | AnyPath | None,
    heard: Heard,
    seen: Seen,
    judged: Judged,
    own_bias: OwnBias | None,
) -> ClipEvidence:
    shown = judged.comparison.heard_at(seen.lips.times.centres)
    mouths = lip_trajectory(heard.alignment.phones, shown)
    kept = gather_evidence(seen.lips, mouths, judged.comparison)
    if own_bias is not None:
        kept = without_bias(kept, own_bias, judged.estimate.speech_seconds)
    return replace(kept, clip=_file(path_or_lips), audio=audio if isinstance(audio, Audio) else _file(audio))


def _name(audio: Audio | AnyPath | None) -> str | None:
    return None if audio is None else "in memory" if isinstance(audio, Audio) else Path(audio).name
