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

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from visalign._version import __version__

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

_HOMES = MappingProxyType(
    {
        "AlignmentError": "errors",
        "Audio": "signals",
        "BackendError": "errors",
        "BackendFailed": "errors",
        "BackendUnavailable": "errors",
        "ClipReport": "reports.clip_report",
        "Config": "config",
        "ConfigError": "errors",
        "FaceNotFound": "errors",
        "FrameTimes": "timeline",
        "InputError": "errors",
        "Interval": "timeline",
        "LipFeatures": "lips.lip_features",
        "MediaError": "errors",
        "MissingStream": "errors",
        "OutOfVocabulary": "errors",
        "OutputError": "errors",
        "ParseError": "errors",
        "Tier": "timeline",
        "TimelineError": "errors",
        "UnknownSymbol": "errors",
        "VisalignError": "errors",
        "VisemeMap": "visemes.viseme_map",
        "align_in_pieces": "forced_alignment",
        "check": "pipeline",
        "diagnose": "doctor",
        "force_align": "forced_alignment",
        "generate_clip": "face.generated_clip",
        "observe": "pipeline",
        "read_alignment": "forced_alignment",
        "read_audio": "media.clips",
        "read_faces": "lips.clip_faces",
        "read_lips": "lips.lip_features",
        "recognise_phones": "forced_alignment",
        "recognise_words": "forced_alignment",
        "train_from_folder": "training.fitting",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'visalign' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"visalign.{_HOMES[name]}"), name)
    globals()[name] = value  # from now on it is found without coming here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
