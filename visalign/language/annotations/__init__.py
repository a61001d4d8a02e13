"""Files in which people and programs write down what is said when, read into one form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.language.annotations.annotation import Annotation, Track, speaker_and_kind
    from visalign.language.annotations.captions import read_cues, read_spoken, spoken_in, spoken_of
    from visalign.language.annotations.cues import Cue, Cues
    from visalign.language.annotations.reading import ANNOTATION_SUFFIXES, is_annotation, read_annotation

__all__ = [
    "ANNOTATION_SUFFIXES",
    "Annotation",
    "Cue",
    "Cues",
    "Track",
    "is_annotation",
    "read_annotation",
    "read_cues",
    "read_spoken",
    "speaker_and_kind",
    "spoken_in",
    "spoken_of",
]

__getattr__ = lazily(__name__)
