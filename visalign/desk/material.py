"""What a clip at the desk is made of, and what the machine found of it when it was opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from visalign.animation.mouth_cues import mouth_cues
from visalign.animation.mouth_rules import RHUBARB, MouthRules, load_mouth_rules
from visalign.config import Config
from visalign.corpora.training_data import read_said
from visalign.desk.document import Document
from visalign.errors import UnknownSymbol
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import Cue
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.closures import find_closures
from visalign.lips.kept_lips import LipCache
from visalign.lips.lip_cache import cached_faces
from visalign.media.clips import probe, read_audio
from visalign.signals import Audio, MediaInfo
from visalign.sync.judging import Heard, Instruments, Seen, hear, see
from visalign.timeline import Interval, Tier

__all__ = ["ClipMaterial", "Opened", "clip_id", "cues_of", "open_material"]


@dataclass(frozen=True, slots=True)
class ClipMaterial:
    """A clip and how it is judged, as :func:`visalign.check` takes it.

    Parameters
    ----------
    id : str
        Its name in addresses.
    name : str
        Its name for people.
    clip : Path
        The video.
    settings : Config
        How it is judged.
    audio : Path or None
        Sound in place of the clip's own.
    transcript : str, sequence of Cue, or None
        What is said.
    transcript_file : Path or None
        A file that tells it, which is read when the clip is opened.
    alignment : Path or None
        Words and phones that are there already.
    alignment_shift : float
        Seconds to add to their times.
    speaker : str or None
        Whose words.
    model, viseme_map : Path, str or None
        Of the lips; the shipped one, and that of the settings by default.
    face, track, channel, video_track
        Which of several.
    lip_cache : LipCache, Path or None
        Where lips are kept.
    """

    id: str
    name: str
    clip: Path
    settings: Config = field(default_factory=Config)
    audio: Path | None = None
    transcript: str | Sequence[Cue] | None = None
    transcript_file: Path | None = None
    alignment: Path | None = None
    alignment_shift: float = 0.0
    speaker: str | None = None
    model: Path | None = None
    viseme_map: str | Path | None = None
    face: int | None = None
    track: int | None = None
    channel: int | str | None = None
    video_track: int | None = None
    lip_cache: LipCache | Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What was found of a clip before anybody corrected it.

    Parameters
    ----------
    material : ClipMaterial
    info : MediaInfo
        What the container says.
    tools : Instruments
    heard : Heard
    seen : Seen
    rules : MouthRules
        Of the cues.
    """

    material: ClipMaterial
    info: MediaInfo
    tools: Instruments
    heard: Heard
    seen: Seen
    rules: MouthRules

    @property
    def transcript(self) -> str:
        """What is said, as it was given; else the words that were found."""
        given = self.material.transcript
        if given is None or isinstance(given, str):
            return given or self.heard.alignment.text
        return "\n".join(cue.text for cue in given)

    def document(self) -> Document:
        """The document that a person begins with."""
        closures = [x.interval for x in find_closures(self.seen.lips, self.seen.visemes)]
        given = self.material.transcript
        lines = [] if given is None or isinstance(given, str) else _apart(given, self.heard.alignment.words.end)
        others: dict[str, Iterable[Interval]] = {
            "cues": cues_of(self.heard.alignment, self.rules),
            "closures": closures,
            "lines": lines,
        }
        return Document.of(self.heard.alignment, self.transcript, others)


def open_material(material: ClipMaterial, alignment: Alignment | None = None) -> Opened:
    """Hear and see a clip.

    Parameters
    ----------
    material : ClipMaterial
    alignment : Alignment, optional
        Words and phones as a person has left them, in place of those of the material.

    Raises
    ------
    VisalignError
        As :func:`visalign.check` does.
    """
    if material.transcript_file is not None:
        material = replace(material, transcript=read_said(material.transcript_file))
    tools = Instruments.of(material.settings, material.model, material.viseme_map)
    info = probe(material.clip)
    heard = _heard(material, _sound(material), alignment)
    seen = see(_faces(material), heard, tools, face=material.face)
    return Opened(material, info, tools, heard, seen, load_mouth_rules(RHUBARB))


def _sound(material: ClipMaterial) -> Audio:
    source = material.clip if material.audio is None else material.audio
    return read_audio(source, track=material.track, channel=material.channel)


def _heard(material: ClipMaterial, sound: Audio, alignment: Alignment | None) -> Heard:
    known = material.alignment if alignment is None else alignment
    return hear(
        sound,
        material.transcript if known is None else None,
        material.settings,
        alignment=known,
        alignment_shift=material.alignment_shift,
        speaker=material.speaker,
        recording=material.clip.stem,
    )


def _faces(material: ClipMaterial) -> ClipFaces:
    read = read_faces if material.lip_cache is None else partial(cached_faces, folder=material.lip_cache)
    return read(material.clip, detect_every=material.settings.lips.detect_every, track=material.video_track)


def cues_of(alignment: Alignment, rules: MouthRules) -> Tier:
    """The mouth cues of an alignment; without any where a phone has no mouth of the rig."""
    try:
        return mouth_cues(alignment.phones, rules, alphabet=alignment.alphabet)
    except UnknownSymbol:
        return Tier("mouth", (alignment.phones.start, alignment.phones.end), (rules.rest,))


def _apart(cues: Sequence[Cue], end: float) -> list[Interval]:
    """Lines that don't overlap: one that is still shown when the next one comes ends there."""
    rows = list[Interval]()
    for cue in cues:
        start, stop = max(cue.start, rows[-1].end if rows else 0.0), min(cue.end, end)
        if stop > start:
            rows.append(Interval(start, stop, cue.text))
    return rows


def clip_id(name: str) -> str:
    """The name of a clip in addresses, which says nothing of where it lies.

    Examples
    --------
    >>> clip_id("s1/bbaf2n")
    '6820f8136066'
    """
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
