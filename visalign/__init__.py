"""What is heard against what the lips show: phones, visemes, audio/video offset and sync, word by word.

Names are loaded when they are first used, so that ``import visalign`` and ``visalign --help`` do not wait for numpy,
pandas, FFmpeg and dlib.

Examples
--------
>>> import visalign
>>> visalign.Interval(0.5, 0.75, "AA").duration
0.25
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign._version import __version__
from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.config import Config
    from visalign.doctor import diagnose
    from visalign.errors import (
        AlignmentError,
        BackendError,
        BackendFailed,
        BackendUnavailable,
        ConfigError,
        FaceNotFound,
        InputError,
        MediaError,
        MissingStream,
        OutOfVocabulary,
        OutputError,
        ParseError,
        TimelineError,
        UnknownSymbol,
        VisalignError,
    )
    from visalign.face.generated_clip import generate_clip
    from visalign.forced_alignment import (
        align_in_pieces,
        force_align,
        read_alignment,
        recognise_phones,
        recognise_words,
    )
    from visalign.lips.clip_faces import read_faces
    from visalign.lips.lip_features import LipFeatures, read_lips
    from visalign.media.clips import read_audio
    from visalign.pipeline import check, observe
    from visalign.reports.clip_report import ClipReport
    from visalign.signals import Audio
    from visalign.timeline import FrameTimes, Interval, Tier
    from visalign.training.fitting import train_from_folder
    from visalign.visemes.viseme_map import VisemeMap

__all__ = [
    "AlignmentError",
    "Audio",
    "BackendError",
    "BackendFailed",
    "BackendUnavailable",
    "ClipReport",
    "Config",
    "ConfigError",
    "FaceNotFound",
    "FrameTimes",
    "InputError",
    "Interval",
    "LipFeatures",
    "MediaError",
    "MissingStream",
    "OutOfVocabulary",
    "OutputError",
    "ParseError",
    "Tier",
    "TimelineError",
    "UnknownSymbol",
    "VisalignError",
    "VisemeMap",
    "__version__",
    "align_in_pieces",
    "check",
    "diagnose",
    "force_align",
    "generate_clip",
    "observe",
    "read_alignment",
    "read_audio",
    "read_faces",
    "read_lips",
    "recognise_phones",
    "recognise_words",
    "train_from_folder",
]

__getattr__ = lazily(
    __name__,
    {
        "errors": (
            "AlignmentError BackendError BackendFailed BackendUnavailable ConfigError FaceNotFound InputError "
            "MediaError MissingStream OutOfVocabulary OutputError ParseError TimelineError UnknownSymbol VisalignError"
        ),
        "signals": "Audio",
        "reports.clip_report": "ClipReport",
        "config": "Config",
        "timeline": "FrameTimes Interval Tier",
        "lips.lip_features": "LipFeatures read_lips",
        "visemes.viseme_map": "VisemeMap",
        "forced_alignment": "align_in_pieces force_align read_alignment recognise_phones recognise_words",
        "pipeline": "check observe",
        "doctor": "diagnose",
        "face.generated_clip": "generate_clip",
        "media.clips": "read_audio",
        "lips.clip_faces": "read_faces",
        "training.fitting": "train_from_folder",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
