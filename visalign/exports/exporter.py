"""What an exporter is, the table of all, and the options that they share.

How to add a format
-------------------
1. Write ``exports/<name>.py`` with one class that has what :class:`Exporter` lists. It turns an
   :class:`~visalign.exports.utterance.Utterance` into bytes and knows nothing of files.
2. Start from what it needs: :func:`~visalign.exports.cue_track.cue_tier` and
   :func:`~visalign.exports.cue_track.frame_track` (one mouth shape at a time),
   :func:`~visalign.exports.channels.weight_channels` (curves of a rig's channels), or the tiers themselves.
3. Add it to :data:`EXPORTERS`.
4. Add a golden and a read-back test under ``tests/exports``; the suite there fails until both exist. Say in `verified`
   what the reading was done with, or after which specification the format was written without being opened.

Conventions
-----------
Seconds until the exporter rounds them. Frames are 0-based here; each format says what its first frame is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from visalign.animation.mouth_cues import REST_AFTER_SECONDS
from visalign.errors import AnyPath, ConfigError
from visalign.exports.hand_edits import Edit
from visalign.exports.utterance import Utterance
from visalign.files.outputs import whole_file
from visalign.registry import find_class

__all__ = ["EXPORTERS", "ExportOptions", "Exporter", "load_exporter", "write_export"]

EXPORTERS = {
    # mouth cues
    "rhubarb-tsv": "visalign.exports.rhubarb_tsv:RhubarbTsv",
    "rhubarb-xml": "visalign.exports.rhubarb_xml:RhubarbXml",
    "rhubarb-json": "visalign.exports.rhubarb_json:RhubarbJson",
    "moho-dat": "visalign.exports.moho_dat:MohoDat",
    "opentoonz": "visalign.exports.opentoonz:OpenToonz",
    "papagayo-pgo": "visalign.exports.papagayo_pgo:PapagayoPgo",
    "papagayo-pg2": "visalign.exports.papagayo_pg2:PapagayoPg2",
    "spine": "visalign.exports.spine:SpineJson",
    "frames-csv": "visalign.exports.frames_csv:FramesCsv",
    "after-effects": "visalign.exports.after_effects:AfterEffectsScript",
    "character-animator": "visalign.exports.after_effects:CharacterAnimator",
    "toon-boom": "visalign.exports.toon_boom:ToonBoomScript",
    "rive": "visalign.exports.rive:RiveInputs",
    "talkinghead": "visalign.exports.speech_marks:TalkingHead",
    "azure-visemes": "visalign.exports.speech_marks:AzureVisemes",
    "polly-marks": "visalign.exports.speech_marks:PollyMarks",
    # weight curves
    "livelink-csv": "visalign.exports.livelink_csv:LiveLinkCsv",
    "audio2face": "visalign.exports.audio2face:Audio2Face",
    "gltf": "visalign.exports.gltf:Gltf",
    "vrma": "visalign.exports.vrma:Vrma",
    "usd": "visalign.exports.usd:Usd",
    "unity-anim": "visalign.exports.unity_anim:UnityAnim",
    "unreal-csv": "visalign.exports.unreal_csv:UnrealCsv",
    "blender": "visalign.exports.blender:BlenderScript",
    "maya-script": "visalign.exports.maya_script:MayaScript",
    "maya-anim": "visalign.exports.maya_anim:MayaAnim",
    "vmd": "visalign.exports.vmd:Vmd",
    "live2d": "visalign.exports.live2d:Live2dMotion",
    "godot": "visalign.exports.godot:GodotAnimation",
    "ae-keyframes": "visalign.exports.after_effects:AfterEffectsKeys",
    "metahuman-csv": "visalign.exports.metahuman:MetaHumanCsv",
    "metahuman-script": "visalign.exports.metahuman:MetaHumanScript",
    "lottie": "visalign.exports.lottie:Lottie",
    "osc": "visalign.exports.osc:OscStream",
    # annotation
    "textgrid": "visalign.exports.textgrid_long:TextGridLong",
    "textgrid-short": "visalign.exports.textgrid_short:TextGridShort",
    "eaf": "visalign.exports.eaf:ElanEaf",
    "webvtt": "visalign.exports.webvtt:WebVtt",
    "srt": "visalign.exports.srt:SubRip",
    "ass": "visalign.exports.subtitles:SubStation",
    "ttml": "visalign.exports.subtitles:Ttml",
    "rythmo": "visalign.exports.rythmo:Rythmo",
    "detx": "visalign.exports.rythmo:DetX",
    "ctm": "visalign.exports.ctm:Ctm",
    "json": "visalign.exports.annotation_json:AnnotationJson",
    "csv": "visalign.exports.annotation_csv:AnnotationCsv",
    # editorial
    "otio": "visalign.exports.otio:Otio",
    "edl": "visalign.exports.edl:Edl",
    "fcpxml": "visalign.exports.fcpxml:FcpXml",
    "protools": "visalign.exports.marker_lists:ProTools",
    "avid-markers": "visalign.exports.marker_lists:AvidMarkers",
}
"""Name of each format and where its class stands."""

FAMILIES = ("cues", "weights", "annotation", "editorial")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to export; a format uses what makes sense for it.

    Parameters
    ----------
    rate : Fraction or None
        Frames a second; None for the format's own.
    first_frame : int or None
        Number of the frame that begins at 0 s; None for the format's own.
    lead_frames : float
        How many frames the mouth comes before the sound. 0 shows what is heard; animators take 1 or 2 at 24.
    hold_frames : int
        Least frames of a shape.
    closure_frames : int
        Least frames of a closed mouth.
    tweens, rest_after, early_closures
        See :class:`visalign.animation.mouth_cues.CueTiming`.
    shapes : tuple of str or None
        Shapes that the rig has; None for all.
    mouths : str or None
        ``"rhubarb"``, a viseme map or its file; None for the format's own.
    recipe : str or None
        How channels make visemes: a shipped name or a TOML file; None for the format's own.
    max_error : float
        How far a curve with fewer keys may be from the full one, in units of weight; 0 keeps every frame's key.
    edits : tuple of Edit
        What was changed by hand.
    model : Path or None
        The user's own file to put the animation into.
    target : str or None
        Name of the mesh, node or object that is animated; None for the format's own.
    """

    rate: Fraction | None = None
    first_frame: int | None = None
    lead_frames: float = 0.0
    hold_frames: int = 1
    closure_frames: int = 2
    tweens: bool = True
    rest_after: float = REST_AFTER_SECONDS
    early_closures: bool = False
    shapes: tuple[str, ...] | None = None
    mouths: str | PathLike[str] | None = None
    recipe: str | PathLike[str] | None = None
    max_error: float = 0.01
    edits: tuple[Edit, ...] = ()
    model: Path | None = None
    target: str | None = None

    def __post_init__(self) -> None:
        if self.rate is not None and not 1 <= self.rate <= 1000:
            raise ConfigError("fps", str(self.rate), "1 to 1000 frames a second, as 24, 29.97 or 30000/1001")
        for name in ("hold_frames", "closure_frames"):
            if not 1 <= getattr(self, name) <= 1000:
                raise ConfigError(name, getattr(self, name), "1 to 1000 frames")
        if not 0 <= self.max_error < 1:
            raise ConfigError("max_error", self.max_error, "0 (every key) up to 1, in units of weight")


@runtime_checkable
class Exporter(Protocol):
    """Writes one format.

    Attributes
    ----------
    name : str
        As in :data:`EXPORTERS`.
    title : str
        The format in words, for lists.
    suffix : str
        Usual ending of its files, with the dot.
    family : str
        One of ``cues``, ``weights``, ``annotation``, ``editorial``.
    rate : Fraction
        Frames a second where the user does not say; also the unit of `lead_frames`.
    first_frame : int
        Number of the frame that begins at 0 s, where the format counts frames.
    verified : str
        Which program or library opened it; or the specification, and that it was not opened.
    """

    name: str
    title: str
    suffix: str
    family: str
    rate: Fraction
    first_frame: int
    verified: str

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """The content of the file.

        Raises
        ------
        VisalignError
            If an option is impossible, or the user's own file can't be used.
        """
        ...


def load_exporter(name: str) -> Exporter:
    """The exporter of that name.

    Raises
    ------
    ConfigError
        If there is none.
    BackendUnavailable
        If what it needs is not installed.

    Examples
    --------
    >>> load_exporter("rhubarb-json").suffix
    '.json'
    """
    return cast(Exporter, find_class(EXPORTERS, name, "format")())


def write_export(
    path: AnyPath, utterance: Utterance, exporter: str | Exporter, options: ExportOptions | None = None
) -> Path:
    """Write `utterance` in a format, whole or not at all.

    Raises
    ------
    ConfigError
        If there is no such format, or an option is impossible.
    OutputError
        If the file can't be written there.
    """
    writer = load_exporter(exporter) if isinstance(exporter, str) else exporter
    content = writer.render(utterance, options or ExportOptions())
    with whole_file(path) as draft:
        draft.write_bytes(content)
    return Path(path)
