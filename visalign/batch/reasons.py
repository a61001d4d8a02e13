"""Why a clip failed, in one word: the codes of the ledger, the summary and ``--retry-failed``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from visalign.errors import (
    AlignmentError,
    BackendError,
    ConfigError,
    FaceNotFound,
    InputError,
    MediaError,
    MissingStream,
    OutOfVocabulary,
    OutputError,
    ParseError,
    VisalignError,
)

__all__ = ["REASONS", "reason_of"]

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "a file that the manifest names is not there, or can't be read",
        "media": "a clip or sound can't be decoded: damaged, of an unknown format, changed while it was read",
        "no-audio": "the clip has no sound",
        "no-video": "the clip has no picture",
        "no-face": "hardly a frame shows a face",
        "text": "a transcript can't be read",
        "unknown-words": "the lexicon lacks words of the transcript",
        "alignment": "transcript and sound can't be aligned",
        "input": "the material can't be analysed for another reason",
        "config": "a setting is impossible",
        "backend": "a library, model or program is missing or failed",
        "output": "the report could not be written",
        "timeout": "the clip took longer than the limit of time",
        "memory": "the clip needed more than the limit of memory",
        "crash": "the process of the clip crashed",
        "killed": "the process of the clip was killed from outside, most likely for want of memory",
        "worker": "the worker that watched over the clip died",
        "interrupted": "the run died each time while it was at work on this clip",
        "system": "the operating system refused something",
        "internal": "a fault of visalign itself",
    }
)
"""All codes with their meaning."""

_BY_CLASS: tuple[tuple[type[VisalignError], str], ...] = (
    (FaceNotFound, "no-face"),
    (MediaError, "media"),
    (ParseError, "text"),
    (OutOfVocabulary, "unknown-words"),
    (InputError, "input"),
    (ConfigError, "config"),
    (BackendError, "backend"),
    (OutputError, "output"),
    (AlignmentError, "alignment"),
)


def reason_of(error: VisalignError) -> str:
    """The code of an error.

    Examples
    --------
    >>> reason_of(MissingStream("clip.mp4", "audio")), reason_of(OutOfVocabulary(["blorp"]))
    ('no-audio', 'unknown-words')
    """
    if isinstance(error, MissingStream):
        return f"no-{error.kind}"
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), "internal")
